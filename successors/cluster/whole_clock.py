"""The clock of the machine room: SimPy's, in whole units only."""

from __future__ import annotations

import simpy


class WholeClock(simpy.Environment):
    """A SimPy environment whose delays are all whole numbers, of nanoseconds or microseconds, and so is its time."""

    @property
    def time(self) -> int:
        """Units since the beginning."""
        return int(self.now)
