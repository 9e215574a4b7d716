"""Help in the editor: lines that are offered in grey, and holes that are filled; who has no weights says so."""

from dataclasses import replace

import pygame
import pytest
from console import fake_timeline
from console.fake_timeline import FakeTimeline

from marki.io.exhibits import Trouble


@pytest.fixture(autouse=True)
def with_programs(monkeypatch):
    """Have those on the timeline who program."""
    monkeypatch.setattr(fake_timeline, "EXHIBITS", fake_timeline.WITH_PROGRAMS)


@pytest.fixture
def editor(session, tmp_path, with_programs):
    """Return a function that opens a window with the editor and a timeline, a program on the sheet."""
    from marki.console.app import App, WindowSettings

    def open_it(text="", **settings):
        settings = {"frames": 1_000_000, "paused": True, "out": str(tmp_path), **settings}
        app = App(session, WindowSettings(**settings), FakeTimeline())
        app.lent = app.timeline.timeline
        app.frame()
        app.obey("editor")
        app.frame()
        app.timeline.wake(wait=True)
        app.ui.desk.lay(text)
        app.ui.desk.place(len(text))
        frames(app)
        return app

    yield open_it
    pygame.quit()


def frames(app, n=3):
    for _ in range(n):
        app.frame()


def asked(app, what):
    return [said[2:] for rack in app.lent.racks for said in rack.said if said[0] == what]


def written(app):
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    found, app.renderer.theme.written = app.renderer.theme.written, None
    inside = app.handler.panels["program"].rect
    return [text for text, place, _ in found if inside.contains(place)]


def type_in(app, key, text):
    for sign in text:
        name = {"\n": "RETURN", " ": "SPACE"}.get(sign, sign)
        key(app, name, typed="" if sign == "\n" else sign)


@pytest.fixture
def without_weights(monkeypatch):
    """Take the weights of those who would help away."""
    bare = tuple(replace(e, hall={}) if e.name in ("copilot", "incoder") else e for e in fake_timeline.EXHIBITS)
    monkeypatch.setattr(fake_timeline, "EXHIBITS", bare)


def test_what_is_offered_stands_in_grey_and_tab_takes_it(editor, key):
    app = editor("# a line of n up\n")
    type_in(app, key, "dra")
    frames(app)
    assert asked(app, "offer")[-1] == ("copilot", "a line of n up:", "dra")
    assert app.timeline.aid.offer == "w up 3"
    assert "w up 3" in written(app)
    assert app.ui.desk.text.endswith("dra")  # it is not in the text yet
    key(app, "TAB")
    assert app.ui.desk.text == "# a line of n up\ndraw up 3"
    view = app.scene.timeline.aid
    assert (view.shown, view.taken, view.saved) == (1, 1, 5)
    app.obey("undo")
    assert app.ui.desk.text.endswith("dra")


def test_on_a_new_line_all_words_before_it_are_whole(editor):
    app = editor("# a line of n up\ndraw up 3\n")
    assert asked(app, "offer")[-1] == ("copilot", "a line of n up: draw up 3", "")


def test_the_offer_shrinks_while_it_is_typed_and_counts_once(editor, key):
    app = editor("# a line\n")
    type_in(app, key, "d")
    frames(app)
    for sign, left in (("r", "aw up 3"), ("a", "w up 3"), ("w", " up 3")):
        type_in(app, key, sign)
        assert app.timeline.aid.offer == left
    frames(app)
    assert app.scene.timeline.aid.shown == 1
    type_in(app, key, "x")
    frames(app)
    assert app.timeline.aid.offer == ""


def test_escape_drops_the_offer_until_the_next_key(editor, key):
    app = editor("# a line\n")
    type_in(app, key, "dr")
    frames(app)
    key(app, "ESCAPE")
    frames(app)
    assert app.timeline.aid.offer == ""
    assert app.ui.desk.writing
    type_in(app, key, "a")
    frames(app)
    assert app.timeline.aid.offer == "w up 3"
    key(app, "ESCAPE")
    key(app, "ESCAPE")
    assert not app.ui.desk.writing


def test_without_an_offer_tab_indents(editor, key):
    app = editor("draw up 3\n")
    key(app, "TAB")
    assert app.ui.desk.text == "draw up 3\n  "


def test_what_is_hardly_likely_is_not_shown(editor, key):
    app = editor("# a line\n")
    assert asked(app, "offer")
    assert app.timeline.aid.offer == ""


@pytest.mark.parametrize(
    ("text", "caret"),
    [("# a line\ndraw up 3 go", 13), ("# a com", 7), ("draw up 3", 2)],
    ids=["words", "comment", "middle"],
)
def test_nothing_is_offered_in_the_middle_of_a_line_or_in_a_comment(editor, text, caret):
    app = editor(text)
    before = len(asked(app, "offer"))
    app.ui.desk.place(caret)
    frames(app)
    assert len(asked(app, "offer")) == before
    assert app.timeline.aid.offer == ""


def test_the_same_text_is_asked_about_once(editor):
    app = editor("# a line\ndr")
    frames(app, 30)
    assert [text for _, text, _ in asked(app, "offer")].count("a line:") == 1


def test_f_at_a_hole_fills_it_and_undo_opens_it_again(editor, key):
    app = editor("# a square\ndraw up 3\n? # here\ndraw down 3\n?")
    app.ui.desk.place(app.ui.desk.text.index("?"))
    app.frame()
    type_in(app, key, "f")
    frames(app)
    assert asked(app, "fill") == [("incoder", "a square: draw up 3 ? draw down 3")]
    assert app.ui.desk.text == "# a square\ndraw up 3\ngo left 2 # here\ndraw down 3\n?"
    app.obey("undo")
    assert app.ui.desk.text.count("?") == 2


def test_a_selection_becomes_a_hole_and_is_written_anew(editor, key):
    app = editor("draw up 3\ndraw left 3\ndraw down 3")
    app.ui.desk.place(10)
    app.ui.desk.place(22, extend=True)
    type_in(app, key, "f")
    frames(app)
    assert app.ui.desk.text == "draw up 3\ngo left 2\ndraw down 3"


def test_f_is_a_letter_elsewhere(editor, key):
    app = editor("# ?")
    type_in(app, key, "f")
    assert app.ui.desk.text == "# ?f"
    app.ui.desk.lay("draw up 3")
    app.ui.desk.place(9)
    type_in(app, key, "f")
    assert app.ui.desk.text == "draw up 3f"


def test_without_a_hole_that_is_said(editor):
    app = editor("draw up 3")
    app.obey("fill_hole")
    assert app.ui.message == app.words("editor.no_hole")


def test_a_program_that_was_changed_meanwhile_is_let_be(editor):
    app = editor("draw up 3\n?")
    app.obey("fill_hole")
    app.ui.desk.lay("go up 1\n?")
    frames(app)
    assert app.ui.desk.text == "go up 1\n?"
    assert not app.timeline.aid.waiting


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_has_no_weights_says_so_in_one_sentence_and_no_process_is_started(editor, without_weights, language, key):
    app = editor("# a line\ndr", language=language)
    said = app.words("editor.no_weights", names="Copilot, Incoder")
    assert said in written(app)
    assert not app.lent.racks
    for command, name in (("fill_hole", "Incoder"), ("take_offer", "Copilot")):
        app.obey(command)
        assert app.ui.message == app.words("editor.no_weights", names=name)
    key(app, "TAB")
    assert app.ui.desk.text == "# a line\ndr  "


def test_a_process_that_ends_is_told_and_the_editor_goes_on(editor, key):
    app = editor("# a line\n?")
    app.lent.racks[-1].came.append(Trouble(name="incoder", text="the process has ended"))
    app.frame()
    assert "the process has ended" in app.ui.message
    type_in(app, key, " ")
    assert app.ui.desk.text == "# a line\n? "


def test_a_window_without_a_timeline_offers_nothing(window, key):
    app = window()
    app.obey("editor")
    frames(app)
    for command in ("take_offer", "fill_hole", "drop_offer"):
        app.obey(command)
    frames(app)
    assert app.ui.editing


def test_a_slow_answer_holds_no_frame_up(editor, key, monkeypatch):
    app = editor("# a line\n")
    rack = app.lent.racks[-1]
    monkeypatch.setattr(rack, "poll", list)
    type_in(app, key, "dra")
    frames(app, 10)
    assert app.timeline.aid.waiting
    assert app.ui.desk.text.endswith("dra")
    monkeypatch.undo()
    frames(app)
    assert app.timeline.aid.offer == "w up 3"
