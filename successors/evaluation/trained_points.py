"""Trainings of one's own: systems on a task with settings that are given, and a manifest from each to its weights.

A point is a system with a recipe; it is trained with each seed. Everything is found again by ``manifest.json``, which
holds the points with their settings, score and interval, and for each seed the files of result and weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marki.files import csv_text, write_json, write_text
from marki.intervals import span
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.setting_rows import agreed
from marki.versions import versions
from successors import registry, tasks
from successors.evaluation import estimates
from successors.training import participants, presets, training_job
from successors.training.participants import MARK1, Machine
from successors.training.training_job import DIVERGED, TrainingJob

RUNS, MANIFEST, TABLE = "runs", "manifest.json", "manifest.csv"

COLUMNS = ("name", "recipe", "task", "seed", "score", "valid", "best_step", "steps", "weights", "result", "diverged")
"""Columns of the table, before those of the settings that were given: a row for each training; files are named from the
folder of the manifest on."""


def task_of(name: str, task: str = "") -> str:
    """Return the task that a participant is trained on: the given one, else its own; the Mark I's is letters."""
    return task or (registry.find(name).task if name in registry.names() else "letters")


def identity(task: str, given: Mapping[str, Any], recipe: str, budget: int | None) -> Identity:
    """Return what a folder of such trainings is known by; systems and seeds may be added to it."""
    settings = {"task": task, "set": dict(given), "recipe": recipe, "budget": budget}
    return Identity(kind="trainings", settings=settings)


def full_settings(names: Sequence[str], task: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return given settings under their full names, where the systems agree on them; refused as in `points`."""
    full = agreed(training_job.full_names_of(name, task_of(name, task), given, where="--set") for name in names)
    return {full[name]: value for name, value in given.items()}


def points(
    names: Sequence[str],
    task: str = "",
    *,
    given: Mapping[str, Any] | None = None,
    recipe: str = presets.HISTORICAL,
    budget: int | None = None,
) -> dict[tuple[str, str], TrainingJob]:
    """Return what is trained, by system and recipe, each with seed 0; everything is checked before anything is trained.

    Parameters
    ----------
    names : sequence of str
        Names of participants.
    task : str
        "" for the own task of each.
    given : mapping, optional
        Settings of the systems, and of the task under ``options.``; see `training_job.parted`.
    recipe : {"historical", "modern", "both"}
    budget : int, optional
        Stimuli shown in training; see `presets.changes`.

    Raises
    ------
    UnknownName, PortError, ConfigError
        For a system, task or setting that there is not or that does not fit.
    """
    found: dict[tuple[str, str], TrainingJob] = {}
    for name in names:
        participants.ports(name)
        what = task_of(name, task)
        participants.check_fits(name, what)
        options, changes = training_job.parted(name, what, given or {}, where="--set")
        trials = registry.find(name).entry.trials if name in registry.names() else ()
        own = next((dict(trial.options) for trial in trials if trial.task == what), {})
        tasks.find(what).config().amend(own | options, where=f"task {what}")
        for kind in presets.kinds(recipe):
            if kind == presets.MODERN and recipe == presets.BOTH and name not in registry.names():
                continue
            whole = presets.changes(name, what, kind=kind, budget=budget) | changes
            if name in registry.names():
                registry.find(name).entry.retina.amend(whole, where=name)
            found[name, kind] = training_job.training(name, what, options=own | options, changes=whole)
    return found


def train(
    orders: Mapping[tuple[str, str], TrainingJob],
    about: Identity,
    options: RunOptions,
    *,
    seeds: Sequence[int],
    machine: Machine | None = None,
) -> dict[str, Any]:
    """Train the points with all seeds; write the manifest as JSON and CSV, and return it.

    Parameters
    ----------
    orders : mapping
        As `points` returns it.
    about : Identity
        Of the folder, see `identity`.
    options : RunOptions
        With an output folder; it receives `MANIFEST`, `TABLE`, and the trainings in `RUNS`.
    seeds : sequence of int
    machine : callable, optional
        Makes the Mark I.

    Raises
    ------
    OutputError, StateError
        If the folder is taken.
    """
    out = options.folder()
    every = {which: training_job.seeded(order, seeds) for which, order in orders.items()}
    with claimed(out, about, resume=options.resume):
        flat = [order for row in every.values() for order in row]
        results = training_job.train_all(flat, out / RUNS, options, machine=machine)
        found = [_point(kind, row, [results[order] for order in row]) for (_, kind), row in every.items()]
        manifest = {**about.settings, "seeds": list(seeds), "versions": versions(), "points": found}
        manifest["diverged"] = training_job.diverged({order: results[order] for order in flat}, out / RUNS)
        write_json(out / MANIFEST, manifest)
        write_text(out / TABLE, _table(found, about.settings["set"], options))
    return manifest


def _point(recipe: str, orders: Sequence[TrainingJob], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the entry of one point."""
    first = orders[0]
    return {
        "name": first.learner,
        "recipe": recipe,
        "task": first.task,
        "options": dict(first.options),
        "changes": dict(first.changes),
        **estimates.summary(results),
        "runs": [_run(order, result) for order, result in zip(orders, results, strict=True)],
    }


def _run(order: TrainingJob, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of one training: its figures, and its files from the folder of the manifest on."""
    about = {"seed": order.seed, "options": dict(order.options), "result": f"{RUNS}/{order.key}.json"}
    if lost := result.get(DIVERGED):
        return about | {DIVERGED: lost["reason"], "steps": lost["step"], "weights": f"{RUNS}/{lost['state']}"}
    files = {} if order.learner == MARK1 else {"weights": f"{RUNS}/{order.key}.safetensors"}
    figures = {name: result[name] for name in ("score", "valid", "best_step", "steps", "shown", "digest", "warnings")}
    return about | figures | files


def _table(found: Sequence[Mapping[str, Any]], given: Mapping[str, Any], options: RunOptions) -> str:
    rows = [
        [{"name": point["name"], "recipe": point["recipe"], "task": point["task"], **run}.get(c) for c in COLUMNS]
        + list(given.values())
        for point in found
        for run in point["runs"]
    ]
    return csv_text((*COLUMNS, *given), rows, options.csv)


def as_text(manifest: Mapping[str, Any]) -> str:
    """Format the manifest as a table: a line for each point."""
    wide = max(len(point["name"]) for point in manifest["points"])
    lines: list[str] = []
    for point in manifest["points"]:
        score = "diverged" if point["score"] is None else f"{100 * point['score']:.1f} %"
        interval = span(point["low"], point["high"])
        seeds = f"{len(point['runs'])} seeds"
        lines.append(
            f"{point['name']:<{wide}}  {point['recipe']:<11}{point['task']:<14}{score:>8}  {interval}  {seeds}"
        )
    return "\n".join(lines)
