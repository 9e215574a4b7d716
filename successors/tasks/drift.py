"""Drift: in which of eight directions does a patch of dots move over the retina?

The retina wraps around: what leaves it on one side comes back on the other. The patch starts anywhere, with
equal probability, so that at every exposure it is anywhere with equal probability, whatever its direction: no single
frame tells anything about the direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.frame import CELLS, SIDE
from marki.io.ports import Port
from marki.io.stimuli.forms import from_cells
from successors.tasks.deck import PARTS, Reels, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig, camera
from successors.tasks.task import Task

DIRECTIONS = {
    "east": (1, 0),
    "north-east": (1, -1),
    "north": (0, -1),
    "north-west": (-1, -1),
    "west": (-1, 0),
    "south-west": (-1, 1),
    "south": (0, 1),
    "south-east": (1, 1),
}
"""The classes: steps to the right and downward, in cells."""


@dataclass(frozen=True, kw_only=True)
class DriftConfig(RetinaConfig):
    """Settings of drift. The patches of the test set differ from those of the training set."""

    exposures: int = setting(8, "Exposures in a reel", low=2, high=200)
    speeds: tuple[int, ...] = setting((1, 2), "Steps in an exposure; each reel has one", unit="cells", low=1, high=9)
    size: int = setting(5, "Side of a patch", unit="cells", low=2, high=12)
    fraction: float = setting(0.6, "Share of lit cells in a patch", unit="share", low=0.1, high=1, formerly="share")
    patches: int = setting(16, "Different patches in each part", low=1, high=100)
    train: int = setting(4_000, "Reels to learn from", low=1, high=1_000_000)
    valid: int = setting(800, "Reels to choose settings by", low=1, high=1_000_000)
    test: int = setting(1_600, "Reels of the test", low=1, high=1_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.speeds:
            raise ConfigError("no speed", where="DriftConfig.speeds", remedy="Give one or more")


def _slide(config: DriftConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    """Return one patch at one of the 400 positions; `slot.number` is patch · 400 + row · 20 + column."""
    patch, place = divmod(slot.number, CELLS)
    row, column = divmod(place, SIDE)
    rng = ItemKey(task=slot.task, seed=slot.seed, part=slot.part, number=patch).rng("patch")
    cells = np.zeros((SIDE, SIDE), bool)
    lit = rng.permutation(config.size**2)[: max(1, round(config.fraction * config.size**2))]
    cells[lit // config.size, lit % config.size] = True
    cells = np.roll(cells, (row, column), axis=(0, 1))
    return camera(config.optics).frame(from_cells("patch", "patch", cells)), 0


def _reels(config: DriftConfig, workshop: Workshop, part: str) -> tuple[Reels, np.ndarray]:
    bank, _ = workshop.frames(_slide, config, part, config.patches * CELLS)
    count: int = getattr(config, part)
    steps = np.array(list(DIRECTIONS.values()))
    kinds = np.arange(count) % len(steps)
    drawn = np.empty((count, 4), np.int64)
    for number in range(count):
        rng = ItemKey(task=workshop.task, seed=workshop.seed, part=part, number=number).rng()
        drawn[number] = rng.integers((SIDE, SIDE, config.patches, len(config.speeds)))
    column, row, patch, speed = drawn.T
    moved = np.arange(config.exposures)[None, :] * np.array(config.speeds)[speed][:, None]
    column = (column[:, None] + moved * steps[kinds, 0][:, None]) % SIDE
    row = (row[:, None] + moved * steps[kinds, 1][:, None]) % SIDE
    return Reels(bank, (patch[:, None] * CELLS + row * SIDE + column).astype(np.uint16)), kinds


def _make(config: DriftConfig, workshop: Workshop) -> dict[str, Split]:
    return coded(len(DIRECTIONS), {part: _reels(config, workshop, part) for part in PARTS})


TASK = Task(
    name="drift",
    title="In which direction does it move?",
    accepts=Port.REEL,
    answers=Port.LAMPS,
    config=DriftConfig,
    metric="directions told rightly",
    chance=1 / 8,
    classes=lambda config: tuple(DIRECTIONS),
    make=_make,
)
"""The task."""
