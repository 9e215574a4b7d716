"""Lettering: which letter a picture shows, and in which face it is, each by a judge of its own.

The letter is read by ResNet as shipped. The face is that of the nearest card: of each letter in each of the 28 faces a
card is held straight before the camera, and a little aside in all directions; the picture is as the nearest of them, by
the squared differences of its cells. This judge has learned nothing, and no machine can learn to deceive it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from marki.io.camera import Optics
from marki.io.frame import SIDE, check_frames
from marki.io.stimuli.letters import LETTERS, TYPEFACES
from successors.tasks import likeness
from successors.tasks.letters import card
from successors.tasks.retina import camera

FACES = tuple(TYPEFACES)
"""The faces that the judge tells apart."""

ASIDE = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""How far cards are held aside, right and down, in cells."""

ROWS = 256
"""Pictures that are compared at a time."""


def letters_of(pictures: np.ndarray) -> np.ndarray:
    """Return the letter that each picture (n, 20, 20) shows, as a number from 0, (n,) int64."""
    return likeness.judge("letters").look(pictures)[1]


def faces_of(pictures: np.ndarray) -> np.ndarray:
    """Return the face in which each picture (n, 20, 20) is, as a number in `FACES`, (n,) int64."""
    pictures = check_frames(pictures, where="judge of faces").reshape(len(pictures), SIDE * SIDE)
    cards, squares = _cards()
    found = [(squares - 2 * (pictures[k : k + ROWS] @ cards.T)).argmin(axis=1) for k in range(0, len(pictures), ROWS)]
    nearest = np.concatenate(found) if found else np.zeros(0, np.int64)
    return nearest // (len(cards) // len(FACES))


@lru_cache(maxsize=1)
def _cards() -> tuple[np.ndarray, np.ndarray]:
    """Return the cards (n, 400) float32, face by face, and the sum of the squares of each."""
    eye = camera(Optics())
    cards = [card(letter, face).card for face in FACES for letter in LETTERS]
    seen = [eye.frames(np.stack(cards), shift=(right, down)) for right in ASIDE for down in ASIDE]
    flat = np.stack(seen, axis=1).reshape(len(cards) * len(seen), -1)
    return flat, (flat * flat).sum(axis=1)


def share_of_fine(pictures: np.ndarray) -> float:
    """Return the share of the pictures' variance, (n, 20, 20), that is in waves shorter than four cells."""
    power = np.abs(np.fft.fft2(pictures - pictures.mean((1, 2), keepdims=True))) ** 2
    waves = np.abs(np.fft.fftfreq(pictures.shape[1]))
    fine = np.maximum(waves[:, None], waves) > 0.25
    return float(power[:, fine].sum() / max(float(power.sum()), np.finfo(float).tiny))


def kept(answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of answers whose letter is read as that of the target."""
    return float((letters_of(answers) == letters_of(targets)).mean())


def taken(answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of answers whose face is that of the target."""
    return float((faces_of(answers) == faces_of(targets)).mean())


def both(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return whether each answer has the letter of its target and its face as well, (n,) bool."""
    return (letters_of(answers) == letters_of(targets)) & (faces_of(answers) == faces_of(targets))
