"""Sweeps: a grid of settings, each point a task of its own, on this computer's cores or on a Dask cluster.

Every task writes its own result, whole or not at all, so that whatever is killed, only the tasks in hand are lost;
``--resume`` runs what is missing. What is run at a point is lent by the caller: this file knows no experiment.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marki.config import flat, read_settings
from marki.errors import ConfigError, MarkIError, OutputError, unknown
from marki.files import csv_text, prepare_folder, read_json, write_json, write_text
from marki.processes import cores
from marki.versions import versions

_REMEDY = "What is done is kept; go on with --resume"

TABLES = ("kind", "seeds", "fixed", "grid")


@dataclass(frozen=True, kw_only=True)
class SweepKind:
    """What can be swept.

    Parameters
    ----------
    check : callable
        ``check(settings)``, raises for settings that cannot be run, before anything is.
    run : callable
        ``run(settings, seed, folder) -> dict`` of plain numbers and text, the same wherever it runs; it may go on with
        what it finds in its folder.
    """

    check: Callable[[Mapping[str, Any]], None]
    run: Callable[[Mapping[str, Any], int, Path], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One task: settings by dotted name, and a seed."""

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
        """All tasks, in the order of the grid, seeds innermost."""
        found = []
        for values in itertools.product(*self.grid.values()):
            settings = dict(self.fixed) | dict(zip(self.grid, values, strict=True))
            found += [Point(settings=settings, seed=seed) for seed in self.seeds]
        return found


def read(path: Path | str, kinds: Mapping[str, SweepKind]) -> SweepSpec:
    """Read a sweep from a TOML or JSON file, and check each of its points.

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
    if kind not in kinds:
        raise unknown("kind", kind, kinds, where=f"{path}: kind")
    seeds = content.get("seeds", 1)
    seeds = range(seeds) if isinstance(seeds, int) and not isinstance(seeds, bool) else seeds
    if not isinstance(seeds, (list, range)) or not seeds or any(type(s) is not int or s < 0 for s in seeds):
        raise ConfigError(
            f"{content.get('seeds')!r}", where=f"{path}: seeds", remedy="Give a number, or a list of them"
        )
    grid = flat(content.get("grid", {}))
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{name} = {values!r}", where=f"{path}: grid", remedy="Give a list of values")
    spec = SweepSpec(kind=kind, fixed=flat(content.get("fixed", {})), grid=grid, seeds=tuple(dict.fromkeys(seeds)))
    if twice := set(spec.fixed) & set(grid):
        raise ConfigError(f"{min(twice)} is fixed and in the grid", where=path, remedy="Take it out of one of them")
    for point in spec.points[:: len(spec.seeds)]:
        kinds[kind].check(point.settings)
    return spec


def carry_out(
    spec: SweepSpec,
    kinds: Mapping[str, SweepKind],
    out: Path,
    *,
    resume: bool = False,
    jobs: int | None = None,
    cluster: str = "",
    quiet: bool = False,
) -> list[dict[str, Any]]:
    """Run all points that have no result yet; write ``results/``, ``sweep.csv`` and ``sweep.json``; return the rows.

    Parameters
    ----------
    spec : SweepSpec
    kinds : mapping of str to SweepKind
    out : Path
        Folder. Workers on other computers must see it under the same name, or their tasks cannot be gone on with.
    resume : bool
        Whether results that are there count; without, there must be none.
    jobs : int, optional
        Processes on this computer; all cores if not said.
    cluster : str
        Address of a Dask scheduler, such as ``tcp://host:8786``; "" for this computer.
    quiet : bool
        Show no bar.

    Raises
    ------
    OutputError
        If there are results already, and it is not resumed.
    MarkIError
        If a task fails, or a worker or the scheduler is lost. Results that are there stay.
    """
    out = prepare_folder(out).absolute()
    points = spec.points
    if not resume and any((out / "results").glob("*.json")):
        raise OutputError("has results already", where=out, remedy="Go on with --resume, or choose another --out")
    missing = [point for point in points if _result(out, point) is None]
    run = kinds[spec.kind].run
    from tqdm import tqdm  # here, as joblib below: the window starts without them

    with tqdm(
        total=len(points), initial=len(points) - len(missing), unit=" tasks", disable=True if quiet else None
    ) as bar:
        for point, result in _done(run, missing, out, jobs or cores(), cluster):
            if _result(out, point) is None:  # made on a computer that does not see this folder
                write_json(_file(out, point), result)
            bar.update()
    results = [_result(out, point) for point in points]
    if None in results:
        raise MarkIError(
            f"{results.count(None)} of {len(points)} tasks did not come back", where=cluster or "sweep", remedy=_REMEDY
        )
    rows = [_row(point, result) for point, result in zip(points, results, strict=True)]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    write_text(out / "sweep.csv", csv_text(columns, ([row.get(key) for key in columns] for row in rows)))
    write_json(
        out / "sweep.json",
        {
            "kind": spec.kind,
            "fixed": dict(spec.fixed),
            "grid": dict(spec.grid),
            "seeds": list(spec.seeds),
            "versions": versions(),
            "rows": rows,
        },
    )
    return rows


def _done(
    run: Callable[..., Mapping[str, Any]], points: Sequence[Point], out: Path, jobs: int, cluster: str
) -> Iterator[tuple[Point, dict[str, Any]]]:
    """Yield points and results as they are done."""
    if not points:
        return
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with contextlib.ExitStack() as stack:
        if cluster:
            stack.enter_context(_client(cluster))
            stack.enter_context(joblib.parallel_config(backend="dask"))
        else:
            stack.enter_context(joblib.parallel_config(backend="loky", n_jobs=min(jobs, len(points))))
        try:
            parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
            yield from parallel(joblib.delayed(_task)(run, point, out) for point in points)
        except MarkIError:
            raise
        except TerminatedWorkerError as error:
            raise MarkIError("a worker process was killed", where="sweep", remedy=_REMEDY) from error
        except Exception as error:
            if not cluster:
                raise
            raise MarkIError(
                f"the cluster was lost ({type(error).__name__}: {error})", where=cluster, remedy=_REMEDY
            ) from error


@contextlib.contextmanager
def _client(address: str) -> Iterator[None]:
    try:
        from distributed import Client
    except ImportError as error:
        raise MarkIError(
            "needs Dask, which is not installed", where="--cluster", remedy="pip install 'marki[cluster]'"
        ) from error
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise MarkIError(
            f"no scheduler answers ({error})", where=f"--cluster {address}", remedy="Give its address, tcp://HOST:PORT"
        ) from error
    try:
        # With one thread joblib would run everything in this process, and say nothing.
        if (threads := sum(client.ncores().values())) < 2:
            raise MarkIError(
                f"{threads} worker threads", where=f"--cluster {address}", remedy="Start two workers or more"
            )
        yield
    finally:
        with contextlib.suppress(Exception):  # a scheduler that is lost cannot be taken leave of
            client.close(timeout=2)


def _task(run: Callable[..., Mapping[str, Any]], point: Point, out: Path) -> tuple[Point, dict[str, Any]]:
    """Run one point, wherever this is, and write its result."""
    since = time.perf_counter()
    try:
        found = dict(run(point.settings, point.seed, out / "work" / point.key))
    except MarkIError as error:
        raise MarkIError(f"{error}", where=f"sweep at {point}") from error
    result = {
        "settings": dict(point.settings),
        "seed": point.seed,
        "result": found,
        "seconds": round(time.perf_counter() - since, 3),
    }
    write_json(_file(out, point), result)
    return point, result


def _file(out: Path, point: Point) -> Path:
    return out / "results" / f"{point.key}.json"


def _result(out: Path, point: Point) -> dict[str, Any] | None:
    """Return the result of a point, or None if there is none."""
    path = _file(out, point)
    return read_json(path) if path.exists() else None


def _row(point: Point, result: Mapping[str, Any]) -> dict[str, Any]:
    return dict(point.settings) | {"seed": point.seed} | dict(result["result"])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sweep`."""
    parser.add_argument("spec", metavar="SPEC.toml", help="what to run: kind, seeds, and tables fixed and grid")
    parser.add_argument("--out", metavar="DIR", default="", help="output folder (default out/sweep-SPEC)")
    parser.add_argument("--cluster", metavar="ADDRESS", default="", help="run on a Dask cluster, tcp://HOST:PORT")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes on this computer (default: all cores)")
    parser.add_argument("--resume", action="store_true", help="run only what has no result yet")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def command(args: argparse.Namespace, kinds: Mapping[str, SweepKind]) -> int:
    """Run a sweep; print where its table is."""
    if args.jobs is not None and args.jobs < 1:
        raise ConfigError(f"{args.jobs} is out of range", where="--jobs", remedy="Give 1 or more")
    spec = read(args.spec, kinds)
    out = Path(args.out or f"out/sweep-{Path(args.spec).stem}")
    try:
        rows = carry_out(spec, kinds, out, resume=args.resume, jobs=args.jobs, cluster=args.cluster, quiet=args.quiet)
    except KeyboardInterrupt:
        print(f"\ninterrupted; what was done is in {out}, go on with --resume")
        return 130
    print(f"{len(rows)} tasks, the table is {out / 'sweep.csv'}")
    return 0
