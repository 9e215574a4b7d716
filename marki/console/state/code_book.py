"""A code book: letters with their lamps, of which some are shown before the letter that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from marki.io.responses import R_UNITS


class Told(NamedTuple):
    """What a system told after some pairs: the lamp, and how certain of each lamp it was, 0…1, if it says that."""

    lamp: str
    shares: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class CodeBook:
    """A prompt of pairs and a letter.

    Attributes
    ----------
    ahead : str
        Words before the pairs, "" for none.
    pairs : tuple of (str, str)
        Letters with their lamps, from "1".
    asked, wanted : str
        The letter that is asked for, and its lamp.
    told : dict of int to Told
        What was told after so many pairs.
    """

    ahead: str
    pairs: tuple[tuple[str, str], ...]
    asked: str
    wanted: str
    told: dict[int, Told] = field(default_factory=dict)

    def prompt(self, count: int) -> str:
        """Return the prompt with the first so many of its pairs."""
        shown = (sign for pair in self.pairs[:count] for sign in pair)
        return " ".join([*self.ahead.split(), *shown, self.asked])

    def ideal(self, count: int) -> float:
        """Return how certain one is of the right lamp who draws all that follows from the pairs shown, and no more.

        A letter that was shown is known; else its lamp is one of those that are left, whichever.
        """
        letters = {letter for letter, _ in self.pairs[:count]}
        return 1.0 if self.asked in letters else 1 / max(1, R_UNITS - len(letters))


def code_book(text: str, wanted: str) -> CodeBook | None:
    """Return the code book of a prompt; None for a text that is none."""
    signs = text.split()
    first = next((k for k, sign in enumerate(signs) if len(sign) == 1 and sign.isalpha()), len(signs))
    ahead, rest = " ".join(signs[:first]), signs[first:]
    letters, lamps = rest[0::2], rest[1::2]
    if len(rest) % 2 == 0 or not all(s.isalpha() for s in letters) or not all(s.isdecimal() for s in lamps):
        return None
    return CodeBook(ahead=ahead, pairs=tuple(zip(letters, lamps, strict=False)), asked=rest[-1], wanted=wanted)
