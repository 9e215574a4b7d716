"""Layout of the front: a pure function from a box to the named boxes of camera and cabinets."""

from __future__ import annotations

from marki.console.drawing.layout import Box

HEADER, BODY, PLINTH = 16.0, 272.0, 20.0
EDGES = (0.0, 73.0, 220.0, 370.0, 444.0, 519.0)
"""Joints of the five bays from left to right, and heights above, as measured on a photograph of the front, px."""

BAYS = ("sensory", "doors", "store", "control", "power")
FLOOR = 34.0  # depth of the floor before the plinth, where there is room for it
CLOSE = (1.9, 1.12, 0.94, 1.7, 1.6)
"""Widest shape of each bay in the close view, as width over height."""


def lay_out(box: Box, *, bay: int = 0, least: float = 0.0) -> dict[str, Box]:
    """Return the boxes of the front by name; they are inside `box` and do not overlap.

    Parameters
    ----------
    box : Box
    bay : int
        Bay in the close view, 1 to 5 from the left; 0 for the whole machine.
    least : float
        Height of the smallest text, px; the column at the left is made wide enough for it.
    """
    gap = max(3, box.w // 90)
    column = max(round(box.w * 0.22), round(9.5 * least))
    room = Box(box.x + column + gap, box.y, box.w - column - gap, box.h)
    if bay:
        return _close(box, room, bay, gap)
    width, height = EDGES[-1], HEADER + BODY + PLINTH
    unit = min(room.w / width, room.h / (height + 0.5 * FLOOR))
    spare = room.h - round(unit * height)
    floor = max(0, min(spare, round(unit * FLOOR)))
    # A wide box leaves room at the sides: some of it goes to the camera.
    wide = round(unit * width)
    column = max(column, min(round(box.w * 0.24), box.w - gap - wide))
    left = box.x + (box.w - column - gap - wide) // 2
    bottom = box.bottom - round(0.3 * (spare - floor))
    ground = bottom - floor
    top = ground - round(unit * height)
    x0 = left + column + gap
    head, foot = top + round(unit * HEADER), ground - round(unit * PLINTH)
    edges = [x0 + round(unit * edge) for edge in EDGES]
    boxes = {
        "camera": Box(left, box.y, column, bottom - box.y),
        "sign": Box(x0, top, edges[-1] - x0, head - top),
    }
    for name, x, end in zip(BAYS, edges, edges[1:], strict=False):
        boxes[name] = Box(x, head, end - x, foot - head)
    boxes["plinth"] = Box(x0, foot, edges[-1] - x0, ground - foot)
    if floor > 1:
        boxes["floor"] = Box(x0, ground, edges[-1] - x0, floor)
    return boxes


def _close(box: Box, room: Box, bay: int, gap: int) -> dict[str, Box]:
    """Return the boxes of one bay, as large as fits, and of the camera."""
    height = min(room.h, round(room.w * BODY / (EDGES[bay] - EDGES[bay - 1])))
    width = min(room.w, round(height * CLOSE[bay - 1]))
    column = min(room.x - gap - box.x + (room.w - width) // 3, max(room.x - gap - box.x, round(box.w * 0.26)))
    left = box.x + (box.w - column - gap - width) // 2
    bottom = room.y + (room.h + height) // 2
    return {
        "camera": Box(left, box.y, column, bottom - box.y),
        BAYS[bay - 1]: Box(left + column + gap, bottom - height, width, height),
    }
