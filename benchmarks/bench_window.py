"""Frame times of the window under SDL's dummy driver, and how fast a dragged time bar is followed.

Printed for each view and speed: median and 99th percentile of a frame, drawing and simulation together, and the share
of frames within 1/60 s. "All moving" feeds the panels made-up values in every frame, so that every potentiometer and
lamp is drawn anew. Then a film of 30 s is taken, and film and report are made while everything moves, from the frame in
which their keys are pressed to the one in which they are written. Last, the time bar is dragged to random trials of a
run of 2,000: from the move to the frame.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pygame

from marki.console.app import App, WindowSettings
from marki.session import mark1_session

SPEEDS = (1, 20, 100, 1000, 10_000)


def times(app: App, frames: int) -> np.ndarray:
    """Return the times of so many frames, ms, each begun when 1/60 s has passed since the last."""
    for _ in range(40):
        app.frame()
    found = []
    for _ in range(frames):
        start = time.perf_counter()
        app.frame()
        found.append(1e3 * (time.perf_counter() - start))
        time.sleep(max(0.0, 1 / 60 - (time.perf_counter() - start)))
    return np.array(found)


def stir(app: App) -> None:
    """Make the watcher see everything move in every frame."""
    rng, look = np.random.default_rng(0), app.observer.scene

    def scene():
        seen = look()
        lamps = {"s": rng.random((20, 20)) < 0.5, "a": rng.random(512) < 0.5}
        moment = dataclasses.replace(
            seen.snapshot, view=dataclasses.replace(seen.snapshot.view, **lamps), answered=True
        )
        brightness = dataclasses.replace(seen.brightness, s=rng.random(400), a=rng.random(512))
        turning = rng.integers(-1, 2, 512).astype(np.int8)
        return dataclasses.replace(
            seen, snapshot=moment, brightness=brightness, values=rng.uniform(-9, 9, 512), turning=turning
        )

    app.observer.scene = scene


def export(app: App, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the times of the frames in which a film is taken, and of those while it and a report are made, ms."""
    app.session.run(2000 - app.session.trial)
    app.obey("film")
    taken = times(app, frames)
    found = []
    for name in ("film", "report"):
        start = time.perf_counter()
        app.obey(name)
        app.frame()
        found.append(1e3 * (time.perf_counter() - start))
    while app.recorder.exports.under_way:
        start = time.perf_counter()
        app.frame()
        found.append(1e3 * (time.perf_counter() - start))
        time.sleep(max(0.0, 1 / 60 - (time.perf_counter() - start)))
    assert not app.ui.alarm, app.ui.message
    return taken, np.array(found)


def drag(app: App, trials: int, moves: int) -> np.ndarray:
    """Return the times from a move of the mouse on the time bar to the drawn frame, ms."""
    app.session.run(trials - app.session.trial)
    app.playback.running = False
    app.frame()
    rng, found = np.random.default_rng(0), []
    for trial in rng.integers(0, trials + 1, moves):
        start = time.perf_counter()
        app.obey("go_to", trial=int(trial))
        app.frame()
        found.append(1e3 * (time.perf_counter() - start))
        assert app.session.trial == trial
    return np.array(found)


def report(name: str, found: np.ndarray, got: float | None = None) -> None:
    middle, worst = np.percentile(found, [50, 99])
    held = 100 * np.mean(found <= 1e3 / 60)
    speed = "" if got is None else f"   got {got:,.0f}x"
    print(f"{name:44}  p50 {middle:6.1f} ms   p99 {worst:6.1f} ms   within 1/60 s: {held:5.1f} %{speed}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=400)
    options = parser.parse_args()
    for size in ((1920, 1080), (1280, 800)):
        for view in ("schematic", "front"):
            cases = [(f"{speed:,}x", speed, False) for speed in SPEEDS] + [("all moving, 10,000x", 10_000, True)]
            for name, speed, stirred in cases:
                session = mark1_session(seed=0, keep="recent")
                app = App(session, WindowSettings(size=size, speed=speed, frames=10**9, view=view))
                if stirred:
                    stir(app)
                report(f"{size[0]}x{size[1]}  {view:10} {name}", times(app, options.frames), app.playback.got)
                pygame.quit()
    with tempfile.TemporaryDirectory() as out:
        settings = WindowSettings(size=(1920, 1080), frames=10**9, speed=10_000, out=out)
        app = App(mark1_session(seed=0, keep="recent"), settings)
        stir(app)
        taken, made = export(app, 1800)
        report("1920x1080  all moving, a film is taken", taken)
        report(f"1920x1080  all moving, film and report, {len(made)} frames", made)
        print(f"longest: {made.max():.1f} ms; the two frames in which they begin: {made[0]:.1f} and {made[1]:.1f} ms")
        pygame.quit()
    app = App(mark1_session(seed=0, keep="recent"), WindowSettings(size=(1920, 1080), frames=10**9, paused=True))
    report("dragging over 2,000 trials", drag(app, 2000, 60))
    pygame.quit()


if __name__ == "__main__":
    main()
