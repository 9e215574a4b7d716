"""Frame times of the window under SDL's dummy driver: a normal run, and all 512 potentiometers and lamps moving.

Printed for each size: median and 99th percentile of a frame, drawing and simulation together. The worst case feeds
the panels made-up values in every frame, so that every dial and lamp is drawn anew.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from pathlib import Path

os.environ.update(SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pygame

from marki.console.app import App, Settings
from marki.session import mark1_session


def times(app: App, frames: int) -> np.ndarray:
    for _ in range(30):
        app.frame()
    found = []
    for _ in range(frames):
        start = time.perf_counter()
        app.frame()
        found.append(1e3 * (time.perf_counter() - start))
    return np.percentile(found, [50, 99])


def stir(app: App) -> None:
    """Make the watcher see everything move in every frame."""
    rng, look = np.random.default_rng(0), app.observer.scene

    def scene():
        seen = look()
        lamps = {"s": rng.random((20, 20)) < 0.5, "a": rng.random(512) < 0.5}
        moment = dataclasses.replace(seen.look, view=dataclasses.replace(seen.look.view, **lamps), answered=True)
        turning = rng.integers(-1, 2, 512).astype(np.int8)
        return dataclasses.replace(seen, look=moment, values=rng.uniform(-9, 9, 512), turning=turning)

    app.observer.scene = scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=400)
    options = parser.parse_args()
    for size in ((1280, 800), (1920, 1080)):
        for name, speed in (("20x", 20.0), ("10,000x", 10_000.0), ("all moving, 20x", 20.0)):
            session = mark1_session(seed=0, keep="recent")
            app = App(session, Settings(size=size, speed=speed, frames=10**9))
            if name.startswith("all"):
                stir(app)
            middle, worst = times(app, options.frames)
            print(f"{size[0]}x{size[1]}  {name:16}  p50 {middle:5.1f} ms   p99 {worst:5.1f} ms")
            pygame.quit()


if __name__ == "__main__":
    main()
