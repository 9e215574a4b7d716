"""Options of a run: where and how it writes, and how it is run; none of them changes what comes out."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from marki.config import check
from marki.errors import ConfigError, unknown
from marki.files import CSV_FORMS, CsvForm, json_text
from marki.interruption import interrupted_when_terminated
from marki.jobs.folders import free_folder
from marki.jobs.pool import MOST_WORKERS, cores

MOST_SEEDS, MOST_POINTS, MOST_SEED = 10_000, 100_000, 2**62
"""Bounds of an order: seeds, points of a sweep with their seeds, and the number of a seed."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Where a run writes, and how it is run.

    Parameters
    ----------
    out : Path, optional
        Output folder; None writes nothing.
    resume : bool
        Whether what is finished in the folder is taken from there, and what was interrupted gone on with.
    jobs : int, optional
        Processes on this computer; all cores if not said.
    cluster : str
        Address of a Dask scheduler, such as ``tcp://host:8786``; "" for this computer. Its workers must see the output
        folder under the same name.
    quiet : bool
        Show no progress.
    csv : {"plain", "excel"}
        How tables are written, see `marki.files.csv_text`.
    """

    out: Path | None = None
    resume: bool = False
    jobs: int | None = None
    cluster: str = ""
    quiet: bool = False
    csv: CsvForm = "plain"

    def folder(self) -> Path:
        """Return the output folder, where there must be one."""
        if self.out is None:
            raise ConfigError("there is no output folder", where="RunOptions", remedy="Give out=")
        return self.out

    def workers(self, count: int) -> int:
        """Return how many processes of this computer are used for so many jobs."""
        return 0 if self.cluster else min(self.jobs or cores(), count)

    def free_out(self, base: Path | str, same: Callable[[Path], bool]) -> RunOptions:
        """Return these options with a folder, where none was given: `base`, or `base`-2 and so on; see `free_folder`.

        Parameters
        ----------
        base : Path or str
        same : callable
            ``same(folder) -> bool``, whether a folder is of this order.
        """
        if self.out:
            return self
        out = free_folder(Path(base), resume=self.resume, same=same)
        if out != Path(base) and not self.resume and not self.quiet:
            print(f"{base} is taken: this run is written to {out}", file=sys.stderr)
        return replace(self, out=out)


CSV_HELP = "how tables are written: plain (default), or excel, which keeps texts as they are in spreadsheets"


def add_arguments(parser: argparse.ArgumentParser, *, default: str) -> None:
    """Add the arguments of `RunOptions`; `default` is what the help says of the output folder."""
    # What was given before the command stands, unless given again after it.
    parser.add_argument(
        "--out", type=path_text, metavar="DIR", default=argparse.SUPPRESS, help=f"output folder (default {default})"
    )
    parser.add_argument("--resume", action="store_true", help="go on where an interrupted run stopped")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes at a time (default: all cores)")
    parser.add_argument("--cluster", metavar="ADDRESS", default="", help="run on a Dask cluster, tcp://HOST:PORT")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--csv", metavar="FORM", default=argparse.SUPPRESS, help=CSV_HELP)


def path_text(text: str) -> str:
    """Return a path as it was typed; an empty one is refused, which as a `Path` would be the folder that we are in."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def path_given(text: str) -> Path:
    """Return the path of a text of the command line; see `path_text`."""
    return Path(path_text(text))


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``: what is found is printed as JSON, and nothing else on standard output."""
    parser.add_argument("--json", action="store_true", help="as JSON")


def print_json(content: object) -> None:
    """Print what was found as JSON; see `marki.files.json_text`."""
    print(json_text(content))


def check_counts(args: argparse.Namespace) -> None:
    """Refuse numbers of seeds, stimuli or answers that are out of range, where a command has such arguments.

    Raises
    ------
    ConfigError
    """
    for name, low, high in (
        ("seeds", 1, MOST_SEEDS),
        ("budget", 1, 2**40),
        ("seed", 0, MOST_SEED),
        ("count", 1, 10_000),
    ):
        if (value := getattr(args, name, None)) is not None:
            check(f"--{name}", value, int, {"low": low, "high": high})


def options_of(args: argparse.Namespace) -> RunOptions:
    """Return the options that `add_arguments` asked for."""
    if args.jobs is not None:
        check("--jobs", args.jobs, int, {"low": 1, "high": MOST_WORKERS})
    out = Path(args.out) if getattr(args, "out", None) else None
    form = csv_form(getattr(args, "csv", "plain"))
    return RunOptions(out=out, resume=args.resume, jobs=args.jobs, cluster=args.cluster, quiet=args.quiet, csv=form)


def csv_form(name: str) -> CsvForm:
    """Return the form of CSV of that name, or refuse it."""
    for form in CSV_FORMS:
        if form == name:
            return form
    raise unknown("form", name, CSV_FORMS, where="--csv")


@contextlib.contextmanager
def resumable(options: RunOptions) -> Iterator[None]:
    """Say, when the work in the block is interrupted or asked to end, how to go on."""
    try:
        with interrupted_when_terminated():
            yield
    except KeyboardInterrupt:
        there = options.out is not None and options.out.is_dir()
        told = f"what was done is in {options.out}, go on with --resume" if there else "nothing was written yet"
        print(f"\ninterrupted; {told}", file=sys.stderr)
        raise
