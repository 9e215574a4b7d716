"""Comparison: any set of learners, the Mark I included, on one task, with the cost of each."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
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
from successors.evaluation import estimates, plots
from successors.training import participants, presets, training_job
from successors.training.participants import Machine

COLUMNS = (
    "name",
    "year",
    "recipe",
    "score",
    "low",
    "high",
    "seeds",
    "diverged",
    "parameters",
    "multiply_adds",
    "shown",
    "seconds",
    "note",
)
"""Columns of the CSV: recipe, historical or modern (one only for the Mark I and references); score, mean test score,
with its 95 % interval over seeds and test sets, empty for one seed (see `estimates`); diverged, number of seeds that
diverged and are in no other figure; multiply-adds of one answer; stimuli shown in training and seconds of training,
means over the seeds; note, a remark, and warnings of dead or stuck trainings."""


def identity(task: str, options: Mapping[str, Any] | None, recipe: str, budget: int | None) -> Identity:
    """Return the identity of a comparison; learners and seeds may be added to it."""
    settings = {"task": task, "set": dict(options or {}), "recipe": recipe, "budget": budget}
    return Identity(kind="comparison", settings=settings)


def compare(
    task: str,
    learners: Sequence[str] | None = None,
    *,
    run: RunOptions | None = None,
    out: Path | str | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    options: Mapping[str, Any] | None = None,
    recipe: str = presets.HISTORICAL,
    budget: int | None = None,
    machine: Machine | None = None,
) -> list[dict[str, Any]]:
    """Train learners on a task, each by a recipe, and evaluate them on the test set.

    Parameters
    ----------
    task : str
    learners : sequence of str, optional
        Names of participants; by default all that fit the task.
    run : RunOptions, optional
        How it is run; quietly and on all cores if not said. Its output folder receives ``comparison.csv``,
        ``comparison.json``, ``comparison.png`` and the runs.
    out : Path or str, optional
        The output folder, if `run` names none.
    seeds : sequence of int
    options : mapping, optional
        Settings of the task.
    recipe : {"historical", "modern", "both"}
        Whether to train each by its own recipe, all by the modern one, or each by both.
    budget : int, optional
        Stimuli shown in training, the same for all; see `presets.changes`.
    machine : callable, optional
        Makes the Mark I.

    Returns
    -------
    list of dict
        One row per learner and recipe, keys as in `COLUMNS`, in order of time.

    Raises
    ------
    UnknownName
        For a learner, task or recipe that does not exist.
    PortError
        For a learner that cannot take part in the task.
    ConfigError
        Without an output folder, or with two.
    OutputError, StateError
        If the folder is taken.
    """
    run = run or RunOptions(quiet=True)
    if out is not None:
        if run.out is not None and Path(run.out) != Path(out):
            raise ConfigError(f"there are two output folders, {run.out} and {out}", where="compare", remedy="Give one")
        run = replace(run, out=Path(out))
    about, folder = tasks.find(task), Path(run.folder())
    names = list(dict.fromkeys(learners or participants.fitting(task)))
    for name in names:
        participants.check_fits(name, task)
    orders = {
        (name, kind): training_job.seeded(
            training_job.training(
                name, task, options=options, changes=presets.changes(name, task, kind=kind, budget=budget)
            ),
            seeds,
        )
        for kind in presets.kinds(recipe)
        for name in names
        if kind == presets.HISTORICAL or recipe == presets.MODERN or name in registry.names()
    }
    every = [order for row in orders.values() for order in row]
    with claimed(folder, identity(task, options, recipe, budget), resume=run.resume):
        found = training_job.train_all(every, folder / "runs", run, machine=machine)
        lost = training_job.diverged(found, folder / "runs")
        rows = [_row(*which, [found[order] for order in row]) for which, row in orders.items()]
        rows.sort(key=lambda row: (row["year"] or 0, row["name"], row["recipe"]))
        content = {"task": task, "options": dict(options or {}), "metric": about.metric, "chance": about.chance}
        content |= {"recipe": recipe, "budget": budget, "seeds": list(seeds), "versions": versions(), "rows": rows}
        content["diverged"] = lost
        write_json(folder / "comparison.json", content)
        write_text(folder / "comparison.csv", csv_text(COLUMNS, [list(row.values()) for row in rows], run.csv))
        if can_draw() and (drawn := [row for row in rows if row["score"] is not None]):
            shown = f", {budget:,} stimuli shown at most" if budget else ""
            title = f"{about.title} ({len(seeds)} seeds{shown})"
            plots.comparison(folder / "comparison.png", title, drawn, metric=about.metric, chance=about.chance)
    if not run.quiet:
        print("\n".join(lost), file=sys.stderr, end="\n" if lost else "")
    return rows


def _row(name: str, recipe: str, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ended = [f for f in found if training_job.DIVERGED not in f]
    count = max(1, len(ended))
    return {
        "name": name,
        "year": found[0]["year"],
        "recipe": recipe if name in registry.names() else "",
        **estimates.summary(found),
        "shown": sum(f["shown"] for f in ended) / count,
        "seconds": sum(f["processor_seconds"] for f in ended) / count,
        "note": "; ".join(text for text in (found[0]["note"], training_job.warned(ended)) if text),
    }


def as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Format the rows as a table."""
    head = ("learner", "year", "recipe", "right", "95 % interval", "parameters", "mult-adds", "shown", "seconds", "")
    lines: list[tuple[str, ...]] = [head]
    for row in rows:
        lines.append(
            (
                row["name"],
                str(row["year"] or "-"),
                row["recipe"] or "-",
                "-" if row["score"] is None else f"{100 * row['score']:.1f} %",
                span(row["low"], row["high"]),
                "-" if row["parameters"] is None else f"{row['parameters']:,}",
                "-" if row["multiply_adds"] is None else f"{row['multiply_adds']:,}",
                f"{row['shown']:,.0f}",
                f"{row['seconds']:.1f}",
                "; ".join(filter(None, (row["note"], row["diverged"] and f"{row['diverged']} seeds diverged"))),
            )
        )
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k in (0, len(head) - 1) else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
