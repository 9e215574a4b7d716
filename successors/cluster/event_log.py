"""The event log of a cluster: when, where, what, and of which item; with a digest."""

from __future__ import annotations

import hashlib
from array import array
from enum import IntEnum

import numpy as np


class Happening(IntEnum):
    """What happens."""

    FORWARD = 0
    FORWARD_DONE = 1
    BACKWARD = 2
    BACKWARD_DONE = 3
    SENT = 4
    ARRIVED = 5
    REDUCE = 6
    REDUCED = 7
    STEPS = 8
    CHECKPOINT = 9
    SAVED = 10
    FAILURE = 11
    RESTARTED = 12
    FINISHED = 13


class EventLog:
    """Events in order of time; equal runs have equal digests."""

    def __init__(self):
        self._rows = array("q")

    def add(self, time: int, place: int, what: int, item: int) -> None:
        """Note an event.

        Parameters
        ----------
        time : int
            In the units of the clock.
        place : int
            Number of the stage or device.
        what : int
            A `Happening`.
        item : int
            Number of the micro-batch, message or step.
        """
        self._rows.extend((time, place, what, item))

    def __len__(self) -> int:
        return len(self._rows) // 4

    def events(self) -> np.ndarray:
        """Return all events, (n, 4) int64: time, place, what, item."""
        return np.array(self._rows, np.int64).reshape(-1, 4)

    @property
    def digest(self) -> str:
        """Digest of all events, 32 hexadecimal digits."""
        return hashlib.blake2b(self.events().astype("<i8").tobytes(), digest_size=16).hexdigest()
