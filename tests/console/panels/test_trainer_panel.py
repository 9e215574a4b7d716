"""The trainer says what is shown and answered in the words of the world that the card is from."""

import re

import pytest

from marki.console.panels.curve_panel import wrong_under_way
from marki.console.panels.trainer_panel import verdict
from marki.io.worlds import WorldConfig


@pytest.mark.parametrize("name", ["digits", "left_right"])
def test_a_shown_card_keeps_its_class_when_the_world_changes(window, name):
    app = window()
    app.session.step()
    app.frame()
    before = verdict(app.scene, "none")
    assert before[0] in app.session.world.classes
    app.operator.give("open_world", config=WorldConfig(name=name).to_mapping())
    app.frame()
    assert app.operator.world_config().name == name
    assert verdict(app.scene, "none") == before
    assert app.operator.answered() == before[1]
    app.session.step()
    app.frame()
    assert verdict(app.scene, "none")[0] in app.session.world.classes


def test_the_learning_curve_counts_a_card_from_the_moment_it_is_judged_wrong(window):
    app = window()

    def said():
        theme = app.renderer.theme
        theme.written = []
        app.renderer.invalidate()
        app.draw()
        written, theme.written = {text for text, _, _ in theme.written}, None
        return written

    app.frame()
    forms = [app.words.forms("curve.first", count=k)[0] for k in (0, 1)]
    assert forms[0] in said() or "0/26" in said()
    while not app.scene.snapshot.answered:
        app.session.advance(app.session.now + 100_000, one=True)
        app.frame()
    assert app.session.trial == 0
    assert verdict(app.scene, "none")[3] is False
    assert wrong_under_way(app.scene)
    assert said() & {forms[1], "1/26"}
    app.session.step()
    app.frame()
    assert app.session.trial == 1
    assert not wrong_under_way(app.scene)
    assert said() & {forms[1], "1/26"}


@pytest.mark.parametrize("world", ["left_right", "parity", "connectedness", "forms"])
def test_a_chinese_window_names_no_class_in_english(window, world):
    app = window(language="zh", size=(1280, 800))
    app.operator.give("open_world", config=WorldConfig(name=world).to_mapping())
    app.session.step()
    app.frame()
    written = seen(app)
    for page in ("confusion", "vote"):
        app.obey("predict" if page == "vote" else "page", **({} if page == "vote" else {"name": page}))
        for _ in range(200):
            app.frame()
        written |= seen(app)
    classes = [name for name in app.session.world.classes if len(name) > 1]
    assert any(app.words.class_name(name) in text for name in classes for text in written)
    assert [text for text in written for name in classes if re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_a_typed_sign_the_trainer_shows_the_sign(window, language):
    app = window(language=language)
    app.frame()
    app.obey("letter", text="7")
    app.frame()
    assert "7" in seen(app)
    assert not [text for text in seen(app) if " in routed-gothic" in text and language == "zh"]


def seen(app):
    """Return all texts of the window, as they were written."""
    theme = app.renderer.theme
    theme.written = []
    app.renderer.invalidate()
    app.draw()
    written, theme.written = {text for text, _, _ in theme.written}, None
    return written


@pytest.mark.parametrize(("view", "alone"), [("schematic", False), ("front", True)])
def test_where_there_is_no_room_for_all_phases_the_one_that_is_lit_is_named(window, view, alone):
    app = window(view=view, size=(1280, 800))
    app.obey("page", name="settings")
    app.frame()
    assert app.handler.panels["trainer"].lit_alone == alone
    while app.session.presentation is None or not app.scene.snapshot.answered:
        app.session.advance(app.session.now + 100_000)
        app.frame()
    words = [app.words.forms(f"phase.{name}") for name in ("look", "read", "teach", "change")]
    assert sum(bool(seen(app) & set(forms)) for forms in words) == (1 if alone else 4)
