"""A real window on a virtual screen, driven by real mouse and key events (needs Xvfb and xdotool)."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SIZE = (1280, 800)
PATIENCE_S = 40

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]


class Person:
    """Somebody at the window, with a mouse and a keyboard."""

    def __init__(self, screen, out, *words):
        self.out = out
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("SDL_", "WAYLAND"))}
        self.env = plain | {"DISPLAY": screen, "SDL_AUDIODRIVER": "dummy", "OPENBLAS_NUM_THREADS": "1"}
        self.window = subprocess.Popen(
            [sys.executable, ROOT / "run_sim.py", "--size", "1280x800", "--out", out, *words],
            env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=out,
        )  # fmt: skip
        self.wait(lambda: self.made("p", "*.png"))
        self.key("F5")  # folds the strip of years: `layout` knows the window without it

    def do(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.env, check=True)
        time.sleep(0.12)

    def key(self, *names):
        for name in names:
            self.do("key", name)

    def drag(self, *places):
        self.do("mousemove", *places[0])
        self.do("mousedown", 1)
        for place in places[1:]:
            self.do("mousemove", *place)
        self.do("mouseup", 1)

    def wait(self, ready):
        end = time.monotonic() + PATIENCE_S
        while not (found := ready()):
            assert self.window.poll() is None, self.window.stderr.read()
            assert time.monotonic() < end, "nothing happened"
            time.sleep(0.1)
        return found

    def made(self, key, pattern):
        """Press a key; return the files that match afterwards."""
        self.do("key", key)
        return sorted(self.out.glob(pattern))

    def leaves(self):
        """Close the window, yes; return its exit status and what it complained of."""
        self.do("key", "q")
        if self.window.poll() is None:
            self.do("key", "Return")
        _, told = self.window.communicate(timeout=20)
        return self.window.returncode, told

    def saved(self):
        """Save the session and return its header and records."""
        for old in self.out.glob("*session*.npz"):
            old.unlink()
        path = self.wait(lambda: self.made("s", "*session*.npz"))[0]
        with np.load(path, allow_pickle=False) as file:
            return json.loads(file["header"].tobytes()), file["records"]


@pytest.fixture
def layout(window, session):
    """Return a function that tells where a part lies in a window of that size."""
    from marki.console.state.targets import Target

    app = window(size=SIZE)
    app.frame()
    return lambda kind, number: app.handler.place_of(Target(kind, number)).center


def test_a_person_draws_turns_learns_votes_rewinds_exports_and_changes_the_language(screen, tmp_path, layout):
    person = Person(screen, tmp_path, "--paused", "--seed", "3", "--speed", "50")

    # Draw a letter, L, and ask the machine.
    person.drag(layout("cell", 45), layout("cell", 205), layout("cell", 345))
    person.drag(layout("cell", 346), layout("cell", 352))
    person.key("Return")
    # Drag a knob.
    x, y = layout("value", 7)
    person.drag((x, y), (x, y - 10), (x, y - 25))
    header, _ = person.saved()
    commands = {name: value for _, name, value, _ in header["commands"]}
    drawn = np.flatnonzero(commands["show"]["frame"])
    assert {45, 65, 205, 345, 346, 352} <= set(drawn.tolist())
    assert len(drawn) < 60
    assert commands["turn"]["units"] == [7]
    assert 15 < commands["turn"]["deg"][0] < 35

    # Run to three mistakes, then go back to the beginning; the future stays known.
    person.key("m", "m", "m", "Home")
    header, records = person.saved()
    assert header["trial"] == 0
    assert len(records) >= 3

    # A lesson, opened and read with the keyboard alone.
    person.key(
        "l", "Tab", "Return", "Return"
    )  # the second is the answer: yes, it may end the run with the card and the knob
    header, _ = person.saved()
    assert header["trial"] == 0
    assert not header["commands"] or header["commands"][0][1] != "show"
    person.key("Next")

    # Vote on the next card, and reveal it.
    person.key("e")
    time.sleep(1.5)
    person.key("1", "1", "2", "x", "F2")
    person.key("F8")  # once: the second time would stop it
    report = person.wait(lambda: sorted(person.out.glob("*report*.zip")))[0]
    with zipfile.ZipFile(report) as zipped:
        names = {Path(n).name for n in zipped.namelist()}
        readme = next(zipped.read(n).decode() for n in zipped.namelist() if n.endswith("README.txt"))
        tally = next(zipped.read(n).decode() for n in zipped.namelist() if n.endswith("tally.csv"))
    assert {"narration.txt", "config.json", "trials.csv", "registers.csv", "digest.txt"} <= names
    assert any(name.endswith(".png") for name in names)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in readme)
    assert "2" in tally

    assert person.leaves() == (0, "")


def test_learning_is_seen_within_five_seconds(screen, tmp_path):
    began = time.monotonic()
    person = Person(screen, tmp_path)
    time.sleep(max(0.0, began + 5 - time.monotonic()))
    _, records = person.saved()
    assert len(records) >= 1  # slow at first, so that one sees what a trial is
    assert records["learned"].all()
    assert records["wrong"].any()
    assert person.leaves() == (0, "")
