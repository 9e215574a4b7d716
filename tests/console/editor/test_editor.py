"""The editor in the window: typing, mouse, buttons, mistakes, the run, files, and the way to the Mark I."""

import numpy as np
import pygame
import pytest

from marki.console.state.editor_keys import EDITOR_KEYS
from marki.console.state.targets import Target
from marki.pen.interpreter import lit
from marki.pen.parser import parse

CTRL, SHIFT = pygame.KMOD_CTRL, pygame.KMOD_SHIFT
COMB = "rep n [\n  draw up 3\n  go down 3\n  draw right 2\n]"


@pytest.fixture
def editor(window, tmp_path):
    """Return a function that opens a window with the editor, a program on its sheet."""

    def open_it(text=COMB, **settings):
        app = window(out=str(tmp_path / "out"), **settings)
        app.frame()
        app.obey("editor")
        app.ui.desk.lay(text)
        app.ui.desk.place(len(text))
        app.frame()
        app.frame()
        return app

    return open_it


def knob(app, name, **arguments):
    """Return where a button is, by its name and some of its arguments."""
    number = next(
        n for n, k in enumerate(EDITOR_KEYS) if k.name == name and arguments.items() <= dict(k.arguments).items()
    )
    return app.handler.place_of(Target("key", number)).center


def written(app):
    """Return what is written on the sheet."""
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


def test_a_program_is_typed_and_drawn_at_once(editor, key):
    app = editor("")
    digest = app.session.digest
    type_in(app, key, "draw up 3\ngo left 2")
    assert app.ui.desk.text == "draw up 3\ngo left 2"
    assert app.ui.desk.lamps == lit(parse("draw up 3"), 4)
    assert (app.session.digest, app.playback.running) == (digest, False)  # no key reached the machine


def test_keys_are_those_of_every_editor(editor, key):
    app = editor("draw up 3")
    key(app, "LEFT", mod=CTRL)
    key(app, "HOME", mod=SHIFT)
    assert app.ui.desk.selected == "draw up "
    key(app, "x", mod=CTRL)
    assert app.ui.desk.text == "3"
    key(app, "z", mod=CTRL)
    assert app.ui.desk.text == "draw up 3"
    key(app, "y", mod=CTRL)
    assert app.ui.desk.text == "3"
    key(app, "v", mod=CTRL)
    key(app, "v", mod=CTRL)
    assert app.ui.desk.text == "draw up draw up 3"
    key(app, "a", mod=CTRL)
    key(app, "DELETE")
    assert app.ui.desk.text == ""


def test_a_selection_is_copied(editor, key, monkeypatch):
    app = editor("draw up 3")
    kept = []
    monkeypatch.setattr(app, "copy", lambda text: kept.append(text) or True)
    key(app, "a", mod=CTRL)
    key(app, "c", mod=CTRL)
    assert kept == ["draw up 3"]
    assert app.ui.desk.text == "draw up 3"


def test_escape_gives_the_keys_back_and_enter_takes_them_again(editor, key):
    app = editor("draw up 3")
    key(app, "ESCAPE")
    key(app, "q", typed="x")
    app.ui.question = None
    assert app.ui.desk.text == "draw up 3"
    key(app, "SPACE", typed=" ")
    assert app.ui.desk.going
    assert not app.playback.running
    key(app, "RETURN")
    type_in(app, key, " ")
    assert app.ui.desk.text == "draw up 3 "


def test_an_input_method_composes_in_the_program(editor, key):
    app = editor("# ")
    assert app.keyboard.texting
    pygame.event.post(pygame.event.Event(pygame.TEXTEDITING, text="shu", start=0, length=3))
    app.frame()
    assert "shu" in written(app)
    key(app, "RETURN")  # chooses; it does not begin a line
    pygame.event.post(pygame.event.Event(pygame.TEXTEDITING, text="", start=0, length=0))
    pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text="梳子"))
    app.frame()
    assert app.ui.desk.text == "# 梳子"


@pytest.mark.parametrize("size", [(1280, 800), (800, 600), (1920, 1080)], ids=str)
@pytest.mark.parametrize("line", [0, 1, 3])
def test_a_click_sets_the_cursor_where_it_is(editor, drag, size, line):
    app = editor(size=size)
    sheet = app.handler.panels["program"]
    at = sum(len(text) + 1 for text in COMB.split("\n")[:line]) + 4
    app.ui.desk.place(at)
    app.frame()
    place = app.renderer.in_window(sheet.caret_place).center
    app.ui.desk.place(0)
    drag(app, place)
    assert app.ui.desk.caret == at


def test_dragging_and_double_clicks_select(editor, drag):
    app = editor()
    sheet = app.handler.panels["program"]
    places = []
    for at in (10, 14):
        app.ui.desk.place(at)
        app.frame()
        places.append(sheet.caret_place.center)
    drag(app, *places)
    assert app.ui.desk.selected == "draw"
    inside = places[0][0] + 3, places[0][1]
    app.ui.desk.place(0)
    drag(app, inside)
    drag(app, inside)
    assert app.ui.desk.selected == "draw"


def test_a_program_is_written_by_buttons_alone(editor, drag):
    app = editor("")
    for word in ("rep", "n", "[", "draw", "up-left", "2", "go", "down", "3", "]"):
        drag(app, knob(app, "word", word=word))
    assert app.ui.desk.text == "rep n [\n  draw up-left 2\n  go down 3\n]"
    for name in ("erase", "undo", "less", "more", "line", "left", "step", "run"):
        drag(app, knob(app, name))
    assert app.ui.desk.n == 4
    assert app.ui.desk.going


def test_every_button_gives_a_command_and_the_footer_names_it(editor, tmp_path):
    for language in ("en", "zh"):
        app = editor(language=language)
        for number, one in enumerate(EDITOR_KEYS):
            app.ui.hovered, app.ui.message = Target("key", number), ""
            assert one.command in app.operator.commands
            app.operator.commands[one.command].check_arguments(one.arguments)
            assert app.words(f"hint.key_{one.name}").format(word=one.word)
            app.frame()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_mistake_stands_under_its_line_with_its_cure(editor, language):
    app = editor("draw up 3\ndrwa up 3\ngo up 1", language=language)
    told = app.words.error(app.ui.desk.refusal)
    rows = written(app)
    assert told in rows
    assert rows.index("drwa") < rows.index(told) < rows.index("go")


def test_words_are_coloured_by_their_kind(editor):
    app = editor("# words\ndraw up 7\ndrwa")
    app.ui.desk.pass_time(5.0)
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    sheet = app.handler.panels["program"].rect
    colour = {text: c for text, place, c in app.renderer.theme.written if sheet.contains(place)}
    assert len({colour[text] for text in ("# words", "draw", "up", "7", "drwa")}) == 5


def test_the_run_marks_its_line_and_rings_its_pen(editor, key):
    app = editor()
    key(app, "RETURN", mod=CTRL)
    assert app.ui.desk.going
    for _ in range(40):
        app.frame()
    assert 0 < app.ui.desk.at < app.ui.desk.length
    assert f"{app.ui.desk.at}" in "".join(
        text for text in app.handler.panels["pen_lamps"]._note._shown[0].split() if text.isdigit()
    )
    while app.ui.desk.going:
        app.frame()
    assert app.ui.desk.lamps == lit(parse(COMB), 4)


def test_a_program_that_is_wrong_does_not_run_and_says_why(editor):
    app = editor("draw up")
    app.obey("run_program")
    assert app.ui.alarm
    assert "no number" in app.ui.message


def test_what_is_written_stays_when_the_editor_is_left(editor, key):
    app = editor("")
    type_in(app, key, "draw up 3")
    for leave in ("editor", "view"):
        app.obey(leave)
        app.frame()
        assert not app.ui.editing
        assert "program" not in app.handler.panels
        app.obey("editor")
        app.frame()
        assert app.ui.desk.text == "draw up 3"


def test_the_window_is_not_closed_over_an_unsaved_program(editor, key, tmp_path):
    app = editor("")
    type_in(app, key, "draw up 3")
    app.obey("quit")
    assert app.open
    assert app.ui.question.text == app.words("ask.quit_program")
    app.obey("answer", yes=False)
    app.obey("save")
    app.obey("quit")
    assert not app.open


def test_saving_replaces_nothing(editor, key, tmp_path):
    app = editor("draw up 3")
    key(app, "s", mod=CTRL)
    app.ui.desk.write("\ngo up 1")
    key(app, "s", mod=CTRL)
    files = sorted((tmp_path / "out").iterdir())
    assert [f.name for f in files] == ["program-2.pen", "program.pen"]
    assert files[1].read_text() == "draw up 3\n"
    assert files[0].read_text() == "draw up 3\ngo up 1\n"
    assert not list((tmp_path / "out").glob("*.npz"))


def test_a_file_is_opened_by_dropping_it_and_undo_brings_back_what_stood_there(editor, tmp_path):
    app = editor("draw up 3")
    (tmp_path / "comb.pen").write_text(COMB, encoding="utf-8-sig", newline="\r\n")
    app.ui.editing = False
    app.obey("dropped", path=str(tmp_path / "comb.pen"))
    assert app.ui.editing
    assert (app.ui.desk.text, app.ui.desk.name, app.ui.desk.unsaved) == (COMB, "comb", False)
    app.obey("undo")
    assert app.ui.desk.text == "draw up 3"


def test_a_file_that_is_too_long_is_refused(editor, tmp_path):
    app = editor("draw up 3")
    (tmp_path / "long.pen").write_text("go up 1\n" * 2_000)
    app.obey("open_program", path=str(tmp_path / "long.pen"))
    assert app.ui.alarm
    assert app.ui.desk.text == "draw up 3"


def test_the_mark1_is_taught_what_is_drawn(editor, session):
    app = editor()
    app.obey("program_card")
    app.frame()
    assert not app.ui.editing
    wanted = np.frombuffer(lit(parse(COMB), 4), np.uint8).reshape(20, 20) * 255
    assert np.array_equal(app.ui.draft, wanted)
    app.obey("teach", text="b")
    shown = session.commands[-1]
    assert np.array_equal(np.reshape(shown.value["frame"], (20, 20)), wanted)
    assert shown.value["kind"] == 1


def test_looking_at_a_program_changes_no_run(editor, session):
    app = editor()
    digest = session.digest
    app.obey("run_program")
    for _ in range(30):
        app.frame()
    assert session.digest == digest


def test_visitors_of_a_kiosk_write_but_do_not_save_and_leave_nothing(editor, tmp_path):
    app = editor("draw up 3", kiosk=True)
    app.obey("save_program")
    assert app.ui.message == app.words("message.locked")
    assert not (tmp_path / "out").exists()
    app.kiosk.begin_anew()
    assert (app.ui.editing, app.ui.desk.text) == (False, "")


def test_a_long_program_scrolls_with_its_cursor(editor, key):
    app = editor("\n".join(f"draw up {k % 20 + 1}" for k in range(200)))
    assert "200" in written(app)
    key(app, "HOME", mod=CTRL)
    assert "200" not in written(app)
    assert "1" in written(app)
    app.obey("scroll_program", way=5)
    assert app.ui.desk.top == 5


@pytest.mark.parametrize("size", [(640, 480), (800, 600), (1280, 800), (1920, 1080)], ids=str)
@pytest.mark.parametrize("projector", [False, True], ids=["desk", "projector"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_screen_of_the_editor_is_whole(editor, size, projector, language):
    app = editor("draw up 3\ndrwa up 3\n# 梳子\n", size=size, projector=projector, language=language)
    for page in ("", "menu"):
        app.operator.turn_to(page)
        app.frame()
        app.renderer.theme.clipped.clear()
        app.renderer.theme.dropped.clear()
        written(app)
        assert not app.renderer.theme.dropped
        assert not app.renderer.theme.clipped
        keys = [app.handler.place_of(Target("key", n)) for n in range(len(EDITOR_KEYS))]
        assert all(place.w >= 12 and place.h >= 14 for place in keys)
