"""Counts as they are lettered: of parameters and multiply-adds, short."""

from __future__ import annotations


def abbreviated(number: float) -> str:
    """Return a count with three figures and a sign for thousands or millions, as it is read aloud."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size * 0.9995:
            short = number / size
            return f"{short:.0f}{sign}" if short >= 99.95 else f"{short:.1f}{sign}"
    return f"{number:.0f}"
