"""Measures: answers taken from the lesson's own run, so that they match its seed.

A measure is a table like ``{ measure = "errors", first = 0, last = 26 }``. Trials count from 0, from the beginning of
the run; with ``page = N`` the pages up to number N are gone through first, and trials count from when that
one was opened.

The answer of a question with options is a measure with ``right_if``: for each option the values, from the least to the
greatest, for which it is the right one, as in ``right_if = [[0, 0], [1, 12], [13, 26]]``. Together they must be all
values that the measure can have, and no value may belong to two options, so that in every run exactly one is right.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from marki.errors import ConfigError
from marki.hardware.faults import A_UNITS
from marki.io.frame import CELLS
from marki.io.responses import R_UNITS, nearest_class
from marki.io.worlds import World
from marki.language import Words
from marki.session import Session
from marki.teaching.toml_checks import TomlTable, among

MEASURES = {
    "errors": ("first", "last"),
    "errors_switched_on": ("first", "last"),
    "more_errors": ("first", "last", "than"),
    "answers": ("first", "last"),
    "active": ("trial",),
    "lit": ("trial",),
    "response": ("trial",),
    "first_errorless_pass": (),
}
"""Measures by name, with what each needs:

errors: wrong responses in trials `first` to `last`, the end left out; errors_switched_on: those of them in which some
A-unit was on; more_errors: the errors of page `page` less those of page `than`, in trials `first` to `last` of each;
answers: how many different responses there were in these trials; active: A-units that took part in trial `trial`; lit:
S-units on when it was read; response: the class answered, or none; first_errorless_pass: number, from 1, of the first
pass through the cards without an error, or none among the first `MOST_PASSES`.
"""

MOST_PASSES = 60


def check(measure: Mapping[str, Any], where: str, *, pages: int, options: int = 0) -> None:
    """Refuse a measure that is unknown, lacks something, or names a page that the lesson has not.

    Parameters
    ----------
    measure : mapping
    where : str
        Its place, for refusals.
    pages : int
        Pages of the lesson.
    options : int
        Options of the question; its ``right_if`` must have a range for each.
    """
    name = among("measure", str(measure.get("measure")), MEASURES, where)
    needed = (*MEASURES[name], *(("page",) if "than" in MEASURES[name] else ()))
    t = TomlTable(measure, ("measure", "page", *(("right_if",) if options else ()), *MEASURES[name]), where)
    for key in (*needed, *(("right_if",) if options else ())):
        if key not in measure:
            raise ConfigError(f"lacks {key!r}", where=where, remedy=f"Give {key}", code="lesson.lacks", part=repr(key))
    for key in MEASURES[name]:
        t.number(key, 0, low=0, high=pages - 1 if key == "than" else 100_000, whole=True)
    t.number("page", 0, low=0, high=pages - 1, whole=True)
    if "last" in needed and measure["first"] >= measure["last"]:
        raise ConfigError(
            f"trials {measure['first']} to {measure['last']} are none",
            where=where,
            remedy="Give a last trial after the first",
        )
    if options:
        _check_ranges(measure, t, options)


def _check_ranges(measure: Mapping[str, Any], t: TomlTable, options: int) -> None:
    """Refuse ranges that are not one for each option, or do not part all values of the measure among them."""
    place = t.place("right_if")
    ranges = t.each("right_if", _range)
    if len(ranges) != options:
        raise ConfigError(
            f"has {len(ranges)} ranges for {options} options",
            where=place,
            remedy=f"Give {options} ranges, one for each option",
        )
    low, high = bounds(measure, place)
    expected = low
    for first, last in sorted(ranges):
        if first != expected:
            raise ConfigError(
                f"{min(first, expected)} is in {'no range' if first > expected else 'two ranges'}", where=place,
                remedy=f"Part the values from {low} to {high} among the options",
            )  # fmt: skip
        expected = last + 1
    if expected != high + 1:
        raise ConfigError(
            f"the ranges end at {expected - 1}, the values at {high}",
            where=place,
            remedy=f"Part the values from {low} to {high} among the options",
        )


def _range(content: Any, where: str) -> tuple[int, int]:
    """Return the least and the greatest value of a range."""
    if not isinstance(content, list) or [type(end) for end in content] != [int, int] or content[0] > content[1]:
        raise ConfigError(
            f"expected the least and the greatest value, got {reprlib.repr(content)}", where=where,
            remedy="Give two whole numbers, as in [1, 12]",
        )  # fmt: skip
    return content[0], content[1]


def bounds(measure: Mapping[str, Any], where: str) -> tuple[int, int]:
    """Return the least and the greatest value that a measure can have; `where` is its place, for refusals."""
    match measure["measure"]:
        case "errors" | "errors_switched_on":
            return 0, measure["last"] - measure["first"]
        case "more_errors":
            return measure["first"] - measure["last"], measure["last"] - measure["first"]
        case "answers":
            return 1, measure["last"] - measure["first"]
        case "active":
            return 0, A_UNITS
        case "lit":
            return 0, CELLS
        case name:
            raise ConfigError(
                f"the measure {name!r} is not always a number", where=where, remedy="Leave its options out"
            )


def right_option(measure: Mapping[str, Any], value: int) -> int:
    """Return the option for which a value is in the range of `right_if`; the ranges were validated with the file."""
    return next(k for k, (low, high) in enumerate(measure["right_if"]) if low <= value <= high)


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
    words = Words(language)
    none = words("worksheet.none")
    match measure["measure"]:
        case "errors" | "errors_switched_on" | "answers" as name:
            rows = _known(session, first + measure["last"])[first + measure["first"] : first + measure["last"]]
            if name == "answers":
                return len(np.unique(rows["response"]))
            return int((rows["wrong"] & ((rows["active"] > 0) | (name == "errors"))).sum())
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
            return words.class_name(world.classes[kind]) if kind >= 0 else none
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
