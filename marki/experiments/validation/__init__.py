"""Documented versus simulated: every checkable statement about the machine and its theory, next to our figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from marki import comparison
from marki.comparison import ComparisonRow, tally
from marki.errors import unknown
from marki.experiments.validation import machine_rows, theory_rows
from marki.experiments.validation.table import Bench
from marki.files import csv_text, write_json, write_text
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.machine_file import MachineFile, to_record
from marki.machine_file import as_text as as_lines
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


def identity(only: Sequence[str] = (), base: MachineFile | None = None) -> Identity:
    """Return what a folder of the table is known by: the parts, if not all, and the machine, if it is not ours."""
    settings: dict[str, Any] = {"only": sorted(set(only))} if only else {}
    if base is not None and base.changes:
        settings["base"] = dict(base.changes)
    return Identity(kind="validation", settings=settings)


def validate(
    seeds: int, options: RunOptions, only: Sequence[str] = (), base: MachineFile | None = None
) -> list[ComparisonRow]:
    """Make the rows with so many seeds, and write them as JSON, CSV and Markdown.

    Parameters
    ----------
    seeds : int
    options : RunOptions
    only : sequence of str
        Names of `parts`; none for all of them.
    base : MachineFile, optional
        What somebody knows of the machine; its rows are written with the table.

    Raises
    ------
    UnknownName
        For a part that there is not.
    """
    for name in only:
        if name not in parts():
            raise unknown("part", name, parts(), where="--only")
    base = base or MachineFile()
    with claimed(options.out, identity(only, base), resume=options.resume):
        bench = Bench(seeds, options, base)
        chosen = [c for name, c in zip(parts(), CHECKS, strict=True) if not only or name in only]
        rows = [row for check in chosen for row in check(bench)]
        if options.out:
            plain = [asdict(row) for row in rows]
            write_json(
                options.out / "validation.json", {"seeds": seeds, "rows": plain, "machine": to_record(base.rows)}
            )
            table = csv_text(list(plain[0]), (list(row.values()) for row in plain), options.csv)
            write_text(options.out / "validation.csv", table)
            write_text(options.out / "validation.md", as_markdown(rows, seeds) + _own_sources(base))
    return rows


def _own_sources(base: MachineFile) -> str:
    """Return the rows of a machine file as a list in Markdown, "" without any."""
    if not base.rows:
        return ""
    lines = "\n".join(f"- {line.strip()}" for line in as_lines(base.rows))
    return f"\nThe machine is that of `{base.path}`:\n\n{lines}\n"


def as_markdown(rows: list[ComparisonRow], seeds: int) -> str:
    """Return the rows as a Markdown page."""
    heading = (
        "# Documented versus simulated\n\n"
        f"Made by `{program()} validate --seeds {seeds}`. Intervals are at 95 % over seeds. {tally(rows)}.\n\n"
    )
    return heading + comparison.as_markdown(rows)
