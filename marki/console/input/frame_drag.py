"""The frame on the preview page, dragged by the mouse: by a corner, by a side, as a whole, or drawn anew."""

from __future__ import annotations

LEAST = 0.03
"""Least width and height of a frame, as shares of the picture."""

Frame = tuple[float, float, float, float]


def grasped(frame: Frame, place: tuple[float, float], near: tuple[float, float]) -> tuple[bool, bool, bool, bool]:
    """Return which sides of a frame a press takes hold of: left, top, right, bottom.

    Parameters
    ----------
    frame : (float, float, float, float)
        Left, top, right and bottom, as shares of the picture.
    place : (float, float)
        Where the press is, as shares of the picture.
    near : (float, float)
        How near across and down counts as on a side.

    Returns
    -------
    tuple of bool
        All four in the middle of the frame; none outside it.
    """
    left, top, right, bottom = frame
    (x, y), (dx, dy) = place, near
    if not (left - dx <= x <= right + dx and top - dy <= y <= bottom + dy):
        return False, False, False, False
    on_left, on_right = abs(x - left) <= dx, abs(x - right) <= dx
    on_top, on_bottom = abs(y - top) <= dy, abs(y - bottom) <= dy
    if not (on_left or on_right or on_top or on_bottom):
        return True, True, True, True
    return on_left and not on_right, on_top and not on_bottom, on_right, on_bottom


def dragged(
    frame: Frame, sides: tuple[bool, bool, bool, bool], start: tuple[float, float], place: tuple[float, float]
) -> Frame:
    """Return a frame after a drag.

    Parameters
    ----------
    frame : (float, float, float, float)
        Before the drag.
    sides : tuple of bool
        The sides that are held, from `grasped`; none draws a new frame.
    start : (float, float)
        Place of the press, as shares of the picture.
    place : (float, float)
        Where the mouse is, as shares of the picture.

    Returns
    -------
    tuple of float
        Within the picture, and no smaller than `LEAST`.
    """
    x, y = (min(1.0, max(0.0, share)) for share in place)
    if not any(sides):
        return _ordered(min(start[0], x), min(start[1], y), max(start[0], x), max(start[1], y))
    dx, dy = x - start[0], y - start[1]
    left, top, right, bottom = frame
    if all(sides):
        dx, dy = max(-left, min(1 - right, dx)), max(-top, min(1 - bottom, dy))
        return left + dx, top + dy, right + dx, bottom + dy
    moved = [side + (by if held else 0) for side, held, by in zip(frame, sides, (dx, dy, dx, dy), strict=True)]
    if sides[0]:
        moved[0] = min(moved[0], right - LEAST)
    if sides[1]:
        moved[1] = min(moved[1], bottom - LEAST)
    return _ordered(moved[0], moved[1], max(moved[2], moved[0] + LEAST), max(moved[3], moved[1] + LEAST))


def _ordered(left: float, top: float, right: float, bottom: float) -> Frame:
    left, top = min(max(left, 0.0), 1 - LEAST), min(max(top, 0.0), 1 - LEAST)
    return left, top, min(1.0, max(right, left + LEAST)), min(1.0, max(bottom, top + LEAST))
