"""What keys do: once a press, on every layout, with the modifiers that are named and no others; and typed text."""

import time

import pygame
import pytest

from marki.console.actions.command_table import COMMANDS
from marki.console.input.keyboard import DELAY_S, EVERY_S
from marki.console.state.keymap import AMERICAN, NAMED, digit_of, names_of
from marki.console.state.targets import Target
from marki.language import Words

CTRL, ALT, SHIFT, ALTGR, META = (
    pygame.KMOD_LCTRL, pygame.KMOD_LALT, pygame.KMOD_LSHIFT, pygame.KMOD_MODE, pygame.KMOD_LMETA,
)  # fmt: skip
PLACE = {sign: place for place, sign in AMERICAN.items()}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ROWS = "qwertyuiopasdfghjklzxcvbnm"

# What each layout has on the letter keys of an American keyboard, row by row.
LAYOUTS = {
    "american": ROWS,
    "russian": "йцукенгшщзфывапролдячсмить",
    "greek": ";ςερτυθιοπασδφγηξκλζχψωβνμ",
    "hebrew": "/'קראטוןםפשדגכעיחלךזסבהנמצ",
    "azerty": "azertyuiopqsdfghjklmwxcvbn",  # its own order: the m is beside the l, the comma where the m was
    "dvorak": "',.pyfgcrlaoeuidhtn;qjkxbm",
}


def down(code, *, place=0, typed="", mod=0):
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, unicode=typed, mod=mod, scancode=place))


def up(code, *, mod=0):
    pygame.event.post(pygame.event.Event(pygame.KEYUP, key=code, unicode="", mod=mod, scancode=0))


def tap(app, code, **how):
    down(code, **how)
    up(code)
    app.frame()


@pytest.fixture
def given(monkeypatch):
    """Return the list of the commands that the operator is given."""
    from marki.console.actions.operator import Operator

    found = []
    monkeypatch.setattr(Operator, "give", lambda self, name, /, **arguments: found.append(name))
    return found


# -- how often -----------------------------------------------------------------------------------------------------


def test_a_tap_during_a_slow_frame_acts_once(window, given):
    app = window()
    app.frame()
    for _ in range(3):
        down(pygame.K_RIGHT)
        app.frame(0.6)  # the frame in which it goes down takes long
        up(pygame.K_RIGHT)
        app.frame(0.6)
        app.frame(0.6)
    assert given == ["step_trial"] * 3
    down(pygame.K_RIGHT)
    up(pygame.K_RIGHT)
    app.frame(0.6)
    app.frame(0.6)
    assert given == ["step_trial"] * 4


@pytest.mark.parametrize("name", sorted(n for n, c in COMMANDS.items() if c.keys))
def test_a_held_key_repeats_only_what_is_meant_to(window, given, name):
    app = window()
    app.frame()
    key = COMMANDS[name].keys[0]
    plain = key.removeprefix("ctrl+")
    code = next((c for c, n in NAMED.items() if n == plain), None) or ord(plain[-1].lower())
    mod = CTRL if key.startswith("ctrl+") else SHIFT if key == "R" else 0
    typed = "" if key in NAMED.values() or mod == CTRL else key
    down(code, typed=typed, mod=mod)
    for _ in range(120):  # two seconds
        app.frame(1 / 60)
    up(code)
    app.frame()
    assert set(given) == {name}
    if COMMANDS[name].repeats:
        assert len(given) == pytest.approx(1 + (2 - DELAY_S) / EVERY_S, rel=0.35)
    else:
        assert len(given) == 1


def test_only_steps_speed_and_the_focus_repeat():
    assert {n for n, c in COMMANDS.items() if c.repeats} == {
        "back_trial", "step_trial", "back_event", "step_event", "slower", "faster", "focus", "zoom_in", "zoom_out",
    }  # fmt: skip


def test_a_key_that_is_down_already_does_not_act_again(window, given):
    app = window()
    app.frame()
    down(pygame.K_n, typed="n")
    down(pygame.K_n, typed="n")
    app.frame()
    assert given == ["new_seed"]
    up(pygame.K_n)
    down(pygame.K_n, typed="n")
    app.frame()
    assert given == ["new_seed"] * 2


def test_turning_and_scrolling_the_focus_repeat(window, session):
    app = window()
    app.frame()
    app.ui.focus = Target("value", 7)
    down(pygame.K_UP)
    for _ in range(60):
        app.frame(1 / 60)
    up(pygame.K_UP)
    app.frame()
    turned = session.learner.view().values[7]
    assert turned == len(session.commands) > 5


def test_what_a_held_key_has_led_to_is_not_pressed(window, session):
    app = window()
    app.frame()
    app.obey("page", name="menu")
    app.frame()
    down(pygame.K_DOWN)  # lets the focus in, and then wanders down: it opens nothing
    for _ in range(120):
        app.frame(1 / 60)
    assert app.ui.page == "menu"
    assert app.ui.example == -1


def test_frames_do_not_count_held_keys_while_the_window_is_elsewhere(window, given):
    app = window()
    app.frame()
    down(pygame.K_RIGHT)
    app.frame()
    pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))
    for _ in range(60):
        app.frame(1 / 60)
    assert given == ["step_trial"]


# -- layouts -------------------------------------------------------------------------------------------------------


def keys_of(layout):
    """Yield the code and the place of each letter key on a layout."""
    for american, sign in zip(ROWS, LAYOUTS[layout], strict=True):
        place = PLACE[american]
        if layout == "azerty" and american == "m":
            sign, place = "n", PLACE["n"]
        yield ord(sign), place
    if layout == "azerty":
        yield ord("m"), PLACE[";"]
    if layout == "dvorak":
        for sign, place in zip("wvz", ",./", strict=True):
            yield ord(sign), PLACE[place]
        yield ord("s"), PLACE[";"]


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("chord", [False, True])
def test_every_letter_command_works_with_every_layout(window, given, layout, chord):
    app = window()
    app.frame()
    for code, place in keys_of(layout):
        tap(app, code, place=place, mod=CTRL if chord else 0, typed=chr(code) if code < 127 else "")
    wanted = {
        n for n, c in COMMANDS.items() for k in c.keys if k in ([f"ctrl+{x}" for x in LETTERS] if chord else LETTERS)
    }
    assert wanted <= set(given)


@pytest.mark.parametrize("layout", ["american", "azerty", "dvorak"])
def test_a_letter_of_the_layout_counts_more_than_its_place(layout):
    for code, place in keys_of(layout):
        if chr(code).isalpha():
            assert names_of(code, place=place) == (chr(code),)


def test_signs_are_found_by_their_place_where_a_layout_has_them_elsewhere():
    for sign, code in (("[", "ü"), ("]", "+"), ("?", "-"), ("=", "´"), (">", ":"), ("?", "/"), ("<", ",")):
        place = PLACE[{"?": "/", ">": ".", "<": ","}.get(sign, sign)]
        told = code if code.isascii() else ""  # without text input, pygame tells of no Shift
        assert sign in names_of(ord(code), told, SHIFT if sign in "?<>" else 0, place)
    assert names_of(ord(","), ",", SHIFT, PLACE[","]) == ("<",)
    assert names_of(ord("8"), "[", 0, PLACE["8"]) == ("[",)


def test_digits_are_found_with_shift_and_on_french_keyboards():
    assert digit_of(ord("&"), place=PLACE["1"]) == 1
    assert digit_of(ord("2"), '"', PLACE["2"]) == 2
    assert digit_of(pygame.K_KP7) == 7
    assert digit_of(ord("q"), place=PLACE["q"]) is None


def test_capitals_lock_is_not_shift(window, given):
    app = window()
    app.frame()
    tap(app, pygame.K_r, typed="R", mod=pygame.KMOD_CAPS)
    tap(app, pygame.K_r, typed="R", mod=SHIFT)
    assert given == ["reset", "scenario"]


# -- modifiers -----------------------------------------------------------------------------------------------------

CHORDS = {
    "z": "undo", "y": "redo", "s": "save", "o": "open", "q": "quit", "n": "new_seed", "c": "copy",
    "v": "paste", "b": "scale", "d": "shutter", "e": "editor", "g": "examples", "i": "law",
    "m": "machine_room", "x": "cut",
}  # fmt: skip


def test_control_and_alt_with_every_letter_do_what_is_named_and_nothing_else(window, given):
    app = window()
    app.frame()
    for letter in LETTERS:
        for mod in (CTRL, CTRL | SHIFT, ALT, ALT | SHIFT, CTRL | ALT, ALTGR, META, CTRL | META):
            given.clear()
            tap(app, ord(letter), place=PLACE[letter], mod=mod, typed=chr(ord(letter) - 96) if mod & CTRL else "")
            wanted = CHORDS.get(letter.upper() if mod & SHIFT else letter) if mod in (CTRL, CTRL | SHIFT) else None
            assert given == ([wanted] if wanted else []), (letter, mod)


def test_other_keys_with_modifiers_do_nothing_but_what_is_named(window, given):
    app = window()
    app.frame()
    with_control = {"tab": ["room"], "down": ["draw_again"], "up": ["drawn_before"]}
    for code, name in NAMED.items():
        for mod in (CTRL, ALT, META):
            given.clear()
            tap(app, code, mod=mod)
            assert given == (with_control.get(name, []) if mod == CTRL else []), (name, mod)


def test_a_chord_is_written_as_on_keys():
    assert COMMANDS["redo"].caps_in(Words("en")) == ("Ctrl+Y",)
    assert COMMANDS["scenario"].caps_in(Words("en")) == ("Shift+R",)


# -- text ----------------------------------------------------------------------------------------------------------


def text(app, kind, text, **more):
    pygame.event.post(pygame.event.Event(kind, text=text, **more))
    app.frame()


@pytest.fixture
def listening(monkeypatch):
    """Return the list of what was asked of the system's text input."""
    found = []
    monkeypatch.setattr(pygame.key, "start_text_input", lambda: found.append("on"))
    monkeypatch.setattr(pygame.key, "stop_text_input", lambda: found.append("off"))
    monkeypatch.setattr(pygame.key, "set_text_input_rect", found.append)
    return found


def test_text_input_is_on_only_while_a_line_is_typed(window, listening, key):
    app = window()
    app.frame()
    assert listening == ["off"]  # it is on when a window opens, and an input method would take the letters of commands
    app.obey("type_setting", name="machine.reinforcement.pulse_us")
    app.frame()
    assert listening[1:] == [app.handler.panels["footer"].rect, "on"]
    app.frame()
    assert len(listening) == 3
    key(app, "ESCAPE")
    assert listening[3:] == ["off"]


def test_accents_and_chinese_are_typed_and_composed(window, key):
    app = window()
    app.obey("ink", cells=[1, 2, 3], level=255)
    app.obey("type_card")
    app.frame()
    text(app, pygame.TEXTINPUT, "é")
    text(app, pygame.TEXTEDITING, "zhong", start=0, length=5)
    assert app.ui.typing.shown == "é[zhong]"
    shown = []
    app.renderer.theme.write = lambda surface, words, *args, write=app.renderer.theme.write, **how: (
        shown.append(words), write(surface, words, *args, **how))  # fmt: skip
    app.renderer.invalidate()
    app.frame()
    assert any("é[zhong]" in words for words in shown)
    for name in ("RETURN", "BACKSPACE", "ESCAPE"):  # they choose among what the input method offers
        key(app, name)
        assert app.ui.typing.shown == "é[zhong]"
    text(app, pygame.TEXTINPUT, "中文")
    assert app.ui.typing.shown == "é中文"
    key(app, "BACKSPACE")
    assert app.ui.typing.text == "é中"


def test_letters_typed_in_the_very_frame_in_which_typing_began_are_not_lost(window):
    app = window()
    app.frame()
    app.obey("ink", cells=[1, 2, 3], level=255)
    down(pygame.K_RETURN, mod=SHIFT)  # asks for the class
    up(pygame.K_RETURN)
    down(pygame.K_k, mod=SHIFT)  # made while text input was off
    up(pygame.K_k)
    app.frame()
    text(app, pygame.TEXTINPUT, "q")
    assert app.ui.typing.text == "Kq"


def test_a_letter_is_typed_once_however_it_is_told(window):
    app = window()
    app.obey("type_setting", name="machine.reinforcement.pulse_us")
    app.frame()
    down(pygame.K_5, typed="5")
    text(app, pygame.TEXTINPUT, "5")
    assert app.ui.typing.text == "5"


def test_backspace_repeats_while_typing(window):
    app = window()
    app.obey("type_setting", name="machine.reinforcement.pulse_us")
    app.frame()
    text(app, pygame.TEXTINPUT, "123456789")
    down(pygame.K_BACKSPACE)
    for _ in range(120):
        app.frame(1 / 60)
    assert app.ui.typing.text == ""


def test_text_is_pasted_as_one_line_and_the_line_copied(window):
    app = window()
    app.obey("type_setting", name="machine.reinforcement.pulse_us")
    app.frame()
    pygame.scrap.put_text("50\n0é\t中")
    tap(app, pygame.K_v, place=PLACE["v"], mod=CTRL)
    assert app.ui.typing.text == "50 0é 中"
    pygame.scrap.put_text("")
    tap(app, pygame.K_c, place=PLACE["c"], mod=CTRL)
    assert pygame.scrap.get_text() == "50 0é 中"
    tap(app, pygame.K_q, place=PLACE["q"], mod=CTRL)
    assert app.open
    assert app.ui.question is None


def test_without_a_line_pasting_says_so(window):
    app = window()
    app.frame()
    pygame.scrap.put_text("abc")
    tap(app, pygame.K_v, place=PLACE["v"], mod=CTRL)
    assert app.ui.message == app.words("message.paste_nowhere")
    pygame.scrap.put_text("")
    tap(app, pygame.K_v, place=PLACE["v"], mod=CTRL)
    assert app.ui.message == app.words("message.paste_none")


def move(app, place):
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0)))
    app.frame()


def test_every_text_that_is_shown_can_be_copied(window, session):
    app = window(size=(1280, 800), page="settings")
    session.run(5)
    app.frame()
    app.frame()
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.draw()
    written, app.renderer.theme.written = app.renderer.theme.written, None
    foot = app.handler.panels["footer"].rect  # what stands there changes with what is done
    written = [one for one in written if not foot.colliderect(one[1])]
    assert len(written) > 60
    digest = session.digest
    for words, box, _ in written[::5]:
        move(app, box.center)
        tap(app, pygame.K_c, place=PLACE["c"], mod=CTRL)
        got = pygame.scrap.get_text()
        assert any(got == other and at.collidepoint(box.center) for other, at, _ in written), (words, got)
    assert session.digest == digest


def test_the_state_of_a_unit_is_copied(window, session, place):
    app = window(size=(1280, 800))
    session.run(5)
    app.frame()
    app.obey("turn", units=[7], deg=[12.5])
    move(app, place(app, "value", 7))
    tap(app, pygame.K_c, place=PLACE["c"], mod=CTRL)
    assert float(pygame.scrap.get_text()) == 12.5
    assert "12.5" in app.ui.message


def test_a_slow_frame_of_the_wall_clock_is_no_held_key(window, given):
    """The time of a frame in which a key went down and up again is not time that it was held."""
    app = window()
    app.frame()
    down(pygame.K_LEFT)
    app.frame()
    began = time.perf_counter()
    up(pygame.K_LEFT)
    app.frame(max(0.6, time.perf_counter() - began))
    assert given == ["back_trial"]
