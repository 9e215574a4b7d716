"""Text on sheets and contact sheets, each sign in the first shipped typeface that has it."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING

from marki.files import asset

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

_FILES = ("b612.otf", "marki-cjk.otf")
_NOT_A_SIGN = "\U0010fffd"  # of private use, in no typeface


def unprintable(text: str) -> str:
    """Return the signs of a text that no typeface has."""
    return "".join(dict.fromkeys(sign for sign in text if _typeface(sign) is None))


def letter_text(
    draw: ImageDraw.ImageDraw, x: float, y: float, text: str, *, size: float, shade: int = 0, most: float = 1e9
) -> None:
    """Write a line of text; a sign that no typeface has becomes an empty box.

    Parameters
    ----------
    draw : PIL.ImageDraw.ImageDraw
    x, y : float
        Left end, and middle of the height of capitals, in points.
    text : str
    size : float
        Of the typeface, in points.
    shade : int
    most : float
        Points that the line may be long; it is made smaller to fit.
    """
    runs = [
        (file, "".join(signs)) for file, signs in itertools.groupby(text, lambda sign: _typeface(sign) or _FILES[-1])
    ]
    wide = sum(_font(file, size).getlength(run) for file, run in runs)
    size *= min(1.0, most / max(wide, 1))
    for file, run in runs:
        font = _font(file, size)
        draw.text((x, y + 0.36 * size), run, fill=shade, font=font, anchor="ls")
        x += font.getlength(run)


@functools.lru_cache(maxsize=64)
def _font(file: str, size: float) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(asset(f"fonts/{file}"), size)


@functools.lru_cache(maxsize=4096)
def _typeface(sign: str) -> str | None:
    """Return the file of the first typeface that has a sign."""
    for file in _FILES:
        if sign.isspace() or _shape(file, sign) != _shape(file, _NOT_A_SIGN):
            return file
    return None


@functools.lru_cache(maxsize=4096)
def _shape(file: str, sign: str) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("L", (60, 60))
    ImageDraw.Draw(image).text((5, 45), sign, fill=255, font=_font(file, 40), anchor="ls")
    return image.tobytes()
