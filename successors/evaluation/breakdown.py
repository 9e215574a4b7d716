"""Breakdowns: the answers of trainings by group (typeface) and by class, and the table of confusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from successors import tasks
from successors.evaluation.estimates import hits

NONE = "none"
"""Column of the answers that are the code of no class."""


def breakdown(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the answers of some trainings of one system on one task, counted over all of them.

    Parameters
    ----------
    runs : sequence of mapping
        Results of `training_job.job`.

    Returns
    -------
    dict
        ``groups`` and ``classes``: for each typeface or other group, and for each class, the right answers and all of
        them, [int, int]; empty if there are none. ``confusion``: for each class shown, the counts of the answers, in
        order of the classes and then of `NONE`, as text with blanks; empty if the answer is a field or text.
    """
    groups: dict[str, list[int]] = {}
    classes: dict[str, list[int]] = {}
    confusion: dict[str, np.ndarray] = {}
    for run in runs:
        settings = run["order"]["settings"]
        task, options = tasks.find(settings["task"]), settings["options"]
        deck = tasks.load(task.name, **options)
        right, kinds = hits(run).astype(int), deck.test.kinds
        of = () if task.groups is None else task.groups(task.config().amend(options))
        _count(groups, of, right)
        named = [deck.classes[kind] for kind in kinds] if deck.classes and kinds.min() >= 0 else []
        _count(classes, named, right)
        for name, answer in zip(named, run["answered"], strict=bool(run["answered"])):
            row = confusion.setdefault(name, np.zeros(len(deck.classes) + 1, int))
            row[answer] += 1  # -1, no class, is the last column
    listed = {name: " ".join(map(str, row.tolist())) for name, row in confusion.items()}
    return {"groups": groups, "classes": classes, "confusion": listed}


def _count(found: dict[str, list[int]], names: Sequence[str], right: np.ndarray) -> None:
    for name, hit in zip(names, right.tolist(), strict=bool(names)):
        row = found.setdefault(name, [0, 0])
        row[0] += hit
        row[1] += 1


def as_text(confusion: Mapping[str, str]) -> str:
    """Format a table of confusions: a row for each class shown, its answers in per cent, nothing for 0."""
    names = [*confusion, NONE]
    wide = max(4, *(len(name) for name in names))
    lines = ["shown".ljust(wide) + "".join(f" {name:>{wide}}" for name in names) + "   (per cent of the row)"]
    for name, text in confusion.items():
        counts = [int(count) for count in text.split()]
        whole = sum(counts)
        cells = [f"{100 * count / whole:.1f}".removesuffix(".0") if count else "" for count in counts]
        lines.append(name.ljust(wide) + "".join(f" {cell:>{wide}}" for cell in cells))
    return "\n".join(lines)
