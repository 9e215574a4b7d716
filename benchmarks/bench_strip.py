"""Processor time at the first opening of the strip of years, each in a fresh process, under SDL's dummy driver.

Printed: that of `gallery.exhibits()` where nothing but NumPy is loaded, and that from F5 in an open window to the drawn
strip. Of several processes the least is taken; modules come from compiled files, as in an installed program, which the
first process writes to a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.update(SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1")
os.environ["OPENBLAS_NUM_THREADS"] = "1"


def exhibits() -> float:
    """Return the processor time of the exhibits, s."""
    import numpy  # noqa: F401

    from successors.serving.gallery import open_gallery

    gallery = open_gallery()
    since = time.process_time()
    gallery.exhibits()
    return time.process_time() - since


def strip() -> float:
    """Return the processor time from F5 to the drawn strip, s."""
    import pygame

    from marki.console.app import App, WindowSettings
    from marki.session import mark1_session
    from successors.serving.gallery import open_gallery

    app = App(mark1_session(), WindowSettings(frames=1_000_000, paused=True), open_gallery())
    for _ in range(10):
        app.frame()
    assert not app.ui.strip
    since = time.process_time()
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_F5, unicode="", mod=0))
    app.frame()
    app.timeline.wake(wait=True)
    app.frame()
    taken = time.process_time() - since
    assert app.ui.strip
    assert app.scene.timeline.ready
    app.timeline.close()
    return taken


PARTS = {"gallery.exhibits()": exhibits, "from F5 to the drawn strip": strip}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="processes of each (default 5)")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        print(PARTS[args.part]())
        return
    with tempfile.TemporaryDirectory() as folder:
        compiled = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}
        for part in PARTS:
            command = [sys.executable, __file__, "--part", part]
            taken = []
            for _ in range(args.rounds + 1):
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=compiled)
                taken.append(float(done.stdout))
            print(f"{part:<28}{min(taken):.3f} s of processor")


if __name__ == "__main__":
    main()
