"""Tables: trials and registers of a session as CSV, one row each, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from marki.files import CsvForm, csv_text
from marki.io.responses import lamp_names, lamps
from marki.io.worlds import World
from marki.session import Session
from marki.twin_session import TwinSession

TRIALS = (
    "run", "trial", "end_us", "course", "learned", "stimulus", "shown", "wanted", "answered", "wanted_lamps",
    "answered_lamps", "active", "wrong",
)  # fmt: skip
TRIALS_TEXTS = ("run", "course", "shown", "wanted", "answered", "wanted_lamps", "answered_lamps")
"""Columns of texts; the others are whole numbers."""
REGISTERS = ("register", "index", "value", "unit", "meaning")


def trials_csv(runs: Iterable[tuple[str, Session | TwinSession]], form: CsvForm = "plain") -> str:
    """Return all finished trials of some runs as CSV.

    The class shown is that of the card, wanted that whose code the trainer gave, answered that whose code the R-units
    showed; each is empty where there is none: a card of no known class, nothing wanted, lamps that are nobody's code.
    Lamps are named, see `responses.lamp_names`.

    Parameters
    ----------
    runs : iterable of (str, Session or TwinSession)
        Each session with the name that stands before its rows.
    form : {"plain", "excel"}
        See `files.csv_text`.
    """

    def table() -> Iterable[Sequence[Any]]:
        for name, session in runs:
            courses = list(session.configs)
            classes = [_class_of_lamps(world) for world in session.worlds]
            in_use = [(1 << world.code.shape[1]) - 1 for world in session.worlds]  # the others stay as they were
            for number, row in enumerate(session.records):
                course, kind, target, response = (int(row[k]) for k in ("course", "kind", "target", "response"))
                known = kind >= 0
                yield (
                    name, number, row["t_us"], courses[course], int(row["learned"]), row["item"],
                    session.worlds[course].classes[kind] if known else None,
                    classes[course].get(target) if known else None, classes[course].get(response & in_use[course]),
                    _LAMPS[target] if known else None, _LAMPS[response], row["active"], int(row["wrong"]),
                )  # fmt: skip

    return csv_text(TRIALS, table(), form)


_LAMPS = tuple(lamp_names(bool(number >> k & 1) for k in range(8)) for number in range(256))


def _class_of_lamps(world: World) -> dict[int, str]:
    """Return the class of each state of the lamps that is a code, by its number, R1 the least digit."""
    numbers = np.packbits(lamps(world.code), axis=1, bitorder="little")[:, 0].tolist()
    return dict(zip(numbers, world.classes, strict=True))


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
