"""docs/adding_a_command.md, followed literally in a copy of the program."""

import re
from dataclasses import fields

import pytest
from followed_page import Page, run

from marki.console.state.commands import CommandSpec

PAGE = Page("adding_a_command.md")

# What the page promises, in a process of the copy: prints a line for each promise that is kept.
PROMISES = """
import sys
from pathlib import Path

import pygame

from marki.console.app import App
from marki.console.drawing import overlay
from marki.console.window_settings import WindowSettings
from marki.session import mark1_session

session = mark1_session(seed=1)
app = App(session, WindowSettings(frames=1000, paused=True, page="menu"))
app.frame()
for language in ("en", "zh"):
    label = app.operator.commands["all_toggles"].label[language]
    rows = [b for b in app.handler.panels["page"].blocks if getattr(b, "command", "") == "all_toggles"]
    assert [(row.text, row.right) for row in rows] == [(label, ";")], rows
    assert f"; {label}" in overlay.key_map(app.renderer.surface, app.renderer.theme, app.scene.commands)
    print("listed", language)
    app.obey("language")
    for _ in range(10):
        app.frame()
pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SEMICOLON, unicode=";", mod=0))
app.frame()
assert [(c.name, c.value) for c in session.commands] == [("toggle", [0] * 400)]
app.obey("all_toggles", position=1)
assert session.learner.sensory.forced.all()
app.obey("all_toggles", position=2)
assert "all_toggles" in app.ui.message and "2" in app.ui.message and app.ui.alarm
assert session.learner.sensory.forced.tolist() == [1] * 400
print("obeyed")
lesson = Path("assets/lessons/alphabet.toml").read_text(encoding="utf-8")
Path("mine.toml").write_text(lesson.replace('lock = ["new_seed"]', 'lock = ["all_toggles"]'), encoding="utf-8")
app.operator.changes = 0
app.obey("lesson", name="mine.toml")
assert app.ui.lesson is not None, app.ui.message
app.obey("all_toggles", position=1)
assert app.ui.alarm and not app.session.learner.sensory.forced.any()
print("locked")
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return PAGE.copy(tmp_path_factory.mktemp("copy"), "weights")


@pytest.mark.slow
def test_the_page_adds_a_command_with_one_file(copy):
    (command,) = PAGE.commands
    run(copy, *command)
    assert (copy / "out/menu.png").stat().st_size > 1000
    assert run(copy, "-c", PROMISES).split("\n")[-5:-1] == ["listed en", "listed zh", "obeyed", "locked"]
    run(copy, "run_sim.py", "worksheet", "mine.toml", "--out", "mine.html")
    assert (copy / "mine.html").exists()


def test_the_page_breaks_none_of_our_rules(tmp_path):
    PAGE.check_rules(tmp_path)


def test_every_field_that_the_page_names_is_one():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.text, re.M)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {f.name for f in fields(CommandSpec)} - {"name", "do", "listed", "check"}
