"""The tokens of a program, each with its place; any text has some, so that an editor can colour what is not done."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

from marki.io.frame import SIDE

Kind = Literal["verb", "direction", "amount", "open", "close", "hole", "comment", "unknown"]

DIRECTIONS: dict[str, tuple[int, int]] = {
    "up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1),
    "up-left": (-1, -1), "up-right": (-1, 1), "down-left": (1, -1), "down-right": (1, 1),
}  # fmt: skip
"""Rows down and columns to the right of a step in each direction."""
VERBS = ("go", "draw", "rep")
INPUT = "n"
"""The amount that is given when a program runs."""
HOLE = "?"
"""Stands for statements that are still to be written."""
MOST = SIDE
"""The largest amount."""
WORDS = (*VERBS, *DIRECTIONS, INPUT, "[", "]")
"""All words of the language but for the numbers."""

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(VERBS, "verb"), **dict.fromkeys(DIRECTIONS, "direction"),
    INPUT: "amount", "[": "open", "]": "close", HOLE: "hole",
}  # fmt: skip
_TOKEN = re.compile(r"(\n)|[#＃][^\n]*|[\[\]［］?？]|[^\s\[\]［］?？#＃]+")


class PenToken(NamedTuple):
    """A token.

    Attributes
    ----------
    kind : str
        What it is; a number of any size is an amount, and what is no word of the language is unknown.
    text : str
        Small letters, half-width signs; a comment is as it stands, but for blanks at its end.
    start, stop : int
        Its characters in the program.
    line, column : int
        Where it begins, counted from 1.
    """

    kind: Kind
    text: str
    start: int
    stop: int
    line: int
    column: int


def tokens(text: str) -> Iterator[PenToken]:
    """Yield the tokens of a text, comments among them."""
    line, begins = 1, 0
    for match in _TOKEN.finditer(text):
        start, stop = match.span()
        if match[1]:
            line, begins = line + 1, stop
            continue
        word = match[0]
        if word[0] in "#＃":
            kind: Kind = "comment"
            word = word.rstrip()
        else:
            word = unicodedata.normalize("NFKC", word).casefold()
            kind = _KINDS.get(word) or ("amount" if word.isascii() and word.isdecimal() else "unknown")
        yield PenToken(kind, word, start, stop, line, start - begins + 1)


def around_hole(text: str) -> tuple[str, str] | None:
    """Return what stands before the first hole of a text, and what behind it; None if it has none."""
    for token in tokens(text):
        if token.kind == "hole":
            return text[: token.start], text[token.stop :]
    return None
