"""Cost of a computation: multiply-adds, as reported by the operations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_tallies: list[list[int]] = []


@contextlib.contextmanager
def tally() -> Iterator[list[int]]:
    """Count multiply-adds: yield a list whose only element is their running total."""
    _tallies.append([0])
    try:
        yield _tallies[-1]
    finally:
        _tallies.pop()


def tallying() -> bool:
    """Return whether there is an active tally."""
    return bool(_tallies)


def count(multiply_adds: int) -> None:
    """Add multiply-adds of an operation to the active tally, if there is one."""
    for t in _tallies:
        t[0] += int(multiply_adds)
