"""What a computation costs: multiply-adds, as the operations report them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_tallies: list[list[int]] = []


@contextlib.contextmanager
def tally() -> Iterator[list[int]]:
    """Count multiply-adds: yields a list whose only element grows by those of each product inside."""
    _tallies.append([0])
    try:
        yield _tallies[-1]
    finally:
        _tallies.pop()


def count(multiply_adds: int) -> None:
    """Report multiply-adds of an operation to the tally, if there is one."""
    for t in _tallies:
        t[0] += int(multiply_adds)
