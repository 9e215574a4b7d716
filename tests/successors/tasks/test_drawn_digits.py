"""Digits drawn with the mouse in the window: what the systems make of them."""

import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from marki.console.input import brush as pens
from successors import registry, tasks

FILE = Path(__file__).with_name("drawn_digits.toml")


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
                frame[pens.stroke(one, other, width)] = 1
        frames.append(frame.reshape(20, 20))
        digits.append(digit)
        widths.append(width)
    return np.stack(frames), np.array(digits), np.array(widths)


FRAMES, DIGITS, PENS = drawings()


def readers():
    """Return the systems that ship weights for digits, with their files."""
    found = {}
    for name in registry.names():
        entry = registry.find(name).entry
        if not registry.in_hall(entry, "digits"):
            continue
        own = entry.trials[0].task == "digits"
        path = registry.shipped(name) / (registry.WEIGHTS if own else registry.weights_name("digits"))
        if path.exists():
            found[name] = path
    return found


def test_drawings_are_many_and_various():
    assert len(FRAMES) >= 60
    assert np.bincount(DIGITS, minlength=10).min() >= 6
    assert set(PENS.tolist()) == {1, 2}
    heights = [np.ptp(np.flatnonzero(frame.any(1))) + 1 for frame in FRAMES]
    assert min(heights) <= 11
    assert max(heights) >= 17
    middles = np.array([np.argwhere(frame).mean(0) for frame in FRAMES])
    assert np.ptp(middles, axis=0).min() > 3
    assert len({frame.tobytes() for frame in FRAMES}) == len(FRAMES)


def test_the_best_system_reads_them():
    deck = tasks.load("digits")
    wanted = deck.code[DIGITS]
    shares = {}
    for name, path in readers().items():
        learner = registry.create(name, weights=path)
        shares[name] = (learner.respond(FRAMES) == wanted).all(1).mean()
    assert len(shares) >= 3
    best = max(shares, key=shares.get)
    assert shares[best] >= 0.95, f"{best}: {shares[best]:.1%}"


@pytest.mark.parametrize("pen", [1, 2])
def test_a_broader_pen_marks_more_cells(pen):
    lit = FRAMES[pen == PENS].sum((1, 2))
    assert (lit.mean() > 45) == (pen == 2)
