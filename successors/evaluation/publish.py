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
from marki.reading import read_json
from marki.versions import versions
from successors import registry, tasks
from successors.evaluation import estimates, plots
from successors.evaluation.breakdown import breakdown
from successors.evaluation.estimates import MeanInterval, growth, lead, mean, share
from successors.model_card import SEEDS, Measure, Trial
from successors.nn import weights_file
from successors.registry import METRICS, WEIGHTS, System
from successors.training import loop, participants, training_job
from successors.training.participants import MARK1, Machine
from successors.training.training_job import DIVERGED, TrainingJob

COST = ("steps", "shown", "seconds", "processor_seconds")
"""What is recorded of the cost of a training on the system's own task."""

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
        Systems; `participants.MARK1` among them stands for the machine, whose wiper positions are written.
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
    systems = [registry.find(name) for name in names if name != MARK1]
    for system in systems:
        participants.check_trials(system.name)
    of_machine = _machine(seed) if MARK1 in names else {}
    orders = [order for row in of_machine.values() for order in row]
    orders += [order for system in systems for order in _orders(system, seed)]
    with contextlib.ExitStack() as stack:
        for name in names:
            identity = Identity(kind=f"training of {name}", seed=seed)
            stack.enter_context(claimed(out / name, identity, resume=options.resume))
        found = training_job.train_all(orders, folder, options, machine=machine)
        for task, row in of_machine.items():
            best = _best(row, found)
            write_json(out / MARK1 / f"{task}.json", training_job.wiper_positions(best, found[best]))
        results = {}
        for system in systems:
            mine = {order: found[order] for order in _orders(system, seed)}
            if lost := training_job.diverged(mine, folder):
                write_json(out / system.name / LOST, {DIVERGED: lost})
                results[system.name] = {DIVERGED: lost}
            else:
                results[system.name] = _conclude(system, found, out, folder, seed, command)
        return results


def processor_minutes(names: Sequence[str], out: Path, *, seed: int = 0) -> float:
    """Return how long the processor was at all runs of `publish` together, each counted once, by their records.

    Parameters
    ----------
    names : sequence of str
        As they were published.
    out : Path
    seed : int
    """
    orders = [order for row in (_machine(seed) if MARK1 in names else {}).values() for order in row]
    orders += [order for name in names if name != MARK1 for order in _orders(registry.find(name), seed)]
    files = (out / RUNS / f"{order.key}.json" for order in dict.fromkeys(orders))
    return sum(read_json(file).get("processor_seconds", 0.0) for file in files if file.exists()) / 60


def _machine(seed: int) -> dict[str, list[TrainingJob]]:
    """Return the trainings of the Mark I for what the hall asks, by task."""
    seeds = range(seed, seed + SEEDS)
    return {task: training_job.seeded(training_job.training(MARK1, task), seeds) for task in registry.HALL}


def _main(system: System, trial: Trial, seed: int) -> list[TrainingJob]:
    order = training_job.training(system.name, trial.task, options=trial.options, changes=trial.changes)
    return training_job.seeded(order, range(seed, seed + trial.seeds))


def _baseline(trial: Trial, seed: int) -> list[TrainingJob]:
    if trial.baseline is None:
        return []
    changes = participants.default_changes(trial.baseline, trial.task) if trial.against is None else trial.against
    order = training_job.training(trial.baseline, trial.task, options=trial.options, changes=changes)
    return training_job.seeded(order, range(seed, seed + trial.seeds))


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


Runs = Sequence[Mapping[str, Any]]
"""The results of the trainings of one system with several seeds."""


def _summary(orders: Sequence[TrainingJob], runs: Runs) -> dict[str, Any]:
    scores = {str(order.seed): run["score"] for order, run in zip(orders, runs, strict=True)}
    size = {key: runs[0][key] for key in ("parameters", "multiply_adds")}
    return {**share(runs).as_mapping(), "seeds": scores, **size}


def _claim(
    what: str, wanted: float, about: MeanInterval, word: str, remark: str = "", than: str = ""
) -> dict[str, Any]:
    found = {"claim": what, "than": than, "wanted": wanted, **about.as_mapping(), "word": word}
    return found | {"remark": remark} if remark else found


def _trial(system: System, trial: Trial, found: Mapping[TrainingJob, Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Return the results of one trial, and what became of its claims."""
    orders = _main(system, trial, seed)
    runs = [found[order] for order in orders]
    about: dict[str, Any] = {
        "task": trial.task,
        "label": trial.label,
        "options": dict(trial.options),
        "changes": dict(trial.changes),
        "metric": tasks.find(trial.task).metric,
        **_summary(orders, runs),
    }
    if runs[0]["also"]:
        about["also"] = {name: sum(r["also"][name] for r in runs) / len(runs) for name in runs[0]["also"]}
    if "figures" in runs[0]:
        about["figures"] = {name: sum(r["figures"][name] for r in runs) / len(runs) for name in runs[0]["figures"]}
    about["warnings"] = training_job.warned(runs)
    own = share(runs)
    claims = []
    if trial.at_least is not None:
        word = own.above(trial.at_least)
        claims.append(_claim(estimates.AT_LEAST, trial.at_least, own, word, trial.remark))
    if trial.at_most is not None:
        claims.append(_claim(estimates.AT_MOST, trial.at_most, own, own.below(trial.at_most), trial.remark))
    for name, bound in trial.aside.items():
        other = mean([run["also"][name] for run in runs])
        claims.append(_claim(estimates.AT_LEAST_ON, bound, other, other.above(bound), trial.remark, name))
    if trial.baseline is not None:
        against = _baseline(trial, seed)
        others = [found[order] for order in against]
        about["baseline"] = {
            "name": trial.baseline,
            "changes": dict(trial.against or {}),
            **_summary(against, others),
        }
        ahead = lead(runs, others)
        about["baseline"]["lead"] = ahead.as_mapping()
        wanted = 0.0 if trial.above else -trial.slack
        word = ahead.above(wanted, strictly=trial.above)
        what = estimates.ABOVE if trial.above else estimates.NOT_BELOW
        claims.append(_claim(what, wanted, ahead, word, trial.remark, _rival(system, trial)))
    if trial.grows_from:
        less = next(t for t in system.entry.trials if t.label == trial.grows_from)
        pair = [found[o] for o in _main(system, less, seed)], [found[o] for o in _baseline(less, seed)]
        more = growth(pair, (runs, [found[o] for o in _baseline(trial, seed)]))
        word = more.above(0.0, strictly=True)
        claims.append(_claim(estimates.GREATER_LEAD, 0.0, more, word, trial.remark, trial.grows_from))
    return about | {"claims": claims, **breakdown(runs)}


def _rival(system: System, trial: Trial) -> str:
    """Return with what a trial compares its system: the name of another, or "itself", with the settings that differ."""
    if trial.baseline != system.name:
        return trial.baseline or ""
    differ = ", ".join(f"{name}={value}" for name, value in (trial.against or {}).items())
    return f"itself with {differ}" if differ else "itself as it is"


def _mechanism(system: System, with_: Runs, orders: Sequence[TrainingJob], runs: Runs) -> dict[str, Any]:
    """Return what became of the claim that the system needs its mechanism."""
    mechanism, lost = system.entry.mechanism, lead(with_, runs)
    return {
        "name": mechanism.name,
        "with": share(with_).value,
        "without": share(runs).value,
        "seeds_without": {str(order.seed): run["score"] for order, run in zip(orders, runs, strict=True)},
        "difference": lost.as_mapping(),
        "word": lost.above(0.0, strictly=True),
        "remark": mechanism.remark,
    }


def _best(orders: Sequence[TrainingJob], found: Mapping[TrainingJob, Mapping[str, Any]]) -> TrainingJob:
    """Return the run with the highest validation score, of those on the first one's deck."""
    same = [order for order in orders if order.options == orders[0].options]
    return max(same, key=lambda order: (found[order]["valid"], -order.seed))


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
    main, without = _main(system, entry.trials[0], seed), _without(system, seed)
    runs = [found[order] for order in main]
    trials = [_trial(system, trial, found, seed) for trial in entry.trials]
    best = _best(main, found)
    about = _ship(system, best, folder, home / WEIGHTS)
    shipped = {best.task: _shipped(system, home / WEIGHTS, best)}
    for trial in entry.trials[1:]:
        what = registry.subject(entry, trial)
        if what and what not in (*shipped, registry.subject(entry, entry.trials[0])):
            order, path = _best(_main(system, trial, seed), found), home / registry.weights_name(what)
            _ship(system, order, folder, path)
            shipped[what] = _shipped(system, path, order)
    metrics = {
        "name": system.name,
        **registry.count_footprint(entry),
        "command": command,
        "versions": versions(),
        "trials": trials,
        "mechanism": _mechanism(system, runs, without, [found[order] for order in without]),
        "measures": [_measure(system, measure, seed, folder) for measure in entry.measures],
        "shipped": shipped,
        "cost": {key: sum(run[key] for run in runs) / len(runs) for key in COST},
        "curves": {str(order.seed): run["curve"] for order, run in zip(main, runs, strict=True)},
        "digests": {str(order.seed): run["digest"] for order, run in zip(main, runs, strict=True)},
        "settings": json.loads(about["settings"]),
    }
    write_json(home / METRICS, metrics)
    if can_draw():
        deck = tasks.load(best.task, **dict(best.options))
        learner = registry.create(system.name, weights=home / WEIGHTS)
        if all(metrics["curves"].values()):
            plots.training_curves(home / "learning_curve.png", f"{system.name}, {system.year}, on {best.task}", metrics)
        for figure in entry.figures:
            stimuli = np.asarray(deck.test.stimuli[: figure.stimuli])
            shown = figure.measure(learner, stimuli, deck.test.targets[: figure.stimuli])
            plots.figure(home / f"{figure.name}.png", figure, shown)
    return metrics


def _shipped(system: System, path: Path, order: TrainingJob) -> dict[str, Any]:
    """Return the score of the shipped weights, which are rounded, on the test set of their training."""
    deck = tasks.load(order.task, **dict(order.options))
    score = loop.evaluate(registry.create(system.name, weights=path), deck, deck.test)
    options = dict(order.options)
    return {"file": path.name, "task": order.task, "seed": order.seed, "options": options, "score": score}


def _measure(system: System, measure: Measure, seed: int, folder: Path) -> dict[str, Any]:
    """Return what became of the claim that a figure of the trained network is above 0."""
    trials = system.entry.trials
    trial = next(t for t in trials if t.label == measure.trial) if measure.trial else trials[0]
    orders = _main(system, trial, seed)
    found: list[float] = []
    for order in orders:
        learner = registry.create(system.name, weights=folder / f"{order.key}.safetensors")
        given: tuple[np.ndarray, ...] = ()
        if measure.stimuli:
            test = tasks.load(order.task, **dict(order.options)).test
            given = np.asarray(test.stimuli[: measure.stimuli]), test.targets[: measure.stimuli]
        found.append(measure.run(learner, *given))
    about = mean(found)
    seeds = {str(order.seed): value for order, value in zip(orders, found, strict=True)}
    return _claim(measure.name, 0.0, about, about.above(0.0, strictly=True), measure.remark) | {"seeds": seeds}
