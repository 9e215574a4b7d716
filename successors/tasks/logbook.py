"""The log book: sessions of the simulated Mark I, told line by line; `assets/make/logbook.py` wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marki.files import asset

_LINE = re.compile(
    r"Trial [\d,]+\. The card (?P<card>\w+)\. \d+ A-units? took part\. "
    r"The machine answered (?P<answer>\w+): (?P<verdict>right|wrong)\."
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line in which the machine's answer was that of a class.

    Attributes
    ----------
    text : str
    right : bool
        Whether the answer was right.
    until : int
        Number of characters before the space and the verdict.
    words : tuple of (int, int, str)
        Positions of the words that follow from others, and their kind: card, answer, verdict, unit.
    """

    text: str
    right: bool
    until: int
    words: tuple[tuple[int, int, str], ...]


@lru_cache(maxsize=1)
def sessions() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the lines of the sessions of each part; of ten sessions one is for test and one for validation."""
    told = [tuple(s.splitlines()) for s in asset("text/logbook.txt").read_text(encoding="utf-8").split("\n\n")]
    found: dict[str, list[tuple[str, ...]]] = {"train": [], "valid": [], "test": []}
    for number, lines in enumerate(told):
        found[("test", "valid")[number % 10] if number % 10 < 2 else "train"].append(lines)
    return {part: tuple(lines) for part, lines in found.items()}


def corpus(together: int = 1) -> np.ndarray:
    """Return the lines of the training sessions, (n,) of str, each with so many consecutive lines `together`."""
    found: list[str] = []
    for told in sessions()["train"]:
        found += ["\n".join(told[k : k + together]) for k in range(len(told) - together + 1)]
    return np.array(found)


@lru_cache(maxsize=4)
def lines(part: str) -> tuple[Line, ...]:
    """Return the lines of a part in which the answer was that of a class."""
    found = [_read(text) for session in sessions()[part] for text in session]
    return tuple(line for line in found if line is not None)


def _read(text: str) -> Line | None:
    match = _LINE.match(text)
    if match is None:
        return None
    words = [(*match.span(kind), kind) for kind in ("card", "answer", "verdict")]
    words += [(*unit.span(), "unit") for unit in re.finditer(r"R[1-8]", text)]
    right = match["verdict"] == "right"
    return Line(text=text, right=right, until=match.start("verdict") - 1, words=tuple(words))
