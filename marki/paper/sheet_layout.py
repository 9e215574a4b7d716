"""What stands where on a sheet, in millimetres from its upper left corner: marks, code, boxes and their classes.

Only what the code on the page says is needed to know the whole of it: classes, copies, paper and page.
"""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from marki.errors import ConfigError, StimulusError, unknown
from marki.paper.reed_solomon import mend, protect

PaperSize = Literal["a4", "letter"]
PAPERS: tuple[PaperSize, ...] = get_args(PaperSize)
SIZES: dict[PaperSize, tuple[float, float]] = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height of a page."""

RING = 1.7
"""Breadth of a mark's outer ring and of the white one in it; the disc inside is three times as broad."""
MARK = 3.5 * RING
"""Radius of a mark."""
EDGE = 15.0
"""Middle of a mark from the edge of the page."""

BOX = 18.0
"""Side of a box, between the middles of its lines."""
COLUMNS = 7
LABEL = 5.2
"""Height of the line of a box's label above it."""
_STEP_X, _STEP_Y = BOX + 4.8, BOX + LABEL + 3.2
_TOP, _BOTTOM = 35.0, 24.0

CELL = 2.0
"""Side of a cell of the code."""
CODE_ROWS, CODE_COLUMNS = 5, 80
"""Cells of one of the two strips, above and below the boxes."""
_BYTES, _PARITY, _VERSION = 100, 44, 1
_DATA = _BYTES - _PARITY
MOST_TEXT = _DATA - 9
"""Bytes of the list of classes that the code can hold."""
MOST_PAGES = 99


@dataclass(frozen=True, kw_only=True)
class SheetPlan:
    """A sheet: which classes are written, how often, on which paper.

    Parameters
    ----------
    classes : tuple of str
    copies : int
        Boxes of each class.
    paper : {"a4", "letter"}

    Raises
    ------
    ConfigError
        If there are too few or too many classes or copies, or a class is named twice or by other signs than letters and
        digits.
    """

    classes: tuple[str, ...]
    copies: int = 1
    paper: PaperSize = "a4"

    def __post_init__(self) -> None:
        if self.paper not in PAPERS:
            raise unknown("paper", self.paper, PAPERS, where="--paper")
        for name in self.classes:
            if not name.isalnum():
                raise ConfigError(
                    f"{name!r} cannot name a class", where="--classes", remedy="Use letters and digits, as in A-Z,ship"
                )
            if self.classes.count(name) > 1:
                raise ConfigError(f"{name!r} is named twice", where="--classes", remedy="Name each class once")
        if not self.classes:
            raise ConfigError("names no class", where="--classes", remedy="Give some, as in A-Z or 0-9 or cat,dog")
        size = len(class_text(self.classes).encode())
        if size > MOST_TEXT:
            raise ConfigError(
                f"takes {size} bytes, and the code of a sheet holds {MOST_TEXT}",
                where="--classes",
                remedy="Make two sheets, or shorten the names",
            )
        most = MOST_PAGES * self.boxes_per_page // len(self.classes)
        if not 1 <= self.copies <= min(most, 255):
            raise ConfigError(f"{self.copies} is out of range", where="--copies", remedy=f"Give 1 to {min(most, 255)}")

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a page."""
        return SIZES[self.paper]

    @property
    def rows(self) -> int:
        """Rows of boxes on a page."""
        return int((self.size[1] - _TOP - _BOTTOM + 3.2) // _STEP_Y)

    @property
    def boxes_per_page(self) -> int:
        """Boxes on a full page."""
        return COLUMNS * self.rows

    @property
    def pages(self) -> int:
        """Pages of the sheet."""
        return -(-len(self.classes) * self.copies // self.boxes_per_page)

    def page_classes(self, page: int) -> list[str]:
        """Return the class of each box of a page, counted from 1."""
        every = [name for name in self.classes for _ in range(self.copies)]
        return every[(page - 1) * self.boxes_per_page : page * self.boxes_per_page]

    def title(self) -> str:
        """Return the sheet's name for people: ``A-Z x 2``."""
        return f"{class_text(self.classes)} x {self.copies}"


def class_names(text: str) -> tuple[str, ...]:
    """Return the classes that a list names: ``A-Z``, ``0-9,X``, ``1-20``, ``cat,dog``.

    Parameters
    ----------
    text : str
        Names and ranges with commas between them; a range is of single signs or of whole numbers.

    Raises
    ------
    ConfigError
        If a range has no end, or is out of order or too long.
    """
    names: list[str] = []
    for part in unicodedata.normalize("NFC", text).split(","):
        first, dash, last = (piece.strip() for piece in part.strip().partition("-"))
        if not dash:
            names += [first] if first else []
        elif first.isdecimal() and last.isdecimal() and 0 <= int(last[:6]) - int(first[:6]) < 1000:
            names += [str(n) for n in range(int(first), int(last) + 1)]
        elif len(first) == len(last) == 1 and 0 <= ord(last) - ord(first) < 1000:
            names += [chr(n) for n in range(ord(first), ord(last) + 1)]
        else:
            raise ConfigError(
                f"{part.strip()!r} is no range", where="--classes", remedy="Give ranges as in A-Z or 1-20"
            )
    return tuple(names)


def class_text(classes: tuple[str, ...]) -> str:
    """Return the shortest list that `class_names` reads as these classes."""
    parts: list[list[str]] = []
    for name in classes:
        if parts and _follows(parts[-1][-1], name):
            parts[-1].append(name)
        else:
            parts.append([name])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(run) for run in parts)


def _follows(before: str, after: str) -> bool:
    if before.isdecimal() and after.isdecimal() and before.isascii() and after.isascii():
        return str(int(before) + 1) == after and str(int(before)) == before
    return len(before) == len(after) == 1 and not before.isdecimal() and ord(after) == ord(before) + 1


def marks(paper: PaperSize) -> np.ndarray:
    """Return the middles of the six marks, (2, 3, 2): left and right side, from above, x and y."""
    width, height = SIZES[paper]
    ys = (EDGE, height / 2, height - EDGE)
    return np.array([[(x, y) for y in ys] for x in (EDGE, width - EDGE)])


def boxes(plan: SheetPlan) -> np.ndarray:
    """Return the upper left corner of each place for a box, (rows * COLUMNS, 2), line by line."""
    left = (plan.size[0] - (COLUMNS - 1) * _STEP_X - BOX) / 2
    places = [(left + c * _STEP_X, _TOP + LABEL + r * _STEP_Y) for r in range(plan.rows) for c in range(COLUMNS)]
    return np.array(places)


def code_cells(paper: PaperSize) -> np.ndarray:
    """Return the middles of the cells of the code, (2, CODE_COLUMNS, CODE_ROWS, 2): the strip above, and below."""
    width, height = SIZES[paper]
    xs = (width - CODE_COLUMNS * CELL) / 2 + CELL * (np.arange(CODE_COLUMNS) + 0.5)
    strips = []
    for middle in (EDGE, height - EDGE):
        ys = middle + CELL * (np.arange(CODE_ROWS) - (CODE_ROWS - 1) / 2)
        strips.append(np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1))
    return np.stack(strips)


def code_bits(plan: SheetPlan, page: int) -> np.ndarray:
    """Return which cells of the code of a page are black, (2, CODE_COLUMNS, CODE_ROWS)."""
    text = class_text(plan.classes).encode()
    head = bytes([_VERSION << 4 | PAPERS.index(plan.paper), page, plan.pages, plan.copies, len(text)])
    data = (head + text).ljust(_DATA - 4, b"\0")
    word = protect(data + zlib.crc32(data).to_bytes(4, "big"), _PARITY)
    return (_veil() ^ np.unpackbits(np.frombuffer(word, np.uint8))).astype(bool).reshape(2, CODE_COLUMNS, CODE_ROWS)


def read_code(black: np.ndarray, *, where: object = None) -> tuple[SheetPlan, int] | None:
    """Return the sheet and the page whose code was read from the cells; None if it is none.

    Parameters
    ----------
    black : ndarray of bool, shape (2, CODE_COLUMNS, CODE_ROWS)
    where : object, optional
        The file, for the message.

    Raises
    ------
    StimulusError
        If it is the code of a sheet of another version.
    """
    word = np.packbits(_veil() ^ black.reshape(-1).astype(np.uint8)).tobytes()
    data = mend(word, _PARITY)
    if data is None or zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
        return None
    kind, page, pages, copies, length = data[:5]
    if kind >> 4 != _VERSION or kind & 15 >= len(PAPERS):
        raise StimulusError(
            f"shows a sheet of version {kind >> 4}, and version {_VERSION} is read",
            where=where,
            remedy="Use the program that made the sheet",
            code="sheet.version",
            version=kind >> 4,
            own=_VERSION,
        )
    names = class_names(data[5 : 5 + length].decode())
    plan = SheetPlan(classes=names, copies=copies, paper=PAPERS[kind & 15])
    return (plan, page) if plan.pages == pages and 1 <= page <= pages else None


def _veil() -> np.ndarray:
    """Return the bits that are added to a code, so that it is nowhere all white or all black."""
    state, bits = 0xACE1, []
    for _ in range(8 * _BYTES):
        state = state >> 1 ^ (0xB400 if state & 1 else 0)
        bits.append(state & 1)
    return np.array(bits, np.uint8)
