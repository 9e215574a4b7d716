"""Pictures of the lamp panel: as a file, and as printed lines."""

from __future__ import annotations

import io
from pathlib import Path

from marki.files import PNG, demand_ending, writing
from marki.io.frame import CELLS, SIDE

PITCH = 24
"""Dots from lamp to lamp."""

_PLATE, _RIM, _DARK, _LIT = (30, 32, 33), (78, 78, 72), (44, 42, 38), (255, 190, 92)
_FINER = 4  # drawn so many times larger, then made smaller, so that circles are round


def write_panel(lamps: bytes, path: Path | str) -> None:
    """Write the 400 lamps, row by row, 1 where lit, as a PNG.

    Raises
    ------
    ConfigError
        If the name does not end in ``.png``.
    OutputError
        If the file cannot be written.
    """
    from PIL import Image, ImageDraw

    path = Path(path)
    demand_ending(path, PNG)
    pitch = PITCH * _FINER
    side = (SIDE + 1) * PITCH
    image = Image.new("RGB", (side * _FINER, side * _FINER), _PLATE)
    draw = ImageDraw.Draw(image)
    for cell in range(CELLS):
        row, column = divmod(cell, SIDE)
        middle = ((column + 1) * pitch, (row + 1) * pitch)
        draw.circle(middle, 0.42 * pitch, fill=_LIT if lamps[cell] else _DARK, outline=_RIM, width=_FINER)
    memory = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(memory, "PNG")
    with writing(path) as file:
        file.write(memory.getvalue())


def printed(lamps: bytes) -> str:
    """Return the 400 lamps as 20 lines, ``#`` where lit, ``.`` where dark."""
    return "\n".join("".join(".#"[lamp] for lamp in lamps[k : k + SIDE]) for k in range(0, CELLS, SIDE))


def unprinted(text: str) -> bytes | None:
    """Return the lamps of a printed panel; None if the text is none."""
    rows = text.split()
    if [len(row) for row in rows] != [SIDE] * SIDE or set(text) - set(".# \n"):
        return None
    return bytes(cell == "#" for row in rows for cell in row)
