"""Curves: how good the answers of a trained system are over a setting that counts only while it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from marki.errors import ConfigError
from marki.files import csv_text, write_json, write_text
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.jobs.progress import ProgressBar
from marki.pictures import can_draw
from marki.versions import versions
from successors import registry, tasks
from successors.evaluation import plots
from successors.tasks import Deck, Split
from successors.training import loop


def curve(
    name: str,
    weights: Mapping[str, np.ndarray],
    deck: Deck,
    part: Split,
    *,
    setting: str,
    values: Sequence[Any],
    changes: Mapping[str, Any] | None = None,
) -> list[dict[str, float]]:
    """Examine one set of weights under several values of a setting; nothing is learned.

    Parameters
    ----------
    name : str
        A system.
    weights : mapping of str to ndarray
        As `Successor.weights` gives them.
    deck : Deck
    part : Split
        What it is asked.
    setting : str
        A setting on which no weight depends, such as ``steps`` of a diffusion model.
    values : sequence
        Its values.
    changes : mapping, optional
        Other changes of its retina settings, with which the weights were learned.

    Returns
    -------
    list of dict
        For each value the value itself, the score, and the task's other figures.

    Raises
    ------
    UnknownName
        For a system or a setting that does not exist.
    StateError
        If the weights do not fit, as when their shapes depend on the setting.
    """
    rows = list[dict[str, float]]()
    for value in values:
        entry = registry.find(name).entry
        learner = entry.create(changes=dict(changes or {}) | {setting: value})
        registry.begin_on_foundation(learner, entry)
        learner.load_weights(weights)
        exam = loop.examine(learner, deck, part)
        rows.append({setting: value, "score": exam.score, **exam.figures})
    return rows


def identity(name: str, setting: str) -> Identity:
    """Return the identity of a curve of the shipped weights of a system; values may be added to it."""
    return Identity(kind=f"{name} over {setting}")


def examine_over(name: str, setting: str, values: Sequence[float], options: RunOptions) -> list[dict[str, float]]:
    """Examine the shipped weights of a system on the test set of its own task under several values of a setting.

    Parameters
    ----------
    name : str
    setting : str
    values : sequence of float
    options : RunOptions
        Its output folder receives ``curve.csv``, ``curve.json`` and ``curve.png``.

    Returns
    -------
    list of dict
        See `curve`.

    Raises
    ------
    UnknownName, StateError
        See `curve`; also if no weights are shipped.
    ConfigError
        If a value is no number, or out of range.
    OutputError
        If the folder is taken.
    """
    system = registry.find(name)
    trial = system.entry.trials[0]
    if setting.startswith("recipe."):
        raise ConfigError(f"{setting} counts only in training", where=name, remedy="Use `sweep` for it")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"{value!r}", where=setting, remedy="Give numbers, such as 1,2,5")
        system.entry.retina.amend(dict(trial.changes) | {setting: value})
    weights = registry.create(name, pretrained=True).weights()
    with claimed(options.folder(), identity(name, setting), resume=options.resume):
        deck = tasks.load(trial.task, quiet=options.quiet, **trial.options)
        rows = list[dict[str, float]]()
        with ProgressBar(len(values), f"{name} over {setting}", "values", quiet=options.quiet) as bar:
            for value in values:
                rows += curve(name, weights, deck, deck.test, setting=setting, values=[value], changes=trial.changes)
                bar.update()
        about = {"name": name, "task": trial.task, "setting": setting, "versions": versions(), "rows": rows}
        write_json(options.folder() / "curve.json", about)
        write_text(
            options.folder() / "curve.csv", csv_text(tuple(rows[0]), [list(row.values()) for row in rows], options.csv)
        )
        if can_draw() and len(rows) > 1:
            title = f"{name}, one set of weights: {trial.task}"
            plots.setting_curve(options.folder() / "curve.png", title, rows, setting, tasks.find(trial.task).metric)
    return rows


def as_text(rows: Sequence[Mapping[str, float]]) -> str:
    """Format the rows as a table."""
    widths = [max(len(name), 9) for name in rows[0]]
    head = "  ".join(f"{name:>{wide}}" for name, wide in zip(rows[0], widths, strict=True))
    lines = ["  ".join(f"{value:>{w}.4g}" for value, w in zip(row.values(), widths, strict=True)) for row in rows]
    return "\n".join((head, *lines))
