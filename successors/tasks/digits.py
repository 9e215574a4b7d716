"""Handwritten digits, straight as they were written, or held unsteadily."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from marki.config import setting
from marki.io.camera import Optics
from marki.io.ports import Port
from marki.io.stimuli import CARD, digits, enlarged
from successors.tasks.deck import PARTS, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig, Unsteady, camera, signals
from successors.tasks.task import Task

TRAIN, VALID, TEST = 18_000, 2_000, 10_000
"""Digits of each part; the validation set has the last 2,000 of the 20,000 shipped for training."""


@dataclass(frozen=True, kw_only=True)
class DigitsConfig(Unsteady):
    """Settings of the digits; by default they are not disturbed."""

    train: int = setting(TRAIN, "Digits to learn from, the first of those there are", low=1, high=TRAIN)
    valid: int = setting(VALID, "Other digits of the training set", low=1, high=VALID)
    test: int = setting(TEST, "Digits by other writers", low=1, high=TEST)
    shear: float = setting(
        0.0,
        "Each digit is made to lean at random by up to this much, to either side",
        unit="cells across a cell up",
        low=0,
        high=1,
    )
    disturb_test_only: bool = setting(
        False, "Shift, turn, zoom, shear and noise are for the test only; what is learned from stays straight"
    )

    @property
    def straight(self) -> bool:
        """Whether the cards are held straight and are seen without noise."""
        return self.handling.still and not (self.shear or self.noise)


def digit(part: str, number: int) -> tuple[np.ndarray, int]:
    """Return the ink (20, 20) of a digit and what it says."""
    images, labels = digits.load("test" if part == "test" else "train")
    at = TRAIN + number if part == "valid" else number
    return images[at], int(labels[at])


def _leaning(card: np.ndarray, shear: float) -> np.ndarray:
    """Return a card (CARD, CARD) whose rows are moved aside in proportion to their height, by whole card points."""
    height = (CARD - 1) / 2 - np.arange(CARD)
    column = np.arange(CARD)[None, :] - np.rint(shear * height).astype(int)[:, None]
    inside = (column >= 0) & (column < CARD)
    return np.where(inside, np.take_along_axis(card, np.clip(column, 0, CARD - 1), axis=1), np.uint8(0))


def _item(config: DigitsConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    ink, kind = digit(slot.part, slot.number)
    card = enlarged(ink)
    rng = slot.rng()
    held = config.handling.draw(rng)
    if config.shear:
        card = _leaning(card, config.shear * rng.uniform(-1, 1))
    return camera(config.optics).frame(card, **held), kind


def straight(config: RetinaConfig, part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return undisturbed digits, all at once.

    One point of a digit fills one cell, so that through perfect optics a cell sees one of 256 levels of ink, whichever
    digit it belongs to; the camera is asked for these alone.
    """
    images, labels = digits.load("test" if part == "test" else "train")
    first = TRAIN if part == "valid" else 0
    levels = np.repeat(np.arange(256, dtype=np.uint8), CARD * CARD).reshape(256, CARD, CARD)
    seen = signals(camera(config.optics).frames(levels), config.exposure)[:, 0, 0]
    return seen[images[first : first + count]], labels[first : first + count].astype(np.int16)


def _make(config: DigitsConfig, workshop: Workshop) -> dict[str, Split]:
    parts: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for part in PARTS:
        count, wanted = getattr(config, part), config
        if config.disturb_test_only and part != "test":
            wanted = replace(config, shift=0.0, turn_deg=0.0, zoom=0.0, shear=0.0, noise=0.0)
        if wanted.straight and wanted.optics == Optics():
            parts[part] = straight(wanted, part, count)
        else:
            parts[part] = workshop.frames(_item, wanted, part, count)
    return coded(10, parts)


TASK = Task(
    name="digits",
    title="Digits written by hand",
    accepts=Port.FRAME,
    answers=Port.LAMPS,
    config=DigitsConfig,
    metric="digits read rightly",
    chance=1 / 10,
    classes=lambda config: tuple("0123456789"),
    make=_make,
)
"""The task."""
