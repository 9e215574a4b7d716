"""Devices and links: how long they take for operations and for bytes, in whole nanoseconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

SECOND = 1_000_000_000
"""Nanoseconds."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """One card, chip or machine.

    Parameters
    ----------
    name : str
    rate : float
        Highest arithmetic rate, FLOP/s, of the kind of number that is trained in.
    memory : float
        Bytes.
    power : float
        Watts at work; 0 if not known.
    price : float
        Dollars an hour of rent; 0 if not known.
    kernels : float
        Fraction of the rate that its products reach alone, without waiting for others.
    """

    name: str
    rate: float
    memory: float
    power: float = 0.0
    price: float = 0.0
    kernels: float = 1.0

    def duration(self, flops: float) -> int:
        """Return how long so many operations take, ns."""
        return math.ceil(flops * SECOND / (self.rate * self.kernels))


@dataclass(frozen=True, kw_only=True)
class Link:
    """A connection between two devices, the same in both directions at once.

    Parameters
    ----------
    name : str
    latency : int
        Nanoseconds before the first byte arrives.
    bandwidth : float
        Bytes a second in each direction.
    """

    name: str
    latency: int
    bandwidth: float

    def duration(self, size: int) -> int:
        """Return how long a message of so many bytes takes, ns."""
        return self.latency + math.ceil(size * SECOND / self.bandwidth)
