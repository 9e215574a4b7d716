"""Downstream tasks: heads on five backbones that learned letters, with equal budgets, and what is said of them.

Each is trained with the backbone frozen, and tuned with the rest.

The history of 2022 says that the vision transformer was weak at detection and segmentation, that Swin is not, and that
ConvNeXt rivals it. Each statement is tested on the same decks with the same seeds, and comes out as *holds*, *not told
apart* or *fails*.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marki.files import csv_text, write_json, write_text
from marki.intervals import span
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.versions import versions
from successors.baselines.heads import TASKS
from successors.evaluation import estimates
from successors.training.participants import HEADS
from successors.training.training_job import diverged, seeded, train_all, training

COLUMNS = ("task", "head", "score", "low", "high", "seeds", "diverged", "parameters", "multiply_adds")
"""Columns of the CSV, as those of a road map."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is said of two backbones.

    Parameters
    ----------
    text : str
    better, worse : str
        Names of both.
    slack : float
        Score by which the first may be lower; 0: it has to be higher.
    """

    text: str
    better: str
    worse: str
    slack: float = 0.0


STATEMENTS = (
    Statement(text="ViT is weaker than Swin", better="swin", worse="vit"),
    Statement(text="ViT is weaker than the residual network", better="resnet", worse="vit"),
    Statement(text="ConvNeXt rivals Swin", better="convnext", worse="swin", slack=0.02),
)


def identity(chosen: Sequence[str]) -> Identity:
    """Return the identity of such trainings; seeds may be added to it."""
    return Identity(kind="heads on backbones", settings={"tasks": list(chosen)})


def train_heads(
    options: RunOptions,
    *,
    chosen: Sequence[str] = TASKS,
    seeds: Sequence[int] = range(5),
    changes: Mapping[str, Any] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Train every head on each task.

    Parameters
    ----------
    options : RunOptions
        Its output folder receives ``downstream.csv``, ``downstream.json`` and the runs.
    chosen : sequence of str
        Tasks.
    seeds : sequence of int
    changes : mapping, optional
        Changes of the settings of all heads, such as shorter recipes.

    Returns
    -------
    dict
        ``rows``, one for each task and head with the keys of `COLUMNS` and ``also``, the means of what is
        counted beside the score; and ``statements``: task, how, text, value, interval and word of each.

    Raises
    ------
    OutputError, StateError
        If the folder is taken, or the weights of a backbone are not shipped.
    """
    orders = {(task, head): seeded(training(head, task, changes=changes), seeds) for task in chosen for head in HEADS}
    out = options.folder()
    with claimed(out, identity(chosen), resume=options.resume):
        found = train_all([order for row in orders.values() for order in row], out / "runs", options)
        lost = diverged(found, out / "runs")
        rows = [
            {"task": task, "head": head, **estimates.summary([found[order] for order in row])}
            | {"also": _also([found[order] for order in row])}
            for (task, head), row in orders.items()
        ]
        told = [
            _tested(statement, task, how, [[found[order] for order in orders[task, f"{name} {how}"]] for name in
                                           (statement.better, statement.worse)])
            for task in chosen
            for how in ("frozen", "tuned")
            for statement in STATEMENTS
            if not lost
        ]  # fmt: skip
        about = {"seeds": list(seeds), "versions": versions(), "rows": rows, "statements": told, "diverged": lost}
        write_json(out / "downstream.json", about)
        table = [[row[key] for key in COLUMNS] for row in rows]
        write_text(out / "downstream.csv", csv_text(COLUMNS, table, options.csv))
    if not options.quiet:
        print("\n".join(lost), file=sys.stderr, end="\n" if lost else "")
    return {"rows": rows, "statements": told}


def _also(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the mean over the seeds of what is counted beside the score, by name."""
    counted = [run["also"] for run in runs if "also" in run]
    return {name: sum(also[name] for also in counted) / len(counted) for name in (counted[0] if counted else ())}


def _tested(statement: Statement, task: str, how: str, runs: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Return what became of a statement on a task, with heads of one kind."""
    ahead = estimates.lead(*runs)
    word = ahead.above(-statement.slack, strictly=not statement.slack)
    return {"task": task, "how": how, "statement": statement.text, **ahead.as_mapping(), "word": word}


def as_text(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Format the rows as a table, and the statements with their words."""
    wide = max(len(row["head"]) for row in found["rows"])
    lines = [
        f"{row['task']:<9}{row['head']:<{wide}}    diverged"
        if row["score"] is None
        else f"{row['task']:<9}{row['head']:<{wide}}{100 * row['score']:7.1f} %  ({span(row['low'], row['high'])})"
        f"{row['parameters']:>10,} parameters"
        + "".join(f"; {name} {100 * value:.1f} %" for name, value in row["also"].items())
        for row in found["rows"]
    ]
    for told in found["statements"]:
        lead = estimates.as_text(told, difference=True)
        lines.append(f"{told['task']}, {told['how']}: {told['statement']}: {told['word']} ({lead})")
    return "\n".join(lines)
