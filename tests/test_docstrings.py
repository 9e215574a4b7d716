"""Public docstrings name real parameters, and every module, class and function has one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(p for room in ("marki", "successors") for p in (ROOT / room).rglob("*.py"))


def documented(text):
    """Return the names under the heading Parameters of a numpydoc docstring."""
    match = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}$|\Z)", text, re.M | re.S)
    if not match:
        return set()
    lines = [line for line in match[1].splitlines() if re.match(r"\w[\w, *]*( :|$)", line)]
    return {name.strip(" *") for line in lines for name in line.split(" :")[0].split(",")}


def functions(tree, prefix=""):
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield prefix + node.name, node, node.args
        if isinstance(node, ast.ClassDef):
            init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
            if init:
                yield prefix + node.name, node, init.args
            yield from functions(node, f"{prefix}{node.name}.")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_documented_parameters_exist(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{path} has no docstring"
    for name, node, args in functions(tree):
        real = {a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg] if a}
        told = documented(ast.get_docstring(node) or "")
        assert told <= real, f"{path.name}: {name} documents {told - real}"
