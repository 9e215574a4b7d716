"""Measures: answers taken from the lesson's own run, so that they match its seed.

A measure is a table like ``{ measure = "errors", first = 0, last = 26 }``. Trials count from 0, from the beginning of
the run; with ``page = N`` the pages up to number N are gone through first, and trials count from when that
one was opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from marki.errors import ConfigError
from marki.io.responses import R_UNITS, nearest_class
from marki.io.worlds import World
from marki.language import Words
from marki.session import Session
from marki.teaching.toml_checks import TomlTable, among

MEASURES = {
    "errors": ("first", "last"),
    "active": ("trial",),
    "lit": ("trial",),
    "response": ("trial",),
    "first_errorless_pass": (),
}
"""Measures by name, with what each needs:

errors: wrong responses in trials `first` to `last`, the end left out; active: A-units that took part in trial `trial`;
lit: S-units on when it was read; response: the class answered, or none; first_errorless_pass: number, from 1, of the
first pass through the cards without an error, or none among the first `MOST_PASSES`.
"""

MOST_PASSES = 60


def check(measure: Mapping[str, Any], where: str, *, pages: int) -> None:
    """Refuse a measure that is unknown, lacks something, or names a page that the lesson has not."""
    name = among("measure", str(measure.get("measure")), MEASURES, where)
    t = TomlTable(measure, ("measure", "page", *MEASURES[name]), where)
    for key in MEASURES[name]:
        if key not in measure:
            raise ConfigError(f"lacks {key!r}", where=where)
        t.number(key, 0, low=0, high=100_000, whole=True)
    t.number("page", 0, low=0, high=pages - 1, whole=True)
    if name == "errors" and measure["first"] >= measure["last"]:
        raise ConfigError(f"trials {measure['first']} to {measure['last']} are none", where=where)


def answered(row: np.ndarray | np.void, world: World) -> int:
    """Return the class answered in a record, or -1 if the lamps of the R-units in use are no class's code."""
    lamps = (int(row["response"]) >> np.arange(R_UNITS) & 1).astype(bool)
    lamps[world.code.shape[1] :] = False  # R-units out of use stay as they were
    return nearest_class(lamps, world.code)


def take(session: Session, measure: Mapping[str, Any], language: str, *, first: int = 0) -> int | str:
    """Run a session as far as the measure needs; return its value. Trials count from `first`.

    Returns
    -------
    int or str
        A number, or the name of a class; what there is none of is said in the language.
    """
    none = Words(language)("worksheet.none")
    match measure["measure"]:
        case "errors":
            wrong = _known(session, first + measure["last"])["wrong"]
            return int(wrong[first + measure["first"] : first + measure["last"]].sum())
        case "active":
            return int(_known(session, first + measure["trial"] + 1)["active"][first + measure["trial"]])
        case "lit":
            _known(session, first + measure["trial"])
            session.visit(first + measure["trial"])
            session.step("event")
            session.advance(session.began_us + session.learner.config.sequencer.settle_us)
            return int(np.count_nonzero(session.learner.view().s))
        case "response":
            row = _known(session, first + measure["trial"] + 1)[first + measure["trial"]]
            world = session.worlds[row["course"]]
            kind = answered(row, world)
            return world.classes[kind] if kind >= 0 else none
        case _:
            size = session.world.size
            for number in range(1, MOST_PASSES + 1):
                wrong = _known(session, first + number * size)["wrong"]
                if not wrong[first + (number - 1) * size : first + number * size].any():
                    return number
            return none


def _known(session: Session, trials: int) -> np.ndarray:
    """Return the records of at least so many trials."""
    session.run(max(0, trials - session.trial))
    return session.known
