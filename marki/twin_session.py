"""A session of the twin: the same worlds, courses, commands and records as the machine's, without a clock.

Where every physical effect is switched off, each answer, each record but for its time, and each value is that of the
machine; a test says so. It has no events, no time and nothing to go back to, and is not saved: it is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from marki.command_values import checked
from marki.config import of_room
from marki.errors import unknown
from marki.history import RECORD, Command, as_number
from marki.io.responses import R_UNITS
from marki.io.worlds import World
from marki.machine_settings import named_in_full
from marki.session import Session, demand_units
from marki.twin import Twin


class TwinSession:
    """The twin in the worlds of a session that has not begun.

    Parameters
    ----------
    of : Session
        Settings, worlds, seed and wiring are taken from it; it is not run.

    Raises
    ------
    ConfigError
        If a physical effect of its machine is on.
    """

    COMMANDS = ("course", "set")
    now = 0
    """Simulated time, µs: the twin has no clock."""

    def __init__(self, of: Session):
        machine = of.learner
        self.launched, self.seed = of.launched, of.seed
        self.learner = Twin(of.launched, seed=of.seed, wiring=machine.wiring if machine.given_wiring else None)
        self.configs, self.worlds = dict(of.configs), list(of.worlds)
        self.trial, self.course, self.learn = 0, 0, True
        self.commands: list[Command] = []
        self._progress = [0] * len(self.worlds)
        self._records = np.empty(256, RECORD)
        self._identity = json.dumps({"twin": json.loads(of.identity())}, sort_keys=True)
        self._digest = hashlib.blake2b(self._identity.encode(), digest_size=16).digest()

    def identity(self) -> str:
        """Return everything that determines this run, as JSON."""
        return self._identity

    @property
    def world(self) -> World:
        """The world of the course being taken."""
        return self.worlds[self.course]

    @property
    def records(self) -> np.ndarray:
        """Return the finished trials, (trial,) of dtype RECORD, their times 0; a read-only view."""
        view = self._records[: self.trial]
        view.flags.writeable = False
        return view

    @property
    def digest(self) -> str:
        """Digest of settings, seed, commands, records and values up to the last trial, 32 hexadecimal digits."""
        return self._digest.hex()

    def step(self, grain: str = "trial") -> None:
        """Advance by one trial; there is nothing smaller."""
        if grain != "trial":
            raise unknown("step", grain, ("trial",), where="twin")
        shown, twin = self.world.at(self._progress[self.course]), self.learner
        active = twin.active(shown.frame)
        answer = np.zeros(R_UNITS, bool)
        found = twin.decide(active)
        answer[: found.size] = found
        goal = shown.target
        if self.learn and goal is not None:
            twin.correct(active, found, goal)
        if self.trial == len(self._records):
            self._records = np.concatenate([self._records, np.empty_like(self._records)])
        row = self._records[self.trial : self.trial + 1]
        row[0] = (
            self.now, shown.number, shown.item, shown.kind, np.count_nonzero(active), self.course,
            0 if goal is None else as_number(goal), as_number(answer), self.learn,
            goal is not None and np.count_nonzero(found != goal) > 0,
        )  # fmt: skip
        self._chain(row.tobytes() + twin.v.tobytes())
        self._progress[self.course] += 1
        self.trial += 1

    def command(self, name: str, value: Mapping[str, Any]) -> None:
        """Carry out a command of the operator: ``course`` and ``set``, as `Session.command` has them.

        Raises
        ------
        UnknownName
            For a command, course or setting that does not exist.
        ConfigError
            For a value that `Session.command` refuses, or a physical effect that is switched on.
        """
        value = checked(name, value)
        match name:
            case "course":
                if value["name"] not in self.configs:
                    raise unknown("course", value["name"], self.configs, where="session")
                self.course, self.learn = list(self.configs).index(value["name"]), value["learn"]
                units = self.world.code.shape[1]
                if units != self.learner.config.response.units:
                    changes = {"response.units": units, "response.source_set": []}
                    self.learner.refit(self.learner.config.amend(changes))
            case "set":
                value = named_in_full(value, where="set")
                config = self.learner.config.amend(of_room(value, "machine", where="set"), where="set")
                demand_units(config.response.units, self.world, where="set")
                self.learner.refit(config)
            case _:
                raise unknown("command", name, self.COMMANDS, where="twin")
        self.commands.append(Command(trial=self.trial, name=name, value=value))
        self._chain(json.dumps([name, value], sort_keys=True).encode())

    def _chain(self, content: bytes) -> None:
        self._digest = hashlib.blake2b(content, key=self._digest, digest_size=16).digest()
