"""Confidence intervals of proportions, means and differences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def wilson(hits: float, trials: float, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion (Wilson 1927), by default at 95 %.

    Numbers need not be whole: trials that depend on each other count as fewer.
    """
    if not trials:
        return 0.0, 1.0
    p, n = hits / trials, trials
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


# Quantiles of Student's t for a two-sided 95 % interval, by degrees of freedom.
_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09)


Interval = tuple[float, float | None, float | None]
"""A mean, and the ends of its 95 % interval; the ends are None where there is one value only."""


def interval(values: Sequence[float]) -> Interval:
    """Return (mean, low, high): the mean over seeds and its 95 % interval by Student's t; one value has no interval."""
    a = np.asarray(values, float)
    mean = math.fsum(a) / a.size
    if a.size < 2:
        return mean, None, None
    half = _half_width(a)
    return mean, mean - half, mean + half


def share_interval(shares: Sequence[float], trials: int) -> Interval:
    """Return (mean, low, high) of a fraction over seeds, with a 95 % interval that lies within 0 and 1.

    Seeds are clusters of trials, as households are in a survey. The mean p has the variance v between seeds; so many
    independent trials as would have the same, n = p (1 - p) / v, are put into Wilson's score interval, with Student's t
    of one degree of freedom less than seeds for the normal quantile. Franco, Little, Louis and Slud (Journal of Survey
    Statistics and Methodology, 2019) compare such intervals and recommend this one. n is at most the number of all
    trials: seeds that agree by chance, or all at 100 %, tell no more than their trials do. A t interval on the seeds
    alone would leave 0 to 1, and have no width where all seeds agree.

    What no seed shows cannot be in it: where one seed in twenty fails altogether, five seeds will mostly not tell.

    Parameters
    ----------
    shares : sequence of float
        The fraction found with each seed.
    trials : int
        Trials of all seeds together.

    Returns
    -------
    Interval
        The ends are None for one seed.
    """
    a = np.asarray(shares, float)
    mean = math.fsum(a) / a.size
    if a.size < 2 or not trials:
        return mean, None, None
    between = float(a.var(ddof=1)) / a.size
    count = float(trials) if between == 0 else min(trials, mean * (1 - mean) / between)
    # The mean lies inside but for rounding.
    low, high = wilson(mean * count, count, _quantile(a.size - 1))
    return mean, min(low, mean), max(high, mean)


def count_interval(counts: Sequence[float]) -> Interval:
    """Return (mean, low, high) of a count or an amount over seeds, with a 95 % interval that does not go below 0.

    Student's t for the logarithm of the mean, whose standard error is that of the mean over the mean: few seeds that
    differ much would else give a number of trials below nought.
    """
    a = np.asarray(counts, float)
    mean = math.fsum(a) / a.size
    if a.size < 2:
        return mean, None, None
    if not mean:
        return mean, mean, mean
    factor = math.exp(_half_width(a) / mean)
    return mean, mean / factor, mean * factor


def span(low: float | None, high: float | None, *, scale: float = 100) -> str:
    """Return the ends of an interval as text, by default in percent; "-" where there is none."""
    return "-" if low is None or high is None else f"{scale * low:.1f} to {scale * high:.1f}"


def difference(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """Return (difference, low, high): of two means, with its 95 % interval (Welch 1947)."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    found = float(a.mean() - b.mean())
    if min(a.size, b.size) < 2:
        return found, found, found
    own, other = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    if not own + other:
        return found, found, found
    share = own / (own + other)
    freedom = 1 / (share**2 / (a.size - 1) + (1 - share) ** 2 / (b.size - 1))
    # Rounded down, so that the interval is rather too wide; less than 1 it is by rounding alone.
    half = _quantile(max(1, int(round(freedom, 9)))) * math.sqrt(own + other)
    return found, found - half, found + half


def _half_width(a: np.ndarray) -> float:
    return _quantile(a.size - 1) * float(a.std(ddof=1)) / math.sqrt(a.size)


def _quantile(freedom: int) -> float:
    return _T[freedom - 1] if freedom - 1 < len(_T) else 1.96 + 2.5 / freedom
