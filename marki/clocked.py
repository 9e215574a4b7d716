"""Learners on a clock: what a session asks of one, and a clock for those that have none."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from marki import registers
from marki.io.learner import Learner
from marki.io.responses import R_UNITS
from marki.registers import Register
from marki.ticks import NEVER, SECOND
from marki.trace import Bank, Kind, encode


class Clocked(Protocol):
    """A learner that lives on a simulated clock, as `MarkI` does."""

    units: int
    now: int
    idle: bool
    answer: np.ndarray
    active: np.ndarray

    def reset(self, seed: int) -> None: ...  # noqa: D102
    def present(self, frame: np.ndarray, target: np.ndarray | None, *, learn: bool) -> None: ...  # noqa: D102
    def advance(self, until_us: int) -> None: ...  # noqa: D102
    def peek(self) -> int: ...  # noqa: D102
    def collect(self) -> np.ndarray: ...  # noqa: D102
    def happened(self) -> np.ndarray: ...  # noqa: D102
    def witness(self) -> bytes: ...  # noqa: D102
    def resume(self) -> None: ...  # noqa: D102
    def registers(self) -> list[Register]: ...  # noqa: D102


class Untimed:
    """Puts a learner without a clock on one: every presentation takes the same time and answers at its end."""

    PERIOD_US = 12 * SECOND

    def __init__(self, learner: Learner, units: int = R_UNITS):
        self.learner, self.units = learner, units
        self.clock = np.zeros(1, np.int64)
        self.answer = np.zeros(R_UNITS, bool)
        self.active = np.zeros(0, bool)
        self._shown: tuple[np.ndarray, np.ndarray | None, bool] | None = None
        self._end = 0
        self._log: list[int] = []

    @property
    def now(self) -> int:
        """Simulated time, µs."""
        return int(self.clock[0])

    @property
    def idle(self) -> bool:
        """Whether no presentation is under way."""
        return self._shown is None

    def reset(self, seed: int) -> None:
        """Reset learner and clock."""
        self.learner.reset(seed)
        self.clock[0] = 0
        self.answer[:] = False
        self.resume()

    def present(self, frame: np.ndarray, target: np.ndarray | None, *, learn: bool) -> None:
        """Begin a presentation."""
        self._shown, self._end = (frame, target, learn), self.now + self.PERIOD_US
        self.mark(Bank.SEQUENCER, 0, Kind.EXPOSE)

    def advance(self, until_us: int) -> None:
        """Let time pass to `until_us` or the end of the presentation."""
        if self._shown is None or until_us < self._end:
            self.clock[0] = max(self.now, until_us)
            return
        frame, target, learn = self._shown
        self.clock[0], self._shown = self._end, None
        if learn and target is not None:
            wide = np.zeros((1, R_UNITS), bool)
            wide[0, : len(target)] = target
            self.answer[:] = self.learner.reinforce(frame[None], wide)[0]
        else:
            self.answer[:] = self.learner.respond(frame[None])[0]
        self.mark(Bank.SEQUENCER, 0, Kind.NEXT)

    def peek(self) -> int:
        """Return the end of the presentation under way."""
        return int(NEVER) if self._shown is None else self._end

    def mark(self, bank: Bank, unit: int, kind: Kind) -> None:
        """Log an event now."""
        self._log.append(int(encode(self.now, bank, unit, kind)))

    def collect(self) -> np.ndarray:
        """Hand out the events since the last call."""
        codes = np.array(self._log, np.int64)
        self._log.clear()
        return codes

    def happened(self) -> np.ndarray:
        """Return the events since the last call of `collect`, without taking them away."""
        return np.array(self._log, np.int64)

    def witness(self) -> bytes:
        """Return the state that a digest covers."""
        return registers.fingerprint(registers.snapshot(self.learner.registers())).encode()

    def resume(self) -> None:
        """Take up the clock after the registers were restored."""
        self._shown = None
        self._log.clear()

    def registers(self) -> list[Register]:
        """List the learner's registers, the clock and the answer."""
        return [
            Register("clock", self.clock, "us", "Simulated time."),
            Register("answer", self.answer, "", "The last answer."),
            *self.learner.registers(),
        ]
