"""The laboratory: what an experiment needs to run sessions that can be interrupted, resumed and written down."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from marki import machine_file, savefile, tables
from marki.config import under
from marki.errors import StateError
from marki.experiments.metrics import accuracy, curve
from marki.files import CsvForm, write_json, write_text
from marki.hardware import plugboard
from marki.interruption import whole
from marki.io.responses import code_names
from marki.io.stimuli.digits import is_idx
from marki.io.stimuli.images import is_picture
from marki.io.worlds import FOLDERS, WorldConfig
from marki.jobs.identity import Identity, content_hash
from marki.jobs.progress import ProgressBar
from marki.machine import MachineConfig
from marki.machine_file import MachineFile
from marki.measurements import Measurement, over_seeds, rows
from marki.session import Session, demand_units, mark1_session
from marki.ticks import SECOND
from marki.twin_session import TwinSession
from marki.versions import versions

STATE = "state"
"""Folder, in that of a seed, in which sessions are saved."""

RIGHT, PASSES = "right responses", "passes until no error"
"""Names of the usual measurements."""


class ExperimentRun:
    """One session of an experiment: trials with the trainer on, and tests with the trainer off.

    The experiment's own state is not saved. After an interruption the experiment runs again from the beginning, and
    trials that the saved session already holds are returned instead of run.

    Parameters
    ----------
    name : str
    session : Session or TwinSession
    saved : Path, optional
        File that the session is saved to; a session of the twin is not saved.
    progress : ProgressBar
    """

    SAVE_EVERY_S = 5.0

    def __init__(self, name: str, session: Session | TwinSession, saved: Path | None, progress: ProgressBar):
        self.name, self.session = name, session
        self._saved, self._progress = saved, progress
        self._given = 0
        self._last_save = time.monotonic()

    @property
    def records(self) -> np.ndarray:
        """Records of the trials returned so far."""
        return self.session.records[: self._given]

    def learn(self, trials: int) -> np.ndarray:
        """Run `trials` trials with the trainer on; return their records."""
        self.command("course", {"name": "learn", "learn": True})
        return self._trials(trials)

    def learn_pass(self) -> np.ndarray:
        """Run one pass through the deck with the trainer on; return the records."""
        return self.learn(self.session.worlds[0].size)

    def exam(self, trials: int | None = None) -> np.ndarray:
        """Run `trials` trials of the test world (by default one pass) with the trainer off; return the records."""
        self.command("course", {"name": "exam", "learn": False})
        return self._trials(trials or self.session.world.size)

    def command(self, name: str, value: Any) -> None:
        """Give a command of the operator at this point."""
        given = [(c.name, c.value) for c in self.session.commands if c.trial == self._given]
        if (name, value) in given:
            return
        if name == "course" and not given and self._course_at() == (value["name"], value["learn"]):
            return
        with whole():
            self.session.command(name, value)

    def _course_at(self) -> tuple[str, bool]:
        """Return the course in force at this point."""
        past = [c.value for c in self.session.commands if c.name == "course" and c.trial <= self._given]
        return (past[-1]["name"], past[-1]["learn"]) if past else (next(iter(self.session.configs)), True)

    def _trials(self, count: int) -> np.ndarray:
        first = self._given
        ready = min(count, self.session.trial - self._given)
        self._given += ready
        self._progress.update(ready)
        for _ in range(count - ready):
            with whole():  # a trial and its record belong together, and may be saved at an interruption
                self.session.step("trial")
                self._given += 1
            self._progress.update()
            if self._saved and time.monotonic() - self._last_save > self.SAVE_EVERY_S:
                self.save()
        return self.session.records[first : self._given]

    def save(self) -> None:
        """Write the session to the output folder, so that it can be resumed."""
        if self._saved and isinstance(self.session, Session):
            savefile.save(self.session, self._saved)
            self._last_save = time.monotonic()


@dataclass(frozen=True, kw_only=True)
class ExperimentSpec:
    """What to run: an experiment with the settings and files of the user.

    Parameters
    ----------
    experiment : str
    changes : mapping
        Settings of the user, ``machine.…`` and ``world.…`` by dotted name; they win over the experiment's own.
    images, mnist : str
        Folders of image files and of IDX files.
    wiring : str
        File with a wiring list to use instead of a drawn one.
    twin : bool
        Whether the twin learns in the place of the machine; every physical effect must then be switched off.
    base : MachineFile
        What somebody knows of the machine: its settings stand in the place of the defaults, under the experiment's own.
    """

    experiment: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    images: str = ""
    mnist: str = ""
    wiring: str = ""
    twin: bool = False
    base: MachineFile = field(default_factory=MachineFile)

    @property
    def files(self) -> dict[str, str]:
        """The folders and files that it reads, by the arguments that name them."""
        named = {
            "images": self.changes.get("world.images") or self.images,
            "mnist": self.changes.get("world.mnist") or self.mnist,
            "wiring": self.wiring,
        }
        return {name: str(path) for name, path in named.items() if path}

    @property
    def folders(self) -> list[str]:
        """The arguments that name a folder of people's own files."""
        return [name for name in FOLDERS if name in self.files]

    def identity(self) -> Identity:
        """Return all that its results follow from, but for the seed; the files are read."""
        wanted = {"images": is_picture, "mnist": is_idx, "wiring": lambda path: True}
        inputs = {name: content_hash(path, wanted[name]) for name, path in self.files.items()}
        settings = {**self.changes, **({"twin": True} if self.twin else {})}
        if self.base.changes:
            settings["base"] = dict(self.base.changes)
        return Identity(kind=f"experiment {self.experiment}", settings=settings, inputs=inputs)

    def to_mapping(self) -> dict[str, Any]:
        """Return what ``config.json`` says of it, ready for JSON; `recorded.read` reads it back."""
        settings = {name: list(v) if isinstance(v, tuple) else v for name, v in self.changes.items()}
        about = {"experiment": self.experiment, "settings": settings, "files": self.files, "twin": self.twin}
        return about | {"base": dict(self.base.changes), "sources": machine_file.to_record(self.base.rows)}


class Lab:
    """The place of one experiment with one seed.

    Parameters
    ----------
    spec : ExperimentSpec
        What to run, and the settings of the user.
    seed : int
    out : Path, optional
        Folder of this seed; None writes nothing.
    resume : bool
        Whether to go on with the sessions that are saved in the folder.
    quiet : bool
        Show no progress.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        *,
        seed: int = 0,
        out: Path | None = None,
        resume: bool = False,
        quiet: bool = True,
    ):
        self.spec, self.seed, self.out = spec, seed, out
        self.runs: list[ExperimentRun] = []
        self._resume = resume
        self._progress = ProgressBar(0, spec.experiment, "trials", quiet=quiet, delay=0.5, leave=False)

    def machine(self, **changes: Any) -> MachineConfig:
        """Return the machine's settings: defaults or a machine file's, the experiment's `changes`, then the user's."""
        own = {name.replace("__", "."): value for name, value in changes.items()}
        base = MachineConfig().amend(under(self.spec.base.changes, "machine"))
        return base.amend(own).amend(under(self.spec.changes, "machine"), where="--set")

    def world(self, name: str, **settings: Any) -> WorldConfig:
        """Return the settings of a world: a machine file's optics, the experiment's, then the user's."""
        base = WorldConfig(name=name, mnist=self.spec.mnist, **settings)
        base = base.amend(under(self.spec.base.changes, "world"))
        return base.amend(under(self.spec.changes, "world"), where="--set")

    def run(
        self,
        name: str,
        world: WorldConfig,
        machine: MachineConfig | None = None,
        *,
        exam: WorldConfig | None = None,
        most: int | None = None,
    ) -> ExperimentRun:
        """Start or resume a session named `name`; `most` is the largest number of trials expected, for the progress."""
        saved = self.out / STATE / f"{name}.npz" if self.out else None
        machine = machine or self.machine()
        wiring = plugboard.load(self.spec.wiring, fan_out=machine.plugboard.fan_out) if self.spec.wiring else None
        sources = self.spec.base.rows
        wanted = mark1_session(world, machine=machine, seed=self.seed, wiring=wiring, exam=exam, sources=sources)
        demand_units(self.spec.changes.get("machine.response.units"), wanted.world, where=name)
        session: Session | TwinSession = TwinSession(wanted) if self.spec.twin else wanted
        if self._resume and saved and saved.exists() and not self.spec.twin:
            session = savefile.load(saved)
            if session.identity() != wanted.identity():
                raise StateError(
                    "was made with other settings", where=saved, remedy="Resume with the settings of the first run"
                )
        self._progress.extend(most or 0)
        self._progress.update(0, name)
        run = ExperimentRun(name, session, saved, self._progress)
        self.runs.append(run)
        return run

    def close(self) -> None:
        """Take the progress bar off the screen."""
        self._progress.close()

    def save(self) -> None:
        """Save all sessions, so that they can be resumed."""
        for run in self.runs:
            run.save()

    # -- results -----------------------------------------------------------------------------------------------------

    def result(self, title: str, found: Sequence[Measurement]) -> dict[str, Any]:
        """Return the result of the experiment: what it measured, with digest and totals."""
        digest = hashlib.blake2b("".join(r.name + r.session.digest for r in self.runs).encode(), digest_size=16)
        return {
            "experiment": self.spec.experiment,
            "title": title,
            "seed": self.seed,
            "digest": digest.hexdigest() if len(self.runs) != 1 else self.runs[0].session.digest,
            "settings": dict(self.spec.changes),
            "measurements": rows(over_seeds([found])),
            "presentations": sum(r.session.trial for r in self.runs),
            "simulated_seconds": sum(r.session.now for r in self.runs) / SECOND,
            "runs": {
                r.name: {
                    "digest": r.session.digest,
                    "presentations": r.session.trial,
                    "simulated_seconds": r.session.now / SECOND,
                    "learning_curve": learning_curve(r.session),
                }
                for r in self.runs
            },
            "versions": versions(),
        }

    def write(self, form: CsvForm = "plain") -> None:
        """Write trials and settings to the output folder; the result is written by whoever runs the job."""
        if not self.out:
            return
        write_text(self.out / "trials.csv", self.trials_csv(form))
        settings = {
            r.name: {
                "machine": r.session.launched.to_mapping(),
                "worlds": {n: w.to_mapping() for n, w in r.session.configs.items()},
                "codes": codes(r.session),
            }
            for r in self.runs
        }
        write_json(self.out / "config.json", {**self.spec.to_mapping(), "seed": self.seed, "runs": settings})

    def trials_csv(self, form: CsvForm = "plain") -> str:
        """Return all trials of all runs as CSV."""
        return tables.trials_csv(((run.name, run.session) for run in self.runs), form)


def codes(session: Session | TwinSession) -> dict[str, dict[str, str]]:
    """Return the code table of each course: the lamps of each class."""
    named = zip(session.configs, session.worlds, strict=True)
    return {name: code_names(world.classes, world.code) for name, world in named}


def right(records: np.ndarray, condition: str, *, name: str = RIGHT) -> Measurement:
    """Return the fraction of right responses in session records as a measurement."""
    return Measurement(name=name, condition=condition, value=accuracy(records), trials=len(records))


def needed(run: ExperimentRun, passes: int | None, condition: str, *, most: int) -> Measurement:
    """Return the passes through the deck that it took until there was no error; None if `most` did not do."""
    trials = (passes or most) * run.session.worlds[0].size
    return Measurement(name=PASSES, condition=condition, value=passes, unit="passes", trials=trials)


def learning_curve(session: Session | TwinSession) -> dict[str, list[float]]:
    """Return the fraction of errors while learning, in windows of a pass (at most 50 trials), by trials learned."""
    learned = session.records[session.records["learned"]]
    ends, errors = curve(learned["wrong"], min(session.worlds[0].size, 50))
    return {"trials": ends.tolist(), "errors": errors.round(6).tolist()}
