"""Training jobs: one participant on one task with one seed; many of them on all cores, each resumable."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import ConfigError
from marki.intervals import interval
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.jobs.progress import ProgressBar
from marki.jobs.runner import Job, demand, run_job, run_jobs
from marki.registers import fingerprint, snapshot
from successors import registry, tasks
from successors.nn import weights_file
from successors.nn.learner import Successor
from successors.nn.optimiser import Diverged
from successors.training import loop, participants
from successors.training.participants import Machine

DIVERGED = "diverged"
"""Entry of the result of a training that diverged."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """What to train, and on what; equal jobs are trained once.

    Parameters
    ----------
    learner : str
        Name of a participant.
    task : str
    options, changes : tuple of (str, value)
        Settings of the task, and changes of the participant's retina settings, sorted.
    seed : int
    """

    learner: str
    task: str
    options: tuple[tuple[str, Any], ...] = ()
    changes: tuple[tuple[str, Any], ...] = ()
    seed: int = 0

    @property
    def key(self) -> str:
        """Base name of its files."""
        text = json.dumps([self.options, self.changes], sort_keys=True)
        digest = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
        return f"{self.learner.replace(' ', '_')}-{self.task}-{digest}-{self.seed:03d}"

    @property
    def identity(self) -> Identity:
        """Everything on which its result depends."""
        settings = {"learner": self.learner, "task": self.task}
        settings |= {"options": dict(self.options), "changes": dict(self.changes)}
        return Identity(kind="training", settings=settings, seed=self.seed)


def training(
    learner: str,
    task: str,
    *,
    options: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> TrainingJob:
    """Return a training job; mappings are sorted."""
    return TrainingJob(
        learner=learner,
        task=task,
        options=_sorted(options or {}),
        changes=_sorted(changes or {}),
        seed=seed,
    )


def _sorted(mapping: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((k, tuple(v) if isinstance(v, list) else v) for k, v in mapping.items()))


_SHAPE = {
    "score": (int, float),
    "valid": (int, float),
    "best_step": int,
    "steps": int,
    "shown": int,
    "parameters": int,
    "curve": list,
}
"""What a result must have, to be compared."""


def job(order: TrainingJob, folder: Path, *, machine: Machine | None = None) -> Job:
    """Return the job that trains and evaluates; it writes ``KEY.json`` and, for a successor, ``KEY.safetensors``.

    The result has: score (test score), also (other figures of the task), valid (validation score), best_step, steps,
    shown, seconds, parameters, multiply_adds, year, note, curve, digest (of all registers at the end). A training that
    diverges is a result as well: it has `DIVERGED`, with step, reason, and the file of the best state before that,
    ``KEY.diverged.npz``, and lacks the scores.

    Parameters
    ----------
    order : TrainingJob
    folder : Path
    machine : callable, optional
        Makes the Mark I.
    """
    folder = folder.absolute()  # a worker may run in another working directory
    checkpoint = folder / f"{order.key}.npz"
    work = partial(_train, order, folder, checkpoint, machine)
    return Job(
        identity=order.identity,
        work=work,
        file=folder / f"{order.key}.json",
        state=checkpoint,
        check=_check,
    )


def _check(result: Mapping[str, Any]) -> None:
    """Refuse a result that cannot be compared, unless it says that the training diverged."""
    demand(result, {DIVERGED: dict} if DIVERGED in result else _SHAPE)


def train(
    order: TrainingJob, folder: Path, *, machine: Machine | None = None, resume: bool = False, quiet: bool = True
) -> dict[str, Any]:
    """Train and evaluate in this process; return the result of `job`.

    Parameters
    ----------
    order : TrainingJob
    folder : Path
    machine : callable, optional
        Makes the Mark I.
    resume : bool
        Whether to read a finished run from its file, and to continue an interrupted one.
    quiet : bool
        Show no progress.

    Raises
    ------
    OutputError, StateError
        If the folder holds this training and it is not resumed, or files of another one.
    """
    return run_job(job(order, folder, machine=machine), resume=resume, quiet=quiet)


def _train(
    order: TrainingJob, folder: Path, checkpoint: Path, machine: Machine | None, *, resume: bool, quiet: bool
) -> dict[str, Any]:
    deck = tasks.load(order.task, **dict(order.options))
    entrant = participants.enter(order.learner, deck, seed=order.seed, changes=dict(order.changes), machine=machine)
    recipe = entrant.recipe
    since = time.process_time()
    taken = 0
    with ProgressBar(recipe.total_steps, order.key, "steps", quiet=quiet, leave=False) as bar:

        def tell(steps: int, score: float) -> None:
            nonlocal taken
            bar.update(steps - taken, f"valid={100 * score:.1f} %")
            taken = steps

        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what comes of it is checked each step
                record = loop.train(
                    entrant.learner, deck, recipe, seed=order.seed, checkpoint=checkpoint, resume=resume,
                    on_evaluation=tell,
                )  # fmt: skip
        except Diverged as error:
            state = checkpoint.with_suffix(".diverged.npz")
            os.replace(checkpoint, state)
            about = {"step": error.step, "reason": error.reason, "state": state.name}
            return {DIVERGED: about, "year": entrant.year, "note": entrant.note}
    figures = loop.figures(entrant.learner, deck, deck.test)
    if isinstance(entrant.learner, Successor):
        settings = json.dumps(entrant.learner.config.to_mapping())
        weights_file.save(
            folder / f"{order.key}.safetensors", entrant.learner.weights(), system=order.learner, settings=settings
        )
    return {
        "score": figures.pop("score"),
        "also": figures,
        "valid": record.best,
        "best_step": record.best_step,
        "steps": record.steps,
        "shown": record.shown,
        "seconds": round(record.seconds, 2),
        "processor_seconds": round(time.process_time() - since, 2),
        "parameters": entrant.parameters,
        "multiply_adds": entrant.multiply_adds(deck),
        "year": entrant.year,
        "note": entrant.note,
        "curve": record.curve,
        "digest": fingerprint(snapshot(entrant.learner.registers())),
    }


def train_all(
    orders: Sequence[TrainingJob], folder: Path, options: RunOptions, *, machine: Machine | None = None
) -> dict[TrainingJob, dict[str, Any]]:
    """Run training jobs in parallel, equal ones once; return the result of each.

    The decks are made first, so that no two processes make the same one.
    """
    orders = list(dict.fromkeys(orders))
    for task, choices in dict.fromkeys((o.task, o.options) for o in orders):
        tasks.load(task, quiet=options.quiet, **dict(choices))
    jobs = [job(order, folder, machine=machine) for order in orders]
    return dict(zip(orders, run_jobs(jobs, options, name="training", unit="runs", note=_note), strict=True))


def _note(result: Mapping[str, Any]) -> str:
    settings = result["order"]["settings"]
    if DIVERGED in result:
        return f"{settings['learner']} on {settings['task']}: diverged"
    return f"{settings['learner']} on {settings['task']}: {100 * result['score']:.1f} %"


def check_point(settings: Mapping[str, Any]) -> dict[str, str]:
    """Refuse the settings of a sweep point if they do not describe a training.

    ``learner`` and ``task`` are names, ``options.…`` are settings of the task, and everything else is a change of the
    learner's retina settings.

    Returns
    -------
    dict of str to str
        The content hash of every file that it reads: always empty.

    Raises
    ------
    MarkIError
        For a setting that is missing, unknown or out of range.
    """
    learner, task, options, changes = _parts(settings)
    participants.check_fits(learner, task)
    tasks.find(task).config.from_mapping(options, where=f"sweep: task {task}")
    if learner in registry.names():
        registry.find(learner).entry.retina.amend(changes, where=f"sweep: {learner}")
    elif changes:
        raise ConfigError(
            f"{learner} has no setting {min(changes)!r}",
            where="sweep",
            remedy="Give settings of the system, or of its recipe",
        )
    return {}


def run_point(
    settings: Mapping[str, Any], seed: int, folder: Path, *, machine: Machine | None = None
) -> dict[str, Any]:
    """Train at one sweep point; return the figures that do not depend on the computer's speed."""
    learner, task, options, changes = _parts(settings)
    order = training(learner, task, options=options, changes=changes, seed=seed)
    found = train(order, folder, machine=machine, resume=True)
    if DIVERGED in found:
        about = found[DIVERGED]
        return {DIVERGED: about["reason"], "step": about["step"], "state": f"work/{folder.name}/{about['state']}"}
    return {k: found[k] for k in ("score", "valid", "best_step", "steps", "shown", "parameters", "multiply_adds")}


def _parts(settings: Mapping[str, Any]) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    for name in ("learner", "task"):
        if name not in settings:
            raise ConfigError(f"{name} is missing", where="sweep", remedy="Give it under fixed or grid")
    learner, task = str(settings["learner"]), str(settings["task"])
    options = {k.removeprefix("options."): v for k, v in settings.items() if k.startswith("options.")}
    own = {k: v for k, v in settings.items() if k not in ("learner", "task") and not k.startswith("options.")}
    return learner, task, options, dict(participants.default_changes(learner, task)) | own


def seeded(order: TrainingJob, seeds: Sequence[int]) -> list[TrainingJob]:
    """Return the same job with each of the seeds."""
    return [replace(order, seed=seed) for seed in seeds]


def summary(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Summarise the runs of several seeds: score, low and high (mean, 95 % interval or None), seeds, and the sizes.

    Runs that diverged are counted apart, and are in none of the other figures; these are None if all diverged.
    """
    ended = [f for f in found if DIVERGED not in f]
    mean, low, high = interval([f["score"] for f in ended]) if ended else (None, None, None)
    return {
        "score": mean,
        "low": None if low is None else max(0.0, low),
        "high": None if high is None else min(1.0, high),
        "seeds": len(ended),
        "diverged": len(found) - len(ended),
        "parameters": ended[0]["parameters"] if ended else None,
        "multiply_adds": ended[0]["multiply_adds"] if ended else None,
    }


def diverged(found: Mapping[TrainingJob, Mapping[str, Any]], folder: Path) -> list[str]:
    """Return a line for each run that diverged: which, at what step, why, and where its best state is."""
    return [
        f"diverged: {order.learner} on {order.task}{dict(order.changes) or ''}, seed {order.seed}, "
        f"at step {about['step']}: {about['reason']}; its best state is {folder / about['state']}"
        for order, result in found.items()
        if (about := result.get(DIVERGED))
    ]
