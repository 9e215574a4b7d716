"""Sweeps: a grid of settings, each point with each seed a job of its own.

What is run at a point is lent by the caller: this file knows no experiment.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from marki import pictures, sweep_plot
from marki.config import check, flat, read_settings
from marki.errors import ConfigError, MarkIError, shown, unknown
from marki.files import CsvForm, csv_text, write_json, write_text
from marki.jobs.folders import claimed, holds
from marki.jobs.identity import Identity
from marki.jobs.options import (
    MOST_POINTS,
    MOST_SEED,
    MOST_SEEDS,
    RunOptions,
    add_json_argument,
    options_of,
    print_json,
    resumable,
)
from marki.jobs.options import add_arguments as add_run_arguments
from marki.jobs.runner import Job, run_jobs
from marki.measurements import Measurement, measured, over_seeds
from marki.measurements import rows as estimate_rows
from marki.reading import read_json
from marki.setting_rows import agreed
from marki.versions import versions

TABLES = ("kind", "seeds", "fixed", "grid")
MEANS, MEASUREMENTS, SUMMARY, PICTURE = "measurements", "measurements.csv", "sweep.json", "sweep.png"


@dataclass(frozen=True, kw_only=True)
class SweepKind:
    """What can be swept.

    Parameters
    ----------
    check : callable
        ``check(settings) -> mapping``, raises for settings that cannot be run, before anything is; returns the content
        hash of every file that is read, see `marki.jobs.identity`.
    run : callable
        ``run(settings, seed, folder) -> dict`` of plain numbers and text, the same wherever it runs; it may go on with
        what it finds in its folder. A point that diverged has ``diverged``, the reason, ``step`` and ``state``. Where
        it has ``measurements``, a list as in `marki.measurements`, each has a row in the table.
    names : callable
        ``names(settings) -> mapping`` of the settings that may be given by the end of their names, to their full names;
        it refuses one that is given by two. By default, all are full names.
    measure : callable
        ``measure(result) -> measurements``, of which the means over the seeds are taken; by default those of
        ``measurements``.
    """

    check: Callable[[Mapping[str, Any]], Mapping[str, str]]
    run: Callable[[Mapping[str, Any], int, Path], Mapping[str, Any]]
    names: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda settings: {}
    measure: Callable[[Mapping[str, Any]], list[Measurement]] = lambda result: (
        measured(result) if MEANS in result else []
    )


@dataclass(frozen=True, kw_only=True)
class Point:
    """One job: settings by dotted name, and a seed."""

    settings: Mapping[str, Any]
    seed: int

    @property
    def key(self) -> str:
        """Name of its files."""
        text = json.dumps([sorted(self.settings.items()), self.seed])
        return f"{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}-{self.seed:03d}"

    def __str__(self) -> str:
        return ", ".join(f"{k}={v}" for k, v in {**self.settings, "seed": self.seed}.items())


@dataclass(frozen=True, kw_only=True)
class SweepSpec:
    """A sweep.

    Parameters
    ----------
    kind : str
    fixed : mapping
        Settings of all points, by dotted name.
    grid : mapping of str to list
        Settings that are tried, each value with each of the others.
    seeds : tuple of int
    """

    kind: str
    fixed: Mapping[str, Any]
    grid: Mapping[str, Sequence[Any]]
    seeds: tuple[int, ...]

    @property
    def points(self) -> list[Point]:
        """All points, in the order of the grid, seeds innermost."""
        found = []
        for values in itertools.product(*self.grid.values()):
            settings = dict(self.fixed) | dict(zip(self.grid, values, strict=True))
            found += [Point(settings=settings, seed=seed) for seed in self.seeds]
        return found

    @property
    def identity(self) -> Identity:
        """What a folder of results is known by; seeds, and values of the grid, may be added to it."""
        return Identity(kind=f"sweep of {self.kind}s", settings={"fixed": dict(self.fixed), "grid": sorted(self.grid)})


def read(path: Path | str, kinds: Mapping[str, SweepKind]) -> SweepSpec:
    """Read a sweep from a TOML or JSON file, and check each of its points; settings get their full names.

    Raises
    ------
    ConfigError, UnknownName
        For what is wrong in it, with the file's name.
    """
    content = read_settings(path)
    for key in content:
        if key not in TABLES:
            raise unknown("entry", key, TABLES, where=path)
    kind = content.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise unknown("kind", shown(kind), kinds, where=f"{path}: kind")
    seeds = _seeds(content.get("seeds", 1), f"{path}: seeds")
    fixed, grid = (_table_of(content, name, path) for name in ("fixed", "grid"))
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{name} = {shown(values)}", where=f"{path}: grid", remedy="Give a list of values")
    spec = SweepSpec(kind=kind, fixed=fixed, grid=grid, seeds=seeds)
    if twice := set(spec.fixed) & set(grid):
        raise ConfigError(f"{min(twice)} is fixed and in the grid", where=path, remedy="Take it out of one of them")
    count = math.prod(len(values) for values in grid.values()) * len(seeds)
    if count > MOST_POINTS:
        raise ConfigError(
            f"asks for {count:,} points with their seeds, above the limit of {MOST_POINTS:,}",
            where=path,
            remedy="Try fewer values, or part it into several sweeps",
        )
    for name, values in grid.items():
        if again := _repeated(values):
            raise ConfigError(f"{name} has {shown(again[0])} twice", where=f"{path}: grid",
                              remedy="Give each value once; `seeds` asks for more of each")  # fmt: skip
    try:
        full = agreed(kinds[kind].names(point.settings) for point in spec.points[:: len(seeds)])
        fixed, grid = ({full.get(name, name): value for name, value in table.items()} for table in (fixed, grid))
        spec = replace(spec, fixed=fixed, grid=grid)
        for point in spec.points[:: len(seeds)]:
            kinds[kind].check(point.settings)
    except MarkIError as error:
        raise error.within(path) from error
    return spec


def _repeated(values: Sequence[Any]) -> list[Any]:
    """Return the values that a list has before already, as 3 and 3.0."""
    seen: set[Any] = set()
    return [value for value in values if (key := _comparable(value)) in seen or seen.add(key)]


def _comparable(value: Any) -> Any:
    """Return what is equal for equal values; true is not the number 1."""
    if isinstance(value, dict):
        return dict, _comparable(list(value.items()))
    if isinstance(value, (list, tuple)):
        return list, tuple(map(_comparable, value))
    return isinstance(value, bool), value


def _seeds(given: Any, where: str) -> tuple[int, ...]:
    """Return the seeds of a sweep: so many from 0 on, or those of a list."""
    many = isinstance(given, list)
    if not given or (not many and type(given) is not int) or (many and any(type(seed) is not int for seed in given)):
        raise ConfigError(
            f"{shown(given)} is no number of seeds", where=where, remedy="Give a number, or a list of them"
        )
    check(where, len(given) if many else given, int, {"low": 1, "high": MOST_SEEDS})
    for seed in given if many else ():
        check(where, seed, int, {"low": 0, "high": MOST_SEED})
    return tuple(dict.fromkeys(given if many else range(given)))


def _table_of(content: Mapping[str, Any], name: str, path: Path | str) -> dict[str, Any]:
    """Return a table of a sweep by dotted name; empty where there is none."""
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise ConfigError(f"expected a table, got {shown(found)}", where=f"{path}: {name}",
                          remedy="Give names and values", code="expected.table", value=shown(found))  # fmt: skip
    return flat(found)


def run_sweep(spec: SweepSpec, kinds: Mapping[str, SweepKind], options: RunOptions) -> list[dict[str, Any]]:
    """Run all points that have no result yet; write ``results/``, ``sweep.csv`` and ``sweep.json``; return the rows.

    Each point and seed has a row, or one for each of its measurements. Means of measurements over the seeds, with their
    intervals, are written to ``measurements.csv``, a row for each point, name and condition, and drawn (``sweep.png``).

    Parameters
    ----------
    spec : SweepSpec
    kinds : mapping of str to SweepKind
    options : RunOptions
        With an output folder.

    Raises
    ------
    OutputError, StateError
        If the folder is taken.
    MarkIError
        If a point fails, or a worker or the cluster is lost. Results that are there stay.
    """
    out = options.folder().absolute()
    kind, points = kinds[spec.kind], spec.points
    inputs = [kind.check(point.settings) for point in points[:: len(spec.seeds)] for _ in spec.seeds]
    jobs = [
        Job(
            identity=Identity(kind=spec.kind, settings=point.settings, seed=point.seed, inputs=files),
            work=partial(_run, kind.run, point, out / "work" / point.key),
            file=out / "results" / f"{point.key}.json",
        )
        for point, files in zip(points, inputs, strict=True)
    ]
    with claimed(out, spec.identity, resume=options.resume):
        results = run_jobs(jobs, options, name="sweep", unit="points")
        found = [(point, result["result"]) for point, result in zip(points, results, strict=True)]
        rows = [row for point, result in found for row in _rows(point, result)]
        write_text(out / "sweep.csv", _table(rows, options.csv))
        means = _means(found, kind.measure)
        if means:
            write_text(out / MEASUREMENTS, _table(means, options.csv))
            if pictures.can_draw():
                sweep_plot.draw(out / PICTURE, f"Sweep of {spec.kind}s", spec.grid, means)
        write_json(
            out / SUMMARY,
            {
                "kind": spec.kind,
                "fixed": dict(spec.fixed),
                "grid": dict(spec.grid),
                "seeds": list(spec.seeds),
                "versions": versions(),
                "rows": rows,
                MEANS: means,
            },
        )
    return rows


def _rows(point: Point, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of one point and seed: one, or one for each measurement."""
    about = dict(point.settings) | {"seed": point.seed}
    if MEANS not in result:
        return [about | dict(result)]
    rest = {name: value for name, value in result.items() if name != MEANS}
    return [about | asdict(measurement) | rest for measurement in measured(result)]


def _means(
    found: Sequence[tuple[Point, Mapping[str, Any]]], measure: Callable[[Mapping[str, Any]], list[Measurement]]
) -> list[dict[str, Any]]:
    """Return, for each point, what its measurements are over the seeds."""
    points: dict[str, tuple[Mapping[str, Any], list[list[Measurement]]]] = {}
    for point, result in found:
        if mine := measure(result):
            key = json.dumps(sorted(point.settings.items()))
            points.setdefault(key, (point.settings, []))[1].append(mine)
    return [dict(settings) | row for settings, seeds in points.values() for row in estimate_rows(over_seeds(seeds))]


def _table(rows: Sequence[Mapping[str, Any]], form: CsvForm) -> str:
    """Return rows as CSV, with the columns of all of them."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return csv_text(columns, ([_plain(row.get(key)) for key in columns] for row in rows), form)


def _plain(value: Any) -> Any:
    """Return a number without the last digits that arithmetic leaves, 0.58 and not 0.5800000000000001."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _run(
    run: Callable[..., Mapping[str, Any]], point: Point, folder: Path, *, resume: bool, quiet: bool
) -> dict[str, Any]:
    """Run one point, wherever this is; an interrupted one is always gone on with, the folder being its own."""
    since = time.perf_counter()
    try:
        found = dict(run(point.settings, point.seed, folder))
    except MarkIError as error:
        raise MarkIError(f"{error}", where=f"sweep at {point}", remedy=error.remedy) from error
    return {
        "settings": dict(point.settings),
        "seed": point.seed,
        "result": found,
        "seconds": round(time.perf_counter() - since, 3),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sweep`."""
    parser.add_argument("spec", metavar="SPEC.toml", help="what to run: kind, seeds, and tables fixed and grid")
    add_json_argument(parser)
    add_run_arguments(parser, default="out/sweep-SPEC")


def command(args: argparse.Namespace, kinds: Mapping[str, SweepKind]) -> int:
    """Run a sweep; print where its table is."""
    spec = read(args.spec, kinds)
    base = Path("out", f"sweep-{Path(args.spec).stem}")
    options = options_of(args).free_out(base, lambda folder: holds(folder, spec.identity))
    with resumable(options):
        rows = run_sweep(spec, kinds, options)
    lost = [row for row in rows if row.get("diverged")]
    if args.json:
        print_json({"out": str(options.out), **read_json(options.folder() / SUMMARY)})
        return 0
    told = f", {len(lost)} of them diverged" if lost else ""
    print(f"{len(spec.points)} points{told}, the table is {options.folder() / 'sweep.csv'}")
    for name, what in ((MEASUREMENTS, "means over the seeds"), (PICTURE, "the picture")):
        if (options.folder() / name).exists():
            print(f"{what}: {options.folder() / name}")
    for row in lost:
        varied = ", ".join(f"{name}={row[name]}" for name in (*spec.grid, "seed"))
        print(f"diverged: {varied}, at step {row['step']}: {row['diverged']}")
    return 0
