"""The brush with which cards are drawn: the cells of the retina that a stroke touches."""

from __future__ import annotations

from marki.io.frame import SIDE

ERASER = 0
"""The pen that erases; the others are called by their width."""

WIDEST = 2


def width_of(pen: int) -> int:
    """Return the width of what a pen, or the eraser, leaves, cells."""
    return WIDEST if pen == ERASER else pen


def stroke(one: int, other: int, width: int = 1) -> list[int]:
    """Return the numbers of the cells that a brush 1 or 2 cells wide touches from one cell to another."""
    (r1, c1), (r2, c2) = divmod(one, SIDE), divmod(other, SIDE)
    steps = max(abs(r2 - r1), abs(c2 - c1), 1)
    way = [(round(r1 + (r2 - r1) * k / steps), round(c1 + (c2 - c1) * k / steps)) for k in range(steps + 1)]
    touched = {(r + dr, c + dc) for r, c in way for dr in range(width) for dc in range(width)}
    return sorted(r * SIDE + c for r, c in touched if r < SIDE and c < SIDE)
