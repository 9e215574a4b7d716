"""Rows of a table of trials: records of a session with the names of courses, classes and lamps in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from marki.io.responses import lamp_names, lamps
from marki.io.worlds import World

COLUMNS = (
    "trial", "end_us", "course", "learned", "stimulus", "shown", "wanted", "answered", "wanted_lamps",
    "answered_lamps", "active", "wrong",
)  # fmt: skip
"""What each row holds, in this order."""

_LAMPS = tuple(lamp_names(bool(number >> k & 1) for k in range(8)) for number in range(256))


def trial_rows(records: np.ndarray, courses: Sequence[str], worlds: Sequence[World]) -> Iterator[tuple[Any, ...]]:
    """Yield the row of each record.

    The class shown is that of the card, wanted that whose code the trainer gave, answered that whose code the R-units
    showed; each is None where there is none: a card of no known class, nothing wanted, lamps that are nobody's code.
    Lamps are named, see `responses.lamp_names`.

    Parameters
    ----------
    records : (trials,) of RECORD
    courses : sequence of str
        Names of the courses.
    worlds : sequence of World
        Their worlds.
    """
    classes = [_class_of_lamps(world) for world in worlds]
    in_use = [(1 << world.code.shape[1]) - 1 for world in worlds]  # the others stay as they were
    for number, row in enumerate(records):
        course, kind, target, response = (int(row[k]) for k in ("course", "kind", "target", "response"))
        known = kind >= 0
        yield (
            number, int(row["t_us"]), courses[course], bool(row["learned"]), int(row["item"]),
            worlds[course].classes[kind] if known else None,
            classes[course].get(target) if known else None, classes[course].get(response & in_use[course]),
            _LAMPS[target] if known else None, _LAMPS[response], int(row["active"]), bool(row["wrong"]),
        )  # fmt: skip


def _class_of_lamps(world: World) -> dict[int, str]:
    """Return the class of each state of the lamps that is a code, by its number, R1 the least digit."""
    numbers = np.packbits(lamps(world.code), axis=1, bitorder="little")[:, 0].tolist()
    return dict(zip(numbers, world.classes, strict=True))
