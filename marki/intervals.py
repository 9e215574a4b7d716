"""Confidence intervals of proportions, means and differences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion (Wilson 1927), by default at 95 %."""
    if not trials:
        return 0.0, 1.0
    p, n = hits / trials, trials
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


# Quantiles of Student's t for a two-sided 95 % interval, by degrees of freedom.
_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09)


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return (mean, low, high): the mean over seeds and its 95 % interval by Student's t."""
    a = np.asarray(values, float)
    mean = float(a.mean())
    if a.size < 2:
        return mean, mean, mean
    half = student(a.size - 1) * float(a.std(ddof=1)) / math.sqrt(a.size)
    return mean, mean - half, mean + half


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
    half = student(max(1, int(round(freedom, 9)))) * math.sqrt(own + other)
    return found, found - half, found + half


def student(freedom: int) -> float:
    """Return the quantile of Student's t for a two-sided 95 % interval."""
    return _T[freedom - 1] if freedom - 1 < len(_T) else 1.96 + 2.5 / freedom
