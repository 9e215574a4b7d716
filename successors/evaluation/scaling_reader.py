"""The record of runs at equal computing, read while they are under way: each of them is a file from when it ended."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import MarkIError
from marki.io.scaling_record import ScalingOptimum, ScalingRecord, ScalingRun
from marki.jobs.folders import holds
from marki.reading import read_json
from successors import registry
from successors.evaluation.scaling import COLUMNS, identity, least

SHIPPED = "scaling.json"
"""Name of a record that stands beside the weights of its system."""


def newest_record(folder: Path) -> ScalingRecord | None:
    """Return the runs of the system that was trained last at equal computing; None if there are none.

    Parameters
    ----------
    folder : Path
        Whose folders ``scaling-…`` are looked into; before the first run has ended in one of them, what was shipped
        with the weights is read.
    """
    systems = [system for system in registry.systems() if system.entry.scaling is not None]
    found: list[tuple[float, str, Path, list[Path]]] = []
    for place in folder.glob("scaling-*"):
        for system in systems:
            files = sorted(place.glob("runs/*.json"), key=lambda file: (_ended(file), file.name))
            if files and holds(place, identity(system.name)):
                found.append((_ended(files[-1]), system.name, place, files))
    for _, name, place, files in sorted(found, reverse=True):
        if rows := [row for row in map(_row, files) if row is not None]:
            return record(name, rows, str(place))
    for system in systems:
        with contextlib.suppress(MarkIError):  # none is shipped
            return record(system.name, read_json(registry.shipped(system.name) / SHIPPED)["rows"], SHIPPED)
    return None


def record(name: str, rows: Sequence[Mapping[str, Any]], place: str) -> ScalingRecord:
    """Return the record of a system's runs, given as rows with the keys of `scaling.COLUMNS`.

    Parameters
    ----------
    name : str
    rows : sequence of mapping
    place : str
        Where they were found.
    """
    system = registry.find(name)
    about = system.entry.scaling
    assert about is not None, "only systems with such runs have records of them"
    runs = tuple(
        ScalingRun(
            operations=row["operations"], width=row["width"], seed=row["seed"], parameters=row["parameters"],
            tokens=row["tokens"], loss=row["loss"],
        )
        for row in rows
    )  # fmt: skip
    optima = [
        _best(operations, [run for run in runs if run.operations == operations])
        for operations, widths in sorted(about.budgets.items())
        if {run.width for run in runs if run.operations == operations} >= set(widths)
    ]
    exponent = None
    if len(optima) > 1:
        budgets, sizes = (np.log([getattr(o, key) for o in optima]) for key in ("operations", "parameters"))
        exponent = float(np.polyfit(budgets, sizes, 1)[0])
    return ScalingRecord(
        name=name,
        label=system.entry.label,
        place=place,
        entropy=about.entropy,
        runs=runs,
        sizes=sum(map(len, about.budgets.values())),
        optima=tuple(optima),
        exponent=exponent,
    )


def _best(operations: float, runs: Sequence[ScalingRun]) -> ScalingOptimum:
    """Return the best size at a budget, by the mean losses of its sizes."""
    sizes = sorted({run.parameters for run in runs})
    losses = [np.mean([run.loss for run in runs if run.parameters == size]) for size in sizes]
    weights, loss, inside = least(np.array(sizes, float), np.array(losses))
    return ScalingOptimum(operations=operations, parameters=weights, loss=loss, inside=inside)


def _row(file: Path) -> Mapping[str, Any] | None:
    """Return a run; None for one that cannot be read, or is none."""
    try:
        found = read_json(file)
    except MarkIError:
        return None
    whole = isinstance(found, dict) and all(isinstance(found.get(key), int | float) for key in COLUMNS)
    return found if whole else None


def _ended(file: Path) -> float:
    """Return when a file was written; 0 for one that is gone."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
