"""Estimates: shares over seeds and stimuli with 95 % intervals, and the words for what they say of a claim.

The answers of n trainings are a table with a row for each training and a column for each stimulus of the test set. Two
things vary by chance: the training (its seed) and the choice of what it is tested on.

- If every training left out another fold (letters: other typefaces), each fold's mean varies by both, and the folds
  share no stimulus: the variance of the mean is s²/k over the means of the k folds, with k - 1 degrees of freedom. The
  training sets of the folds overlap, which this leaves out, as is common.
- If all were tested on the same stimuli, it is s²/n over the means of the n rows plus s²/m over the means of the m
  columns, with Satterthwaite's degrees of freedom. The sum counts the remaining scatter twice, so that the interval is
  rather too wide than too narrow; see Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1, for two
  ways that are crossed.

A share gets Wilson's interval with this variance (`intervals.share_interval`), a difference Student's.

Two systems are compared by the differences of such tables, stimulus by stimulus, with the same seeds and the same decks
on both sides. A claim *holds* if the whole interval is on its side, *fails* if the whole interval is on the other, and
is otherwise *not told apart*. One training has no interval, and decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.intervals import share_ends, span, student
from successors.training.training_job import DIVERGED

HOLDS, OPEN, FAILS = "holds", "not told apart", "fails"
"""The three words."""

AT_LEAST, AT_MOST, AT_LEAST_ON = "at least", "at most", "at least on"
ABOVE, NOT_BELOW, GREATER_LEAD = "above", "not below", "a greater lead than with"
BOUNDS = (AT_LEAST, AT_MOST, AT_LEAST_ON)
"""Claims: bounds of a score, and differences from another system or another trial."""


@dataclass(frozen=True, kw_only=True)
class MeanInterval:
    """A mean with its 95 % interval.

    Parameters
    ----------
    value : float
    low, high : float, optional
        None after one training.
    """

    value: float
    low: float | None = None
    high: float | None = None

    def above(self, bound: float, *, strictly: bool = False) -> str:
        """Return the word for the claim that the true value is at least `bound`, or strictly above it."""
        if self.low is None or self.high is None:
            return OPEN
        if self.low > bound or (self.low == bound and not strictly):
            return HOLDS
        return FAILS if self.high < bound else OPEN

    def below(self, bound: float) -> str:
        """Return the word for the claim that the true value is at most `bound`."""
        return MeanInterval(value=-self.value, low=_minus(self.high), high=_minus(self.low)).above(-bound)

    def as_mapping(self) -> dict[str, Any]:
        """Return value and interval, ready for JSON; the interval is None after one training."""
        return {"value": self.value, "interval": None if self.low is None else [self.low, self.high]}


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def answers(run: Mapping[str, Any]) -> np.ndarray:
    """Return whether a training answered each stimulus of its test set correctly, (m,) float64 of 0 and 1.

    Where the score is one of all answers together, it is (1,): that score. What varies is then the seeds alone.
    """
    return np.array([run["score"]]) if run.get("together") else hits(run).astype(float)


def hits(run: Mapping[str, Any]) -> np.ndarray:
    """Return whether each answer of a training to its test set is correct, or lies among the real ones, (m,) bool."""
    return np.frombuffer(run["right"].encode(), np.uint8) == ord("1")


def share(runs: Sequence[Mapping[str, Any]]) -> MeanInterval:
    """Return the score of a system from its trainings.

    Parameters
    ----------
    runs : sequence of mapping
        Results of `training_job.job`; those with equal options of the task were tested on the same stimuli.

    Returns
    -------
    MeanInterval
        With an interval within 0 and 1, by Wilson's method as in `intervals.share_interval`.
    """
    tables = _tables(runs, [answers(run) for run in runs])
    value, variance, freedom = _mean(tables)
    if freedom < 1:
        return MeanInterval(value=value)
    if any(run.get("together") for run in runs):
        half = student(freedom) * math.sqrt(variance)
        return MeanInterval(value=value, low=max(0.0, value - half), high=min(1.0, value + half))
    low, high = share_ends(value, variance, sum(table.shape[1] for table in tables), freedom)
    return MeanInterval(value=value, low=low, high=high)


def lead(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> MeanInterval:
    """Return by how much the first system scores higher than the second.

    Parameters
    ----------
    first, second : sequence of mapping
        Trainings with the same seeds and decks, in the same order.
    """
    differences = [answers(one) - answers(other) for one, other in zip(first, second, strict=True)]
    return _student(_tables(first, differences))


Pair = tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]
"""The trainings of two systems that are compared."""


def growth(before: Pair, after: Pair) -> MeanInterval:
    """Return by how much the lead of the first system of `after` is greater than that of `before`.

    Parameters
    ----------
    before, after : (sequence of mapping, sequence of mapping)
        As in `lead`; all four with the same seeds and test sets.
    """
    rows = zip(*before, *after, strict=True)
    differences = [
        (answers(own) - answers(other)) - (answers(first) - answers(second)) for first, second, own, other in rows
    ]
    return _student(_tables(before[0], differences))


def mean(values: Sequence[float]) -> MeanInterval:
    """Return the mean of one figure per training, with its interval by Student's t."""
    return _student([np.array([[value]]) for value in values])


def _tables(runs: Sequence[Mapping[str, Any]], rows: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return a table (trainings, stimuli) for each fold."""
    found: dict[Any, list[np.ndarray]] = {}
    for run, row in zip(runs, rows, strict=True):
        found.setdefault(run["order"]["settings"]["options"].get("fold"), []).append(row)
    return [np.stack(rows) for rows in found.values()]


def _student(tables: Sequence[np.ndarray]) -> MeanInterval:
    value, variance, freedom = _mean(tables)
    if freedom < 1:
        return MeanInterval(value=value)
    half = student(freedom) * math.sqrt(variance)
    return MeanInterval(value=value, low=value - half, high=value + half)


def _mean(tables: Sequence[np.ndarray]) -> tuple[float, float, int]:
    """Return the mean of some tables, its variance, and the degrees of freedom of that: 0 after one training."""
    if len(tables) > 1:
        means = np.array([table.mean() for table in tables])
        return float(means.mean()), float(means.var(ddof=1)) / len(means), len(means) - 1
    (table,) = tables
    value, n = float(table.mean()), len(table)
    if n < 2:
        return value, 0.0, 0
    parts = [(float(table.mean(axis=1).var(ddof=1)) / n, n - 1)]
    if (m := table.shape[1]) > 1:
        parts.append((float(table.mean(axis=0).var(ddof=1)) / m, m - 1))
    variance = sum(part for part, _ in parts)
    if not variance:
        return value, 0.0, n - 1
    # Rounded down, so that the interval is rather too wide; less than 1 it is by rounding alone.
    freedom = variance**2 / sum(part**2 / of for part, of in parts)
    return value, variance, max(1, int(round(freedom, 9)))


def summary(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Summarise the trainings of several seeds: score, low and high (None for one seed), seeds, and the sizes.

    Trainings that diverged are counted apart, and are in none of the other figures; these are None if all diverged.
    """
    ended = [run for run in found if DIVERGED not in run]
    about = share(ended) if ended else None
    return {
        "score": about.value if about else None,
        "low": about.low if about else None,
        "high": about.high if about else None,
        "seeds": len(ended),
        "diverged": len(found) - len(ended),
        "parameters": ended[0]["parameters"] if ended else None,
        "multiply_adds": ended[0]["multiply_adds"] if ended else None,
    }


def as_text(about: Mapping[str, Any], *, difference: bool = False) -> str:
    """Format a share, or a difference of shares, with its interval.

    Parameters
    ----------
    about : mapping
        With value and interval, as of `MeanInterval.as_mapping`.
    difference : bool
        Whether it is a difference, which is given in points with its sign.
    """
    sign, unit = ("+", "points") if difference else ("", "%")
    low, high = about["interval"] or (None, None)
    return f"{100 * about['value']:{sign}.1f} {unit} ({span(low, high, sign=sign)})"


def claim_text(claim: Mapping[str, Any]) -> str:
    """Return a claim in words: "above alexnet"."""
    return f"{claim['claim']} {claim['than']}".rstrip()
