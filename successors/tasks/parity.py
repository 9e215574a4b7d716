"""Parity: is the number of lit patches odd?

No perceptron whose first-layer units each see only some of the patches computes it (Minsky and Papert, 1969). Where the
patterns are few, all parts hold all of them; where they are many, the test asks new ones.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.io.stimuli.forms import from_cells
from marki.seeding import generator
from successors.tasks.deck import PARTS, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig, camera
from successors.tasks.task import Task

_EIGHTHS = {"train": (0, 6), "valid": (6, 7), "test": (7, 8)}  # of the patterns of each class, when parts are disjoint


@dataclass(frozen=True, kw_only=True)
class ParityConfig(RetinaConfig):
    """Settings of parity.

    The patches in use are the first `bits` of the grid, row by row; the others stay dark. If there are enough patterns,
    six eighths of them are for training and one eighth each for validation and test, chosen by the seed. Otherwise
    every part has all patterns: the training part over and over up to its count, the others each pattern once.
    """

    grid: int = setting(4, "Patches on a side of the retina: 2, 4, 5, 10 or 20", low=2, high=20)
    bits: int = setting(16, "Patches in use", low=2, high=16)
    train: int = setting(8_000, "Stimuli to learn from", low=1, high=1_000_000)
    valid: int = setting(1_000, "Stimuli to choose settings by, at most", low=1, high=1_000_000)
    test: int = setting(2_000, "Stimuli of the test, at most", low=1, high=1_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if SIDE % self.grid:
            raise ConfigError(
                f"{self.grid} patches do not divide {SIDE} cells",
                where="ParityConfig.grid",
                remedy="Give 2, 4, 5, 10 or 20",
            )
        if self.bits > self.grid**2:
            raise ConfigError(
                f"{self.bits} patches in use of {self.grid**2}",
                where="ParityConfig.bits",
                remedy=f"Give at most {self.grid**2}, or a finer grid",
            )

    @property
    def disjoint(self) -> bool:
        """Whether no pattern is in two parts."""
        return all(
            getattr(self, part) <= 2**self.bits * (last - first) // 8 for part, (first, last) in _EIGHTHS.items()
        )

    def held(self, part: str) -> int:
        """Return the number of stimuli in a part."""
        count = getattr(self, part)
        return count if self.disjoint or part == "train" else min(count, 2**self.bits)


@functools.lru_cache(maxsize=8)
def _patterns(bits: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the patterns with an even and with an odd number of lit patches, each in an order drawn from the seed."""
    patterns = generator(seed, "tasks.parity.patterns").permutation(2**bits)
    odd = np.bitwise_count(patterns) % 2 == 1
    return patterns[~odd], patterns[odd]


def patches(pattern: int, bits: int, grid: int) -> np.ndarray:
    """Return the cells (20, 20) bool that a pattern lights; its lowest bit is the patch in the upper left corner."""
    fields = np.zeros(grid * grid, bool)
    fields[:bits] = pattern >> np.arange(bits) & 1
    side = SIDE // grid
    return np.repeat(np.repeat(fields.reshape(grid, grid), side, 0), side, 1)


def _item(config: ParityConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    row, kind = divmod(slot.number, 2)
    patterns = _patterns(config.bits, slot.seed)[kind]
    first, last = _EIGHTHS[slot.part] if config.disjoint else (0, 8)
    chosen = patterns[len(patterns) * first // 8 : len(patterns) * last // 8]
    cells = patches(int(chosen[row % len(chosen)]), config.bits, config.grid)
    return camera(config.optics).frame(from_cells("patches", "odd" if kind else "even", cells)), kind


def _make(config: ParityConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {part: workshop.frames(_item, config, part, config.held(part)) for part in PARTS}
    return coded(2, parts)


TASK = Task(
    name="parity",
    title="An odd or even number of lit patches",
    accepts=Port.FRAME,
    answers=Port.LAMPS,
    config=ParityConfig,
    metric="parities told rightly",
    chance=1 / 2,
    classes=lambda config: ("even", "odd"),
    make=_make,
)
"""The task."""
