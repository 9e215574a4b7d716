"""Layout of the timeline: pure functions from boxes to boxes, like those of the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from marki.console.drawing.layout import Box
from marki.io.ports import Port


class Plates(NamedTuple):
    """Where the plates of the strip lie.

    Attributes
    ----------
    rows : int
    size : float
        Of the names, in units.
    short : bool
        Whether short names stand on them.
    boxes : tuple of Box
        With (0, 0) at the upper left corner of the rows.
    width : int
        Of all of them, px; more than the room if they have to be scrolled.
    """

    rows: int
    size: float
    short: bool
    boxes: tuple[Box, ...]
    width: int


class Fit(NamedTuple):
    """A way of laying plates: in so many rows, each plate so wide, px; rows are `high`, px, `gap` apart."""

    rows: int
    size: float
    short: bool
    widths: Sequence[int]
    high: int
    gap: int


WIDEST = 1.6
"""Times their own width that plates are stretched at most, to fill the rows."""


def plates(ways: Iterable[Fit], room: int) -> Plates:
    """Return the plates laid in the first of several ways that needs no more room, or else in the last.

    Where a plate lies depends on names and room alone: it never moves.
    """
    tried: list[tuple[Fit, list[tuple[int, int]], int]] = []
    for way in ways:
        tried.append((way, *staggered(way.widths, way.rows, way.gap)))
        if tried[-1][2] <= room:
            break
    way, starts, width = tried[-1]
    stretch = max(1.0, min(WIDEST, (room + way.gap) / max(1, width + way.gap)))
    boxes = tuple(
        Box(
            round(x * stretch),
            row * (way.high + way.gap),
            round((x + w + way.gap) * stretch) - way.gap - round(x * stretch),
            way.high,
        )
        for (row, x), w in zip(starts, way.widths, strict=True)
    )
    return Plates(way.rows, way.size, way.short, boxes, max(box.right for box in boxes))


def staggered(widths: Sequence[int], rows: int, gap: int) -> tuple[list[tuple[int, int]], int]:
    """Lay plates in rows, each where a row is least full, so that time goes from left to right in all of them.

    Returns
    -------
    starts : list of (int, int)
        Row and left edge of each.
    width : int
        Of the longest row.
    """
    ends = [0] * rows
    starts: list[tuple[int, int]] = []
    for width in widths:
        row = ends.index(min(ends))
        starts.append((row, ends[row]))
        ends[row] += width + gap
    return starts, max(ends) - gap


def rack(stage: Box, unit: float, accepts: Port, *, least: float = 0.0, draws: bool = False) -> dict[str, Box]:
    """Return the boxes of a system that is shown instead of the Mark I, in the order of the forward pass.

    What reads a text and draws has a lamp panel as large as there is room for.
    """
    gap = round(7 * unit)
    low_h = max(min(round(170 * unit), stage.h * 34 // 100), round(7.7 * least))
    main = Box(stage.x, stage.y, stage.w, stage.h - low_h - gap)
    half = (main.h - gap) // 2
    left = min(half - round(14 * unit), main.w * 19 // 100)
    lamps = max(round(100 * unit), round(5.2 * least))
    if accepts == Port.TEXT:
        left = main.w * 30 // 100
        boxes = {"teleprinter": Box(main.x, main.y, left, main.h)}
        lamps = max(lamps, min(main.h, main.w * 36 // 100)) if draws else lamps
    elif half < max(round(120 * unit), 6 * least):
        # Too low for two squares: the lamps show no more than the stimulus does.
        left = min(main.h - round(14 * unit), main.w * 24 // 100)
        boxes = {"stimulus": Box(main.x, main.y, left, main.h)}
    else:
        boxes = {
            "stimulus": Box(main.x, main.y, left, half),
            "retina": Box(main.x, main.bottom - half, left, half),
        }
    x = main.x + left + gap
    if accepts == Port.ASKED:
        paper = main.w * 25 // 100
        boxes["teleprinter"] = Box(x, main.y, paper, main.h)
        x += paper + gap
    boxes["registers"] = Box(x, main.y, main.right - lamps - gap - x, main.h)
    boxes["lamps"] = Box(main.right - lamps, main.y, lamps, main.h)
    low = Box(stage.x, stage.bottom - low_h, stage.w, low_h)
    answer = max(low.w * 34 // 100, round(18 * least))
    ledger = max(low.w * 22 // 100, round(11 * least))
    if least and low.w - answer - ledger - 2 * gap < 14 * least:
        ledger = -gap  # large text beside a page: the page of the system shows the costs too
    boxes["answer"] = Box(low.x, low.y, answer, low.h)
    boxes["schooling"] = Box(low.x + answer + gap, low.y, low.w - answer - ledger - 2 * gap, low.h)
    if ledger > 0:
        boxes["ledger"] = Box(low.right - ledger, low.y, ledger, low.h)
    return boxes


def pair(stage: Box, unit: float, *, least: float = 0.0) -> dict[str, Box]:
    """Return the boxes of two systems before the same stimulus, one above the other."""
    gap = round(7 * unit)
    half = (stage.h - gap) // 2
    left = min(half - round(14 * unit), stage.w * 19 // 100)
    boxes = {
        "stimulus": Box(stage.x, stage.y, left, half),
        "retina": Box(stage.x, stage.bottom - half, left, half),
    }
    right = Box(stage.x + left + gap, stage.y, stage.w - left - gap, stage.h)
    lamps = max(round(56 * unit), round(2.4 * least))
    ledger = max(right.w * 24 // 100, round(9.5 * least))
    answer = max(right.w * 26 // 100, round(9.5 * least))
    registers = right.w - lamps - ledger - answer - 3 * gap
    for k, name in enumerate(("", "2")):
        y = right.y if not k else right.bottom - half
        x = right.x
        for part, width in (("registers", registers), ("lamps", lamps), ("answer", answer), ("ledger", ledger)):
            boxes[part + name] = Box(x, y, width, half)
            x += width + gap
    return boxes


def studio(stage: Box, unit: float, *, least: float = 0.0, roomy: bool = False) -> dict[str, Box]:
    """Return the boxes of a machine that draws: what is asked, its drawing, the tool in hand, and its training.

    For a tool that shows much, `roomy`, of the training there is little more than its button; in large type nothing.
    """
    gap = round(7 * unit)
    keys = max(round(40 * unit), round(2.2 * least))
    left = max(stage.w * 21 // 100, round(9 * least))
    canvas = min(stage.h, stage.w * 36 // 100)
    x = stage.x + left + gap
    right = Box(x + canvas + gap, stage.y, stage.right - x - canvas - gap, stage.h)
    tabs = Box(right.x, right.y, right.w, max(round(28 * unit), round(1.6 * least)))
    low = round(88 * unit) if roomy else max(round(108 * unit), stage.h * 28 // 100)
    boxes = {
        "board": Box(stage.x, stage.y, left, stage.h - keys - gap),
        "again": Box(stage.x, stage.bottom - keys, left, keys),
        "canvas": Box(x, stage.y, canvas, stage.h),
        "tabs": tabs,
    }
    tool = Box(right.x, tabs.bottom + gap, right.w, stage.bottom - tabs.bottom - gap)
    if least:
        return boxes | {"tool": tool}
    return boxes | {
        "tool": tool._replace(h=tool.h - low - gap),
        "schooling": Box(right.x, stage.bottom - low, right.w, low),
    }


def hall(stage: Box, unit: float, *, least: float = 0.0, lines: int = 2, always: bool = False) -> dict[str, Box]:
    """Return the boxes of the hall: tabs for its rooms, the card to draw on, its buttons, and the wall of plates.

    In large type the buttons stand in so many lines; in other type only if they `always` do.
    """
    gap = round(7 * unit)
    tabs = Box(stage.x, stage.y, stage.w, max(round(28 * unit), round(1.6 * least)))
    stage = Box(stage.x, tabs.bottom + gap, stage.w, stage.h - tabs.h - gap)
    keys = max(round((36 * lines if always else 44) * unit), round(2.1 * lines * least))
    # As wide as if there were no tabs: in large type the words on the buttons need that.
    card = min(stage.h + (tabs.h if least else 0) - keys, stage.w * 36 // 100)
    return {
        "rooms": tabs,
        "card": Box(stage.x, stage.y, card, stage.h - keys - gap),
        "pens": Box(stage.x, stage.bottom - keys, card, keys),
        "wall": Box(stage.x + card + gap, stage.y, stage.w - card - gap, stage.h),
    }


def wall(box: Box, count: int, *, wide: int, gap: int) -> list[Box]:
    """Return equal plates in rows that fill a wall, with an aspect ratio near `wide` hundredths.

    Parameters
    ----------
    count : int
    wide : int
        Breadth of a good plate in hundredths of its height.
    gap : int
    """
    count = max(1, count)

    def fit(columns: int) -> float:
        rows = -(-count // columns)
        w, h = (box.w - gap * (columns - 1)) / columns, (box.h - gap * (rows - 1)) / rows
        return abs(w / max(h, 1) - wide / 100) + 0.05 * (columns * rows - count)

    return _tiled(box, count, min(range(1, count + 1), key=fit), gap)


def easels(box: Box, count: int, *, lines: int, gap: int) -> list[Box]:
    """Return equal plates in rows on which square pictures are as large as they can be, above lines of `lines` px.

    Parameters
    ----------
    box : Box
    count : int
    lines : int
        Height of the words on a plate.
    gap : int
    """
    count = max(1, count)

    def side(columns: int) -> float:
        rows = -(-count // columns)
        return min((box.w - gap * (columns - 1)) / columns, (box.h - gap * (rows - 1)) / rows - lines)

    return _tiled(box, count, max(range(1, count + 1), key=side), gap)


def _tiled(box: Box, count: int, columns: int, gap: int) -> list[Box]:
    """Return equal boxes in rows of so many."""
    rows = -(-count // columns)
    w, h = (box.w - gap * (columns - 1)) / columns, (box.h - gap * (rows - 1)) / rows
    return [
        Box(round(box.x + k % columns * (w + gap)), round(box.y + k // columns * (h + gap)), int(w), int(h))
        for k in range(count)
    ]
