"""One name, one thing: no public class and no module of the product has a namesake without a reason."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*(ROOT / "marki").rglob("*.py"), *(ROOT / "successors").rglob("*.py")])
TIMELINE = ROOT / "successors" / "timeline"

# Name, how often it occurs, and why. A better unique name is always preferred to a line here.
MODULES = {
    "command": (7, "the command line of its room: console, experiments, paper, pen, teaching, successors, cluster"),
    "cards": (2, "a page of the window is called as the actions that it offers"),
    "lessons": (2, "a page of the window is called as the actions that it offers"),
    "sheets": (2, "a page of the window is called as the actions that it offers"),
    "settings": (2, "a page of the window is called as the actions that it offers"),
    "connectedness": (2, "what the Mark I is asked, as an experiment, and the successors, as a task"),
    "digits": (3, "the pictures, what the Mark I is asked about them, and what the successors are"),
    "forms": (2, "the pictures, and what the Mark I is asked about them"),
    "images": (2, "the pictures, and what the Mark I is asked about them"),
    "letters": (2, "the pictures, and what the successors are asked about them"),
    "parity": (2, "what the Mark I is asked, as an experiment, and the successors, as a task"),
    "learner": (2, "the contract of all learners, and the networks that keep it"),
    "sklearn": (2, "the library that it is for; of the machine, and of the successors, which it may not know"),
    "plots": (2, "pictures of experiments, and of trainings; neither may know the other"),
}
CLASSES: dict[str, tuple[int, str]] = {}

# A paper's own word may recur from file to file of the timeline, where it is that paper's.
WORDS_OF_PAPERS = {"Block", "Perceptron", "Residual", "Stage"}


def surplus(found, allowed):
    """Return what occurs more than once and is not allowed just so often."""
    return {name: n for name, n in found.items() if n > 1 and allowed.get(name, (1, ""))[0] != n}


def stale(found, allowed):
    return {name for name, (n, _) in allowed.items() if found[name] != n}


def public_classes(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]


def test_no_two_modules_have_one_name():
    found = Counter(path.stem for path in FILES if path.stem not in ("__init__", "__main__"))
    assert surplus(found, MODULES) == {}
    assert stale(found, MODULES) == set(), "no longer needed in the list"


def test_no_two_public_classes_have_one_name():
    found = Counter(name for path in FILES if path.parent != TIMELINE for name in public_classes(path))
    papers = Counter(name for path in TIMELINE.glob("*.py") for name in public_classes(path))
    assert surplus(papers, {name: (papers[name], "") for name in WORDS_OF_PAPERS}) == {}
    found += Counter(papers.keys())
    assert surplus(found, CLASSES) == {}
    assert stale(found, CLASSES) == set(), "no longer needed in the list"


def test_every_exception_has_a_reason():
    assert all(reason for _, reason in [*MODULES.values(), *CLASSES.values()])


def test_a_namesake_is_found():
    assert surplus(Counter({"Deck": 2, "Card": 1, "command": 8}), MODULES) == {"Deck": 2, "command": 8}
    assert stale(Counter(command=3), {"command": (4, "")}) == {"command"}
