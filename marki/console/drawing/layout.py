"""Layout: pure functions from the size of the window to named boxes, and from a box to its grid."""

from __future__ import annotations

from typing import NamedTuple

BASE = (1280, 800)
SMALLEST = (960, 600)
"""Least size at which panels are laid out; a smaller window shows them scaled down."""

LEAST, LARGEST = (480, 320), (7680, 4320)
"""Sizes of the window that may be asked for."""

DECORATION = (16, 88)
"""Room that a desktop takes for the window's frame and title and its own bar, px."""

WIDEST = (2560, 1600)
"""Size beyond which the window does not open by itself."""

EDGES = ("left", "right", "top", "bottom")


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


def unit_of(size: tuple[int, int], scale: float = 1.0) -> float:
    """Return the length that is one pixel in a window of 1280×800."""
    return min(size[0] / BASE[0], size[1] / BASE[1]) * scale


def opening(screen: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which the window opens on a screen: all of it that is usable, within reason."""
    wide, high = (has - kept for has, kept in zip(screen, DECORATION, strict=True))
    return max(LEAST[0], min(WIDEST[0], wide)), max(LEAST[1], min(WIDEST[1], high))


def canvas(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of what is drawn for a window: its own, or as large as `SMALLEST` in its own shape."""
    by = max(1.0, *(least / max(1, has) for least, has in zip(SMALLEST, size, strict=True)))
    return round(size[0] * by), round(size[1] * by)


def frame(
    size: tuple[int, int], scale: float = 1.0, *, side: bool = False, least: float = 0.0, strip: int = 0
) -> dict[str, Box]:
    """Return the boxes of the stage and of what surrounds it.

    That is the header, the line that says what happens, a page, the timeline strip, the time bar, buttons and the
    footer.

    Parameters
    ----------
    size : (int, int)
    scale : float
    side : bool
        Whether a page is open.
    least : float
        Height of the smallest text, px; bars are made high enough for it.
    strip : int
        Height of the timeline strip, px; 0 for none.
    """
    width, height = size
    unit = unit_of(size, scale)

    def px(length: float) -> int:
        return round(length * unit)

    gap, edge = px(7), px(9)
    text = round(1.48 * least)
    header = Box(0, 0, width, max(px(54), 2 * text))
    foot = max(px(24), text)
    footer = Box(edge, height - foot, width - 2 * edge, foot)
    # Large text takes two rows of buttons.
    bar = 2 * (text + px(14)) + px(5) if least else px(54)
    playback = Box(edge, footer.y - bar, width - 2 * edge, bar)
    high = max(px(24), text)
    time = Box(edge, playback.y - high, width - 2 * edge, high)
    narration = Box(0, header.bottom, width, max(px(38), 2 * text))
    top = narration.bottom + gap
    room = Box(edge, top, width - 2 * edge, time.y - px(4) - top)
    around = dict(header=header, narration=narration, time=time, playback=playback, footer=footer)
    if strip:
        around["strip"] = Box(edge, room.bottom - strip, room.w, strip)
        room = room._replace(h=room.h - strip - gap)
    if not side:
        return around | dict(stage=room)
    wide = max(px(300), round(room.w * 0.26), round(15.5 * least))
    stage = Box(room.x, room.y, room.w - wide - gap, room.h)
    page = Box(stage.right + gap, room.y, wide, room.h)
    return around | dict(stage=stage, page=page)


def schematic(stage: Box, unit: float, *, plain: bool = False, least: float = 0.0) -> dict[str, Box]:
    """Return the boxes of the schematic.

    ``plain`` leaves out the panel of seed and digest and gives its room to the others.
    """

    def px(length: float) -> int:
        return round(length * unit)

    gap = px(7)
    # Where large type leaves little height, the trainer gives some of its own to the machine.
    low_h = max(min(px(160), stage.h * 3 // 10), round((6.2 if stage.h > 16 * least else 5.6) * least))
    low = Box(stage.x, stage.bottom - low_h, stage.w, low_h)
    main = Box(stage.x, stage.y, stage.w, low.y - gap - stage.y)

    half = (main.h - gap) // 2
    left = max(min(half - px(14), main.w * 19 // 100), round(5.6 * least))
    narrow = stage.w < max(px(1000), 52 * least)
    # Large text beside a page leaves no room for the plugboard, which is the least necessary panel.
    plug = 0 if plain and narrow else max(px(70), main.w // (12 if narrow else 10), round(8.6 * least))
    association = max(main.w * (15 if narrow else 12) // 100, round((5.5 if narrow else 9) * least))
    response = max(min(px(262), main.w * (20 if narrow else 24) // 100), round(9.5 * least))
    bus = max(px(34), main.w * 3 // 100)
    x1 = main.x + left + gap
    x2 = x1 + plug + gap if plug else x1
    x3 = x2 + association + gap
    x4 = main.right - response
    store = x4 - gap - bus - x3
    boxes = {
        "stimulus": Box(main.x, main.y, left, half),
        "retina": Box(main.x, main.bottom - half, left, half),
        "association": Box(x2, main.y, association, main.h),
        "values": Box(x3, main.y, store, main.h),
        "bus": Box(x3 + store, main.y, bus, main.h),
        "response": Box(x4, main.y, response, main.h),
    }
    trainer = max(round(low.w * 0.3), round(16.5 * least))
    run = 0 if plain or stage.w < px(900) else round(low.w * 0.2)
    boxes["trainer"] = Box(low.x, low.y, trainer, low.h)
    boxes["curve"] = Box(low.x + trainer + gap, low.y, low.w - trainer - gap - (run + gap if run else 0), low.h)
    if run:
        boxes["run"] = Box(low.right - run, low.y, run, low.h)
    if plug:
        boxes["plugboard"] = Box(x1, main.y, plug, main.h)
    return boxes


def front(column: Box, unit: float, least: float = 0.0) -> dict[str, Box]:
    """Return the boxes of the column at the left of the front: the camera, the trainer and the learning curve."""
    gap = round(7 * unit)
    trainer = max(round(column.h * 0.2), round(140 * unit), round(6 * least))
    curve = max(round(column.h * 0.19), round(100 * unit), round(5 * least))
    camera = column.h - trainer - curve - 2 * gap
    return {
        "camera": Box(column.x, column.y, column.w, camera),
        "trainer": Box(column.x, column.y + camera + gap, column.w, trainer),
        "curve": Box(column.x, column.bottom - curve, column.w, curve),
    }


def split(box: Box, edge: str, fraction: float, gap: int) -> tuple[Box, Box]:
    """Cut a box in two.

    Parameters
    ----------
    box : Box
    edge : str
        Where the new box lies: one of `EDGES`.
    fraction : float
        Of the width or height, for the new box.
    gap : int
        Space between the two, px.

    Returns
    -------
    rest, cut : Box
    """
    across = edge in ("left", "right")
    cut = round((box.w if across else box.h) * fraction)
    rest = (box.w if across else box.h) - cut - gap
    match edge:
        case "left":
            return box._replace(x=box.right - rest, w=rest), box._replace(w=cut)
        case "right":
            return box._replace(w=rest), box._replace(x=box.right - cut, w=cut)
        case "top":
            return box._replace(y=box.bottom - rest, h=rest), box._replace(h=cut)
        case _:
            return box._replace(h=rest), box._replace(y=box.bottom - cut, h=cut)


def square_grid(box: Box, rows: int, columns: int) -> tuple[Box, int]:
    """Return the largest grid of square cells in the middle of a box, and its pitch."""
    pitch = max(1, min(box.w // columns, box.h // rows))
    w, h = pitch * columns, pitch * rows
    return Box(box.x + (box.w - w) // 2, box.y + (box.h - h) // 2, w, h), pitch


def bands(box: Box, sizes: list[int], gap: int, least: int) -> tuple[int, list[Box]]:
    """Divide a box among source-sets, one above the other, with square cells as large as will fit.

    Parameters
    ----------
    sizes : list of int
        Cells in each set.
    gap, least : int
        Space between bands, and least height of one, where there is room for it.

    Returns
    -------
    pitch : int
        Side of a cell.
    boxes : list of Box
        A band for each set; the bands fill the height.
    """

    def heights_at(pitch: int) -> list[int]:
        columns = box.w // pitch
        return [max(least, -(-n // columns) * pitch) for n in sizes]

    gaps = gap * (len(sizes) - 1)
    least = min(least, max(1, (box.h - gaps) // len(sizes)))
    pitches = range(max(1, min(box.h, box.w)), 0, -1)
    pitch = next((p for p in pitches if sum(heights_at(p)) + gaps <= box.h), 1)
    heights = heights_at(pitch)
    spare = box.h - sum(heights) - gaps
    boxes: list[Box] = []
    y = box.y
    for k, h in enumerate(heights):
        more = spare * (k + 1) // len(sizes) - spare * k // len(sizes)
        boxes.append(Box(box.x, y, box.w, h + more))
        y += h + more + gap
    return pitch, boxes
