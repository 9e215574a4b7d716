"""Documented versus simulated: every checkable statement about the machine and its theory, next to our figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from marki import comparison
from marki.comparison import ComparisonRow, tally
from marki.errors import unknown
from marki.experiments.validation import machine_rows, theory_rows
from marki.experiments.validation.table import Bench
from marki.files import csv_text, write_json, write_text
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.program import program

CHECKS: tuple[Callable[[Bench], Iterator[ComparisonRow]], ...] = (
    theory_rows.activity_rows,
    theory_rows.table_1_rows,
    theory_rows.overlap_rows,
    theory_rows.example_rows,
    machine_rows.topology_rows,
    machine_rows.alphabet_rows,
    machine_rows.left_right_rows,
    machine_rows.forms_rows,
    machine_rows.rules_rows,
    machine_rows.spontaneous_rows,
    machine_rows.limits_rows,
    machine_rows.damage_rows,
    machine_rows.open_rows,
)


def parts() -> dict[str, str]:
    """Return the parts of the table by name, each with a sentence: what its rows check."""
    return {check.__name__.removesuffix("_rows"): (check.__doc__ or "").partition("\n")[0] for check in CHECKS}


def identity(only: Sequence[str] = ()) -> Identity:
    """Return what a folder of the table, or of some of its parts, is known by."""
    return Identity(kind="validation", settings={"only": sorted(set(only))} if only else {})


def validate(seeds: int, options: RunOptions, only: Sequence[str] = ()) -> list[ComparisonRow]:
    """Make the rows with so many seeds, and write them as JSON, CSV and Markdown.

    Parameters
    ----------
    seeds : int
    options : RunOptions
    only : sequence of str
        Names of `parts`; none for all of them.

    Raises
    ------
    UnknownName
        For a part that there is not.
    """
    for name in only:
        if name not in parts():
            raise unknown("part", name, parts(), where="--only")
    with claimed(options.out, identity(only), resume=options.resume):
        bench = Bench(seeds, options)
        chosen = [c for name, c in zip(parts(), CHECKS, strict=True) if not only or name in only]
        rows = [row for check in chosen for row in check(bench)]
        if options.out:
            plain = [asdict(row) for row in rows]
            write_json(options.out / "validation.json", {"seeds": seeds, "rows": plain})
            table = csv_text(list(plain[0]), (list(row.values()) for row in plain), options.csv)
            write_text(options.out / "validation.csv", table)
            write_text(options.out / "validation.md", as_markdown(rows, seeds))
    return rows


def as_markdown(rows: list[ComparisonRow], seeds: int) -> str:
    """Return the rows as a Markdown page."""
    heading = (
        "# Documented versus simulated\n\n"
        f"Made by `{program()} validate --seeds {seeds}`. Intervals are at 95 % over seeds. {tally(rows)}.\n\n"
    )
    return heading + comparison.as_markdown(rows)
