"""Documented versus simulated: every checkable statement about the machine and its theory, next to our figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

from marki import comparison
from marki.comparison import ComparisonRow, tally
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


IDENTITY = Identity(kind="validation")


def validate(seeds: int, options: RunOptions) -> list[ComparisonRow]:
    """Make all rows with so many seeds, and write them as JSON, CSV and Markdown."""
    with claimed(options.out, IDENTITY, resume=options.resume):
        bench = Bench(seeds, options)
        rows = [row for check in CHECKS for row in check(bench)]
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
