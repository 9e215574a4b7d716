"""Count: how often did something flash up in the dark?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.ports import Port
from marki.io.stimuli import CARD
from successors.tasks.deck import PARTS, Reels, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.recall import random_form
from successors.tasks.retina import RetinaConfig, camera
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class CountConfig(RetinaConfig):
    """Settings of count. Between two flashes at least one exposure is dark."""

    most: int = setting(7, "The largest number of flashes; the smallest is 0", low=1, high=100)
    exposures: int = setting(20, "Exposures in a reel", low=1, high=1000)
    slides: int = setting(128, "Different flashes in a part", low=1, high=10_000)
    train: int = setting(4_000, "Reels to learn from", low=1, high=1_000_000)
    valid: int = setting(800, "Reels to choose settings by", low=1, high=1_000_000)
    test: int = setting(1_600, "Reels of the test", low=1, high=1_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.exposures < 2 * self.most - 1:
            raise ConfigError(
                f"{self.exposures} exposures for {self.most} flashes with dark between",
                where="CountConfig.exposures",
                remedy=f"Give {2 * self.most - 1} or more",
            )


def _slide(config: CountConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    """Return a flash; the first slide is dark."""
    if slot.number == 0:
        return camera(config.optics).frame(np.zeros((CARD, CARD), np.uint8)), -1
    return camera(config.optics).frame(random_form(slot.rng())), -1


def _reels(config: CountConfig, workshop: Workshop, part: str) -> tuple[Reels, np.ndarray]:
    bank, _ = workshop.frames(_slide, config, part, 1 + config.slides)
    count: int = getattr(config, part)
    kinds = np.arange(count) % (config.most + 1)
    index = np.zeros((count, config.exposures), np.uint16)
    for number in range(count):
        flashes = int(kinds[number])
        rng = ItemKey(task=workshop.task, seed=workshop.seed, part=part, number=number).rng("reel")
        # Flashes that are not adjacent: chosen among fewer exposures, then moved apart by one dark exposure each.
        places = config.exposures - flashes + 1 if flashes else 0
        moments = np.sort(rng.permutation(places)[:flashes]) + np.arange(flashes)
        index[number, moments] = 1 + rng.integers(config.slides, size=flashes)
    return Reels(bank, index), kinds


def _make(config: CountConfig, workshop: Workshop) -> dict[str, Split]:
    return coded(config.most + 1, {part: _reels(config, workshop, part) for part in PARTS})


TASK = Task(
    name="count",
    title="How often did it flash?",
    accepts=Port.REEL,
    answers=Port.LAMPS,
    config=CountConfig,
    metric="flashes counted rightly",
    chance=1 / 8,
    classes=lambda config: tuple(map(str, range(config.most + 1))),
    make=_make,
)
"""The task."""
