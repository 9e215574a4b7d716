"""Tables: trials and registers of a session as CSV, one row each, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from marki.files import CsvForm, csv_text
from marki.session import Session
from marki.trial_rows import COLUMNS, trial_rows
from marki.twin_session import TwinSession

TRIALS = ("run", *COLUMNS)
TRIALS_TEXTS = ("run", "course", "shown", "wanted", "answered", "wanted_lamps", "answered_lamps")
"""Columns of texts; the others are whole numbers."""
REGISTERS = ("register", "index", "value", "unit", "meaning")


def trials_csv(runs: Iterable[tuple[str, Session | TwinSession]], form: CsvForm = "plain") -> str:
    """Return all finished trials of some runs as CSV.

    Columns are `trial_rows.COLUMNS` after the name; flags are 0 and 1, and what there is none of is empty.

    Parameters
    ----------
    runs : iterable of (str, Session or TwinSession)
        Each session with the name that stands before its rows.
    form : {"plain", "excel"}
        See `files.csv_text`.
    """

    def table() -> Iterable[Sequence[Any]]:
        for name, session in runs:
            for row in trial_rows(session.records, list(session.configs), session.worlds):
                yield name, *(int(value) if isinstance(value, bool) else value for value in row)

    return csv_text(TRIALS, table(), form)


def registers_csv(session: Session, form: CsvForm = "plain") -> str:
    """Return all registers at this moment as CSV, one row a number; looking changes nothing.

    Units of an array are counted from 1, as on the machine's labels; switches and lamps are 0 and 1. The meaning
    stands in the first row of each register only, so that a column of it does not drown the numbers.
    """

    def table() -> Iterable[Sequence[Any]]:
        for register in session.learner.registers():
            values = register.array.reshape(-1)
            values = values.astype(int) if values.dtype == bool else values
            for index, value in enumerate(values.tolist(), start=1):
                yield register.name, index, value, register.unit, register.meaning if index == 1 else ""

    return csv_text(REGISTERS, table(), form)
