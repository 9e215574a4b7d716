"""The pen with which cards are drawn: which cells of the retina it touches on its way."""

from __future__ import annotations

from marki.io.frame import SIDE


def stroke(one: int, other: int, width: int = 1) -> list[int]:
    """Return the numbers of the cells that a pen of so many cells, 1 or 2, touches from one to another."""
    (r1, c1), (r2, c2) = divmod(one, SIDE), divmod(other, SIDE)
    steps = max(abs(r2 - r1), abs(c2 - c1), 1)
    way = [(round(r1 + (r2 - r1) * k / steps), round(c1 + (c2 - c1) * k / steps)) for k in range(steps + 1)]
    touched = {(r + dr, c + dc) for r, c in way for dr in range(width) for dc in range(width)}
    return sorted(r * SIDE + c for r, c in touched if r < SIDE and c < SIDE)
