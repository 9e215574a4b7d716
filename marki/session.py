"""A session: the Mark I in its worlds, on one clock; it can be stepped, stopped, saved and rewound.

Everything that happens follows from settings, seed and the operator's commands. So a session is saved as a
checkpoint and those, and going back is replaying from the nearest checkpoint.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from marki import registers
from marki.command_values import checked, flat
from marki.config import check, of_room, settings_of
from marki.data_frames import by_column, data_frame
from marki.errors import ConfigError, SessionError, unknown
from marki.history import RECORD, Checkpoint, Command, Moment, as_number
from marki.io.frame import CELLS, SIDE, check_frames
from marki.io.worlds import FOLDERS, Presentation, World, WorldConfig, create
from marki.machine import MachineConfig, MarkI
from marki.machine_settings import named_in_full
from marki.probe import Probe
from marki.provenance import ProvenanceRow
from marki.seeding import check_seed
from marki.session_picture import LATELY, picture
from marki.ticks import NEVER, clock_face
from marki.trace import Bank, Kind, Trace, decode
from marki.trial_rows import COLUMNS, trial_rows

if TYPE_CHECKING:
    from pandas import DataFrame


class Session:
    """The Mark I in its worlds.

    It can be copied (`copy.deepcopy`) and pickled at any moment: the copy goes on as the run itself would, to the same
    digest, and a command given to one of them makes a branch.

    Parameters
    ----------
    learner : MarkI
    worlds : mapping of str to WorldConfig
        The courses that can be taken, by name; it begins with the first, learning. Worlds opened later join them.
    seed : int
        Root seed of learner and worlds.
    keep : {"all", "recent", "none"}
        How much of the event log to keep; the digest covers all of it in any case.
    moved : mapping of str to str, optional
        Where folders of the worlds' settings are now, if they have been moved since. The run stays the same.
    sources : mapping of str to ProvenanceRow, optional
        Where settings of this machine come from, as a machine file says; they are shown, and change nothing.

    Attributes
    ----------
    fingerprints : dict of str to str
        Content hash of such folders, as `marki.savefile` found them.
    """

    INTERVAL = 25  # trials between checkpoints; doubled when there are too many
    MOST = 256

    COMMANDS = ("course", "toggle", "force", "set", "turn", "show", "world")
    LIVE = ("toggle", "force", "turn")  # taken in the middle of a presentation too

    def __init__(
        self,
        learner: MarkI,
        worlds: Mapping[str, WorldConfig],
        *,
        seed: int = 0,
        keep: str = "all",
        moved: Mapping[str, str] | None = None,
        sources: Mapping[str, ProvenanceRow] | None = None,
    ):
        self.learner = learner
        self.courses = {name: settings_of(WorldConfig, config, where=name) for name, config in worlds.items()}
        self.probes: list[Probe] = []
        self.sources = dict(sources or {})
        self._keep = keep
        self.moved, self.fingerprints = dict(moved or {}), dict[str, str]()
        self.launched = learner.config
        self.new_seed(seed)
        demand_units(self.launched.response.units, self.world, where="Session")

    def __copy__(self) -> Session:
        return copy.deepcopy(self)  # else both would write into one log

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy begins with, as `stand` goes on from it: it may be in the middle of a presentation."""
        return {
            "learner": self.learner.anew(self.launched),
            "courses": self.courses,
            "seed": self.seed,
            "keep": self._keep,
            "moved": self.moved,
            "sources": self.sources,
            "fingerprints": self.fingerprints,
            "base": self._base,
            "trace": self.trace,
            "moment": self.moment(),
            "probes": self.probes,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.learner, self.courses, self.seed = state["learner"], state["courses"], state["seed"]
        self.launched, self._keep = self.learner.config, state["keep"]
        self.moved, self.sources = state["moved"], state["sources"]
        self.fingerprints, self._base = state["fingerprints"], state["base"]
        self.probes = []
        self.reset()
        self.trace, self.probes = state["trace"], state["probes"]
        self.stand(state["moment"])

    # -- beginning ---------------------------------------------------------------------------------------------------

    def new_seed(self, seed: int) -> None:
        """Start a new run with another seed, a whole number of 0 or more."""
        self.seed = check_seed(seed)
        self._base: list[World] = [self._world(config) for config in self.courses.values()]
        self.reset()

    def reset(self) -> None:
        """Start the same run again."""
        for probe in self.probes:
            probe.forget()
        self.learner.config = self.launched
        self.learner.reset(self.seed)
        self.configs, self.worlds = dict(self.courses), list(self._base)
        self.trial = self.reached = 0
        self.course, self.learn = 0, True
        self.presentation: Presentation | None = None
        self.began_us = 0
        self.commands: list[Command] = []
        self._obeyed = 0  # commands carried out so far; the later ones lie in the future
        self._card: Presentation | None = None  # a card of the operator's, to be shown next
        self._taught = False  # whether it is reinforced
        self._learning = True  # whether the trainer takes part in the presentation under way
        self._progress = [0] * len(self.worlds)
        self._records = np.empty(256, RECORD)
        self.trace = Trace(self._keep)
        self.trace.digest = hashlib.blake2b(self.identity().encode(), digest_size=16).digest()
        self._checkpoints: dict[int, Checkpoint] = {}
        self._interval = self.INTERVAL

    def identity(self) -> str:
        """Return everything that determines this run, as JSON: settings, seed, and the wiring if one was given."""
        given = self.learner.given_wiring
        return json.dumps(
            {
                "learner": "MarkI",
                "seed": self.seed,
                "machine": self.launched.to_mapping(),
                "wiring": registers.fingerprint({"wiring": self.learner.wiring}) if given else None,
                "worlds": {name: c.identity() for name, c in self.courses.items()},
            },
            sort_keys=True,
        )

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
    def shown_world(self) -> World:
        """The world of the card that is shown; between presentations that of the last, whatever is to come."""
        ended = self.learner.idle and self.trial
        return self.worlds[self._records[self.trial - 1]["course"]] if ended else self.world

    @property
    def records(self) -> np.ndarray:
        """Return the finished trials, (trial,) of dtype RECORD; a read-only view."""
        view = self._records[: self.trial]
        view.flags.writeable = False
        return view

    @property
    def known(self) -> np.ndarray:
        """Return all known trials, future ones included, (reached,) of dtype RECORD; a read-only view."""
        view = self._records[: self.reached]
        view.flags.writeable = False
        return view

    @property
    def in_past(self) -> bool:
        """Whether this moment has a known future, which a command would invalidate."""
        return self.trial < self.reached or self._obeyed < len(self.commands)

    @property
    def digest(self) -> str:
        """Digest of settings, seed and all that happened up to the last finished trial, 32 hexadecimal digits."""
        return self.trace.digest.hex()

    def frame(self) -> DataFrame:
        """Return the finished trials as a data frame, columns as in `trial_rows.COLUMNS`.

        Raises
        ------
        MarkIError
            If pandas is not installed.
        """
        return data_frame(by_column(COLUMNS, list(trial_rows(self.records, list(self.configs), self.worlds))))

    def attach(self, probe: Probe) -> Probe:
        """Let a probe record from now on; return it. To fill in what is known already, `visit` the beginning."""
        self.probes.append(probe)
        return probe

    def _told(self) -> dict[str, str]:
        """Return what there is to say of the session at this moment, by what it is."""
        learned = self.records["wrong"][self.records["learned"]][-LATELY:]
        told = {
            "course": list(self.configs)[self.course] + ("" if self.learn else ", not taught"),
            "world": list(self.configs.values())[self.course].name,
            "trials": f"{self.trial:,}" + (f" of {self.reached:,}" if self.reached > self.trial else ""),
            "simulated": clock_face(self.now),
            "seed": str(self.seed),
            "digest": self.digest,
        }
        if learned.size:
            told["errors"] = f"{100 * learned.mean():.1f} % of the last {learned.size} trials taught"
        return told

    def __repr__(self) -> str:
        told = self._told()
        return "<Session: {course} ({world}), {trials} trials, {simulated}, seed {seed}, digest {digest}>".format(
            **told
        )

    def _repr_png_(self) -> bytes:
        """Draw the lamps, the potentiometers and the learning curve, as a notebook shows them."""
        return picture(self.learner.view(), self.records["wrong"][self.records["learned"]], units=self.learner.units)

    def _repr_html_(self) -> str:
        """Return the picture, and what there is to say beside it, as a notebook shows them."""
        shown = base64.b64encode(self._repr_png_()).decode()
        told = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in self._told().items())
        alt = "Lamps of the S-, A- and R-units, wipers, learning curve"
        return f'<img alt="{alt}" src="data:image/png;base64,{shown}"><table>{told}</table>'

    # -- time --------------------------------------------------------------------------------------------------------

    def advance(self, until_us: int, *, one: bool = False) -> None:
        """Advance simulated time to `until_us`, through as many presentations as fit, or to the end of one."""
        check("until_us", until_us, int, {})
        learner = self.learner
        while learner.now < until_us:
            if learner.idle:
                self._begin()
            self._pass(until_us)
            if learner.idle:
                self._end()
                if one:
                    return

    def step(self, grain: str = "trial") -> None:
        """Advance by one "event", "trial" or "pass"."""
        match grain:
            case "event":
                if self.learner.idle:
                    self._begin()
                    self._pass(self.learner.now)
                else:
                    self._pass(self.learner.peek())
                    if self.learner.idle:
                        self._end()
            case "trial":
                if self.learner.idle:
                    self._begin()
                while not self.learner.idle:
                    self._pass(int(NEVER))
                self._end()
            case "pass":
                self.step("trial")
                while self._progress[self.course] % self.world.size:
                    self.step("trial")
            case _:
                raise unknown("step", grain, ("event", "trial", "pass"), where="session")

    def run(self, trials: int) -> np.ndarray:
        """Run `trials` trials; return their records."""
        check("trials", trials, int, {"low": 0})
        first = self.trial
        for _ in range(trials):
            self.step("trial")
        return self.records[first:]

    def run_to_mistake(self, most: int = 100_000) -> bool:
        """Run until a response is wrong, for at most `most` trials; return whether one was."""
        check("most", most, int, {"low": 0})
        for _ in range(most):
            self.step("trial")
            if self.records[-1]["wrong"]:
                return True
        return False

    def _begin(self) -> None:
        self.trace.make_room()  # if there is none, nothing has begun
        self._checkpoint_if_due()
        self._obey_due()
        shown = self._card or self.world.at(self._progress[self.course])
        self._learning = self.learn if self._card is None else self._taught
        self.began_us = self.learner.now
        self.learner.present(shown.frame, shown.target, learn=self._learning)
        self.presentation = shown

    def _pass(self, until_us: int) -> None:
        """Advance within the current presentation, up to `until_us` or the next known command."""
        coming = self.commands[self._obeyed] if self._obeyed < len(self.commands) else None
        if coming is not None and coming.trial == self.trial and coming.after_us is not None:
            until_us = min(until_us, self.began_us + coming.after_us)
        reading = self.began_us + self.learner.config.sequencer.settle_us
        if self.probes and self.learner.now < reading <= until_us:
            self.learner.advance(reading)
            view = self.learner.view()
            for probe in self.probes:
                probe.take(self.trial, view)
        self.learner.advance(until_us)
        self._obey_due()

    def _end(self) -> None:
        shown, learner = self.presentation, self.learner
        assert shown is not None
        answer = learner.answer
        if self.trial == len(self._records):
            self._records = np.concatenate([self._records, np.empty_like(self._records)])
        goal, n = shown.target, learner.units
        row = self._records[self.trial : self.trial + 1]
        row[0] = (
            learner.now, shown.number, shown.item, shown.kind, np.count_nonzero(learner.active), self.course,
            0 if goal is None else as_number(goal), as_number(answer), self._learning,
            goal is not None and np.count_nonzero(answer[:n] != goal) > 0,
        )  # fmt: skip
        self.trace.append(learner.collect(), row.tobytes() + learner.witness())
        if self._card is None:
            self._progress[self.course] += 1
        self._card = None
        self.trial += 1
        self.reached = max(self.reached, self.trial)

    # -- the operator ------------------------------------------------------------------------------------------------

    def command(self, name: str, value: Any) -> None:
        """Carry out an operator's command and log it, so that it can be replayed.

        ==========  =================================================================================================
        ``course``  ``{"name": …, "learn": bool}``: go over to another course
        ``world``   ``{"config": settings of a world, "learn": bool}``: open a world as a new course and go over to it
        ``show``    ``{"name": …, "frame": 400 levels 0…255, "kind": class or -1}``: the next card; reinforced if its
                    class is known, but with ``"learn": False`` only judged
        ``set``     changed settings by dotted name, ``machine.association.theta``, or by its end where only one ends so
                    (``theta``), as ``--set`` has them; faults and patched wires among them
        ``toggle``  400 switch positions: 0 camera, 1 on, -1 off
        ``force``   eight of them, for the R-units
        ``turn``    ``{"units": A-units from 0, "deg": angles}``: potentiometers turned by hand
        ==========  =================================================================================================

        The last three are taken at any moment, the others between presentations only. Values may be arrays; the log has
        them as plain JSON. What is refused has changed nothing.

        Raises
        ------
        UnknownName
            For a command, course or setting that does not exist.
        ConfigError
            For a value of a wrong type or out of range, or so many R-units as the world's code does not need.
        SessionError
            While a presentation is under way, or in the past: `drop_future` first.
        """
        if not self.learner.idle and name not in self.LIVE:
            raise SessionError(
                "a presentation is under way",
                where=f"command {name!r}",
                remedy="Let the trial end first",
                code="session.under_way",
            )
        if self.in_past:
            raise SessionError(
                f"{self.reached - self.trial} trials follow this moment", where=f"command {name!r}",
                remedy="Drop them first, or go to the end of the run",
                code='session.trials_follow', count=self.reached - self.trial,
            )  # fmt: skip
        value = checked(name, value)
        if name == "set":
            value = named_in_full(value, where="set")
        after = None if self.learner.idle else self.now - self.began_us
        if after is None:
            self._checkpoint_if_due()
        command = Command(trial=self.trial, name=name, value=value, after_us=after)
        self._obey(command)
        self.commands.append(command)
        self._obeyed += 1

    def _obey_due(self) -> None:
        """Carry out the commands that are due at this moment."""
        idle = self.learner.idle
        while self._obeyed < len(self.commands):
            command = self.commands[self._obeyed]
            mine = command.after_us is None if idle else command.after_us == self.now - self.began_us
            if command.trial != self.trial or not mine:
                return
            self._obey_next()

    def _obey_next(self) -> None:
        """Carry out the next of the known commands."""
        self._obey(self.commands[self._obeyed])
        self._obeyed += 1

    def _obey(self, command: Command) -> None:
        value, learner = command.value, self.learner
        match command.name:
            case "course":
                name, learn = value["name"], bool(value["learn"])
                if name not in self.configs:
                    raise unknown("course", name, self.configs, where="session")
                self._go_over(name, learn)
            case "world":
                self._open(WorldConfig.from_mapping(value["config"], where="world"), bool(value["learn"]))
            case "show":
                self._card = self._card_of(value)
                self._taught = self._card.target is not None and bool(value.get("learn", True))
            case "set":
                config = learner.config.amend(of_room(value, "machine", where="set"), where="set")
                demand_units(config.response.units, self.world, where="set")
                learner.refit(config)
            case "turn":
                learner.turn(value["units"], value["deg"])
            case "toggle":
                learner.toggle(np.array(flat(value)))
            case "force":
                learner.force(np.array(flat(value)))
            case _:
                raise unknown("command", command.name, self.COMMANDS, where="session")
        learner.mark(Bank.OPERATOR, self.COMMANDS.index(command.name), Kind.COMMAND)
        text = json.dumps([command.name, value], sort_keys=True).encode()
        self.trace.digest = hashlib.blake2b(text, key=self.trace.digest, digest_size=16).digest()

    def _open(self, config: WorldConfig, learn: bool) -> None:
        """Switch to a world, opened as a new course unless it is one already."""
        name = next((name for name, known in self.configs.items() if known == config), None)
        if name is None:
            name = f"{config.name} {len(self.configs)}"
            world = self._world(config)
            self.configs[name] = config
            self.worlds.append(world)
            self._progress.append(0)
        self._go_over(name, learn)

    def _world(self, config: WorldConfig) -> World:
        """Return the world of these settings, its files taken from where they are now."""
        moved = {name: self.moved[at] for name in FOLDERS if (at := getattr(config, name)) in self.moved}
        return create(replace(config, **moved), self.seed)

    def _go_over(self, course: str, learn: bool) -> None:
        """Switch to a course, with as many R-units in use as its world's code needs."""
        self.course, self.learn = list(self.configs).index(course), learn
        units = self.world.code.shape[1]
        if units != self.learner.units:
            self.learner.refit(self.learner.config.amend({"response.units": units, "response.source_set": []}))

    def _card_of(self, value: Mapping[str, Any]) -> Presentation:
        frame = np.array(flat(value["frame"]), np.float32)
        kind, world = int(value["kind"]), self.world
        if frame.size != CELLS or not -1 <= kind < len(world.classes):
            raise SessionError(
                f"a card of {frame.size} cells and class {kind}", where="command 'show'",
                remedy=f"Give {CELLS} cells and a class below {len(world.classes)}, or -1",
                code='session.card_shape', cells=frame.size, given=kind, wanted=CELLS, below=len(world.classes),
            )  # fmt: skip
        frames = check_frames(frame.reshape(1, SIDE, SIDE) / 255, where="command 'show'")
        target = world.code[kind] if kind >= 0 else None
        return Presentation(number=-1, item=-1, kind=kind, name=str(value["name"]), frame=frames[0], target=target)

    def take(self, course: str, *, learn: bool) -> None:
        """Switch to another course, with the reinforcement control on or off."""
        self.command("course", {"name": course, "learn": learn})

    # -- going back --------------------------------------------------------------------------------------------------

    def _checkpoint_if_due(self) -> None:
        if self.trial % self._interval == 0 and self.trial not in self._checkpoints:
            self._checkpoint()

    def _checkpoint(self) -> None:
        state = registers.snapshot(self.learner.registers())
        self._checkpoints[self.trial] = Checkpoint(
            state, self.trace.digest, tuple(self._progress), self.course, self.learn, self.learner.config
        )
        if len(self._checkpoints) > self.MOST:
            self._interval *= 2
            self._checkpoints = {n: c for n, c in self._checkpoints.items() if n % self._interval == 0}

    def visit(self, trial: int) -> None:
        """Go to the moment before presentation `trial`, backward or forward; the known future is kept.

        From there the run goes on as it did, commands included; a new command needs `drop_future` first.

        Raises
        ------
        SessionError
            For a trial that has not been reached.
        """
        trial = check("trial", trial, int, {})
        if not 0 <= trial <= self.reached:
            raise SessionError(
                f"trial {trial} has not been reached",
                remedy=f"Give 0 to {self.reached}",
                where="session",
                code="session.unreached",
                trial=trial,
                reached=self.reached,
            )
        if not any(n <= trial for n in self._checkpoints):
            self.restart()  # only after a load: the file may hold none of the beginning
        nearest = max(n for n in self._checkpoints if n <= trial)
        if not (self.learner.idle and nearest <= self.trial <= trial):
            self._return_to(nearest)
        self.replay(trial)

    def visit_event(self, before_us: int) -> None:
        """Go back to the last moment before `before_us` at which something happened; the future is kept."""
        check("before_us", before_us, int, {})
        trial = self.trial
        times = decode(self.learner.happened())["t_us"] if not self.learner.idle else np.empty(0, np.int64)
        if not times.size or times[0] >= before_us:
            if not trial:
                self.visit(0)
                return
            trial -= 1
            times = decode(self.trace.block(trial))["t_us"]
        times = times[times < before_us]
        self.visit(trial)
        if times.size:
            self.step("event")
            self.advance(int(times[-1]))

    def drop_future(self) -> None:
        """Make this moment the end of the run; discard the known future."""
        self.reached = self.trial
        for probe in self.probes:
            probe.forget(self.trial if self.learner.idle else self.trial + 1)
        self._records = self._records.copy()  # moments of the run so far look at these rows
        del self.commands[self._obeyed :]
        self._checkpoints = {n: c for n, c in self._checkpoints.items() if n <= self.trial}
        kept = {str(WorldConfig.from_mapping(c.value["config"])) for c in self.commands if c.name == "world"}
        for name in [n for n, c in self.configs.items() if n not in self.courses and str(c) not in kept]:
            place = list(self.configs).index(name)
            del self.configs[name], self.worlds[place], self._progress[place]

    def rewind(self, trial: int) -> None:
        """Go back to the moment before presentation `trial`; discard what came later.

        Commands given at that very moment are kept.

        Raises
        ------
        SessionError
            For a trial that has not been reached.
        """
        self.visit(trial)
        self.drop_future()

    def moment(self) -> Moment:
        """Return all that is known of this run and where in it the session stands, for `stand`."""
        return Moment(
            seed=self.seed, trial=self.trial, now=self.now, obeyed=self._obeyed, commands=tuple(self.commands),
            records=self.known, checkpoints=dict(self._checkpoints),
            interval=self._interval, configs=dict(self.configs), worlds=tuple(self.worlds),
        )  # fmt: skip

    def stand(self, moment: Moment) -> None:
        """Stand at a moment of this session again, whatever happened since; what was known then is known again."""
        if moment.seed != self.seed:
            self.new_seed(moment.seed)
        self.commands, self.reached = list(moment.commands), len(moment.records)
        self._records = np.empty(max(256, self.reached), RECORD)  # moments look at the rows of the one before
        self._records[: self.reached] = moment.records
        self._checkpoints, self._interval = dict(moment.checkpoints), moment.interval
        self.configs, self.worlds = dict(moment.configs), list(moment.worlds)
        before = max(0, moment.trial - 1)  # so that the last presentation is seen again
        past = [n for n in self._checkpoints if n <= before]
        if past:
            self._return_to(max(past))
        else:
            self.restart()
        while self.trial < moment.trial:
            self.step("trial")
        while self._obeyed < moment.obeyed and self.commands[self._obeyed].after_us is None:
            self._obey_next()
        self.advance(moment.now, one=True)

    def last_checkpoint(self) -> tuple[int, Checkpoint]:
        """Return the trial number of the latest past checkpoint, and the checkpoint."""
        if not any(n <= self.trial for n in self._checkpoints):
            self._checkpoint()
        trial = max(n for n in self._checkpoints if n <= self.trial)
        return trial, self._checkpoints[trial]

    def earlier_checkpoints(self, most: int) -> dict[int, Checkpoint]:
        """Return at most `most` checkpoints before the latest past one, by trial, spread over the run."""
        last, _ = self.last_checkpoint()
        earlier = sorted(n for n in self._checkpoints if n < last)
        chosen = np.linspace(0, len(earlier) - 1, min(most, len(earlier))).round().astype(int)
        return {earlier[k]: self._checkpoints[earlier[k]] for k in chosen}

    def take_up(
        self,
        trial: int,
        at: Checkpoint,
        records: np.ndarray,
        commands: list[Command],
        earlier: Mapping[int, Checkpoint] | None = None,
    ) -> None:
        """Continue from a checkpoint of another session of the same run.

        Parameters
        ----------
        trial : int
        at : Checkpoint
        records : (trials,) of dtype RECORD
        commands : list of Command
        earlier : mapping of int to Checkpoint, optional
            Checkpoints before, by trial, so that going back need not replay from the beginning.
        """
        if records.dtype != RECORD or len(records) < trial:
            raise ValueError("the records")
        self._checkpoints |= {**(earlier or {}), trial: at}
        self._records = np.empty(max(256, len(records)), RECORD)
        self._records[: len(records)] = records
        self.commands, self.reached = list(commands), len(records)
        for command in self.commands:
            if command.name == "world" and command.trial < trial:
                self._open(WorldConfig.from_mapping(command.value["config"]), learn=True)
        self._return_to(trial)

    def restart(self) -> None:
        """Go back to the beginning of the run without a checkpoint; all that is known of it is kept."""
        commands, records, reached = self.commands, self._records, self.reached
        self.reset()
        self.commands, self._records, self.reached = commands, records, reached
        self._checkpoint()

    def _return_to(self, trial: int) -> None:
        at = self._checkpoints[trial]
        self.learner.resume()  # whatever presentation was under way is over
        if at.config != self.learner.config:
            self.learner.refit(at.config)
        registers.restore(self.learner.registers(), at.state)
        self.learner.resume()
        self.trace.truncate(trial, at.digest)
        self._progress = [*at.progress, *[0] * (len(self.worlds) - len(at.progress))]
        self.course, self.learn = at.course, at.learn
        self.trial, self.presentation, self._card = trial, None, None
        self._obeyed = sum(c.trial < trial for c in self.commands)

    def replay(self, trial: int) -> None:
        """Advance to the moment before `trial`, carrying out the known commands on the way and there."""
        while self.trial < trial:
            self.step("trial")
        self._obey_due()


def demand_units(asked: int | None, world: World, *, where: object) -> None:
    """Refuse another number of R-units in use than a world's code needs; None is asked by nobody.

    Raises
    ------
    ConfigError
        With the number that is needed.
    """
    needed = world.code.shape[1]
    if asked not in (None, needed):
        raise ConfigError(
            f"{asked} R-units are asked for, and the code of the world uses {needed}", where=where,
            remedy=f"Leave out response.units, or give {needed}", code="session.units", asked=asked, needed=needed,
        )  # fmt: skip


def mark1_session(
    world: WorldConfig | None = None,
    *,
    machine: MachineConfig | None = None,
    seed: int = 0,
    keep: str = "all",
    wiring: np.ndarray | None = None,
    exam: WorldConfig | None = None,
    sources: Mapping[str, ProvenanceRow] | None = None,
) -> Session:
    """Return a session of the Mark I in a world, its R-units in use set to what the world's code needs.

    The courses are ``learn`` and ``exam``, the world's own examination unless another is given.
    """
    seed = check_seed(seed)
    world = settings_of(WorldConfig, world, where="mark1_session")
    if exam is not None:
        exam = settings_of(WorldConfig, exam, where="mark1_session, exam")
    units = create(world, seed).code.shape[1]
    config = settings_of(MachineConfig, machine, where="mark1_session, machine")
    if config.response.units != units:
        config = config.amend({"response.units": units})
    worlds = {"learn": world, "exam": exam or world.exam()}
    return Session(MarkI(config, seed=seed, wiring=wiring), worlds, seed=seed, keep=keep, sources=sources)
