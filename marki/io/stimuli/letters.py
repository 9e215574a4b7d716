"""Letters in real typefaces, printed and written, drawn on cards."""

from __future__ import annotations

import functools
import string
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from marki.errors import StimulusError, unknown
from marki.files import asset
from marki.io.stimuli import CARD, Stimulus

LETTERS = string.ascii_uppercase
"""The 26 letters of the historical experiments."""

WIDEST = 0.9
"""Share of the card's side that the widest letter of a face may take."""


@dataclass(frozen=True, kw_only=True)
class Typeface:
    """A shipped face.

    Parameters
    ----------
    key : str
        Our name for it.
    file : str
        File in `assets/fonts`, cut to printable ASCII.
    family : str
        Name under which its author published it.
    licence : str
        SPDX identifier; the text is `assets/fonts/LICENSES/<notice>`.
    notice : str
        File of the licence and copyright notice.
    kind : str
        ``"print"`` or ``"hand"``.
    bold : float
        Width added to its strokes, in card points at the default height, so that they are 1.5 to 2.5 cells wide.
    """

    key: str
    file: str
    family: str
    licence: str
    notice: str
    kind: str
    bold: float


def _face(
    key: str, suffix: str, family: str, licence: str = "OFL-1.1", *, kind: str = "print", bold: float = 0.0
) -> Typeface:
    return Typeface(
        key=key, file=f"{key}.{suffix}", family=family, licence=licence, notice=f"{key}.txt", kind=kind, bold=bold
    )


_FACES = (
    _face("routed-gothic", "ttf", "Routed Gothic"),
    _face("b612", "otf", "B612"),
    _face("b612-mono", "otf", "B612 Mono"),
    _face("cabin", "otf", "Cabin"),
    _face("comic-neue", "otf", "Comic Neue"),
    _face("dejavu-sans", "ttf", "DejaVu Sans", "Bitstream-Vera", bold=2.0),
    _face("dejavu-sans-mono", "ttf", "DejaVu Sans Mono", "Bitstream-Vera"),
    _face("dejavu-serif", "ttf", "DejaVu Serif", "Bitstream-Vera"),
    _face("dosis", "otf", "Dosis"),
    _face("gnu-typewriter", "ttf", "GNUTypewriter"),
    _face("go", "ttf", "Go", "BSD-3-Clause"),
    _face("goudy-bookletter", "otf", "Goudy Bookletter 1911", "LicenseRef-public-domain", bold=4.0),
    _face("inconsolata", "otf", "Inconsolata", "OFL-1.0", bold=2.0),
    _face("jura", "otf", "Jura", bold=2.0),
    _face("league-spartan", "otf", "League Spartan"),
    _face("liberation-mono", "ttf", "Liberation Mono", bold=2.0),
    _face("liberation-sans", "ttf", "Liberation Sans"),
    _face("liberation-serif", "ttf", "Liberation Serif"),
    _face("national-park", "otf", "National Park"),
    _face("play", "ttf", "Play", bold=2.0),
    _face("quicksand", "ttf", "Quicksand"),
    _face("roboto-slab", "otf", "Roboto Slab", "Apache-2.0"),
    _face("because-we-build", "otf", "Because We Build", kind="hand", bold=4.0),
    _face("because-we-connect", "otf", "Because We Connect", kind="hand"),
    _face("because-we-create", "otf", "Because We Create", kind="hand", bold=4.0),
    _face("because-we-mentor", "otf", "Because We Mentor", kind="hand"),
    _face("because-we-organize", "otf", "Because We Organize", kind="hand", bold=4.0),
    _face("humor-sans", "ttf", "Humor Sans", kind="hand"),
)

TYPEFACES = MappingProxyType({face.key: face for face in _FACES})
"""The shipped faces by key."""


def letter(char: str, typeface: str = "routed-gothic", *, height: float = 0.8, bold: float | None = None) -> Stimulus:
    """Draw one character on a card, centred by its ink.

    All characters of a face have one size: that at which capitals stand `height` high, or less, if the widest capital
    would else be wider than `WIDEST` of the card.

    Parameters
    ----------
    char : str
        A printable ASCII character with ink.
    typeface : str
        A key of `TYPEFACES`.
    height : float
        Height of capitals as a share of the card's side, above 0.05 to 1.
    bold : float, optional
        Width added to the strokes, in card points; the face's own `bold` if left out, in proportion to the
        height. Each side of a stroke grows by a whole number of points, ``round(bold / 2)``.

    Returns
    -------
    Stimulus
        Its label is the character, its name ``"A in routed-gothic"``.

    Raises
    ------
    UnknownName
        If there is no such face.
    StimulusError
        If the character is not a printable ASCII character, or the height or boldness is out of range.
    """
    if typeface not in TYPEFACES:
        raise unknown("typeface", typeface, TYPEFACES, where="letters")
    if not isinstance(char, str) or len(char) != 1 or not "!" <= char <= "~":
        raise StimulusError(
            f"{char!r} is not one printable ASCII character",
            where=f"letter in {typeface}",
            remedy="Give one of A to Z",
            code="stimulus.letter",
            typeface=typeface,
            char=repr(char),
        )
    if not 0.05 <= height <= 1:
        raise StimulusError(
            f"{height!r} is not from 0.05 to 1", where=f"letter {char} height", remedy="Give a share of the card"
        )
    if bold is None:
        bold = TYPEFACES[typeface].bold * height / 0.8
    if not 0 <= bold <= CARD / 4:
        raise StimulusError(
            f"{bold!r} is not from 0 to {CARD // 4}", where=f"letter {char} bold", remedy="Give card points"
        )
    return Stimulus(name=f"{char} in {typeface}", label=char, card=_draw(char, typeface, height, bold))


def alphabet(
    typeface: str = "routed-gothic", letters: Iterable[str] = LETTERS, *, height: float = 0.8
) -> list[Stimulus]:
    """Draw several characters of one face.

    Parameters
    ----------
    typeface : str
        A key of `TYPEFACES`.
    letters : iterable of str
        The characters; A to Z if left out.
    height : float
        As for `letter`.

    Returns
    -------
    list of Stimulus
        One a character, in the order given.

    Raises
    ------
    UnknownName, StimulusError
        As for `letter`.
    """
    return [letter(char, typeface, height=height) for char in letters]


@functools.lru_cache(maxsize=256)
def _draw(char: str, typeface: str, height: float, bold: float) -> np.ndarray:
    """Return the card of a character, which cannot be written to; each run draws the same again."""
    from PIL import Image

    ink = _ink(_font(typeface, height, bold), char, bold)
    picture = Image.new("L", (CARD, CARD))
    picture.paste(ink, ((CARD - ink.width) // 2, (CARD - ink.height) // 2))
    return np.asarray(picture)


def _ink(font: Any, char: str, bold: float = 0.0) -> Any:
    """Return the picture of a character, cut to its ink; a face's own boxes include the space beside it."""
    from PIL import Image, ImageDraw

    edge = int(font.size / 2 + bold)
    picture = Image.new("L", (int(font.size * 1.5) + 2 * edge, int(font.size * 1.6) + 2 * edge))
    ImageDraw.Draw(picture).text((edge, edge), char, fill=255, font=font, stroke_width=round(bold / 2))
    return picture.crop(picture.getbbox())


@functools.lru_cache(maxsize=64)
def _font(typeface: str, height: float, bold: float) -> Any:
    """Return the face at the size at which its capitals are as high as asked and the widest fits."""
    from PIL import ImageFont

    file = str(asset(f"fonts/{TYPEFACES[typeface].file}"))
    unit = 200
    font = ImageFont.truetype(file, unit, layout_engine=ImageFont.Layout.BASIC)
    boxes = [_ink(font, char).size for char in LETTERS]
    wide, tall = max(box[0] for box in boxes), float(np.median([box[1] for box in boxes]))
    size = unit * min((height * CARD - bold) / tall, (WIDEST * CARD - bold) / wide)
    return ImageFont.truetype(file, max(size, 1.0), layout_engine=ImageFont.Layout.BASIC)
