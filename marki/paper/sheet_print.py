"""A sheet as it is printed: pages with marks, a code, and a labelled box for each figure."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from marki.errors import ConfigError
from marki.files import demand_ending, refuse_taken, writing
from marki.language import Words
from marki.paper.sheet_layout import (
    BOX,
    CELL,
    EDGE,
    LABEL,
    MARK,
    RING,
    SheetPlan,
    boxes,
    code_bits,
    code_cells,
    marks,
)
from marki.paper.sheet_lettering import letter_text, unprintable

if TYPE_CHECKING:
    from PIL import Image as PILImage

DOTS_PER_MM = 300 / 25.4
"""Resolution of a page."""
SUFFIXES = (".pdf", ".png")
"""Endings of a printed sheet."""

_GREY, _LINE = 120, 70
_LINE_MM = 0.4


def draw_page(plan: SheetPlan, page: int, words: Words) -> PILImage.Image:
    """Return a page, in grey.

    Parameters
    ----------
    plan : SheetPlan
    page : int
        Counted from 1.
    words : Words
        Say what to do with the sheet.

    Raises
    ------
    ConfigError
        If no typeface has the signs of a class.
    """
    from PIL import Image, ImageDraw

    if strange := unprintable("".join(plan.classes)):
        raise ConfigError(
            f"no shipped typeface has {strange!r}", where="--classes", remedy="Name the classes in other signs"
        )
    width, height = plan.size
    image = Image.new("L", (_dots(width), _dots(height)), 255)
    draw = ImageDraw.Draw(image)
    for x, y in marks(plan.paper).reshape(-1, 2):
        for radius, shade in ((MARK, 0), (MARK - RING, 255), (MARK - 2 * RING, 0)):
            draw.ellipse([_dots(x - radius), _dots(y - radius), _dots(x + radius), _dots(y + radius)], fill=shade)
    cells = code_cells(plan.paper)
    for x, y in cells[code_bits(plan, page)]:
        draw.rectangle(
            [_dots(x - CELL / 2), _dots(y - CELL / 2), _dots(x + CELL / 2) - 1, _dots(y + CELL / 2) - 1], fill=0
        )
    middle = width / 2
    draw.polygon([_dots(v) for v in (middle, 2.5, middle - 4, 7.5, middle + 4, 7.5)], fill=0)

    def say(text: str, x: float, y: float, size: float, shade: int, most: float = 1000.0) -> None:
        letter_text(draw, _dots(x), _dots(y), text, size=_dots(size), shade=shade, most=_dots(most))

    say(words("sheet.how"), 27, EDGE + MARK + 4, 4.4, 40)
    name = words("sheet.page", name=plan.title(), page=page, pages=plan.pages)
    say(name, 27, EDGE + MARK + 9.5, 3.2, _GREY)
    line = max(1, _dots(_LINE_MM))
    for (x, y), label in zip(boxes(plan), plan.page_classes(page), strict=False):
        out = _LINE_MM / 2
        draw.rectangle(
            [_dots(x - out), _dots(y - out), _dots(x + BOX + out), _dots(y + BOX + out)], outline=_LINE, width=line
        )
        say(label, x + 0.4, y - LABEL / 2 - 0.3, LABEL - 1.2, _GREY, most=BOX)
    return image


def _dots(mm: float) -> int:
    return round(mm * DOTS_PER_MM)


def write_sheet(plan: SheetPlan, path: Path | str, words: Words) -> list[Path]:
    """Write a sheet as a PDF, or as a PNG for each page, and return the files; nothing is overwritten.

    Parameters
    ----------
    plan : SheetPlan
    path : Path or str
        Ends in ``.pdf`` or ``.png``; the pages of a PNG get a number if there are several.
    words : Words

    Raises
    ------
    ConfigError
        If the name ends otherwise, or no typeface has the signs of a class.
    OutputError
        If there is something of that name already, or it cannot be written.
    """
    path = Path(path)
    demand_ending(path, SUFFIXES)
    memory, pdf = [], path.suffix.lower() == ".pdf"
    pages = [draw_page(plan, page, words) for page in range(1, plan.pages + 1)]
    if pdf:
        paths = [path]
        memory = [io.BytesIO()]
        pages[0].save(
            memory[0], "PDF", resolution=300, quality=92, save_all=True, append_images=pages[1:], title=plan.title()
        )
    else:
        numbered = [path.with_stem(f"{path.stem}-{page}") for page in range(1, plan.pages + 1)]
        paths = numbered if plan.pages > 1 else [path]
        for image in pages:
            memory.append(io.BytesIO())
            image.save(memory[-1], "PNG", dpi=(300, 300))
    for one in paths:
        refuse_taken(one)
    for one, content in zip(paths, memory, strict=True):
        with writing(one) as file:
            file.write(content.getvalue())
    return paths
