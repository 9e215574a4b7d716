"""A session: one learner in its worlds, on one clock, that can be stepped, stopped, saved, and gone back in.

Everything that happens follows from settings, seed and the operator's commands. So a session is saved as a
checkpoint and those, and going back is replaying from the nearest checkpoint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from marki import registers
from marki.clocked import Clocked
from marki.errors import SessionError, unknown
from marki.io.worlds import Presentation, World, WorldConfig, create
from marki.machine import MachineConfig, MarkI
from marki.ticks import NEVER
from marki.trace import Bank, Kind, Trace

RECORD = np.dtype(
    [
        ("t_us", np.int64),
        ("number", np.int32),
        ("item", np.int32),
        ("kind", np.int16),
        ("active", np.int16),
        ("course", np.uint8),
        ("target", np.uint8),
        ("response", np.uint8),
        ("learned", np.bool_),
        ("wrong", np.bool_),
    ]
)


def _as_number(lamps: np.ndarray) -> int:
    """Return lamps as a number, R1 its least digit."""
    return int(np.packbits(lamps, bitorder="little")[0])


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something the operator did before trial number `trial`; the value is plain JSON."""

    trial: int
    name: str
    value: Any


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything needed to go on from the moment before a trial."""

    state: dict[str, np.ndarray]
    digest: bytes
    progress: tuple[int, ...]
    course: int
    learn: bool
    config: MachineConfig | None


class Session:
    """One learner in its worlds.

    Parameters
    ----------
    learner : Clocked
        `MarkI`, or another learner in `Untimed`.
    worlds : mapping of str to WorldConfig
        The courses that can be taken, by name; it begins with the first, learning.
    seed : int
        Root seed of learner and worlds.
    keep : {"all", "recent", "none"}
        How much of the event log to keep; the digest covers all of it in any case.
    """

    INTERVAL = 50  # trials between checkpoints; doubled when there are too many
    MOST = 256

    COMMANDS = ("course", "toggle", "force", "set")

    def __init__(self, learner: Clocked, worlds: Mapping[str, WorldConfig], *, seed: int = 0, keep: str = "all"):
        self.learner, self.configs = learner, dict(worlds)
        self._keep = keep
        self.launched = self._config
        self.new_seed(seed)

    # -- beginning ---------------------------------------------------------------------------------------------------

    def new_seed(self, seed: int) -> None:
        """Begin a new run with another seed."""
        self.seed = int(seed)
        self.worlds: list[World] = [create(config, self.seed) for config in self.configs.values()]
        self.reset()

    def reset(self) -> None:
        """Begin the same run again."""
        if self._config != self.launched:
            self.learner.config = self.launched
        self.learner.reset(self.seed)
        self.trial = 0
        self.course, self.learn = 0, True
        self.presentation: Presentation | None = None
        self.commands: list[Command] = []
        self._progress = [0] * len(self.worlds)
        self._records = np.empty(256, RECORD)
        self.trace = Trace(self._keep)
        self.trace.digest = hashlib.blake2b(self.identity().encode(), digest_size=16).digest()
        self._checkpoints: dict[int, Checkpoint] = {}
        self._interval = self.INTERVAL

    def identity(self) -> str:
        """Return all that this run follows from, as JSON: settings, seed, and a wiring if one was given."""
        config = self.launched
        given = getattr(self.learner, "given_wiring", False)
        return json.dumps(
            {
                "learner": type(getattr(self.learner, "learner", self.learner)).__name__,
                "seed": self.seed,
                "machine": config.to_mapping() if config else None,
                "wiring": registers.fingerprint({"wiring": self.learner.wiring}) if given else None,
                "worlds": {name: c.to_mapping() for name, c in self.configs.items()},
            },
            sort_keys=True,
        )

    @property
    def _config(self) -> MachineConfig | None:
        return getattr(self.learner, "config", None)

    # -- what is known -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Simulated time, µs."""
        return self.learner.now

    @property
    def world(self) -> World:
        """The world of the course being taken."""
        return self.worlds[self.course]

    @property
    def records(self) -> np.ndarray:
        """Return the finished trials, (trial,) of dtype RECORD; a read-only view."""
        view = self._records[: self.trial]
        view.flags.writeable = False
        return view

    @property
    def digest(self) -> str:
        """Digest of settings, seed and all that happened up to the last finished trial, 32 hexadecimal digits."""
        return self.trace.digest.hex()

    # -- time --------------------------------------------------------------------------------------------------------

    def advance(self, until_us: int) -> None:
        """Let simulated time pass up to `until_us`, through as many presentations as it holds."""
        learner = self.learner
        while learner.now < until_us:
            if learner.idle:
                self._begin()
            learner.advance(until_us)
            if learner.idle:
                self._end()

    def step(self, grain: str = "trial") -> None:
        """Go on by one "event", "trial" or "pass"."""
        match grain:
            case "event":
                if self.learner.idle:
                    self._begin()
                    self.learner.advance(self.learner.now)
                else:
                    self.learner.advance(self.learner.peek())
                    if self.learner.idle:
                        self._end()
            case "trial":
                if self.learner.idle:
                    self._begin()
                self.learner.advance(int(NEVER))
                self._end()
            case "pass":
                self.step("trial")
                while self._progress[self.course] % self.world.size:
                    self.step("trial")
            case _:
                raise unknown("step", grain, ("event", "trial", "pass"))

    def run(self, trials: int) -> np.ndarray:
        """Go on by so many trials; return their records."""
        first = self.trial
        for _ in range(trials):
            self.step("trial")
        return self.records[first:]

    def run_to_mistake(self, most: int = 100_000) -> bool:
        """Go on until a response is wrong, at most so many trials; return whether one was."""
        for _ in range(most):
            self.step("trial")
            if self.records[-1]["wrong"]:
                return True
        return False

    def _begin(self) -> None:
        self._checkpoint_if_due()
        shown = self.world.at(self._progress[self.course])
        self.learner.present(shown.frame, shown.target, learn=self.learn)
        self.presentation = shown

    def _end(self) -> None:
        shown, learner = self.presentation, self.learner
        answer = learner.answer
        if self.trial == len(self._records):
            self._records = np.concatenate([self._records, np.empty_like(self._records)])
        goal, n = shown.target, learner.units
        row = self._records[self.trial : self.trial + 1]
        row[0] = (
            learner.now, shown.number, shown.item, shown.kind, np.count_nonzero(learner.active), self.course,
            0 if goal is None else _as_number(goal), _as_number(answer), self.learn,
            goal is not None and np.count_nonzero(answer[:n] != goal) > 0,
        )  # fmt: skip
        self.trace.append(learner.collect(), row.tobytes() + learner.witness())
        self._progress[self.course] += 1
        self.trial += 1

    # -- the operator ------------------------------------------------------------------------------------------------

    def press(self, name: str, value: Any) -> None:
        """Carry out a command of the operator; between presentations only, so that it can be replayed.

        ``course`` takes ``{"name": …, "learn": bool}``; ``toggle`` 400 switch positions; ``force`` eight; ``set``
        changed settings of the machine by dotted name, faults among them.

        Raises
        ------
        UnknownName
            For a command or course that does not exist.
        SessionError
            While a presentation is under way.
        """
        if not self.learner.idle:
            raise SessionError(
                "a presentation is under way", where=f"command {name!r}", remedy="Let the trial end first"
            )
        self._checkpoint_if_due()
        command = Command(trial=self.trial, name=name, value=value)
        self._obey(command)
        self.commands.append(command)

    def _obey(self, command: Command) -> None:
        match command.name:
            case "course":
                name, learn = command.value["name"], bool(command.value["learn"])
                if name not in self.configs:
                    raise unknown("course", name, self.configs)
                self.course, self.learn = list(self.configs).index(name), learn
            case "set" if isinstance(self.learner, MarkI):
                self.learner.refit(self.learner.config.amend(command.value, where="set"))
            case "toggle" | "force" if isinstance(self.learner, MarkI):
                getattr(self.learner, command.name)(np.array(command.value, np.int8))
            case _:
                raise unknown("command", command.name, self.COMMANDS)
        self.learner.mark(Bank.OPERATOR, self.COMMANDS.index(command.name), Kind.COMMAND)
        text = json.dumps([command.name, command.value], sort_keys=True).encode()
        self.trace.digest = hashlib.blake2b(text, key=self.trace.digest, digest_size=16).digest()

    def take(self, course: str, *, learn: bool) -> None:
        """Go over to another course, with the reinforcement control on or off."""
        self.press("course", {"name": course, "learn": learn})

    # -- going back --------------------------------------------------------------------------------------------------

    def _checkpoint_if_due(self) -> None:
        if self.trial % self._interval == 0 and self.trial not in self._checkpoints:
            self._checkpoint()

    def _checkpoint(self) -> None:
        state = registers.snapshot(self.learner.registers())
        self._checkpoints[self.trial] = Checkpoint(
            state, self.trace.digest, tuple(self._progress), self.course, self.learn, self._config
        )
        if len(self._checkpoints) > self.MOST:
            self._interval *= 2
            self._checkpoints = {n: c for n, c in self._checkpoints.items() if n % self._interval == 0}

    def rewind(self, trial: int) -> None:
        """Go back to the moment before presentation number `trial`; what came later is dropped.

        Commands given at that very moment are kept.

        Raises
        ------
        SessionError
            For a trial that has not been reached.
        """
        if not 0 <= trial <= self.trial:
            raise SessionError(f"trial {trial} has not been reached", remedy=f"Give 0 to {self.trial}")
        if trial == self.trial and self.learner.idle:
            return
        if not any(n <= trial for n in self._checkpoints):
            # Only after a load: the file holds one checkpoint, and going further back starts from the beginning.
            commands, records = self.commands, self._records
            self.reset()
            self.commands, self._records = commands, records
            self._checkpoint()
        nearest = max(n for n in self._checkpoints if n <= trial)
        commands = [c for c in self.commands if c.trial <= trial]
        self._return_to(nearest)
        self.commands = commands
        self.replay(trial)

    def last_checkpoint(self) -> tuple[int, Checkpoint]:
        """Return the newest checkpoint and the number of its trial."""
        if not self._checkpoints:
            self._checkpoint()
        trial = max(self._checkpoints)
        return trial, self._checkpoints[trial]

    def take_up(self, trial: int, at: Checkpoint, records: np.ndarray, commands: list[Command]) -> None:
        """Go on from a checkpoint of another session of the same run: its records and commands are taken over."""
        if records.dtype != RECORD or len(records) < trial:
            raise ValueError("the records")
        self._checkpoints[trial] = at
        self._records = np.empty(max(256, len(records)), RECORD)
        self._records[: len(records)] = records
        self.commands = list(commands)
        self._return_to(trial)

    def _return_to(self, trial: int) -> None:
        self._checkpoints = {n: c for n, c in self._checkpoints.items() if n <= trial}
        at = self._checkpoints[trial]
        self.learner.resume()  # whatever presentation was under way is over
        if at.config != self._config:
            self.learner.refit(at.config)
        registers.restore(self.learner.registers(), at.state)
        self.learner.resume()
        self.trace.truncate(trial, at.digest)
        self._progress = list(at.progress)
        self.course, self.learn = at.course, at.learn
        self.trial, self.presentation = trial, None

    def replay(self, trial: int) -> None:
        """Go on from a checkpoint to the moment before `trial`, carrying out the commands of those trials again."""
        waiting = [c for c in self.commands if c.trial >= self.trial]
        while True:
            while waiting and waiting[0].trial == self.trial:
                self._obey(waiting.pop(0))
            if self.trial == trial:
                return
            self.step("trial")


def mark1_session(
    world: WorldConfig | None = None,
    *,
    machine: MachineConfig | None = None,
    seed: int = 0,
    keep: str = "all",
    wiring: np.ndarray | None = None,
    exam: WorldConfig | None = None,
) -> Session:
    """Return a session of the Mark I in a world, its R-units in use set to what the world's code needs.

    The courses are ``learn`` and ``exam``, the world's own examination unless another is given.
    """
    world = world or WorldConfig()
    units = create(world, seed).code.shape[1]
    config = machine or MachineConfig()
    if config.response.units != units and not config.response.source_set:
        config = config.amend({"response.units": units})
    worlds = {"learn": world, "exam": exam or world.exam()}
    return Session(MarkI(config, seed=seed, wiring=wiring), worlds, seed=seed, keep=keep)
