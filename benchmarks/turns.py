"""Timing two things against each other, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any


def turns(
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    rounds: int,
    calls: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float, float]:
    """Return our time and theirs, medians in seconds a call, and the median of their ratios."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 2):
        for call, kept in zip((ours, theirs), times, strict=True):
            start = clock()
            for _ in range(calls):
                call()
            if turn > 1:  # the first turns warm up
                kept.append((clock() - start) / calls)
    ratios = [a / b for a, b in zip(*times, strict=True)]
    return statistics.median(times[0]), statistics.median(times[1]), statistics.median(ratios)
