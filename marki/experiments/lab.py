"""The laboratory: what an experiment needs to run sessions that can be interrupted, resumed and written down."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from marki import savefile, tables
from marki.config import under
from marki.errors import StateError
from marki.experiments.metrics import accuracy, curve
from marki.files import read_json, write_json, write_text
from marki.hardware import plugboard
from marki.interruption import whole
from marki.intervals import wilson
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig
from marki.session import Session, mark1_session
from marki.ticks import SECOND
from marki.versions import versions


class ExperimentRun:
    """One session as an experiment sees it: so many trials of learning, so many of examination.

    The experiment's own steps are not saved. After an interruption they are gone through again from the beginning,
    and trials that the saved session already holds are handed out instead of run.
    """

    SAVE_EVERY_S = 5.0

    def __init__(self, name: str, session: Session, saved: Path | None, progress: tqdm):
        self.name, self.session = name, session
        self._saved, self._progress = saved, progress
        self._given = 0
        self._last_save = time.monotonic()

    @property
    def records(self) -> np.ndarray:
        """Records of the trials handed out so far."""
        return self.session.records[: self._given]

    def learn(self, trials: int) -> np.ndarray:
        """Show so many stimuli with the trainer on; return their records."""
        self.command("course", {"name": "learn", "learn": True})
        return self._trials(trials)

    def learn_pass(self) -> np.ndarray:
        """Show the deck once with the trainer on; return the records."""
        return self.learn(self.session.worlds[0].size)

    def exam(self, trials: int | None = None) -> np.ndarray:
        """Show the examination's stimuli (all of them once, if not said) with the trainer off; return the records."""
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
        if self._saved:
            savefile.save(self.session, self._saved)
            self._last_save = time.monotonic()


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to run: everything that a worker process must be told.

    Attributes
    ----------
    experiment : str
    out : Path or None
        Output folder; None writes nothing.
    changes : mapping
        Settings of the user, ``machine.…`` and ``world.…`` by dotted name; they win over the experiment's own.
    resume : bool
        Whether to take up saved sessions in the output folder.
    images, mnist : str
        Folders of image files and of IDX files.
    wiring : str
        File with a wiring list to use instead of a drawn one.
    quiet : bool
        No progress bar.
    """

    experiment: str
    out: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False
    images: str = ""
    mnist: str = ""
    wiring: str = ""
    quiet: bool = False


class Lab:
    """The place of one experiment with one seed.

    Parameters
    ----------
    order : Order
        What to run, and the settings of the user.
    seed : int
    out : Path or None
        Folder of this seed; None writes nothing.
    """

    def __init__(self, order: Order, *, seed: int = 0, out: Path | None = None):
        self.order, self.seed, self.out = order, seed, out
        self.runs: list[ExperimentRun] = []
        self._progress = tqdm(
            desc=order.experiment, unit=" trials", disable=True if order.quiet else None, leave=False, delay=0.5
        )

    def machine(self, **changes: Any) -> MachineConfig:
        """Return the machine's settings: defaults, the experiment's `changes`, then the user's."""
        own = {name.replace("__", "."): value for name, value in changes.items()}
        return MachineConfig().amend(own).amend(under(self.order.changes, "machine"), where="--set")

    def world(self, name: str, **settings: Any) -> WorldConfig:
        """Return the settings of a world: the experiment's, then the user's."""
        base = WorldConfig(name=name, mnist=self.order.mnist, **settings)
        return base.amend(under(self.order.changes, "world"), where="--set")

    def run(
        self,
        name: str,
        world: WorldConfig,
        machine: MachineConfig | None = None,
        *,
        exam: WorldConfig | None = None,
        most: int | None = None,
    ) -> ExperimentRun:
        """Begin (or take up) a session named `name`; `most` is the largest number of trials expected, for progress."""
        saved = self.out / "state" / f"{name}.npz" if self.out else None
        machine = machine or self.machine()
        wiring = plugboard.load(self.order.wiring, fan_out=machine.plugboard.fan_out) if self.order.wiring else None
        wanted = mark1_session(world, machine=machine, seed=self.seed, wiring=wiring, exam=exam)
        session = wanted
        if self.order.resume and saved and saved.exists():
            session = savefile.load(saved)
            if session.identity() != wanted.identity():
                raise StateError(
                    "was made with other settings", where=saved, remedy="Resume with the settings of the first run"
                )
        if most:
            self._progress.total = (self._progress.total or 0) + most
            self._progress.refresh()
        self._progress.set_postfix_str(name)
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

    def result(self, title: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of the experiment: what it found, with digest and totals."""
        digest = hashlib.blake2b("".join(r.name + r.session.digest for r in self.runs).encode(), digest_size=16)
        return {
            "experiment": self.order.experiment,
            "title": title,
            "seed": self.seed,
            "digest": digest.hexdigest() if len(self.runs) != 1 else self.runs[0].session.digest,
            "settings": dict(self.order.changes),
            **found,
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

    def write(self, result: Mapping[str, Any]) -> None:
        """Write result, trials and settings to the output folder."""
        if not self.out:
            return
        write_text(self.out / "trials.csv", self.trials_csv())
        settings = {
            r.name: {
                "machine": r.session.launched.to_mapping(),
                "worlds": {n: w.to_mapping() for n, w in r.session.configs.items()},
            }
            for r in self.runs
        }
        write_json(self.out / "config.json", {"experiment": self.order.experiment, "seed": self.seed, "runs": settings})
        write_json(self.out / "result.json", result)

    def trials_csv(self) -> str:
        """Return all trials of all runs as CSV."""
        return tables.trials_csv((run.name, run.session) for run in self.runs)


def scored(records: np.ndarray) -> dict[str, Any]:
    """Return accuracy and its Wilson interval for session records."""
    wrong = int(records["wrong"].sum())
    low, high = wilson(len(records) - wrong, len(records))
    return {"accuracy": accuracy(records), "accuracy_interval": [low, high], "exam_trials": len(records)}


def learning_curve(session: Session) -> dict[str, list[float]]:
    """Return the share of errors while learning, in windows of a pass (at most 50 trials), by trials learned."""
    learned = session.records[session.records["learned"]]
    ends, errors = curve(learned["wrong"], min(session.worlds[0].size, 50))
    return {"trials": ends.tolist(), "errors": errors.round(6).tolist()}


def read_result(path: Path) -> dict[str, Any]:
    """Return a result that was written before."""
    content = read_json(path)
    if not isinstance(content, dict) or "digest" not in content:
        raise StateError("is not a result", where=path, remedy="Delete it and run again")
    return content
