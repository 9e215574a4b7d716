"""Making: items, each drawn from its own number, in batches, by one or several processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from marki.io.frame import SIDE
from marki.jobs.pool import map_unordered
from marki.jobs.progress import ProgressBar
from marki.seeding import generator
from successors.tasks.retina import RetinaConfig, signals

PIECE = 256
"""Items that one process makes at a time."""

_SPAWN = 4 * PIECE  # fewer items take less time than starting interpreters


@dataclass(frozen=True, kw_only=True)
class ItemKey:
    """The key of one item: all that its randomness depends on."""

    task: str
    seed: int
    part: str
    number: int

    def rng(self, what: str = "item") -> np.random.Generator:
        """Return the generator of this item, one for each purpose."""
        return generator(self.seed, f"tasks.{self.task}.{self.part}.{what}", self.number)


C = TypeVar("C", bound=RetinaConfig)
Item = Callable[[C, ItemKey], tuple[np.ndarray, int]]
"""Makes one item: the light on the retina, (20, 20) float32, and its class."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Makes the items of a deck.

    Parameters
    ----------
    task : str
        Name of the task.
    seed : int
        Root of all randomness.
    jobs : int
        Number of processes; 1: this process only.
    quiet : bool
        Show no progress bar.
    """

    task: str
    seed: int
    jobs: int = 1
    quiet: bool = True

    def rng(self, what: str) -> np.random.Generator:
        """Return the generator for something common to all items."""
        return generator(self.seed, f"tasks.{self.task}.{what}")

    def frames(self, item: Item[C], config: C, part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the first `count` items of a part, as the photocells deliver them.

        Parameters
        ----------
        item : callable
            ``item(config, slot) -> (light, kind)``, a module-level function, so that other processes can import it.
        config : RetinaConfig
            Settings of the task.
        part : str
            Name of the part; it keys the randomness.
        count : int
            Number of items.

        Returns
        -------
        frames : ndarray of float32, shape (count, 20, 20)
        kinds : ndarray of int16, shape (count,)
        """
        frames = np.empty((count, SIDE, SIDE), np.float32)
        kinds = np.empty(count, np.int16)
        starts = range(0, count, PIECE)
        orders = [(item, config, self.task, self.seed, part, k, min(k + PIECE, count)) for k in starts]
        jobs = 1 if count < _SPAWN else self.jobs
        with ProgressBar(count, f"{self.task} {part}", "stimuli", quiet=self.quiet) as bar:
            for number, (seen, found) in map_unordered(_piece, orders, jobs=jobs, tick=bar.tick):
                start = starts[number]
                frames[start : start + len(seen)], kinds[start : start + len(seen)] = seen, found
                bar.update(len(seen))
        return frames, kinds


def _piece(
    item: Item[C], config: C, task: str, seed: int, part: str, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    """Make the items from one number to another."""
    light = np.empty((stop - start, SIDE, SIDE), np.float32)
    kinds = np.empty(stop - start, np.int16)
    noise = np.empty(light.shape) if config.noise else None
    for k in range(stop - start):
        slot = ItemKey(task=task, seed=seed, part=part, number=start + k)
        light[k], kinds[k] = item(config, slot)
        if noise is not None:
            # Rounded, so that last-bit differences in the tails of the ziggurat never reach a stimulus.
            noise[k] = config.noise * slot.rng("noise").standard_normal((SIDE, SIDE)).round(9)
    return signals(light, config.exposure, noise), kinds
