"""Light as picture files: a field as a card that is read back as it is, many as a sheet, a course as a film."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np

from marki.io.frame import SIDE
from marki.io.stimuli.images import OWN

GAP = 4
"""Dots between two fields of a contact sheet."""

GROUND = 96
"""Grey between them, 0 to 255: dark fields stand out against it as light ones do."""

FRAME_MS, LAST_MS = 80, 1_600
"""How long a picture of a film is shown, and the last one."""

Row = Sequence["np.ndarray | None"]
"""Fields (20, 20) of light from 0 to 1, side by side; None leaves a place empty."""


def levels(light: np.ndarray) -> np.ndarray:
    """Return light from 0 to 1 as grey levels, uint8."""
    return np.rint(np.asarray(light, float).clip(0, 1) * 255).astype(np.uint8)


def field_png(light: np.ndarray, size: int, about: Mapping[str, str]) -> bytes:
    """Return a field as a PNG file; shown to a camera, it is read back as it is.

    Parameters
    ----------
    light : ndarray, shape (20, 20)
        From 0 to 1.
    size : int
        Dots on a side, `SIDE` or more. If it is no multiple of `SIDE`, some cells are a dot wider than others.
    about : mapping of str to str
        Texts that are stored with it, by name.
    """
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text(*OWN)
    for name, text in about.items():
        texts.add_itxt(name, text)
    memory = io.BytesIO()
    _image(_enlarged(levels(light), size)).save(memory, "PNG", pnginfo=texts)
    return memory.getvalue()


def sheet_png(rows: Sequence[Row], size: int) -> bytes:
    """Return fields as a contact sheet, a PNG file.

    Parameters
    ----------
    rows : sequence of sequence of ndarray
    size : int
        Dots on a side of each field.
    """
    memory = io.BytesIO()
    _image(_sheet(rows, size)).save(memory, "PNG")
    return memory.getvalue()


def film_gif(sheets: Sequence[Sequence[Row]], size: int) -> bytes:
    """Return contact sheets one after the other as a film, a GIF file that repeats for ever.

    Parameters
    ----------
    sheets : sequence of sequence of sequence of ndarray
        Rows of each moment.
    size : int
        Dots on a side of each field.
    """
    first, *others = [_image(_sheet(rows, size)) for rows in sheets]
    memory = io.BytesIO()
    times = [FRAME_MS] * len(others) + [LAST_MS]
    first.save(memory, "GIF", save_all=True, append_images=others, duration=times, loop=0)
    return memory.getvalue()


def _sheet(rows: Sequence[Row], size: int) -> np.ndarray:
    pitch = size + GAP
    columns = max(len(row) for row in rows)
    sheet = np.full((len(rows) * pitch + GAP, columns * pitch + GAP), GROUND, np.uint8)
    for r, row in enumerate(rows):
        for c, field in enumerate(row):
            if field is not None:
                top, left = GAP + r * pitch, GAP + c * pitch
                sheet[top : top + size, left : left + size] = _enlarged(levels(field), size)
    return sheet


def _enlarged(cells: np.ndarray, size: int) -> np.ndarray:
    """Return cells (20, 20) as dots (size, size), each dot that of the cell in which its middle lies."""
    at = ((np.arange(size) + 0.5) * SIDE / size).astype(int)
    return cells[np.ix_(at, at)]


def _image(dots: np.ndarray):
    from PIL import Image

    return Image.fromarray(dots)
