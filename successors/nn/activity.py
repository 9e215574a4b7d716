"""Activity of units: which of them are at a limit of their activation on everything that is shown.

Activations report their outputs to the active monitors; without one there is no cost. Gates of the fused recurrent
operations, which open and close for good by design, do not report.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

NEAR = 0.01
"""Fraction of the range of a squashing unit within which its output is at a limit."""


@dataclass(eq=False)
class Monitor:
    """The units of each layer that stayed at one limit in all calls so far.

    Parameters
    ----------
    rows : int
        Stimuli shown at a time; what is not computed for each of them is no activation, as a gate that is a weight.
    repeated : bool
        Whether a layer is called many times for one answer, at each exposure or token; layers of one kind and shape
        are then taken together, since calls do not say whose they are. Otherwise each call is a layer.

    Attributes
    ----------
    squashed, rectified : dict of key to ndarray of bool
        For each layer of squashing units, (2, units): those that were always at the lower limit, and always at the
        upper one. For each layer of rectifiers, (1, units): those that were never on.
    """

    rows: int
    repeated: bool
    squashed: dict[tuple[object, ...], np.ndarray] = field(default_factory=dict[tuple[object, ...], np.ndarray])
    rectified: dict[tuple[object, ...], np.ndarray] = field(default_factory=dict[tuple[object, ...], np.ndarray])

    def report(self, value: np.ndarray, low: float, high: float) -> None:
        """Take outputs (n, units), (n, channels, h, w) or (n, tokens, units); no upper limit is infinity."""
        if len(value) % self.rows:
            return
        # A map is one unit: its places share their weights.
        others = tuple(k for k in range(value.ndim) if k != (1 if value.ndim in (2, 4) else value.ndim - 1))
        layers, sides = self.squashed, [value <= low + NEAR * (high - low), value >= high - NEAR * (high - low)]
        if np.isinf(high):
            layers, sides = self.rectified, [value <= low]
        stuck = np.stack([side.all(axis=others) for side in sides])
        key = (low, high, stuck.shape) if self.repeated else (len(self.squashed) + len(self.rectified),)
        layers[key] = layers[key] & stuck if key in layers else stuck

    def saturated(self) -> float:
        """Return the largest fraction of the squashing units of a layer that never left a limit; 0 without any."""
        return max((float(stuck.any(axis=0).mean()) for stuck in self.squashed.values()), default=0.0)

    def silent(self) -> float:
        """Return the largest fraction of the rectifiers of a layer that were never on; 0 without any."""
        return max((float(stuck.any(axis=0).mean()) for stuck in self.rectified.values()), default=0.0)


_monitors: list[Monitor] = []


@contextlib.contextmanager
def monitored(rows: int, *, repeated: bool) -> Iterator[Monitor]:
    """Monitor the activations during the block.

    Parameters
    ----------
    rows : int
    repeated : bool
        As of `Monitor`.

    Yields
    ------
    Monitor
    """
    _monitors.append(Monitor(rows=rows, repeated=repeated))
    try:
        yield _monitors[-1]
    finally:
        _monitors.pop()


def monitoring() -> bool:
    """Return whether there is an active monitor."""
    return bool(_monitors)


def report(value: np.ndarray, low: float, high: float = np.inf) -> None:
    """Report outputs of an activation to the active monitors, with the limits that it squashes to.

    Parameters
    ----------
    value : ndarray
    low, high : float
        A rectifier has no upper limit.
    """
    for monitor in _monitors:
        monitor.report(value, low, high)
