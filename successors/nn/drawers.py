"""What a network that draws may offer besides its answer: the way to it, steps, a card to begin with, mixed styles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    """A network of layers with a style each, which may come from two drawings."""

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers: the scale of each, such as ``5x5``, the coarse ones first."""
        ...

    def mix(
        self,
        stimuli: np.ndarray,
        noise: np.ndarray,
        others: np.ndarray,
        other_noise: np.ndarray,
        theirs: Sequence[bool],
    ) -> np.ndarray:
        """Return pictures (n, side, side) of stimuli (n, 8) and noise, with the styles of others in layers of `theirs`.

        Grain, and the class where none is named, are those of `noise`.
        """
        ...


@runtime_checkable
class HasLatents(Protocol):
    """A network that draws of some numbers which a hand can turn."""

    def latents_of(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the numbers (n, k) of which it draws; where it is shown cards, those of the cards."""
        ...

    def drawn_of(self, latents: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return pictures (n, side, side) drawn of such numbers; the rest of the noise stays."""
        ...


@runtime_checkable
class EncodesCards(Protocol):
    """A network that makes such numbers of cards."""

    def encoded(self, cards: np.ndarray) -> np.ndarray:
        """Return the numbers (n, k) of cards (n, side, side)."""
        ...


@runtime_checkable
class Walks(Protocol):
    """A network that walks from noise to a picture, and can be stopped and altered on the way."""

    def steered(
        self, stimuli: np.ndarray, noise: np.ndarray, hand: Hand
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield of each step what it began with, what is believed in, and what it left, (n, side, side) of light each.

        ``hand(step, x, signal, share)`` returns what a step begins with instead of x (n, side, side), which is the
        picture, from -1 to 1, times `signal`, and normal deviates times `share`.
        """
        ...


Hand = Callable[[int, np.ndarray, float, float], np.ndarray]
"""Alters what a step of a walk begins with."""
