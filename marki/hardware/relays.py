"""Banks of relays: a coil that must be held for its whole pull-in or drop-out time before the contact moves.

A coil whose current changes back before that time moves nothing (inertial delay). The whole bank is planned in closed
form from the changes of its coils; between those nothing is computed.
"""

from __future__ import annotations

import numpy as np

from marki.registers import Register
from marki.ticks import NEVER
from marki.trace import Bank, count_until, encode, moves, time_of, unit_states


class Agenda:
    """The planned unit events of one bank, in order of time; what has happened goes to the log."""

    def __init__(self) -> None:
        self.codes = np.empty(0, np.int64)
        self.log: list[np.ndarray] = []
        self._next = 0

    def plan(self, t_us: int, codes: np.ndarray) -> None:
        """Replace all that has not happened by `t_us` with `codes`, sorted int64."""
        self.advance(t_us)
        self.codes, self._next = codes, 0

    def advance(self, t_us: int) -> None:
        """Log the codes up to and including `t_us`."""
        if self._next == len(self.codes):
            return
        end = count_until(self.codes, t_us)
        if end > self._next:
            self.log.append(self.codes[self._next : end])
            self._next = end

    def clear(self) -> None:
        """Forget everything, planned and logged."""
        self.codes, self._next = self.codes[:0], 0
        self.log.clear()

    def peek(self) -> int:
        """Return the time of the next planned event, µs, or NEVER."""
        return time_of(self.codes[self._next]) if self._next < len(self.codes) else int(NEVER)


class RelayBank:
    """n relays with a pull-in and a drop-out time each.

    Parameters
    ----------
    bank : Bank
        Under which its events are logged.
    pull_in_us, drop_out_us : (n,) int64
        Time from the change of the coil to the change of the contact.
    stuck : (n,) int8
        Faults: 0 sound, 1 stuck closed, -1 stuck open.
    """

    def __init__(self, bank: Bank, pull_in_us: np.ndarray, drop_out_us: np.ndarray, stuck: np.ndarray | None = None):
        n = len(pull_in_us)
        self.bank = int(bank)
        self._delay = np.stack([drop_out_us, pull_in_us]).astype(np.int64)
        self.stuck = np.zeros(n, np.int8) if stuck is None else stuck
        self._faulty = bool(self.stuck.any())
        self.contact = self.stuck == 1
        self.coil = np.zeros(n, bool)
        self.since_us = np.full(n, -(1 << 40), np.int64)
        self.agenda = Agenda()
        none = np.empty(0, np.int64), np.empty(0, np.intp), np.empty(0, bool)
        self._none = none
        self.forget()

    def registers(self, prefix: str) -> list[Register]:
        """List contact, coil, and the time of the coil's last change."""
        return [
            Register(f"{prefix}.contact", self.contact, "", "Whether the relay's contact is closed."),
            Register(f"{prefix}.coil", self.coil, "", "Whether current flows in the relay's coil."),
            Register(f"{prefix}.since", self.since_us, "us", "When the coil's current last changed."),
        ]

    def forget(self) -> None:
        """Drop all plans; the registers stand."""
        self.agenda.clear()
        self._done = 0  # how many of the planned moves the contacts have made
        self._coils = self._none  # changes of the coils to come, by unit and time

    def jam(self, before: np.ndarray) -> None:
        """Bring the contacts in line with the stuck relays, where those were others `before`."""
        freed = (before != 0) & (self.stuck == 0)
        self.contact[freed] = self.coil[freed]
        self.contact[self.stuck == 1] = True
        self.contact[self.stuck == -1] = False

    def fold(self, t_us: int) -> None:
        """Bring the contacts to their state at `t_us`."""
        codes = self.agenda.codes
        if self._done < len(codes):
            end = count_until(codes, t_us)
            if end > self._done:
                units, states = unit_states(codes[self._done : end])
                self.contact[units] = states
                self._done = end

    def settle(self, t_us: int) -> None:
        """Bring all registers, contacts and coils, to their state at `t_us`."""
        self.fold(t_us)
        at, who, to = self._coils
        if at.size:
            past = at <= t_us
            if np.count_nonzero(past) == past.size:
                self._coils = self._none
            else:
                at, who, to = at[past], who[past], to[past]
            self.coil[who] = to  # the last change of a unit stands last and wins
            self.since_us[who] = at

    def state_at(self, t_us: int) -> np.ndarray:
        """Return the contacts at `t_us`, (n,) bool, a copy; `t_us` lies between the last fold and the next plan."""
        state = self.contact.copy()
        codes = self.agenda.codes
        units, states = unit_states(codes[self._done : count_until(codes, t_us)])
        state[units] = states
        return state

    def follow(self, t_us: int, at: np.ndarray, who: np.ndarray, to: np.ndarray) -> None:
        """Plan from `t_us` on, given all coming changes of the coils.

        Parameters
        ----------
        t_us : int
        at : (k,) int64
            Times of the changes, at least `t_us`.
        who : (k,) int
            Units; (who, at) in ascending order, changes of one unit alternate.
        to : (k,) bool
            New coil states.
        """
        self.settle(t_us)
        # A coil that changed a moment ago may still have its contact under way: take that change up again.
        late = (self.coil != self.contact).nonzero()[0]
        if late.size:
            late = late[self.since_us[late] + self._delay[self.coil[late].view(np.int8), late] > t_us]
            if late.size:
                who = np.concatenate([late, who])
                at = np.concatenate([self.since_us[late], at])
                to = np.concatenate([self.coil[late], to])
                order = who.argsort(kind="stable")
                who, at, to = who[order], at[order], to[order]
        self._coils = (at, who, to)
        moved = at + self._delay[to.view(np.int8), who]
        same = who[1:] == who[:-1]
        if np.count_nonzero(same):
            # Of several changes of one coil, only those that last longer than the relay's time move the contact.
            held = np.ones(who.size, bool)
            np.greater(at[1:], moved[:-1], out=held[:-1], where=same)
            moved, who, to = moved[held], who[held], to[held]
            same = who[1:] == who[:-1]
            before = self.contact[who]
            np.copyto(before[1:], to[:-1], where=same)
        else:
            before = self.contact[who]
        change = before != to
        if self._faulty:
            change &= self.stuck[who] == 0
        if np.count_nonzero(change) < who.size:
            moved, who, to = moved[change], who[change], to[change]
        codes = encode(moved, self.bank, who, to)
        codes.sort()
        self._plan(t_us, codes)

    def _plan(self, t_us: int, codes: np.ndarray) -> None:
        self.agenda.plan(t_us, codes)
        self._done = 0

    def coming(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the coming moves of the contacts as (times, units, states), in order of time."""
        return moves(self.agenda.codes[self._done :])
