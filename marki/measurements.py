"""Measurements: what an experiment finds, as rows that text, JSON, CSV, sweeps and plots show alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from marki.errors import ConfigError, MarkIError, StateError, shown
from marki.files import CsvForm, csv_text
from marki.intervals import count_interval, share_interval, span

FRACTION = "fraction"
"""Unit of a share of trials, 0 to 1; shown in percent."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One figure that was found under one condition, with one seed.

    Parameters
    ----------
    name : str
        What was measured, such as ``right responses``.
    condition : str
        Under which condition, in words, such as ``after 40 squares``: not empty, and not a bare number, which a reader
        of the table would not understand, and other programs take for a figure.
    value : float or None
        None if it was not reached, such as the passes to a state that never came.
    unit : str
        `FRACTION`, or what is counted, such as ``passes``.
    trials : int
        Trials that the figure was taken from.

    Raises
    ------
    ConfigError
        For a condition without words, a fraction outside 0 to 1, or a count below 0.
    """

    name: str
    condition: str
    value: float | None
    unit: str = FRACTION
    trials: int

    def __post_init__(self):
        if not any(c.isalpha() for c in self.condition):
            raise ConfigError(f"condition {self.condition!r} has no words", where=self.name, remedy="Say what it is")
        most = 1 if self.unit == FRACTION else math.inf
        if self.value is not None and not 0 <= self.value <= most:
            raise ConfigError(f"{self.value} is no {self.unit}", where=self.name, remedy=f"Give 0 to {most:g}")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A measurement over one seed or several: the mean, and its 95 % interval over the seeds.

    The interval of a fraction is `intervals.share_interval`, that of anything else `intervals.count_interval`; neither
    leaves what is possible. One seed has none.

    Parameters
    ----------
    name, condition : str
    value : float or None
        Mean over the seeds that have a value; None if none has.
    low, high : float or None
        Ends of the 95 % interval; None for less than two values.
    unit : str
    seeds : int
        Seeds that have a value.
    missing : int
        Seeds that have none, since it was not reached.
    trials : int
        Trials of all seeds together.
    """

    name: str
    condition: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    seeds: int
    missing: int
    trials: int

    @property
    def scale(self) -> int:
        """By how much it is multiplied to be shown: fractions are shown in percent."""
        return 100 if self.unit == FRACTION else 1


COLUMNS = tuple(field.name for field in fields(Estimate))
"""Columns of ``measurements.csv``."""


def measured(result: Mapping[str, Any]) -> list[Measurement]:
    """Return the measurements of a result of one seed, as it is read from JSON."""
    names = [field.name for field in fields(Measurement)]
    try:
        for row in result["measurements"]:
            if any(not isinstance(row[name], str) for name in ("name", "condition", "unit")):
                raise TypeError(f"a measurement of {shown(row)}")
        return [Measurement(**{name: row[name] for name in names}) for row in result["measurements"]]
    except MarkIError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(
            f"lacks or garbles {error}", where="measurements", remedy="Delete the result and run it again",
            code="state.garbled", part=error,
        ) from error  # fmt: skip


def value_of(result: Mapping[str, Any], name: str, condition: str) -> float | None:
    """Return one figure of a result.

    Raises
    ------
    KeyError
        If it was not measured.
    """
    found = [row["value"] for row in result["measurements"] if (row["name"], row["condition"]) == (name, condition)]
    if not found:
        raise KeyError(f"{name}, {condition}")
    return found[0]


def over_seeds(seeds: Iterable[Sequence[Measurement]]) -> list[Estimate]:
    """Return the estimates from the measurements of one seed or several, in the order in which they first occur."""
    groups: dict[tuple[str, str, str], list[Measurement]] = {}
    for measurements in seeds:
        for m in measurements:
            groups.setdefault((m.name, m.condition, m.unit), []).append(m)
    return [_estimate(group) for group in groups.values()]


def _estimate(group: Sequence[Measurement]) -> Estimate:
    first = group[0]
    values = [m.value for m in group if m.value is not None]
    trials = sum(m.trials for m in group if m.value is not None)  # of which the values are
    value, low, high = None, None, None
    if values:
        value, low, high = share_interval(values, trials) if first.unit == FRACTION else count_interval(values)
    return Estimate(
        name=first.name, condition=first.condition, value=value, low=low, high=high, unit=first.unit,
        seeds=len(values), missing=len(group) - len(values), trials=sum(m.trials for m in group),
    )  # fmt: skip


def rows(estimates: Iterable[Estimate]) -> list[dict[str, Any]]:
    """Return estimates ready for JSON, keys as in `COLUMNS`."""
    return [asdict(estimate) for estimate in estimates]


def as_csv(estimates: Iterable[Estimate], form: CsvForm = "plain") -> str:
    """Return estimates as CSV, columns as in `COLUMNS`; what is not there is empty."""
    return csv_text(COLUMNS, (list(row.values()) for row in rows(estimates)), form)


def as_text(estimates: Sequence[Estimate]) -> list[str]:
    """Return estimates as lines of text: a heading for each name, a line for each condition."""
    wide = 2 + max(len(text) for e in estimates for text in (e.condition, heading(e)))
    many = any(e.seeds + e.missing > 1 for e in estimates)
    lines = []
    for name in dict.fromkeys(e.name for e in estimates):
        group = [e for e in estimates if e.name == name]
        lines.append(f"  {heading(group[0]):<{wide + 2}}{'mean' if many else 'value':>9}   95 % interval   seeds")
        for e in group:
            value = "-" if e.value is None else f"{e.scale * e.value:.1f}" if many or e.scale > 1 else f"{e.value:g}"
            count = f"{e.seeds} of {e.seeds + e.missing}" if e.missing else f"{e.seeds}"
            lines.append(f"    {e.condition:<{wide}}{value:>9}  {span(e.low, e.high, scale=e.scale):>14}  {count:>6}")
    return lines


def heading(estimate: Estimate) -> str:
    """Return the name of a measurement with its unit, as a heading."""
    unit = "%" if estimate.unit == FRACTION else estimate.unit
    return estimate.name if unit in estimate.name.split() else f"{estimate.name} ({unit})"
