"""What a network that draws may offer besides its answer: the way to it, steps, a card to begin with, mixed styles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np

WAY = 24
"""Moments of a way that has no steps of its own."""


def shares() -> np.ndarray:
    """Return the shares of the way at its moments, from 0 to exactly 1, (WAY + 1,) float32."""
    return np.linspace(0, 1, WAY + 1, dtype=np.float32)


@runtime_checkable
class ShowsWay(Protocol):
    """A network whose drawings can be followed from nothing to the end."""

    def way(self, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield pictures (n, side, side) on the way to what is drawn, which is the last of them."""
        ...


@runtime_checkable
class Redraws(Protocol):
    """A network that begins with a card."""

    def redraw(self, cards: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield pictures (n, side, side) on the way from cards (n, side, side) to what is drawn of them, the last."""
        ...


@runtime_checkable
class DrawsInSteps(Protocol):
    """A network that draws in as many steps as it is given noise for."""

    @property
    def most_steps(self) -> int:
        """The most steps that it takes."""
        ...

    def noise_for(self, steps: int) -> int:
        """Return the normal deviates that a drawing in so many steps is a function of."""
        ...


@runtime_checkable
class MixesStyles(Protocol):
    """A network whose drawings can have the style of one noise in the large, and that of another in the small."""

    @property
    def cuts(self) -> tuple[int, ...]:
        """Sides of the scales up to which a style may reach, in cells: all but the last."""
        ...

    def mix(self, stimuli: np.ndarray, noise: np.ndarray, other: np.ndarray, side: int) -> np.ndarray:
        """Return pictures (n, side, side) with the style of `noise` up to the scale of `side` cells, then of `other`.

        Grain, and the class where none is named, are those of `noise`.
        """
        ...
