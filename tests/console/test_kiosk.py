"""A kiosk that stands for days: it ends when asked to, begins again by itself, and does not grow."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from marki.session import Session

ROOT = Path(__file__).resolve().parent.parent.parent
PLAIN = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY") and not k.startswith("SDL_")}
UNSEEN = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}


def started(*words, **more):
    """Start the program; return its process."""
    return subprocess.Popen(
        [sys.executable, ROOT / "run_sim.py", *map(str, words)], env=PLAIN | more, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def heeds(process):
    """Return whether a process takes being asked to end into its own hands."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    caught = next((line for line in lines if line.startswith("SigCgt")), "SigCgt: 0")
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1


def asked_to_end(process, number, ready, patience=60):
    """Ask a process to end once it is ready; return its status and what it complained of."""
    end = time.monotonic() + patience
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(number)
    try:
        _, told = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, told


@pytest.mark.skipif(not hasattr(signal, "SIGHUP") or not os.path.isdir("/proc"), reason="signals as Linux has them")
@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGHUP", None)])
def test_a_kiosk_ends_when_it_is_asked_to(number, tmp_path):
    process = started("--kiosk", "--fullscreen", "--frames", 10_000_000, "--report", tmp_path / "r.json", **UNSEEN)

    assert asked_to_end(process, number, lambda: heeds(process)) == (0, "")
    assert list(tmp_path.iterdir()) == []  # it was not finished


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Xvfb"), reason="needs Xvfb")
def test_a_kiosk_on_a_screen_ends_when_it_is_asked_to():
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            screen = ":" + pipe.readline().strip()
        process = started("--kiosk", "--fullscreen", DISPLAY=screen, SDL_AUDIODRIVER="dummy")
        status, told = asked_to_end(process, signal.SIGTERM, lambda: heeds(process))
        assert (status, told) == (0, "")
    finally:
        server.terminate()
        server.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays as X has them")
@pytest.mark.parametrize(
    ("environment", "words", "wanted"),
    [
        ({"DISPLAY": ":987"}, (), "the display :987 does not answer"),
        ({"DISPLAY": ":987"}, ("--frames", "5"), "the display :987 does not answer"),
        ({"SDL_VIDEODRIVER": "nonsense"}, (), "nonsense not available"),
        ({"SDL_VIDEODRIVER": "nonsense", "DISPLAY": ":987"}, ("--frames", "5"), "nonsense not available"),
        ({}, (), "there is no display"),
    ],
)
def test_where_nothing_can_be_seen_one_line_says_so(environment, words, wanted):
    process = started(*words, **environment)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 2
    assert wanted in told
    assert told.count("\n") == 1


def test_a_driver_that_nobody_asked_for_is_refused(monkeypatch):
    from marki.console.command import demand_screen
    from marki.errors import MarkIError

    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MarkIError, match="offscreen, which nobody sees"):
        demand_screen("offscreen")
    demand_screen("x11")
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11,offscreen")
    demand_screen("offscreen")
    monkeypatch.setenv("SDL_VIDEODRIVER", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(MarkIError, match="wayland-0 does not answer"):
        demand_screen("offscreen")


def test_a_kiosk_left_alone_begins_again_whatever_the_visitor_did(window, session):
    app = window(kiosk=True, paused=False, speed=50)
    for _ in range(30):
        app.frame()
    app.obey("turn", units=(3,), deg=(40.0,))
    app.obey("lesson", name="left_right")
    assert app.ui.question is not None
    assert app.operator.changes
    app.frame(91.0)
    assert app.ui.question is None
    assert session.trial == 0
    assert not session.commands
    assert app.playback.running


def test_a_kiosk_begins_again_long_before_the_clock_ends(window, session, monkeypatch):
    import marki.console.kiosk as kiosk_module
    from marki.ticks import LIMIT_US

    assert kiosk_module.LONGEST_US < LIMIT_US / 50
    monkeypatch.setattr(kiosk_module, "LONGEST_US", 200_000_000)
    app, most, runs = window(kiosk=True, paused=False, speed=10_000), 0, 0
    for _ in range(60):
        before = session.trial
        app.frame(0.5)
        runs += session.trial < before
        most = max(most, session.now)
    assert runs >= 2
    # At most what passes in the time for which nobody has touched it.
    assert most < 200_000_000 + 10.5 * 10_000 * 1_000_000


@pytest.mark.slow
def test_a_day_at_full_speed_does_not_grow(window, session, monkeypatch):
    import gc
    import tracemalloc

    import marki.console.kiosk as kiosk_module

    monkeypatch.setattr(kiosk_module, "LONGEST_US", 400_000_000)
    app = window(kiosk=True, paused=False, speed=10_000)
    app.times.extend([0.0] * app.times.maxlen)

    def runs(count):
        while count:
            before = session.trial
            app.frame(0.5)
            count -= session.trial < before

    tracemalloc.start()
    try:
        held = []
        for _ in range(3):
            runs(6)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[2] < held[1] + 500_000, held


def test_somebody_who_plays_is_not_interrupted(window, session, monkeypatch):
    import pygame

    import marki.console.kiosk as kiosk_module

    monkeypatch.setattr(kiosk_module, "LONGEST_US", 20_000_000)
    app = window(kiosk=True, paused=False, speed=100)
    for _ in range(60):
        event = {"pos": (5, 5), "rel": (0, 0), "buttons": (0, 0, 0)}
        pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, **event))
        app.frame(0.5)
    assert session.now > 20_000_000


def test_a_long_run_holds_a_bounded_number_of_checkpoints_and_events(session, monkeypatch):
    monkeypatch.setattr(Session, "MOST", 8)
    monkeypatch.setattr(Session, "INTERVAL", 2)
    session.trace.limit = 100_000
    for _ in range(200):
        session.run(2)
        assert len(session._checkpoints) <= 8
        assert session.trace._held <= 100_000 + 20_000
    assert session._interval >= 32
    session.visit(100)
    assert session.trial == 100


def test_the_next_visitor_finds_nothing_of_the_last_one(window, session):
    """Whatever of the ui state, the run, the language and the speed a visitor can change is as at first."""
    from dataclasses import fields, replace

    import numpy as np

    from marki.console.state.studio import Studio

    app = window(kiosk=True, paused=False, speed=None)
    app.frame()
    first, seed, language = dict(vars(app.ui)), session.seed, app.words.language
    speed, rising = app.playback.speed, app.playback.rising
    for command in ("language", "projector", "still", "view", "settings", "draw", "help", "predict", "new_seed"):
        app.operator.carry_out(command)
    app.obey("ink", cells=[3, 4], level=255)
    app.obey("pen", width=0)
    app.obey("faster")
    app.obey("show_layer", layer=3)
    app.operator.carry_out("lesson", name="left_right")
    ui = app.ui
    ui.kind, ui.strip_at, ui.strip, ui.system, ui.beside, ui.hall = "sees", 0.7, True, "lenet5", "mlp", True
    ui.typed, ui.example, ui.last, ui.scroll, ui.bay = "a line", 4, "lenet5", 40, 2
    ui.before = np.ones(30, bool)
    ui.desk.write("draw up 3")
    ui.studio_past.keep(ui.studio)
    ui.studio = replace(ui.studio, named="7", turned=((1, 2.0),))
    ui.tally.open(1, "A", ("A", "B"))
    assert app.session is not session
    app.frame(91.0)
    assert app.session is session
    assert (session.seed, session.commands, app.words.language) == (seed, [], language)
    assert (app.playback.speed, app.playback.rising, app.playback.halt) == (speed, rising, "")
    assert app.playback.running
    assert not app.operator.runs.can_undo
    changed = {"tally", "strokes", "message", "studio", "studio_past", "desk"}
    assert {f.name: getattr(ui, f.name) for f in fields(ui) if f.name not in changed} == {
        name: value for name, value in first.items() if name not in changed
    }
    assert ui.tally.current is None
    assert ui.desk.text == ""
    assert not ui.desk.can_undo
    assert not ui.strokes.can_undo
    assert vars(ui.studio) == vars(Studio())
    assert not ui.studio_past.can_undo


def test_a_kiosk_opens_again_as_it_was_launched(session):
    import pygame
    from console.fake_timeline import FakeTimeline

    from marki.console.app import App, WindowSettings

    settings = WindowSettings(frames=1_000_000, kiosk=True, system="lenet5", view="front", page="journal")
    app = App(session, settings, FakeTimeline())
    app.timeline.wake(wait=True)
    for _ in range(3):
        app.frame()
    app.obey("learn")
    app.frame()
    assert app.timeline.slots["first"].learning
    app.obey("put_up", name="vgg")
    app.obey("kind", name="speaks")
    app.obey("page", name="")
    app.frame(91.0)
    assert (app.ui.system, app.ui.strip, app.ui.kind, app.ui.page) == ("lenet5", True, "", "journal")
    app.frame()
    slot = app.timeline.slots["first"]
    assert slot.name == "lenet5"
    assert not slot.learning
    assert slot.progress is None
    pygame.quit()
