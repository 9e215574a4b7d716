"""The table of commands: each can be given, and refuses what does not fit; locks, questions, and new files."""

import inspect
import shutil
import sys
from dataclasses import replace
from functools import partial
from typing import get_args

import numpy as np
import pytest
from console.fake_timeline import FakeTimeline
from photographed_sheets import written_sheet
from PIL import Image

from marki import savefile
from marki.console import actions
from marki.console.actions.command_table import COMMANDS, collect, listed, lockable
from marki.console.state.commands import Argument, CommandSpec
from marki.errors import ConfigError, MarkIError, UnknownName
from marki.io.worlds import WorldConfig
from marki.language import LANGUAGES, Words
from marki.session import Session, mark1_session
from marki.teaching import lesson

FRAME = [0] * 200 + [255] * 200
EXAMPLES = {
    "add_word": {"word": "draw"},
    "answer": {"yes": True},
    "beside": {"name": "resnet"},
    "break_some": {"name": "dead_cells", "count": 3},
    "break_unit": {"kind": "a", "number": 3},
    "card_into_deck": {"text": "cat"},
    "choose_world": {"name": "digits"},
    "choose": {"question": 0, "option": 1},
    "course": {"name": "exam", "learn": False},
    "drop": {"command": "set", "arguments": {"changes": {"machine.association.theta": 3}}},
    "dropped": {"path": "{tmp}/card.png"},
    "erase_program": {"way": 1, "word": True},
    "focus": {"step": -1},
    "folder": {"path": "{tmp}"},
    "force": {"positions": [0, 1, -1, 0, 0, 0, 0, 0]},
    "gang": {"unit": 1, "way": -1},
    "go_to": {"trial": 2},
    "ink": {"cells": [0, 399], "level": 255, "more": False},
    "into_deck": {"path": "{tmp}/card.png"},
    "kind": {"name": "speaks"},
    "lesson": {"name": "alphabet"},
    "letter": {"text": "Q"},
    "measure": {"question": 0},
    "move_in_program": {"to": "word_right", "extend": True},
    "notch": {"unit": 511, "way": 0.1},
    "open_program": {"path": "{tmp}/comb.pen"},
    "open_world": {"config": {"name": "left_right"}},
    "page": {"name": "journal"},
    "patch": {"unit": 5, "cell": 399, "sign": "+"},
    "pen": {"width": 2},
    "pick": {"kind": "r", "number": 7},
    "pick_setting": {"name": "world.name", "way": 1},
    "picture_card": {"path": "{tmp}/card.png"},
    "preview_choice": {"name": "fit", "way": 1},
    "preview_frame": {"frame": [0.1, 0.2, 0.9, 0.8]},
    "preview_turn": {"way": -1},
    "place_cursor": {"at": 3, "extend": True},
    "put_up": {"name": "lenet5"},
    "saved": {"path": "{tmp}/run.npz"},
    "saved_with": {"path": "{tmp}/moved.npz", "setting": "images", "text": "{tmp}/now"},
    "scroll_program": {"way": 3},
    "scroll_strip": {"way": 1.0},
    "select_word": {"at": 3},
    "set": {"changes": {"machine.association.theta": 3}},
    "sheet_into_deck": {"path": "{tmp}/sheet.png"},
    "show": {"name": "half", "frame": FRAME, "kind": -1, "learn": True},
    "step_program": {"way": -1},
    "show_card": {"kind": 1},
    "show_layer": {"layer": 7},
    "teach": {"text": "b"},
    "throw_force": {"number": 1},
    "throw_toggle": {"number": 399, "to": -1},
    "toggle": {"positions": [0, 1] * 200},
    "turn_n": {"way": 1},
    "turn": {"units": [0, 511], "deg": [1, -2.5]},
    "turn_setting": {"name": "machine.association.theta", "way": -1},
    "type_program": {"text": "draw up 3"},
    "type_patch": {"unit": 0},
    "type_setting": {"name": "machine.association.theta"},
    "type_turn": {"unit": 0},
    "typed_folder": {"text": "{tmp}"},
    "typed_line": {"text": "hello"},
    "typed_patch": {"unit": 0, "text": "+12"},
    "typed_setting": {"name": "world.shift", "text": "1"},
    "typed_turn": {"unit": 3, "text": "4.5"},
    "vote": {"option": 0, "way": 1},
    "world": {"config": {"name": "left_right"}, "learn": True},
    "room_schedule": {"name": "1f1b", "way": 1},
    "room_training": {"name": "mt_nlg", "way": 1},
    "room_turn": {"name": "micros", "way": 1},
    "room_value": {"name": "ranks", "value": 6},
    "shots": {"way": 1},
    "shots_to": {"count": 3},
    "zoom": {"way": 2.5},
    "mix_layer": {"number": 1},
    "name_class": {"text": "7"},
    "paint": {"cells": [0, 399], "level": 1, "more": False},
    "pin_card": {"second": True},
    "room": {"name": "programs"},
    "slide": {"share": 0.5, "more": False},
    "tool": {"name": "knobs"},
    "turn_latent": {"number": 3, "value": 1.5, "more": False},
    "walk_step": {"way": 1},
    "walk_to": {"step": 5},
}
"""Arguments for every command that takes any."""

WRONG = {int: "x", float: "x", bool: 1, str: 7, dict: [1]}


def stand_before(name, tool=""):
    """Return what puts a machine that draws up, with a tool in hand, and waits for its drawing."""

    def do(app):
        app.operator.give("put_up", name=name)
        app.frame()
        if tool:
            app.operator.give("tool", name=tool)
        for _ in range(4):
            app.frame()

    return do


def draw(app):
    app.ui.draft = np.full((20, 20), 255, np.uint8)


def open_lesson(app):
    app.operator.give("lesson", name="alphabet")
    pages = app.ui.lesson.pages
    app.ui.leaf = next(k for k, page in enumerate(pages) if any(q.options for q in page.questions))


def write_sheet(app):
    written_sheet(app.test_cards[0].parent / "sheet.png")


def move_pictures(app):
    """Save a run whose pictures are moved then."""
    place = app.test_cards[0].parent
    (place / "then").mkdir()
    for card in app.test_cards:
        shutil.copy(card, place / "then")
    session = mark1_session(WorldConfig(name="images", images=str(place / "then")))
    savefile.save(session, place / "moved.npz")
    (place / "then").rename(place / "now")


BEFORE = {
    "card_into_deck": draw,
    "type_card": draw,
    "show_card": draw,
    "teach": draw,
    "saved_with": move_pictures,
    "sheet_into_deck": write_sheet,
    **dict.fromkeys(("draw_again", "drawn_before"), lambda app: app.operator.give("room", name="draws")),
    "shutter": stand_before("resnet"),
    "choose": open_lesson,
    "measure": open_lesson,
    "learn_deck": lambda app: [app.operator.give("into_deck", path=str(p)) for p in app.test_cards],
    **{
        name: lambda app: app.operator.give("picture_card", path=str(app.test_cards[0]))
        for name in COMMANDS
        if name.startswith("preview_")
    },
    **dict.fromkeys(("turn_latent", "latents_back", "tool"), stand_before("gan", "knobs")),
    **dict.fromkeys(("walk_play", "walk_to", "walk_step", "walk_steps", "paint", "wipe"), stand_before("diffusion")),
    **dict.fromkeys(("mix_layer", "mix_next", "mix_swap"), stand_before("stylegan2", "mix")),
    **dict.fromkeys(("pin_card", "slide", "own_cards"), stand_before("autoencoder", "slide")),
    "type_line": lambda app: app.operator.give("put_up", name="gpt"),
    "vote": lambda app: app.operator.give("play"),
}


@pytest.fixture
def open_window(tmp_path, monkeypatch):
    """Return a function that opens a window with a timeline and all files that the examples speak of."""
    import pygame

    from marki.console.app import App
    from marki.console.window_settings import WindowSettings

    monkeypatch.setattr(pygame.display, "toggle_fullscreen", lambda: None)
    cards = [tmp_path / "card.png", tmp_path / "dog.png"]
    for path in cards:
        picture = np.zeros((40, 40), np.uint8)
        picture[10:30, 12:18] = 255
        Image.fromarray(picture).save(path)
    (tmp_path / "comb.pen").write_text("rep n [ draw up 3 go down 3 draw right 2 ]\n")

    def open_it(**settings):
        session = mark1_session(WorldConfig(letters="ABC"), seed=3, keep="recent")
        session.run(3)
        savefile.save(session, tmp_path / "run.npz")
        wanted = {"frames": 1_000_000, "paused": True, "out": str(tmp_path / "out"), **settings}
        app = App(session, WindowSettings(**wanted), FakeTimeline())
        app.timeline.wake(wait=True)
        app.test_cards = cards
        app.frame()
        return app

    yield open_it
    pygame.quit()


def example(name, tmp_path):
    return {
        key: value.format(tmp=tmp_path) if isinstance(value, str) else value
        for key, value in EXAMPLES.get(name, {}).items()
    }


# -- giving --------------------------------------------------------------------------------------------------------


def test_every_argument_has_an_example():
    assert set(EXAMPLES) == {name for name, command in COMMANDS.items() if command.arguments}
    for name, arguments in EXAMPLES.items():
        assert list(arguments) == [a.name for a in COMMANDS[name].arguments]


@pytest.mark.parametrize("part", range(4))
def test_every_command_is_carried_out(open_window, tmp_path, part):
    for name in list(COMMANDS)[part::4]:
        app = open_window()
        BEFORE.get(name, lambda app: None)(app)
        app.ui.message, app.ui.alarm = "", False
        app.operator.give(name, **example(name, tmp_path))
        app.frame()
        assert not app.ui.alarm, (name, app.ui.message)


def test_whatever_has_no_required_argument_can_be_given_without(open_window):
    app = open_window()
    for name, command in COMMANDS.items():
        if all(argument.optional for argument in command.arguments):
            app.obey(name)
            assert app.ui.question is None or command.ends_run
            app.ui.question = None


def refusal(app, name, arguments):
    before = app.session.digest, len(app.session.commands)
    with pytest.raises((UnknownName, ConfigError)) as refused:
        app.operator.give(name, **arguments)
    text = str(refused.value)
    assert "\n" not in text
    assert (app.session.digest, len(app.session.commands)) == before
    return refused.type, text


def test_every_command_refuses_an_argument_that_it_does_not_have(open_window, tmp_path):
    app = open_window()
    for name in COMMANDS:
        kind, text = refusal(app, name, {**example(name, tmp_path), "nonsense": 1})
        assert repr(name) in text
        assert "'nonsense'" in text
        assert kind is (UnknownName if COMMANDS[name].arguments else ConfigError)


def test_every_argument_of_a_wrong_type_is_refused_by_command_and_name(open_window, tmp_path):
    app = open_window()
    for name, command in COMMANDS.items():
        for argument in command.arguments:
            wrong = WRONG.get(argument.kind, [WRONG.get((get_args(argument.kind) or (str,))[0])])
            kind, text = refusal(app, name, {**example(name, tmp_path), argument.name: wrong})
            assert f"command {name!r}: {argument.name}: expected" in text
            assert kind is ConfigError


def test_every_missing_argument_is_refused(open_window, tmp_path):
    app = open_window()
    for name, command in COMMANDS.items():
        for argument in command.arguments:
            if not argument.optional:
                given = example(name, tmp_path)
                del given[argument.name]
                assert refusal(app, name, given) == (
                    ConfigError,
                    f"command {name!r}: lacks its argument {argument.name!r}. Give {argument.name}",
                )


def test_every_number_out_of_range_and_every_choice_that_there_is_not_is_refused(open_window, tmp_path):
    app = open_window()
    for name, command in COMMANDS.items():
        for argument in command.arguments:
            given = example(name, tmp_path)
            for limit, by in ((argument.low, -1), (argument.high, 1)):
                if limit is not None:
                    wrong = limit + by
                    wrong = [wrong] if get_args(argument.kind) else wrong
                    wrong = (
                        wrong if float in (argument.kind, *get_args(argument.kind)) else np.asarray(wrong, int).tolist()
                    )
                    _, text = refusal(app, name, {**given, argument.name: wrong})
                    assert "is out of range" in text
            if argument.choices:
                kind, text = refusal(app, name, {**given, argument.name: f"{argument.choices[-1]}x"})
                assert kind is UnknownName
                assert f"command {name!r}: {argument.name}: unknown choice" in text


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("pick", {"kind": "s", "number": 400}, "there is no s 400"),
        ("put_up", {"name": "lenet"}, "unknown system 'lenet'. Did you mean 'lenet5'?"),
        ("beside", {"name": "lenet"}, "unknown system 'lenet'. Did you mean 'lenet5'?"),
        ("turn_setting", {"name": "machine.association.teta", "way": 1}, "Did you mean 'machine.association.theta'?"),
        ("turn_setting", {"name": "association.theta", "way": 1}, "Did you mean 'machine.association.theta'?"),
        ("choose", {"question": 0, "option": 0}, "no lesson is open"),
        ("card_into_deck", {"text": "cat"}, "there is no card"),
        ("course", {"name": "exams", "learn": False}, "unknown course 'exams'"),
    ],
)
def test_what_cannot_be_is_refused(open_window, name, arguments, said):
    app = open_window()
    with pytest.raises(MarkIError) as refused:
        app.operator.give(name, **arguments)
    assert said in str(refused.value)
    app.obey(name, **arguments)
    assert said in app.ui.message
    assert app.ui.alarm


def test_a_question_or_option_that_the_page_does_not_have_is_refused(open_window):
    app = open_window()
    open_lesson(app)
    for arguments in ({"question": 99, "option": 0}, {"question": 0, "option": 99}):
        with pytest.raises(MarkIError, match="99"):
            app.operator.give("choose", **arguments)
    with pytest.raises(MarkIError, match="99"):
        app.operator.give("measure", question=99)


@pytest.mark.parametrize(("name", "near"), [("stepp_trial", "step_trial"), ("session", ""), ("hooks", "")])
def test_an_unknown_command_is_refused_with_the_nearest(open_window, name, near):
    app = open_window()
    with pytest.raises(UnknownName, match=f"unknown command '{name}'") as refused:
        app.operator.give(name)
    assert near in str(refused.value)
    app.obey(name)
    assert app.ui.alarm


# -- one payload ---------------------------------------------------------------------------------------------------


def test_a_command_of_the_log_is_logged_as_it_was_given(open_window, tmp_path):
    for name in Session.COMMANDS:
        app = open_window()
        given = example(name, tmp_path)
        app.operator.give(name, **given)
        (logged,) = app.session.commands
        assert (logged.name, logged.value) == (name, next(iter(given.values())) if len(given) == 1 else given)
        assert app.operator.changes == 1


def test_functions_have_the_parameters_that_their_rows_declare():
    for name, command in COMMANDS.items():
        for do in filter(None, (command.do, command.check)):
            bound = do.keywords if isinstance(do, partial) else {}
            _, *parameters = inspect.signature(do.func if isinstance(do, partial) else do).parameters.values()
            told = {p.name: p.default is not inspect.Parameter.empty for p in parameters if p.name not in bound}
            if [p.kind for p in parameters] != [inspect.Parameter.VAR_KEYWORD]:  # such a one hands all to the log
                assert told == {a.name: a.optional for a in command.arguments}, name


# -- locks and questions -------------------------------------------------------------------------------------------


def test_a_kiosk_locks_what_the_table_says_and_nothing_else(open_window):
    app = open_window(kiosk=True)
    closed = {"quit", "open", "save", "report", "table", "film", "fullscreen", "screenshot", "narration", "save_tally"}
    closed |= {"save_program"}
    assert set(app.operator.locked()) == closed == {n for n, c in COMMANDS.items() if not c.kiosk}
    for name in sorted(closed):
        app.ui.message, app.ui.alarm = "", False
        app.operator.give(name)
        assert app.ui.alarm
        assert app.ui.message == app.words("message.locked")
    assert app.open
    assert not app.ui.page


def test_a_lesson_can_lock_every_command_but_those_without_which_nothing_goes(open_window):
    app = open_window()
    open_lesson(app)
    app.ui.lesson = replace(app.ui.lesson, lock=lockable())
    free = set(COMMANDS) - set(lockable())
    assert free == {*Session.COMMANDS, "drop", "answer", "focus", "press", "leave", "end_lesson"}
    for name in lockable():
        app.ui.message, app.ui.alarm = "", False
        app.operator.give(name, **example(name, "nowhere"))
        assert app.ui.message == app.words("message.locked"), name
    app.operator.give("end_lesson")
    assert app.operator.locked() == ()


def test_lessons_lock_commands_of_the_table():
    for name in lesson.names():
        assert set(lesson.load(name).lock) <= set(lockable())


def test_without_the_table_a_lesson_knows_the_commands_that_have_words():
    from marki.teaching.lesson_parser import worded_commands

    assert set(worded_commands()) == {c.name for c in listed() if c.listed or c.name == "menu"}
    assert set(worded_commands()) <= set(lockable())


ENDS = ("lesson", "saved", "reset", "scenario", "new_seed", "quit")


def test_all_that_ends_a_run_passes_one_gate():
    assert {n for n, c in COMMANDS.items() if c.ends_run} == set(ENDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("name", ENDS)
def test_what_ends_a_run_asks_once_and_keeps_it(open_window, tmp_path, name, long, language):
    app = open_window(language=language)
    session = app.session
    if long:
        session.run(30)
    else:
        app.operator.give("set", changes={"machine.association.theta": 3})
        session.run(5)
    digest, seed, trial = session.digest, session.seed, session.trial
    app.operator.give(name, **example(name, tmp_path))
    assert app.ui.question.command == name
    assert str(session.reached) in app.ui.question.text
    app.operator.give("answer", yes=False)
    app.frame()
    assert (app.session, app.session.digest, app.open) == (session, digest, True)
    app.operator.give(name, **example(name, tmp_path))
    app.operator.give("answer", yes=True)
    if name == "quit":
        assert not app.open
        return
    assert app.operator.session is app.session is app.playback.session is app.observer.session
    assert (app.session is not session) == (name in ("lesson", "saved"))
    assert app.operator.changes == 0
    assert app.session.reached <= 3
    app.session.run(4)
    after = app.session.digest, app.session.trial
    app.operator.give("undo")
    app.frame()
    assert (app.session, session.digest, session.seed, session.trial) == (session, digest, seed, trial)
    assert app.operator.session is app.session is app.playback.session is app.observer.session
    assert app.ui.lesson is None
    assert app.operator.worth_asking
    assert app.words(f"undo.{name}") in app.ui.message
    app.operator.give("redo")
    assert (app.session.digest, app.session.trial) == after
    assert app.session.digest != digest


def test_a_run_that_has_hardly_begun_ends_without_a_question(open_window):
    app = open_window()
    app.session.run(20)
    app.operator.give("reset")
    assert app.ui.question is None
    assert app.session.trial == 0


def test_a_lesson_that_cannot_be_opened_is_refused_before_anything_is_asked(open_window):
    app = open_window()
    app.operator.give("set", changes={"machine.association.theta": 3})
    app.obey("lesson", name="alfabet")
    assert app.ui.question is None
    assert "alphabet" in app.ui.message


# -- the table itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_listed_command_has_words(language):
    words = Words(language)
    for command in listed():
        assert command.help_in(words)
        assert command.name in ("focus", "press", "leave") or command.label_in(words)
        assert words(f"group.{command.group}")


def test_no_words_of_commands_that_there_are_not():
    from marki.language import table

    worded = {n.split(".")[1] for n in table("en") if n.startswith(("command.", "help."))}
    assert worded - {"stop", "foot"} == {c.name for c in listed()}


@pytest.fixture
def new_file(tmp_path, monkeypatch):
    """Return a function that puts a file into the folder of commands, as the table sees it."""
    monkeypatch.setattr(actions, "__path__", [*actions.__path__, str(tmp_path)])

    def write(rows):
        head = "from marki.console.state.commands import Argument, CommandSpec\n\n\ndef do(op, **_):\n    pass\n\n\n"
        (tmp_path / "newly.py").write_text(head + rows)

    yield write
    sys.modules.pop("marki.console.actions.newly", None)
    vars(actions).pop("newly", None)


def row(**fields):
    told = ", ".join(f"{name}={value}" for name, value in {"name": "'newly'", "do": "do", **fields}.items())
    return f"COMMANDS = (CommandSpec({told}),)\n"


def test_a_new_file_is_new_rows(new_file):
    new_file(row(keys="(';',)", group="'look'", label="{'en': 'New', 'zh': '新'}"))
    found = collect()
    assert set(found) - set(COMMANDS) == {"newly"}
    assert [found["newly"].label_in(Words(name)) for name in LANGUAGES] == ["New", "新"]
    assert {name: found[name] for name in COMMANDS} == COMMANDS


@pytest.mark.parametrize(
    ("rows", "kind", "said"),
    [
        ("", ConfigError, "actions/newly.py: has no COMMANDS. End it with COMMANDS = (…)"),
        (row(name="'view'"), ConfigError, "newly.py: command 'view': is there twice. Give it another name"),
        (row(keys="('v',)", group="'look'"), ConfigError, "command 'view': the key 'v' gives 'newly' already"),
        (row(group="'lok'"), UnknownName, "newly.py: command 'newly': unknown group 'lok'. Did you mean 'look'?"),
        (
            row(keys="(';',)", group="'look'", arguments="(Argument('n', int),)"),
            ConfigError,
            "newly.py: command 'newly': a key gives no arguments. Make them optional, or give no key",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(new_file, rows, kind, said):
    new_file(rows)
    with pytest.raises(kind) as refused:
        collect()
    assert said.split("newly.py: ")[-1] in str(refused.value)


def test_an_argument_left_out_takes_the_functions_default():
    given = []
    spec = CommandSpec(
        name="x", do=lambda op, way=5: given.append(way), arguments=(Argument("way", int, optional=True),)
    )
    spec.check_arguments({})
    spec.do(None)
    assert given == [5]
