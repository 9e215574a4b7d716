"""Layout of the timeline: pure functions from boxes to boxes, like those of the window."""

from __future__ import annotations

from itertools import pairwise

from marki.console.drawing.layout import Box
from marki.io.ports import Port


def strip_height(unit: float, least: float, text: int) -> int:
    """Return the height of the timeline strip: a line, the graph, and plates of one line or two.

    Parameters
    ----------
    unit : float
        Length of one pixel of a window of 1280×800.
    least : float
        Height of the smallest text, px; 0 where the profile sets none.
    text : int
        Height of a line of the smallest text, px.
    """
    lines = 2 if least else 3
    return lines * max(round(20 * unit), text) + round((24 if least else 36) * unit) + round(8 * unit)


def shares(box: Box, names: list[int], chosen: int, small: int) -> tuple[list[Box], list[bool]]:
    """Divide a row among plates: the selected one and its neighbours are as wide as their names, the others equal.

    Parameters
    ----------
    names : list of int
        Width that each would need for its name, px.
    chosen : int
    small : int
        Least width of the others, px; less if there are too many of them.

    Returns
    -------
    boxes : list of Box
        One beside the other, filling the row.
    named : list of bool
        Which have room for their name.
    """
    n = len(names)
    small = min(small, box.w // n)
    widths: list[float] = [small] * n
    named = [False] * n
    for k in sorted(range(n), key=lambda k: (abs(k - chosen), -k)):
        if sum(widths) - small + names[k] > box.w:
            break
        widths[k], named[k] = max(small, names[k]), True
    spare = box.w - sum(widths)
    plain = [k for k in range(n) if not named[k]] or list(range(n))
    for k in plain:
        widths[k] += spare / len(plain)
    edges: list[int] = []
    x = float(box.x)
    for width in widths:
        edges.append(round(x))
        x += width
    edges.append(box.right)
    return [Box(a, box.y, b - a, box.h) for a, b in pairwise(edges)], named


def rack(stage: Box, unit: float, accepts: Port, *, least: float = 0.0) -> dict[str, Box]:
    """Return the boxes of a system that is shown instead of the Mark I, in the order of the forward pass."""
    gap = round(7 * unit)
    low_h = max(min(round(170 * unit), stage.h * 34 // 100), round(7.7 * least))
    main = Box(stage.x, stage.y, stage.w, stage.h - low_h - gap)
    half = (main.h - gap) // 2
    left = min(half - round(14 * unit), main.w * 19 // 100)
    lamps = max(round(100 * unit), round(5.2 * least))
    if accepts == Port.TEXT:
        left = main.w * 30 // 100
        boxes = {"teleprinter": Box(main.x, main.y, left, main.h)}
    else:
        boxes = {
            "stimulus": Box(main.x, main.y, left, half),
            "retina": Box(main.x, main.bottom - half, left, half),
        }
    x = main.x + left + gap
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


def hall(stage: Box, unit: float, *, least: float = 0.0) -> dict[str, Box]:
    """Return the boxes of the hall: the card to draw on, its buttons, and the wall of plates."""
    gap = round(7 * unit)
    keys = max(round(44 * unit), round(2.2 * least))
    card = min(stage.h - keys - gap, stage.w * 36 // 100)
    return {
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

    columns = min(range(1, count + 1), key=fit)
    rows = -(-count // columns)
    w, h = (box.w - gap * (columns - 1)) / columns, (box.h - gap * (rows - 1)) / rows
    return [
        Box(round(box.x + k % columns * (w + gap)), round(box.y + k // columns * (h + gap)), int(w), int(h))
        for k in range(count)
    ]
