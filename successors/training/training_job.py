"""Training jobs: one participant on one task with one seed; many of them on all cores, each resumable."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import ConfigError
from marki.io.ports import Port
from marki.jobs.identity import Identity, content_hash
from marki.jobs.options import RunOptions
from marki.jobs.progress import ProgressBar
from marki.jobs.runner import Job, demand, run_job, run_jobs
from marki.measurements import Measurement
from marki.registers import fingerprint, snapshot
from marki.setting_rows import full_names, in_full, meanings, rows_of
from successors import registry, tasks
from successors.nn import weights_file
from successors.nn.learner import Successor
from successors.nn.optimiser import Diverged
from successors.training import loop, participants
from successors.training.diagnosis import diagnose
from successors.training.participants import MARK1, HasWipers, Machine
from successors.training.samples import SampleSheet

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
        inputs = registry.own_inputs(self.learner)
        if self.learner in registry.names():
            entry = registry.find(self.learner).entry
            if inputs:  # of a file of one's own, the defaults count too: they may change from one day to the next
                settings["system"] = entry.retina.amend(dict(self.changes), where=self.learner).to_mapping()
            if of := entry.weights_of:
                inputs[f"weights of {of}"] = content_hash(registry.shipped_file(of))
            if on := registry.foundation(entry, str(dict(self.options).get("language", ""))):
                inputs[f"weights of {on.system}"] = content_hash(registry.foundation_file(on))
        return Identity(kind="training", settings=settings, seed=self.seed, inputs=inputs)


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
    """Return the job that trains and evaluates; it writes ``KEY.json`` and, for a successor, ``KEY.safetensors``;
    as it goes, for one that draws, the samples ``KEY.png``, see `SampleSheet`.

    The result has: score (test score), also (other figures of the task), right (a 0 or 1 for each stimulus of the test
    set), answered (the class that each was taken for, -1 for none; empty if the answer is a field or text), together
    (true, and only there, if the score is one of all answers together and not the fraction that is right), figures
    (other figures of the task that are no shares of 1, if it has any), valid
    (validation score), best_step, steps, shown, seconds, parameters, multiply_adds, year, note, curve, digest (of all
    registers at the end), wipers (the Mark I's angles, 1e-6 deg, and of no other learner), warnings (signs of a dead or
    stuck training, in words). A training that diverges is a result as well: it has `DIVERGED`, with step, reason, and
    the file of the best state before that, ``KEY.diverged.npz``, and lacks the scores.

    Parameters
    ----------
    order : TrainingJob
    folder : Path
    machine : callable, optional
        Makes the Mark I.
    """
    folder = folder.absolute()  # a worker may run in another working directory
    checkpoint = folder / f"{order.key}.npz"
    work = partial(_trained, order, folder, checkpoint, machine)
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


def _trained(
    order: TrainingJob, folder: Path, checkpoint: Path, machine: Machine | None, *, resume: bool, quiet: bool
) -> dict[str, Any]:
    with registry.blamed(order.learner):
        return _train(order, folder, checkpoint, machine, resume=resume, quiet=quiet)


def _train(
    order: TrainingJob, folder: Path, checkpoint: Path, machine: Machine | None, *, resume: bool, quiet: bool
) -> dict[str, Any]:
    deck = tasks.load(order.task, **dict(order.options))
    entrant = participants.enter(order.learner, deck, seed=order.seed, changes=dict(order.changes), machine=machine)
    recipe = entrant.recipe
    learner = entrant.learner
    sheet = None
    if isinstance(learner, Successor) and learner.answers is Port.FIELD:
        asked = np.asarray(deck.valid.stimuli[:])
        sheet = SampleSheet(folder / f"{order.key}.png", learner, asked, resume=resume)
    metric = tasks.find(order.task).metric
    since = time.process_time()
    taken = 0
    with ProgressBar(recipe.total_steps, order.key, "steps", quiet=quiet, leave=False) as bar:

        def tell(steps: int, score: float) -> None:
            nonlocal taken
            bar.update(steps - taken, f"{metric}: {100 * score:.1f} % in the validation")
            taken = steps
            if sheet is not None:
                sheet.add()

        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what comes of it is checked each step
                record = loop.train(
                    learner, deck, recipe, seed=order.seed, checkpoint=checkpoint, resume=resume,
                    on_evaluation=tell, files=registry.own_inputs(order.learner),
                )  # fmt: skip
        except Diverged as error:
            state = checkpoint.with_suffix(".diverged.npz")
            os.replace(checkpoint, state)
            about = {"step": error.step, "reason": error.reason, "state": state.name}
            spent = round(time.process_time() - since, 2)
            return {DIVERGED: about, "processor_seconds": spent, "year": entrant.year, "note": entrant.note}
    exam = loop.examine(learner, deck, deck.test)
    if isinstance(learner, Successor):
        settings = json.dumps(learner.config.to_mapping())
        weights_file.save(
            folder / f"{order.key}.safetensors", learner.weights(), system=order.learner, settings=settings
        )
    result = {
        "score": exam.score,
        "also": exam.also,
        "right": "".join("01"[hit] for hit in exam.right.tolist()),
        "answered": exam.answered.tolist(),
        **({"together": True} if tasks.find(order.task).together else {}),
        **({"figures": exam.figures} if exam.figures else {}),
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
        "digest": fingerprint(snapshot(learner.registers())),
    }
    if isinstance(learner, HasWipers):
        result["wipers"] = learner.wipers().tolist()
    # Last of all: the machine's clock goes on while it answers.
    result["warnings"] = [str(symptom) for symptom in diagnose(learner, deck, record)]
    return result


def wiper_positions(order: TrainingJob, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shipped positions of a trained Mark I, ready for JSON; its plugboard follows from the seed.

    Parameters
    ----------
    order : TrainingJob
        Of the participant `participants.MARK1`.
    found : mapping
        Its result.

    Returns
    -------
    dict
        task, options, seed, digest, score, valid; and wipers, the 512 angles, 1e-6 deg.
    """
    about = {"task": order.task, "options": dict(order.options), "seed": order.seed}
    return about | {key: found[key] for key in ("digest", "score", "valid", "wipers")}


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
    metric = tasks.find(settings["task"]).metric
    text = f"{settings['learner']} on {settings['task']}, {metric}: {100 * result['valid']:.1f} % in the validation"
    return "; ".join([text, *result["warnings"]])


def check_point(settings: Mapping[str, Any]) -> dict[str, str]:
    """Refuse the settings of a sweep point if they do not describe a training.

    ``learner`` and ``task`` are names, ``options.…`` are settings of the task, and everything else is a change of the
    learner's retina settings.

    Returns
    -------
    dict of str to str
        The content hash of every file that it reads: those of a system of one's own.

    Raises
    ------
    MarkIError
        For a setting that is missing, unknown or out of range.
    """
    learner, task, options, changes = _parts(settings)
    participants.check_fits(learner, task)
    tasks.find(task).config().amend(options, where=f"sweep: task {task}")
    if learner in registry.names():
        registry.find(learner).entry.retina.amend(changes, where=f"sweep: {learner}")
    return registry.own_inputs(learner)


def point_names(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the full name of each setting of a sweep point; refused as in `check_point`."""
    learner, task = _asked(settings)
    given = [name for name in settings if name not in ("learner", "task")]
    return full_names_of(learner, task, given, where="sweep")


def run_point(
    settings: Mapping[str, Any], seed: int, folder: Path, *, machine: Machine | None = None
) -> dict[str, Any]:
    """Train at one sweep point; return the figures that do not depend on the computer's speed, and the warnings."""
    learner, task, options, changes = _parts(settings)
    order = training(learner, task, options=options, changes=changes, seed=seed)
    found = train(order, folder, machine=machine, resume=True)
    if DIVERGED in found:
        about = found[DIVERGED]
        return {DIVERGED: about["reason"], "step": about["step"], "state": f"work/{folder.name}/{about['state']}"}
    kept = ("score", "valid", "best_step", "steps", "shown", "parameters", "multiply_adds")
    about = {k: found[k] for k in kept} | {"tested": len(found["right"]), "warnings": "; ".join(found["warnings"])}
    return about | {"weights": f"work/{folder.name}/{order.key}.{'json' if learner == MARK1 else 'safetensors'}"}


def point_measurements(result: Mapping[str, Any]) -> list[Measurement]:
    """Return the score of a result of `run_point`: not reached if the training diverged, none if it is of earlier."""
    lost = DIVERGED in result
    if not lost and "tested" not in result:
        return []
    value, trials = (None, 0) if lost else (result["score"], result["tested"])
    return [Measurement(name="score", condition="test set", value=value, trials=trials)]


def _asked(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Return the learner and the task of a sweep point."""
    for name in ("learner", "task"):
        if name not in settings:
            raise ConfigError(f"{name} is missing", where="sweep", remedy="Give it under fixed or grid")
    return str(settings["learner"]), str(settings["task"])


def _parts(settings: Mapping[str, Any]) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    learner, task = _asked(settings)
    given = {k: v for k, v in settings.items() if k not in ("learner", "task")}
    options, own = parted(learner, task, given, where="sweep")
    return learner, task, options, dict(participants.default_changes(learner, task)) | own


def parted(
    learner: str, task: str, given: Mapping[str, Any], *, where: object = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return given settings under their full names, parted into those of the task and those of the learner.

    Parameters
    ----------
    learner, task : str
    given : mapping
        By dotted name, those of the task with ``options.`` before it, or by the end of a name where only one ends so.
    where : object, optional

    Raises
    ------
    UnknownName, ConfigError
        For a name that is none, or the end of several, and for a setting under two names.
    """
    full = in_full(given, _known(learner, task), where=where)
    options = {name.removeprefix(OPTIONS): value for name, value in full.items() if name.startswith(OPTIONS)}
    return options, {name: value for name, value in full.items() if not name.startswith(OPTIONS)}


def task_options(task: str, given: Mapping[str, Any], *, where: object = None) -> dict[str, Any]:
    """Return given settings of a task by the names that its class has, ``options.`` before them or not.

    Raises
    ------
    UnknownName, ConfigError
        For a name that is none, or the end of several, and for a setting under two names.
    """
    known = meanings(rows_of(tasks.find(task).config(), OPTIONS))
    return {name.removeprefix(OPTIONS): value for name, value in in_full(given, known, where=where).items()}


def full_names_of(learner: str, task: str, given: Iterable[str], *, where: object = None) -> dict[str, str]:
    """Return the full name of each given setting of a task and a learner; refused as in `parted`."""
    return full_names(map(str, given), _known(learner, task), where=where)


def _known(learner: str, task: str) -> dict[str, str]:
    """Return the meaning of each setting of a learner and of a task, by full name."""
    participants.ports(learner)
    return meanings([*participants.setting_rows(learner), *rows_of(tasks.find(task).config(), OPTIONS)])


OPTIONS = "options."
"""What stands before the settings of a task, where a learner's stand beside them."""


def seeded(order: TrainingJob, seeds: Sequence[int]) -> list[TrainingJob]:
    """Return the same job with each of the seeds; in a task of several folds, each leaves out the next fold."""
    folds, options = tasks.find(order.task).folds, dict(order.options)
    if folds == 1 or "fold" in options:
        return [replace(order, seed=seed) for seed in seeds]
    return [replace(order, seed=seed, options=_sorted(options | {"fold": seed % folds})) for seed in seeds]


def warned(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the warnings of the runs of several seeds in words, each with the number of runs; "" without any."""
    counts = Counter(warning for f in found for warning in f["warnings"])
    return "; ".join(f"{words} ({count} of {len(found)} seeds)" for words, count in counts.items())


def diverged(found: Mapping[TrainingJob, Mapping[str, Any]], folder: Path) -> list[str]:
    """Return a line for each run that diverged: which, at what step, why, and where its best state is."""
    return [
        f"diverged: {order.learner} on {order.task}{dict(order.changes) or ''}, seed {order.seed}, "
        f"at step {about['step']}: {about['reason']}; its best state is {folder / about['state']}"
        for order, result in found.items()
        if (about := result.get(DIVERGED))
    ]
