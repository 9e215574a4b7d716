"""Ablation paths (road maps): the steps that lead to a system, each trained separately."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from marki.errors import ConfigError
from marki.files import csv_text, write_json, write_text
from marki.intervals import span
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.pictures import can_draw
from marki.versions import versions
from successors import registry, tasks
from successors.evaluation import plots
from successors.training.training_job import diverged, seeded, summary, train_all, training

COLUMNS = ("step", "score", "low", "high", "seeds", "diverged", "parameters", "multiply_adds")
"""Columns of the CSV: score, mean test score over the seeds, with its 95 % interval; diverged, number of those
that did, and are in no other figure."""


def identity(name: str) -> Identity:
    """Return the identity of a system's path; seeds may be added to it."""
    return Identity(kind=f"road map of {name}")


def train_path(name: str, options: RunOptions, *, seeds: Sequence[int] = (0, 1, 2)) -> list[dict[str, Any]]:
    """Train each step of a system's road map, on the system's own task.

    Parameters
    ----------
    name : str
    options : RunOptions
        Its output folder receives ``roadmap.csv``, ``roadmap.json``, ``roadmap.png`` and the runs.
    seeds : sequence of int

    Returns
    -------
    list of dict
        One row per step, in order, keys as in `COLUMNS`.

    Raises
    ------
    UnknownName
        For a system that does not exist.
    ConfigError
        For one without a road map.
    OutputError, StateError
        If the folder is taken.
    """
    system = registry.find(name)
    if not system.entry.roadmap:
        having = ", ".join(s.name for s in registry.systems() if s.entry.roadmap)
        raise ConfigError(f"{name} has no road map", where="roadmap", remedy=f"Choose {having}")
    trial = system.entry.trials[0]
    orders = {
        step: seeded(training(name, trial.task, options=trial.options, changes=changes), seeds)
        for step, changes in system.entry.roads().items()
    }
    every = [order for row in orders.values() for order in row]
    out = options.folder()
    with claimed(out, identity(name), resume=options.resume):
        found = train_all(every, out / "runs", options)
        lost = diverged(found, out / "runs")
        rows = [{"step": step, **summary([found[order] for order in row])} for step, row in orders.items()]
        about = {"name": name, "task": trial.task, "options": dict(trial.options), "seeds": list(seeds)}
        write_json(out / "roadmap.json", about | {"versions": versions(), "rows": rows, "diverged": lost})
        write_text(out / "roadmap.csv", csv_text(COLUMNS, [list(row.values()) for row in rows], options.csv))
        if can_draw() and (drawn := [row for row in rows if row["score"] is not None]):
            title = f"{name}, step by step: {trial.task} ({len(seeds)} seeds)"
            plots.roadmap(out / "roadmap.png", title, drawn, metric=tasks.find(trial.task).metric)
    if not options.quiet:
        print("\n".join(lost), file=sys.stderr, end="\n" if lost else "")
    return rows


def as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Format the rows as a table."""
    wide = max(len(row["step"]) for row in rows)
    return "\n".join(
        f"{row['step']:<{wide}}    diverged"
        if row["score"] is None
        else f"{row['step']:<{wide}}{100 * row['score']:7.1f} %  ({span(row['low'], row['high'])})"
        f"{row['parameters']:>10,} parameters{row['multiply_adds']:>12,} multiply-adds"
        + (f"  {row['diverged']} seeds diverged" if row["diverged"] else "")
        for row in rows
    )
