"""Restore: a letter of which a third is dark, to be completed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.frame import CELLS, SIDE
from marki.io.ports import Port
from marki.io.stimuli.letters import LETTERS, TYPEFACES
from successors.tasks.deck import Split
from successors.tasks.letters import card
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig, camera, signals
from successors.tasks.task import Task

SIDES = ("left", "right", "top", "bottom", "block")
"""What can be dark: a strip along a side, or a block somewhere."""


@dataclass(frozen=True, kw_only=True)
class RestoreConfig(RetinaConfig):
    """Settings of restore. Training stimuli are whole; those for evaluation are damaged."""

    typeface: str = setting("league-spartan", "Typeface of the letters", choices=tuple(TYPEFACES))
    patterns: int = setting(6, "Different letters to be kept, the first of `letters`", low=1, high=26)
    letters: str = setting("TOXLHZAJCVKDIPSMUNFWYEGQBR", "Letters to be kept, those least alike first")
    fraction: float = setting(
        1 / 3, "Share of the retina that is dark", unit="share", low=0, high=0.95, formerly="share"
    )
    which: str = setting("any", "What is dark; any: each of them in turn", choices=("any", *SIDES))
    valid: int = setting(300, "Damaged stimuli to choose settings by", low=1, high=100_000)
    test: int = setting(600, "Damaged stimuli of the test", low=1, high=100_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        chosen = self.letters[: self.patterns]
        if len(chosen) < self.patterns or len(set(chosen)) < len(chosen) or not set(chosen) <= set(LETTERS):
            raise ConfigError(
                f"{self.letters!r} for {self.patterns} patterns",
                where="RestoreConfig.letters",
                remedy="Give as many different letters of A to Z",
            )


def damage(which: str, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return the cells (20, 20) bool that are dark: whole columns or rows, or a block of about as many cells.

    Parameters
    ----------
    which : str
        One of `SIDES`.
    share : float
        Fraction of the retina.
    rng : numpy.random.Generator
        Draws the block.
    """
    dark = np.zeros((SIDE, SIDE), bool)
    strip = round(share * SIDE)
    if which == "block":
        wanted = share * CELLS
        lowest = max(1, math.ceil(wanted / SIDE))  # as wide as the retina
        tall = int(rng.integers(lowest, max(lowest, min(SIDE, int(wanted / max(1, strip)))) + 1))
        wide = min(SIDE, round(wanted / tall))
        top, left = rng.integers((SIDE - tall + 1, SIDE - wide + 1)).tolist()
        dark[top : top + tall, left : left + wide] = True
    elif which in ("left", "top"):
        dark[:, :strip] = True
    else:
        dark[:, SIDE - strip :] = True
    return dark.T if which in ("top", "bottom") else dark


def _damaged(config: RestoreConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    row, kind = divmod(slot.number, config.patterns)
    which = SIDES[row % len(SIDES)] if config.which == "any" else config.which
    light = whole(config, config.letters[kind])
    return np.where(damage(which, config.fraction, slot.rng()), np.float32(0), light), kind


def whole(config: RestoreConfig, letter: str) -> np.ndarray:
    """Return the light of a whole letter, (20, 20) float32."""
    return camera(config.optics).frame(card(letter, config.typeface))


def _make(config: RestoreConfig, workshop: Workshop) -> dict[str, Split]:
    letters = config.letters[: config.patterns]
    kept = signals(np.stack([whole(config, letter) for letter in letters]), config.exposure)
    parts = {"train": Split(stimuli=kept, targets=kept, kinds=np.arange(len(kept), dtype=np.int16))}
    for part in ("valid", "test"):
        stimuli, kinds = workshop.frames(_damaged, config, part, getattr(config, part))
        parts[part] = Split(stimuli=stimuli, targets=kept[kinds], kinds=kinds)
    return parts


TASK = Task(
    name="restore",
    title="A damaged letter given back whole",
    accepts=Port.FIELD,
    answers=Port.FIELD,
    config=RestoreConfig,
    metric="fields with at most 2 % of their cells wrong",
    chance=0.0,
    classes=lambda config: tuple(config.letters[: config.patterns]),
    make=_make,
)
"""The task."""
