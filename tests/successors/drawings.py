"""Digits drawn with the mouse, as `drawings.toml` keeps them: paths, drawn again by the pen of the window."""

import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np

from marki.console import pen

FILE = Path(__file__).with_name("drawings.toml")


def drawings():
    """Return frames (n, 20, 20) float32, digits (n,) and widths of the pen (n,)."""
    frames, digits, widths = [], [], []
    for line in tomllib.loads(FILE.read_text(encoding="utf-8"))["drawings"]:
        about, strokes = line.split(": ")
        digit, width = map(int, about.split())
        frame = np.zeros(400, np.float32)
        for text in strokes.split("|"):
            places = [row * 20 + column for column, row in (map(int, point.split(",")) for point in text.split())]
            for one, other in pairwise(places):
                frame[pen.stroke(one, other, width)] = 1
        frames.append(frame.reshape(20, 20))
        digits.append(digit)
        widths.append(width)
    return np.stack(frames), np.array(digits), np.array(widths)
