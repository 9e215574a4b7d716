"""docs/adding_a_panel.md, followed literally in a copy of the program; and what holds for all panels."""

import ast
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from marki.console.drawing.layout import Box, split
from marki.console.drawing.panel import Declared, Dock, Panel
from marki.console.panels import panel_registry
from marki.errors import ConfigError, UnknownName

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/adding_a_panel.md").read_text(encoding="utf-8")
(NAME,) = re.findall(r"<!-- file: (\S+) -->", PAGE)
(TEXT,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
LOOK = """
import itertools, json, sys
import pygame
from marki.console.app import App, WindowSettings
from marki.session import mark1_session

def pixels(rect):
    return pygame.image.tobytes(pygame.display.get_surface().subsurface(rect), "RGB")

found = []
for size, page, projector, language in itertools.product(
    [(960, 600), (1280, 800), (1920, 1080)], ["", "inspect"], [False, True], ["en", "zh"]
):
    session = mark1_session(seed=3, keep="recent")
    app = App(session, WindowSettings(
        frames=1_000_000, paused=True, size=size, page=page, projector=projector, language=language
    ))
    app.frame()
    app.frame()
    panels = app.handler.panels
    place = panels["histogram"].rect
    drawn = [pixels(place)]
    app.frame()
    drawn.append(pixels(place))
    session.run(20)
    app.frame()
    drawn.append(pixels(place))
    app.ui.hidden = frozenset({"values"})
    app.frame()
    drawn.append(pixels(app.handler.panels["histogram"].rect))
    session.run(20)
    app.frame()
    drawn.append(pixels(place))
    found.append({
        "size": size, "boxes": {name: list(panel.rect) for name, panel in panels.items()},
        "cut": [text for text, _ in app.theme.clipped],
        "same": [a == b for a, b in itertools.pairwise(drawn)],
    })
    pygame.quit()
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__", "runs", "weights")
    for name in ("marki", "successors", "assets"):
        shutil.copytree(ROOT / name, root / name, ignore=unwanted)
    shutil.copy(ROOT / "run_sim.py", root)
    return root


def run(copy, *arguments):
    quiet = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, capture_output=True, text=True,
        env=os.environ | quiet | {"PYTHONPATH": str(copy), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_page_adds_a_panel_with_one_file(copy):
    assert not (copy / NAME).exists()
    (copy / NAME).write_text(TEXT, encoding="utf-8")
    commands = [line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) for line in block.splitlines()]
    assert len(commands) == 3
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "python"
        run(copy, *arguments)
        assert (copy / arguments[-1]).stat().st_size > 10_000
    for look in json.loads(run(copy, "-c", LOOK)):
        boxes = {name: Box(*box) for name, box in look["boxes"].items()}
        assert min(boxes["histogram"].w, boxes["histogram"].h) > 60, look
        assert boxes["histogram"].right <= look["size"][0]
        for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
            apart = a.right <= b.x or b.right <= a.x or a.bottom <= b.y or b.bottom <= a.y
            assert apart, (one, other, look)
        assert not look["cut"]
        # Drawn again when the machine has learned, and only then; covered while a lesson hides the values.
        assert look["same"] == [True, False, False, True], look


def test_the_page_breaks_none_of_our_rules(tmp_path):
    path = tmp_path / "histogram_panel.py"
    path.write_text(TEXT, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(path)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


def test_the_page_names_all_neighbours():
    names = {n for n, d in panel_registry.declared().items() if "schematic" in d.views}
    (listed,) = re.findall(r"In the schematic a panel can be docked beside (.*?); at", PAGE, re.S)
    assert set(re.findall(r"`(\w+)`", listed)) == names


# -- declarations ----------------------------------------------------------------------------------------------------


def test_every_module_with_a_panel_declares_it(window):
    import marki.console.panels as folder

    app = window(size=(1920, 1080), page="inspect")
    app.frame()
    for name, declared in panel_registry.declared().items():
        assert type(app.handler.panels[name]) is declared.panel
    for path in Path(folder.__path__[0]).glob("*_panel.py"):
        if path.stem != "lamp_panel":
            assert "\nPANEL = Declared(" in path.read_text(encoding="utf-8"), path.name


def test_a_box_is_cut_in_two():
    box = Box(10, 20, 200, 100)
    assert split(box, "left", 0.25, 6) == (Box(66, 20, 144, 100), Box(10, 20, 50, 100))
    assert split(box, "right", 0.25, 6) == (Box(10, 20, 144, 100), Box(160, 20, 50, 100))
    assert split(box, "top", 0.25, 6) == (Box(10, 51, 200, 69), Box(10, 20, 200, 25))
    assert split(box, "bottom", 0.25, 6) == (Box(10, 20, 200, 69), Box(10, 95, 200, 25))


def test_a_wrong_place_is_refused(monkeypatch):
    with pytest.raises(UnknownName, match=r"'rigth'.*Did you mean 'right'"):
        Dock(beside="curve", edge="rigth", fraction=0.3)
    with pytest.raises(ConfigError, match=r"curve.*fraction"):
        Dock(beside="curve", edge="right", fraction=30)
    wrong = Declared(name="mine", panel=Panel, dock=Dock(beside="curves", edge="right", fraction=0.3))
    monkeypatch.setattr(panel_registry, "declared", lambda: {"mine": wrong})
    with pytest.raises(UnknownName, match=r"'curves'.*Did you mean 'curve'"):
        panel_registry.docked({"curve": Box(0, 0, 9, 9)}, "schematic", 1, ["curve"])


# -- the state of a panel --------------------------------------------------------------------------------------------

ROOMS = ("drawing", "front", "panels", "export", "timeline")


def attributes(function):
    """Return the names that a method assigns on self."""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.attr


@pytest.mark.parametrize("room", ROOMS)
def test_attributes_are_born_in_init(room):
    for path in (ROOT / "marki/console" / room).glob("*.py"):
        for cls in [n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.ClassDef)]:
            methods = [n for n in cls.body if isinstance(n, ast.FunctionDef)]
            born = {a for m in methods if m.name == "__init__" for a in attributes(m)}
            born |= {n.target.id for n in cls.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
            late = {a for m in methods for a in attributes(m)} - born
            assert not late, f"{path.name}: {cls.name} {sorted(late)}"
