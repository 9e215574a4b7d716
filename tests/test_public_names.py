"""What a script may use is named in `__all__`, is there, and costs nothing until it is asked for."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("marki", "successors")
HEAVY = ("numpy", "simpy", "pygame", "PIL", "pandas", "sklearn", "matplotlib", "joblib")


def for_the_type_checker(package):
    """Return what the front of a package imports for the type checker: home by name."""
    tree = ast.parse((ROOT / package / "__init__.py").read_text())
    block = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    return {a.name: n.module for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_is_what_the_type_checker_takes_it_for(package):
    front = importlib.import_module(package)
    homes = for_the_type_checker(package)
    assert set(homes) == set(front.__all__) - {"__version__"}
    for name, home in homes.items():
        assert getattr(front, name) is getattr(importlib.import_module(home), name), name
    assert set(front.__all__) <= set(dir(front))


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_not_there_is_refused_as_by_any_module(package):
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nonsense'"):
        _ = importlib.import_module(package).nonsense
    with pytest.raises(ImportError, match="nonsense"):
        exec(f"from {package} import nonsense")


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy_and_takes_no_time(package):
    script = f"""
import sys, time
since = time.process_time()
import {package}
print(time.process_time() - since, *(name for name in {HEAVY} if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, *loaded = done.stdout.split()
    assert loaded == []
    assert float(seconds) < 0.15


@pytest.mark.parametrize("package", PACKAGES)
def test_types_are_told_to_whoever_uses_the_package(package):
    assert (ROOT / package / "py.typed").is_file()
