"""Schedules: the learning rate as a function of the step, each a factor of the base rate."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant() -> Schedule:
    """Return the schedule that is 1 at all steps."""
    return lambda step: 1.0


def exponential(steps: int, share: float = 0.1) -> Schedule:
    """Return a factor that decays exponentially, to `share` after `steps`."""
    return lambda step: share ** (step / steps)


def cosine(steps: int, *, warm_up: int = 0, floor: float = 0.0) -> Schedule:
    """Return a factor that rises linearly for `warm_up` steps and then falls along half a cosine to `floor`.

    Loshchilov and Hutter 2017, eq. 5, without restarts; after `steps` it stays at `floor`.
    """

    def factor(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        part = min((step - warm_up) / max(steps - warm_up, 1), 1.0)
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * part))

    return factor


def inverse_root(width: int, warm_up: int) -> Schedule:
    """Return width^-0.5 · min(step^-0.5, step · warm_up^-1.5), Vaswani et al. 2017, eq. 3."""
    return lambda step: width**-0.5 * min((step + 1) ** -0.5, (step + 1) * warm_up**-1.5)
