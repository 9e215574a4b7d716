"""A real keyboard at a real window on a virtual screen: how often a key acts, layouts, modifiers, Chinese pasted."""

import os
import shutil
import signal
import string
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 40

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]

SPY = """
import sys
from marki.console.actions.operator import Operator
log = open(sys.argv[1], "w", buffering=1)
give = Operator.give
def told(self, name, /, **how):
    log.write(name + chr(10))
    if name in ("type_line", "step_trial", "screenshot"):
        give(self, name, **how)
Operator.give = told
from marki.console.app import App, WindowSettings
from marki.session import mark1_session
app = App(mark1_session(seed=3, keep="recent"), WindowSettings(size=(960, 600), paused=True, out=sys.argv[2]))
frame = app.frame
def first(*how):
    frame(*how)
    if app.frames == 3:
        log.write("ready" + chr(10))
app.frame = first
app.run()
"""

ROWS = dict(zip("qwertyuiop", range(24, 34), strict=True)) | dict(zip("asdfghjkl;", range(38, 48), strict=True))
CODES = ROWS | dict(zip("zxcvbnm,./", range(52, 62), strict=True))
"""Codes of the letter keys, as X has them, by what is on an American keyboard."""

LETTER_COMMANDS = {
    "a": "sound", "b": "break", "c": "deck", "d": "draw", "e": "predict", "f": "film", "g": "settings", "h": "hand",
    "i": "provenance", "j": "journal", "k": "confusion", "l": "lessons", "m": "to_mistake", "n": "new_seed",
    "o": "open", "p": "screenshot", "q": "quit", "r": "reset", "s": "save", "t": "type", "u": "inspect", "v": "view",
    "w": "doors", "x": "reveal", "y": "layer", "z": "closer",
}  # fmt: skip
CHORDS = {
    "z": "undo", "y": "redo", "s": "save", "o": "open", "q": "quit", "n": "new_seed", "c": "copy", "v": "paste",
    "b": "scale", "d": "shutter", "e": "editor", "g": "examples", "i": "law", "m": "machine_room", "x": "cut",
}  # fmt: skip


class Typist:
    """Somebody at the keyboard of a window that writes down which commands it is given."""

    def __init__(self, display, folder, layout="us"):
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("SDL_", "WAYLAND"))}
        self.env = plain | {"DISPLAY": display, "SDL_AUDIODRIVER": "dummy", "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run(["setxkbmap", *layout.split()], env=self.env, check=True, stderr=subprocess.DEVNULL)
        self.log, self.out = folder / "log", folder
        self.window = subprocess.Popen(
            [sys.executable, "-c", SPY, self.log, folder], env=self.env | {"PYTHONPATH": str(ROOT)}, cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self.wait("ready")
        self.do("mousemove", 480, 300)
        time.sleep(0.3)

    def do(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.env, check=True)

    def given(self):
        return [line for line in self.log.read_text().split() if line != "ready"] if self.log.exists() else []

    def wait(self, word):
        end = time.monotonic() + PATIENCE_S
        while not (self.log.exists() and word in self.log.read_text().split()):
            assert time.monotonic() < end
            time.sleep(0.05)

    def press(self, *names):
        """Press keys, and return the commands that the window was given."""
        before = len(self.given())
        for name in names:
            self.do("key", name)
        time.sleep(0.25)
        return self.given()[before:]

    def close(self):
        self.window.kill()
        self.window.wait()


@pytest.fixture
def typist(screen, tmp_path):
    """Return a function that opens a window with a layout of the keyboard."""
    opened = []

    def open_it(layout="us"):
        opened.append(Typist(screen, tmp_path, layout))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


def test_a_tap_during_a_slow_frame_is_one_action(typist):
    person = typist()
    for _ in range(3):
        before = len(person.given())
        person.do("keydown", CODES["p"])
        time.sleep(0.03)
        person.window.send_signal(signal.SIGSTOP)  # a frame that takes 0.6 s
        person.do("keyup", CODES["p"])
        time.sleep(0.6)
        person.window.send_signal(signal.SIGCONT)
        time.sleep(0.8)
        assert person.given()[before:] == ["screenshot"]
    before = len(person.given())
    person.window.send_signal(signal.SIGSTOP)
    person.do("key", CODES["p"])
    time.sleep(0.6)
    person.window.send_signal(signal.SIGCONT)
    time.sleep(0.8)
    assert person.given()[before:] == ["screenshot"]


def test_of_keys_held_two_seconds_only_those_repeat_that_are_meant_to(typist):
    person = typist()
    for key, command, repeats in (
        ("Right", "step_trial", True), ("bracketright", "faster", True), ("Tab", "focus", True),
        ("space", "play", False), ("n", "new_seed", False), ("m", "to_mistake", False), ("Next", "next_leaf", False),
        ("p", "screenshot", False), ("q", "quit", False), ("Down", "example", False),
    ):  # fmt: skip
        before = len(person.given())
        person.do("keydown", key)
        time.sleep(2)
        person.do("keyup", key)
        time.sleep(0.3)
        found = person.given()[before:]
        assert set(found) == {command}, key
        assert (len(found) > 8) if repeats else (len(found) == 1), (key, len(found))


@pytest.mark.parametrize("layout", ["ru", "gr", "il", "fr", "us -variant dvorak"])
def test_every_letter_command_works_in_five_layouts(typist, layout):
    person = typist(layout)
    where = dict(CODES)
    if layout == "fr":  # letters that are elsewhere
        where |= {"a": CODES["q"], "q": CODES["a"], "z": CODES["w"], "w": CODES["z"], "m": CODES[";"]}
    if "dvorak" in layout:
        rows = dict(zip("pyfgcrl", range(27, 34), strict=True)) | dict(zip("aoeuidhtns", range(38, 48), strict=True))
        where = rows | dict(zip("qjkxbmwvz", range(53, 62), strict=True))
    for letter in string.ascii_lowercase:
        assert person.press(where[letter]) == [LETTER_COMMANDS[letter]], (layout, letter)


def test_control_and_alt_with_every_letter_do_what_is_named_and_nothing_else(typist):
    person = typist()
    for letter in string.ascii_lowercase:
        assert person.press(f"ctrl+{letter}") == ([CHORDS[letter]] if letter in CHORDS else []), f"ctrl+{letter}"
        assert person.press(f"alt+{letter}") == [], f"alt+{letter}"
