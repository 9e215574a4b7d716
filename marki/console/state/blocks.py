"""Pages: what stands at the side of the machine, as plain blocks that one panel letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PageBlock:
    """Something on a page.

    Attributes
    ----------
    text : str
    """

    text: str = ""


@dataclass(frozen=True)
class Heading(PageBlock):
    """A heading."""


@dataclass(frozen=True)
class Text(PageBlock):
    """A paragraph; `dim` for what is second in importance."""

    dim: bool = False


@dataclass(frozen=True)
class PageRow(PageBlock):
    """A line with a value at its right, that can be pressed.

    Attributes
    ----------
    right : str
        The value.
    command : str
        Given when the line is pressed, with `arguments`; "" for none.
    turn : str
        Command when the line is turned up or down, with `arguments` and ``way``, 1 or -1; "" for none.
    mark : str
        Sign before it: ``right``, ``wrong``, ``plus``, ``minus``, ``dot`` or "".
    lit : bool
        Whether it is chosen.
    share : float or None
        Length of a bar under it, -1…1.
    """

    right: str = ""
    command: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    turn: str = ""
    mark: str = ""
    lit: bool = False
    share: float | None = None


@dataclass(frozen=True)
class CountTable(PageBlock):
    """A square table of counts, rows by columns; the text names it.

    Attributes
    ----------
    names : tuple of str
        Of the rows; the columns have the same and, last, "none".
    counts : tuple of tuple of int
    """

    names: tuple[str, ...] = ()
    counts: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Card(PageBlock):
    """A picture of 20 × 20 cells: `cells` in rows, -1…1 as below and above zero; `signed` for colours of sides."""

    cells: bytes = b""
    signed: bool = False


@dataclass(frozen=True)
class FramedPicture(PageBlock):
    """A picture with a frame that can be dragged, and the card of 20 × 20 cells that the part in it makes.

    Attributes
    ----------
    light : bytes
        The picture, row by row, 0…255.
    size : (int, int)
        Its width and height.
    frame : (float, float, float, float)
        Left, top, right and bottom, as shares of the picture.
    cells : bytes
        The card, row by row, 0…255.
    """

    light: bytes = b""
    size: tuple[int, int] = (1, 1)
    frame: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    cells: bytes = b""
