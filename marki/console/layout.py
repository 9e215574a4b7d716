"""Where everything lies in the window: a pure function from its size to named boxes, and from a box to its grid."""

from __future__ import annotations

from typing import NamedTuple

BASE = (1280, 800)
SMALLEST, LARGEST = (960, 600), (7680, 4320)


class Box(NamedTuple):
    """A rectangle in whole pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """First column to the right of the box."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.y + self.h

    def inset(self, dx: int, dy: int | None = None) -> Box:
        """Return the box made smaller by so much on each side."""
        dy = dx if dy is None else dy
        return Box(self.x + dx, self.y + dy, self.w - 2 * dx, self.h - 2 * dy)


def unit_of(size: tuple[int, int], scale: float = 1.0) -> float:
    """Return the length that is one pixel in a window of 1280×800."""
    return min(size[0] / BASE[0], size[1] / BASE[1]) * scale


def lay_out(size: tuple[int, int], scale: float = 1.0) -> dict[str, Box]:
    """Return the box of each panel for a window of `size`, in the order of the signal's way through the machine."""
    width, height = size
    unit = unit_of(size, scale)

    def px(length: float) -> int:
        return round(length * unit)

    gap, edge = px(7), px(9)
    header = Box(0, 0, width, px(54))
    footer = Box(edge, height - px(24), width - 2 * edge, px(24))
    transport = Box(edge, footer.y - px(54), width - 2 * edge, px(54))
    low = Box(edge, transport.y - gap - px(160), width - 2 * edge, px(160))
    main = Box(edge, header.bottom + gap, width - 2 * edge, low.y - gap - (header.bottom + gap))

    half = (main.h - gap) // 2
    left = min(half - px(14), main.w // 5)
    association = min(px(172), main.w // 6)
    rest = main.w - left - association - 3 * gap
    store = min(rest - px(272), max(rest * 2 // 3, main.h * 13 // 10))  # more width would not make its dials larger
    response = rest - store

    x0, x1 = main.x, main.x + left + gap
    x2 = x1 + association + gap
    x3 = x2 + store + gap
    return {
        "header": header,
        "stimulus": Box(x0, main.y, left, half),
        "retina": Box(x0, main.bottom - half, left, half),
        "association": Box(x1, main.y, association, main.h),
        "store": Box(x2, main.y, store, main.h),
        "response": Box(x3, main.y, response, main.h),
        "trainer": Box(x0, low.y, left + association + gap, low.h),
        "curve": Box(x2, low.y, store, low.h),
        "run": Box(x3, low.y, response, low.h),
        "transport": transport,
        "footer": footer,
    }


def square_grid(box: Box, rows: int, columns: int) -> tuple[Box, int]:
    """Return the largest grid of square cells in the middle of a box, and its pitch."""
    pitch = max(1, min(box.w // columns, box.h // rows))
    w, h = pitch * columns, pitch * rows
    return Box(box.x + (box.w - w) // 2, box.y + (box.h - h) // 2, w, h), pitch


def bands(box: Box, sizes: list[int], gap: int, least: int) -> tuple[int, list[Box]]:
    """Share a box out among source-sets, one above the other, with square cells as large as will fit.

    Parameters
    ----------
    sizes : list of int
        Cells in each set.
    gap, least : int
        Space between bands, and least height of one.

    Returns
    -------
    pitch : int
        Side of a cell.
    boxes : list of Box
        A band for each set; the bands fill the height.
    """
    for pitch in range(box.h, 0, -1):
        columns = box.w // pitch
        if not columns:
            continue
        heights = [max(least, -(-n // columns) * pitch) for n in sizes]
        if sum(heights) + gap * (len(sizes) - 1) <= box.h:
            break
    spare = box.h - sum(heights) - gap * (len(sizes) - 1)
    boxes, y = [], box.y
    for k, h in enumerate(heights):
        more = spare * (k + 1) // len(sizes) - spare * k // len(sizes)
        boxes.append(Box(box.x, y, box.w, h + more))
        y += h + more + gap
    return pitch, boxes
