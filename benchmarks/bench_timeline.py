"""Frame times of the window while successors answer and learn in processes of their own, under SDL's dummy driver.

Printed, for a system that learns from zero before the window and for the hall while somebody draws in it: median and
99th percentile of a frame, drawing and simulation together, and the share of frames within 1/60 s; for the hall also
the time from a stroke to the last of all answers to it. With ``--editor``, besides, while a program is typed into the
editor, a sign every fourth frame, to which lines are offered.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.update(SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pygame
from bench_window import report, times

from marki.console.app import App, WindowSettings
from marki.session import mark1_session
from successors.serving.gallery import open_gallery


def learning(name: str, frames: int) -> None:
    """Let a system learn while the window runs."""
    app = App(mark1_session(), WindowSettings(system=name, speed=20), open_gallery())
    app.timeline.wake(wait=True)
    for _ in range(120):
        app.frame()
        time.sleep(1 / 60)
    app.obey("learn")
    found = times(app, frames)
    progress = app.scene.timeline.first.progress
    report(f"{name} learns, {progress.steps if progress else 0} steps meanwhile", found)
    app.timeline.close()


def drawing(frames: int) -> None:
    """Draw in the hall: a stroke that is one cell longer every fourth frame."""
    app = App(mark1_session(), WindowSettings(system="mark1", hall="reads", paused=True), open_gallery())
    app.timeline.wake(wait=True)
    for _ in range(120):
        app.frame()
        time.sleep(1 / 60)
    hall = app.timeline.slots["hall"]
    expected = len(hall.hall)
    found, waits, since = [], [], None
    for k in range(frames):
        start = time.perf_counter()
        if k % 4 == 0:
            draft = np.zeros((20, 20))
            draft.flat[[(37 * n) % 400 for n in range(k // 4 % 60 + 1)]] = 255
            app.ui.draft = draft
            since = since or start
        app.frame()
        if since and hall.complete(expected):
            waits.append(1e3 * (time.perf_counter() - since))
            since = None
        found.append(1e3 * (time.perf_counter() - start))
        time.sleep(max(0.0, 1 / 60 - (time.perf_counter() - start)))
    report("hall, drawn in", np.array(found))
    middle, worst = np.percentile(waits, [50, 99])
    print(f"from a stroke to the last of {expected} answers: median {middle:.0f} ms, 99 % within {worst:.0f} ms")
    app.timeline.close()


TYPED = "# draw a square\nrepeat n\ndraw right 3\nend\n"
"""What is typed, again and again."""


def editing(frames: int) -> None:
    """Type into the editor."""
    app = App(mark1_session(), WindowSettings(paused=True), open_gallery())
    app.timeline.wake(wait=True)
    app.obey("editor")
    for _ in range(120):
        app.frame()
        time.sleep(1 / 60)
    found = []
    for k in range(frames):
        start = time.perf_counter()
        if k % 4 == 0:
            sign = TYPED[k // 4 % len(TYPED)]
            if sign == "\n":
                pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_RETURN, mod=0, unicode="\r"))
            else:
                pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=sign))
        app.frame()
        found.append(1e3 * (time.perf_counter() - start))
        time.sleep(max(0.0, 1 / 60 - (time.perf_counter() - start)))
    report(f"editor, typed in, {len(app.ui.desk.text)} signs by then", np.array(found))
    app.timeline.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["lenet5", "resnet", "vgg", "lstm"], metavar="NAME")
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--editor", action="store_true", help="type into the editor as well")
    args = parser.parse_args()
    for name in args.names:
        learning(name, args.frames)
    if args.editor:
        editing(args.frames)
    drawing(args.frames)


if __name__ == "__main__":
    main()
