"""The site: whatever there is, a page names it; the pages are built without a warning, and fetch nothing."""

import argparse
import ast
import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest
from console.export.headless_browser import CHROMIUM, Browser

import marki
import successors
from marki.__main__ import parser
from marki.comparison import ComparisonRow
from marki.config import Config
from marki.teaching import ballots
from successors import registry
from successors.evaluation import trained_points

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
OUTPUTS = (DOCS / "outputs.md").read_text(encoding="utf-8")

WRITTEN = re.compile(r"^[a-z_{}.-]*\.(csv|json|png|gif|html|txt|npz|safetensors(\.xz)?|pdf|zip)$")
READ_ONLY = {"digits.npz", "strokes.json"}
"""Files of `assets` that are read and never written."""
HEADS = {
    "marki/teaching/ballots.py": ballots.COLUMNS,
    "marki/experiments/validation/__init__.py": [field.name for field in fields(ComparisonRow)],
    "marki/sweep.py": (),  # the settings, and columns of the other tables
    "successors/evaluation/setting_curve.py": ("score",),  # and the setting, and the task's other figures
    "successors/evaluation/trained_points.py": trained_points.COLUMNS,  # and the settings that were given
}
"""Columns of tables whose head is put together while they are written."""


def generated():
    """Load the hook that makes pages; it is no module of the package."""
    spec = importlib.util.spec_from_file_location("site_pages", DOCS / "site/pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages():
    return generated().pages()


def modules():
    """Import all modules of the program; yield those of them that a person wrote tables and settings in."""
    for package in (marki, successors):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def parsers(root, name=""):
    yield name, root
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner, sub in action.choices.items():
                yield from parsers(sub, f"{name} {inner}".strip())


def test_every_command_and_argument_is_on_a_page(pages):
    page = pages["reference/commands.md"]
    headings = re.findall(r"^#+ `(.+)`$", page, re.M)
    listed = list(parsers(parser()))
    assert [name for name, _ in listed if name] == headings
    for name, about in listed:
        part = page.split(f"\n## `{name}`\n")[-1].split("\n## `")[0] if name else page.split("\n## The window\n")[1]
        for action in about._actions:
            missing = [option for option in action.option_strings if f"`{option}" not in part]
            assert missing in ([], ["-h", "--help"]), f"{name}: {missing}"


def test_every_setting_is_on_a_page(pages):
    list(modules())
    page = pages["reference/settings.md"]
    named = {name.rpartition(".")[2] for name in re.findall(r"^\| `([\w.]+)` \|", page, re.M)}
    kinds, found = [Config], set()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith(("marki.", "successors.")):
            hints = get_type_hints(kind)
            rooms = {
                f.name for f in fields(kind) if isinstance(hints[f.name], type) and issubclass(hints[f.name], Config)
            }
            found |= {f.name for f in fields(kind)} - rooms  # settings in settings are listed by their own names
    assert len(found) > 200
    assert found - named == set()
    whole = set(re.findall(r"^\| `(machine\.[\w.]+)` \|", page, re.M))
    assert {n for n in generated().provenance() if n.count(".") == 2 and n.startswith("machine.")} - whole == set()


def literals(tree):
    """Yield the texts of a module, those with values put in as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)


def sources():
    for package in ("marki", "successors"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.parent.name != "timeline":
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_every_file_that_is_written_is_on_a_page():
    named = set(re.findall(r"`[^`]*?([a-z_]+\.[a-z]+(?:\.xz)?)`", OUTPUTS))
    files = {text for _, tree in sources() for text in literals(tree) if WRITTEN.match(text) and "{" not in text}
    files = {name.lstrip("-") for name in files if not name.startswith(".")} - READ_ONLY
    assert {"result.json", "comparison.png", "run.html"} <= files
    assert files - named == set()


def test_every_column_that_is_written_is_on_a_page():
    unresolved = set()
    for path, tree in sources():
        place = str(path.relative_to(ROOT))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "csv_text":
                module = importlib.import_module(place.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
                try:
                    columns = eval(ast.unparse(node.args[0]), vars(module))
                except (NameError, TypeError, IndexError):
                    unresolved.add(place)
                    columns = HEADS.get(place, ())
                assert [c for c in columns if f"`{c}`" not in OUTPUTS] == [], place
    assert unresolved == set(HEADS)


def test_every_system_has_a_page(pages):
    for system in registry.systems():
        page = pages[f"timeline/{system.name}.md"]
        assert page.startswith(f"# {system.entry.label} ({system.year})\n")
        assert f"({system.name}.md)" in pages["timeline/index.md"]
        found = registry.metrics(system.name)
        for trial in found["trials"] if found else ():
            assert f"{100 * trial['value']:.1f} %" in page


def test_links_lead_to_files():
    """Links of texts that are read where they lie, README and its like, too."""
    texts = [*DOCS.glob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "assets/SOURCES.md"))]
    made = {*generated().pages(), "contributing.md"}
    for path in texts:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists() or (path.parent == DOCS and target in made), f"{path.name}: {target}"


def test_what_stands_on_the_package_index_needs_nothing_beside_it():
    text = (DOCS / "package.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https?:)", text) == []
    assert "![" not in text


# -- built -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for name in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"(?m)^WARNING", done.stderr), done.stderr
    return folder


FETCHED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=\"?((?:https?:)?//[^\"\s>]+)")


@pytest.mark.slow
def test_the_site_names_nothing_to_be_fetched(site):
    found = {p.name: FETCHED.findall(p.read_text(encoding="utf-8")) for p in site.rglob("*.html")}
    assert len(found) > 60
    assert {name: urls for name, urls in found.items() if urls} == {}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_site_opens_from_a_folder_and_finds_what_is_looked_for(site, tmp_path):
    with Browser(tmp_path / "user") as browser:
        for page in ("index.html", "tutorial_zh.html", "reference/settings.html", "timeline/lenet5.html"):
            browser.open(site / page)
            assert browser.complaints == [], page
        for looked, wanted in (("backlash", "settings"), ("LeNet-5", "lenet5"), ("电位器", "_zh")):
            browser.open(site / "index.html")
            browser.look(
                "document.querySelector('#__search').click();"
                "var q = document.querySelector('.md-search__input');"
                f"q.focus(); q.value = {looked!r}; q.dispatchEvent(new Event('keyup', {{bubbles: true}}));"
                "q.dispatchEvent(new Event('input', {bubbles: true}))"
            )
            links = "[...document.querySelectorAll('.md-search-result__link')]"
            browser.wait(f"{links}.some(a => a.href.includes({wanted!r}))")
        assert [url for url in browser.fetched if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
