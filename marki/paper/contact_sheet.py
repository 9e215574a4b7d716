"""The contact sheet of a deck: every box of every page, the card that it became, and what is doubtful about it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from marki.files import refuse_taken, writing
from marki.language import Words
from marki.paper.cut_cards import ReadPage
from marki.paper.sheet_layout import COLUMNS
from marki.paper.sheet_lettering import letter_text
from marki.paper.written_boxes import WrittenBox

PAGES = 8
"""Pages on one picture; more pages make more pictures."""

_SIDE, _GAP, _LINE, _HEAD, _EDGE = 88, 22, 26, 46, 24  # of a box, between boxes, of text, of a page's name, margin


def contact_paths(pages: int, deck: Path) -> list[Path]:
    """Return the names of the pictures that the contact sheet of so many pages takes, beside the deck's folder."""
    first = deck.with_name(f"{deck.name}-contact.png")
    count = -(-pages // PAGES)
    return [first if count == 1 else first.with_stem(f"{first.stem}-{k + 1}") for k in range(count)]


def write_contact_sheets(pages: Sequence[ReadPage], deck: Path, words: Words) -> list[Path]:
    """Write the contact sheet of a deck beside it, and return its files; nothing is overwritten.

    Parameters
    ----------
    pages : sequence of ReadPage
    deck : Path
        The folder of the cards.
    words : Words

    Raises
    ------
    OutputError
        If there is something of that name already, or it cannot be written.
    """
    paths = contact_paths(len(pages), deck)
    for path in paths:
        refuse_taken(path)
    for k, path in enumerate(paths):
        with writing(path) as file:
            file.write(contact_sheet(pages[k * PAGES : (k + 1) * PAGES], words))
    return paths


def contact_sheet(pages: Sequence[ReadPage], words: Words) -> bytes:
    """Return the picture of some pages as PNG.

    A box is shown as it was written, beside it its card. Doubtful ones have a thick frame, and the doubt is written
    below; empty ones are crossed out.

    Parameters
    ----------
    pages : sequence of ReadPage
    words : Words
    """
    from PIL import Image, ImageDraw

    step_x, step_y = 2 * _SIDE + _GAP, _SIDE + 2 * _LINE + 8
    rows = [-(-len(page.boxes) // COLUMNS) for page in pages]
    height = 2 * _EDGE + sum(_HEAD + count * step_y for count in rows)
    image = Image.new("L", (2 * _EDGE + COLUMNS * step_x - _GAP, height), 255)
    draw = ImageDraw.Draw(image)
    top = _EDGE
    for page, count in zip(pages, rows, strict=True):
        text = summary(page, words)
        letter_text(draw, _EDGE, top + 14, text, size=22, most=image.width - 2 * _EDGE)
        for n, box in enumerate(page.boxes):
            x, y = _EDGE + n % COLUMNS * step_x, top + _HEAD + n // COLUMNS * step_y
            letter_text(draw, x, y + _LINE / 2, box.label, size=20, most=2 * _SIDE)
            _show(image, box, x, y + _LINE, words)
        top += _HEAD + count * step_y
    memory = io.BytesIO()
    image.save(memory, "PNG")
    return memory.getvalue()


def summary(page: ReadPage, words: Words) -> str:
    """Return in a line what was found on a page."""
    found, written = page.found, len(page.written)
    return words(
        "sheet.photo",
        name=page.path.name,
        page=found.page,
        pages=found.plan.pages,
        cards=written,
        empty=len(page.boxes) - written,
        unsure=len(page.unsure),
    )


def _show(image, box: WrittenBox, x: int, y: int, words: Words) -> None:
    """Lay a box and its card side by side."""
    from PIL import Image, ImageDraw

    draw = ImageDraw.Draw(image)
    paper = Image.fromarray(np.uint8(255 * (1 - np.clip(box.ink, 0, 1)))).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    image.paste(paper, (x, y))
    frame = (x, y, x + (_SIDE if box.empty else 2 * _SIDE), y + _SIDE)
    if box.empty:
        draw.line([x + 30, y + 30, x + _SIDE - 30, y + _SIDE - 30], fill=190, width=2)
        draw.line([x + 30, y + _SIDE - 30, x + _SIDE - 30, y + 30], fill=190, width=2)
    else:
        image.paste(Image.fromarray(box.card()).resize((_SIDE, _SIDE), Image.Resampling.BOX), (x + _SIDE, y))
    draw.rectangle(frame, outline=0 if box.doubt else 150, width=4 if box.doubt else 1)
    if box.doubt:
        letter_text(draw, x, y + _SIDE + _LINE / 2, words(f"sheet.{box.doubt}"), size=17, most=2 * _SIDE)
