"""Tables: trials and registers of a session as CSV, one row each, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from marki.files import csv_text
from marki.session import Session

TRIALS = (
    "run", "trial", "end_us", "course", "learned", "stimulus", "class", "target", "response", "active", "wrong",
)  # fmt: skip
REGISTERS = ("register", "index", "value", "unit", "meaning")


def trials_csv(runs: Iterable[tuple[str, Session]]) -> str:
    """Return all finished trials of some runs as CSV.

    Parameters
    ----------
    runs : iterable of (str, Session)
        Each session with the name that stands before its rows. A card of no known class has an empty one.
    """

    def rows() -> Iterable[Sequence[Any]]:
        for name, session in runs:
            courses = list(session.configs)
            for number, row in enumerate(session.records):
                kind = row["kind"]
                yield (
                    name, number, row["t_us"], courses[row["course"]], int(row["learned"]), row["item"],
                    session.worlds[row["course"]].classes[kind] if kind >= 0 else "",
                    f"{row['target']:08b}", f"{row['response']:08b}", row["active"], int(row["wrong"]),
                )  # fmt: skip

    return csv_text(TRIALS, rows())


def registers_csv(session: Session) -> str:
    """Return all registers at this moment as CSV, one row a number; looking changes nothing.

    Units of an array are counted from 1, as on the machine's labels; switches and lamps are 0 and 1. The meaning
    stands in the first row of each register only, so that a column of it does not drown the numbers.
    """

    def rows() -> Iterable[Sequence[Any]]:
        for register in session.learner.registers():
            values = register.array.reshape(-1)
            values = values.astype(int) if values.dtype == bool else values
            for index, value in enumerate(values.tolist(), start=1):
                yield register.name, index, value, register.unit, register.meaning if index == 1 else ""

    return csv_text(REGISTERS, rows())
