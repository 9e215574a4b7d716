"""Publication: run all trainings that a system's metrics need; write its weights, metrics and plots.

For each system: its trials with all seeds, its own task with the defining mechanism switched off, and its baselines.
Runs that several systems need are done once.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marki.files import write_json
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.pictures import can_draw
from marki.versions import versions
from successors import registry, tasks
from successors.evaluation import plots
from successors.model_card import Trial
from successors.nn import weights_file
from successors.registry import METRICS, WEIGHTS, System
from successors.training import loop, participants, training_job
from successors.training.participants import Machine
from successors.training.training_job import DIVERGED, TrainingJob

BASELINE_SEEDS = 3
"""Largest number of seeds of a baseline: only its mean is compared, not its interval."""

RUNS = "runs"
"""Folder of the training runs, in the output folder."""

LOST = "diverged.json"
"""File with a line for each run of a system that diverged."""


def publish(
    names: Sequence[str],
    options: RunOptions,
    *,
    seed: int = 0,
    machine: Machine | None = None,
    command: str = "",
) -> dict[str, dict[str, Any]]:
    """Train systems; write ``OUT/NAME/`` with weights, metrics and plots of each, and return the metrics.

    A system of which a run diverged is not published: its folder holds `LOST` instead, and the others go on.

    Parameters
    ----------
    names : sequence of str
    options : RunOptions
        With an output folder. It may hold other systems; an existing folder of one of these is used only on resumption.
    seed : int
        The first seed of each trial.
    machine : callable, optional
        Makes the Mark I.
    command : str
        The command line, stored with the metrics.

    Raises
    ------
    OutputError, StateError
        If there are results already and they are not resumed, or results of something else.
    """
    out = options.folder()
    folder = out / RUNS
    systems = [registry.find(name) for name in names]
    orders = [order for system in systems for order in _orders(system, seed)]
    with contextlib.ExitStack() as stack:
        for system in systems:
            identity = Identity(kind=f"training of {system.name}", seed=seed)
            stack.enter_context(claimed(out / system.name, identity, resume=options.resume))
        found = training_job.train_all(orders, folder, options, machine=machine)
        results = {}
        for system in systems:
            mine = {order: found[order] for order in _orders(system, seed)}
            if lost := training_job.diverged(mine, folder):
                write_json(out / system.name / LOST, {DIVERGED: lost})
                results[system.name] = {DIVERGED: lost}
            else:
                results[system.name] = _conclude(system, found, out, folder, seed, command)
        return results


def _main(system: System, trial: Trial, seed: int) -> list[TrainingJob]:
    order = training_job.training(system.name, trial.task, options=trial.options, changes=trial.changes)
    return training_job.seeded(order, range(seed, seed + trial.seeds))


def _baseline(trial: Trial, seed: int) -> list[TrainingJob]:
    if trial.baseline is None:
        return []
    changes = participants.default_changes(trial.baseline, trial.task) if trial.against is None else trial.against
    order = training_job.training(trial.baseline, trial.task, options=trial.options, changes=changes)
    return training_job.seeded(order, range(seed, seed + min(trial.seeds, BASELINE_SEEDS)))


def _without(system: System, seed: int) -> list[TrainingJob]:
    trial = system.entry.trials[0]
    changes = dict(trial.changes) | dict(system.entry.mechanism.without)
    order = training_job.training(system.name, trial.task, options=trial.options, changes=changes)
    return training_job.seeded(order, range(seed, seed + trial.seeds))


def _orders(system: System, seed: int) -> list[TrainingJob]:
    orders = []
    for trial in system.entry.trials:
        orders += _main(system, trial, seed) + _baseline(trial, seed)
    return orders + _without(system, seed)


def _summary(found: Mapping[TrainingJob, Mapping[str, Any]], orders: Sequence[TrainingJob]) -> dict[str, Any]:
    about = training_job.summary([found[order] for order in orders])
    return {
        "value": about["score"],
        "interval": None if about["low"] is None else [about["low"], about["high"]],
        "seeds": {str(order.seed): found[order]["score"] for order in orders},
    }


def _trial(system: System, trial: Trial, found: Mapping[TrainingJob, Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Return the results of one trial, and whether it was passed."""
    result = _summary(found, _main(system, trial, seed))
    scores = list(result["seeds"].values())
    stood = {}
    if trial.at_least is not None:
        stood["at_least"] = {"wanted": trial.at_least, "holds": min(scores) >= trial.at_least}
    if trial.at_most is not None:
        stood["at_most"] = {"wanted": trial.at_most, "holds": max(scores) <= trial.at_most}
    about = {
        "task": trial.task,
        "options": dict(trial.options),
        "changes": dict(trial.changes),
        "metric": tasks.find(trial.task).metric,
        **result,
    }
    runs_ = [found[order] for order in _main(system, trial, seed)]
    if runs_[0]["also"]:
        about["also"] = {name: sum(r["also"][name] for r in runs_) / len(runs_) for name in runs_[0]["also"]}
    if trial.baseline is not None:
        base = _summary(found, _baseline(trial, seed))
        about["baseline"] = {"name": trial.baseline, "changes": dict(trial.against or {}), **base}
        if trial.above:
            stood["above baseline"] = {"wanted": base["value"], "holds": result["value"] > base["value"]}
        else:
            least = base["value"] - trial.slack
            stood["not below baseline"] = {"wanted": least, "holds": result["value"] >= least}
    return about | {"stood": stood}


def _best(orders: Sequence[TrainingJob], found: Mapping[TrainingJob, Mapping[str, Any]]) -> TrainingJob:
    """Return the run with the highest validation score."""
    return max(orders, key=lambda order: (found[order]["valid"], -order.seed))


def _ship(system: System, order: TrainingJob, folder: Path, path: Path) -> dict[str, str]:
    """Write the weights of a run, rounded to float16; return the text stored with them."""
    arrays, about = weights_file.load(folder / f"{order.key}.safetensors", system=system.name)
    weights_file.save(path, arrays, half=True, **about)
    return about


def _conclude(
    system: System, found: Mapping[TrainingJob, Mapping[str, Any]], out: Path, folder: Path, seed: int, command: str
) -> dict[str, Any]:
    """Write the folder of one system."""
    entry, home = system.entry, out / system.name
    main = _main(system, entry.trials[0], seed)
    trials = [_trial(system, trial, found, seed) for trial in entry.trials]
    first, without = trials[0], _summary(found, _without(system, seed))
    best = _best(main, found)
    about = _ship(system, best, folder, home / WEIGHTS)
    for trial in entry.trials[1:]:
        if registry.in_hall(entry, trial.task) and trial == next(t for t in entry.trials if t.task == trial.task):
            order = _best(_main(system, trial, seed), found)
            _ship(system, order, folder, home / registry.weights_name(trial.task))
    # The shipped weights are rounded, so they are evaluated again.
    learner = registry.create(system.name, weights=home / WEIGHTS)
    deck = tasks.load(best.task, **dict(best.options))
    metrics = {
        "name": system.name,
        **registry.count_footprint(entry),
        "command": command,
        "versions": versions(),
        "result": {k: first[k] for k in ("metric", "value", "interval", "seeds")},
        "baseline": {k: v for k, v in first["baseline"].items() if k in ("name", "value")}
        if "baseline" in first
        else None,
        "mechanism": {"name": entry.mechanism.name, "with": first["value"], "without": without["value"]},
        "mechanism_seeds": {"with": first["seeds"], "without": without["seeds"]},
        "trials": trials,
        "shipped": {"seed": best.seed, "score": loop.evaluate(learner, deck, deck.test)},
        "cost": {
            k: sum(found[order][k] for order in main) / len(main)
            for k in ("steps", "shown", "seconds", "processor_seconds")
        },
        "curves": {str(order.seed): found[order]["curve"] for order in main},
        "digests": {str(order.seed): found[order].get("digest", "") for order in main},
        "settings": json.loads(about["settings"]),
    }
    write_json(home / METRICS, metrics)
    if can_draw():
        plots.training_curves(home / "learning_curve.png", f"{system.name}, {system.year}, on {best.task}", metrics)
        for figure in entry.figures:
            stimuli = np.asarray(deck.test.stimuli[: figure.stimuli])
            shown = figure.measure(learner, stimuli, deck.test.targets[: figure.stimuli])
            plots.figure(home / f"{figure.name}.png", figure, shown)
    return metrics
