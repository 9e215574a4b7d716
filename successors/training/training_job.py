"""Runs: one training of one entrant on one task with one seed; many of them on all cores, each resumable."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from marki.errors import ConfigError
from marki.files import read_json, write_json
from marki.intervals import interval
from marki.processes import cores, spread
from marki.registers import fingerprint, snapshot
from successors import registry, tasks
from successors.nn import weights_file
from successors.training import loop, participants
from successors.training.participants import Machine


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """What is to be trained, and on what; equal runs need be done once only.

    Parameters
    ----------
    learner : str
        Name of an entrant.
    task : str
    options, changes : tuple of (str, value)
        Settings of the task, and changes of the entrant's retina settings, sorted.
    seed : int
    """

    learner: str
    task: str
    options: tuple[tuple[str, Any], ...] = ()
    changes: tuple[tuple[str, Any], ...] = ()
    seed: int = 0

    @property
    def key(self) -> str:
        """Name of its files."""
        text = json.dumps([self.options, self.changes], sort_keys=True)
        digest = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
        return f"{self.learner.replace(' ', '_')}-{self.task}-{digest}-{self.seed:03d}"


def run(
    learner: str,
    task: str,
    *,
    options: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> TrainingJob:
    """Return a run; mappings are sorted."""
    return TrainingJob(
        learner=learner,
        task=task,
        options=_sorted(options or {}),
        changes=_sorted(changes or {}),
        seed=seed,
    )


def _sorted(mapping: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((k, tuple(v) if isinstance(v, list) else v) for k, v in mapping.items()))


def carry_out(
    order: TrainingJob, folder: Path, *, machine: Machine | None = None, resume: bool = False, quiet: bool = True
) -> dict[str, Any]:
    """Train and examine; write ``KEY.json`` and, for a successor, ``KEY.safetensors`` to the folder.

    Parameters
    ----------
    order : TrainingJob
    folder : Path
    machine : callable, optional
        Makes the Mark I.
    resume : bool
        Whether a finished run is taken from its file, and an interrupted one gone on with.
    quiet : bool
        Show no bar.

    Returns
    -------
    dict
        The run, and: score (with the test part), also (other figures of the task), valid (with the validation part),
        best_step, steps, shown, seconds, parameters, multiply_adds, year, note, curve, digest (of all registers at the
        end).

    Raises
    ------
    Diverged
        If the loss is no longer finite; ``KEY.npz`` then holds the last good state.
    StateError
        If files to resume from are of another run.
    """
    done = folder / f"{order.key}.json"
    plain = json.loads(json.dumps(asdict(order)))
    if resume and done.exists():
        found = read_json(done)
        if found.get("run") == plain:
            return found
    deck = tasks.load(order.task, **dict(order.options))
    entrant = participants.enter(order.learner, deck, seed=order.seed, changes=dict(order.changes), machine=machine)
    checkpoint = folder / f"{order.key}.npz"
    recipe = entrant.recipe
    since = time.process_time()
    with tqdm(
        total=recipe.total_steps, desc=order.key, unit=" steps", disable=True if quiet else None, leave=False
    ) as bar:

        def tell(steps: int, score: float) -> None:
            bar.set_postfix(valid=f"{100 * score:.1f} %")
            bar.update(steps - bar.n)

        record = loop.train(
            entrant.learner, deck, recipe, seed=order.seed, checkpoint=checkpoint, resume=resume, on_evaluation=tell
        )
    figures = loop.figures(entrant.learner, deck, deck.test)
    found = {
        "run": plain,
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
    if hasattr(entrant.learner, "weights"):
        settings = json.dumps(entrant.learner.config.to_mapping())
        weights_file.save(
            folder / f"{order.key}.safetensors", entrant.learner.weights(), system=order.learner, settings=settings
        )
    write_json(done, found)
    checkpoint.unlink(missing_ok=True)
    return found


def carry_out_all(
    orders: Sequence[TrainingJob],
    folder: Path,
    *,
    machine: Machine | None = None,
    resume: bool = False,
    jobs: int | None = None,
    quiet: bool = False,
) -> dict[TrainingJob, dict[str, Any]]:
    """Carry out runs, equal ones once, `jobs` at a time (all cores if not said); return what each found.

    The decks are made first, so that no two processes make the same.
    """
    orders = list(dict.fromkeys(orders))
    for task, options in dict.fromkeys((o.task, o.options) for o in orders):
        tasks.load(task, quiet=quiet, **dict(options))
    jobs = min(jobs or cores(), len(orders))
    found: dict[TrainingJob, dict[str, Any]] = {}
    with tqdm(total=len(orders), desc="training", unit=" runs", disable=True if quiet else None) as bar:
        one = partial(carry_out, machine=machine, resume=resume, quiet=quiet or jobs > 1)
        calls = [(order, folder) for order in orders]
        for number, result in spread(one, calls, jobs=jobs, where="training", remedy="Run again with --resume"):
            order = orders[number]
            found[order] = result
            bar.set_postfix_str(f"{order.learner} on {order.task}: {100 * result['score']:.1f} %")
            bar.update()
    return {order: found[order] for order in orders}


def check_point(settings: Mapping[str, Any]) -> None:
    """Refuse settings of a sweep's point that are no training.

    ``learner`` and ``task`` are names, ``options.…`` settings of the task, everything else changes of the learner's
    retina settings.

    Raises
    ------
    MarkIError
        For what is missing, unknown or out of range.
    """
    learner, task, options, changes = _parts(settings)
    participants.check_fits(learner, task)
    tasks.find(task).config.from_mapping(options, where=f"sweep: task {task}")
    if learner in registry.names():
        registry.find(learner).entry.retina.amend(changes, where=f"sweep: {learner}")
    elif changes:
        raise ConfigError(f"{learner} has no setting {min(changes)!r}", where="sweep")


def run_point(
    settings: Mapping[str, Any], seed: int, folder: Path, *, machine: Machine | None = None
) -> dict[str, Any]:
    """Train at one point of a sweep; return the figures that do not depend on the computer's speed."""
    learner, task, options, changes = _parts(settings)
    order = run(learner, task, options=options, changes=changes, seed=seed)
    found = carry_out(order, folder, machine=machine, resume=True)
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
    """Return the same run with each of the seeds."""
    return [replace(order, seed=seed) for seed in seeds]


def summary(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what runs of several seeds come to: score, low and high (mean, 95 % interval), seeds, and the sizes."""
    mean, low, high = interval([f["score"] for f in found])
    return {
        "score": mean,
        "low": max(0.0, low),
        "high": min(1.0, high),
        "seeds": len(found),
        "parameters": found[0]["parameters"],
        "multiply_adds": found[0]["multiply_adds"],
    }
