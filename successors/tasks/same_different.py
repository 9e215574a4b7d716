"""Same or different: two forms in opposite corners of the retina, which must be compared across it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError, unknown
from marki.io.ports import Port
from marki.io.stimuli import POINTS_PER_CELL, forms
from successors.tasks.deck import PARTS, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig, camera
from successors.tasks.task import Task

DIAGONALS = (1, -1)
"""Sign of x of the lower form: it lies to the right of the upper one, or to the left."""


@dataclass(frozen=True, kw_only=True)
class SameDifferentConfig(RetinaConfig):
    """Settings of same or different.

    Counts that are multiples of 80 hold every form, and every pair of different ones, equally often in each corner.
    """

    forms: tuple[str, ...] = setting(("square", "circle", "triangle", "plus", "X"), "Forms that are compared")
    size: float = setting(6.0, "Height of the forms", unit="cells", low=4, high=8)
    corner: float = setting(
        6.0, "Distance of the middle of a corner from that of the retina, across and down", unit="cells", low=4, high=8
    )
    jitter: float = setting(
        1.0, "Each form lies at random up to this far from the middle of its corner", unit="cells", low=0, high=4
    )
    noise: float = setting(
        0.05, "Standard deviation of noise on each cell's signal", unit="share of full light", low=0, high=1
    )
    train: int = setting(8_000, "Stimuli to learn from", low=1, high=1_000_000)
    valid: int = setting(1_200, "Stimuli to choose settings by", low=1, high=1_000_000)
    test: int = setting(3_200, "Stimuli of the test", low=1, high=1_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.forms) < 2 or len(set(self.forms)) < len(self.forms):
            raise ConfigError(
                f"{self.forms!r}", where="SameDifferentConfig.forms", remedy="Give 2 or more different forms"
            )
        for kind in self.forms:
            if kind not in forms.KINDS:
                raise unknown("form", kind, forms.KINDS, where="SameDifferentConfig.forms")
        if self.corner < self.size / 2 + self.jitter:
            raise ConfigError(
                "forms would reach over the middle of the retina",
                where="SameDifferentConfig.corner",
                remedy=f"Give {self.size / 2 + self.jitter:g} or more",
            )


@functools.lru_cache(maxsize=64)
def _form(kind: str, size: float) -> np.ndarray:
    """Return the card of a form in the middle of the retina."""
    return forms.form(kind, size=size, thickness=min(1.5, size / 4)).card


def pair(config: SameDifferentConfig, number: int) -> tuple[str, str, int]:
    """Return the upper form, the lower form and the diagonal of a stimulus; those of even numbers are different."""
    many = len(config.forms)
    half, same = divmod(number, 2)
    turn, first = divmod(half, many)
    offset = 0 if same else 1 + turn // len(DIAGONALS) % (many - 1)
    return config.forms[first], config.forms[(first + offset) % many], DIAGONALS[turn % len(DIAGONALS)]


def _item(config: SameDifferentConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    upper, lower, diagonal = pair(config, slot.number)
    centres = config.corner * np.array([[-1, -diagonal], [1, diagonal]])
    away = centres + slot.rng().uniform(-config.jitter, config.jitter, (2, 2))
    moves = np.rint(away * POINTS_PER_CELL).astype(int)
    cards = [np.roll(_form(kind, config.size), by, (0, 1)) for kind, by in zip((upper, lower), moves, strict=True)]
    return camera(config.optics).frame(np.maximum(*cards)), slot.number % 2


def _make(config: SameDifferentConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {part: workshop.frames(_item, config, part, getattr(config, part)) for part in PARTS}
    return coded(2, parts)


TASK = Task(
    name="same_different",
    title="Two forms in opposite corners: same or different?",
    accepts=Port.FRAME,
    answers=Port.LAMPS,
    config=SameDifferentConfig,
    metric="pairs told rightly",
    chance=1 / 2,
    classes=lambda config: ("different", "same"),
    make=_make,
)
"""The task."""
