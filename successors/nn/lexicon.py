"""Text as tokens by a short list: each word or sign of the list is one token, whatever stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from string import ascii_uppercase, digits

from successors.nn.bytepairs import MASK

FIRST_PIECE = 5
"""The tokens before it are special, as those of byte pairs are."""
UNKNOWN = "\ufffd"
"""What is shown of a token that stands for something that is not on the list."""


class Lexicon:
    """An encoding of text as tokens by a list of words and signs; blanks between them are not read.

    What is not on the list is read as `MASK`. A decoded text has a blank between any two tokens.

    Parameters
    ----------
    words : sequence of str
        Each of letters alone, or one sign; the first becomes token 5.
    """

    def __init__(self, words: Sequence[str]):
        self._words = tuple(words)
        self._numbers = {word: FIRST_PIECE + k for k, word in enumerate(self._words)}
        longest_first = sorted(self._words, key=len, reverse=True)
        self._piece = re.compile("|".join([*map(re.escape, longest_first), r"\S"]))

    def knows(self, piece: str) -> bool:
        """Return whether a word or sign is on the list."""
        return piece in self._numbers

    @property
    def size(self) -> int:
        """Number of tokens in the vocabulary."""
        return FIRST_PIECE + len(self._words)

    def encode(self, text: str) -> list[int]:
        """Encode a text as tokens."""
        return [self._numbers.get(piece, MASK) for piece in self._piece.findall(text)]

    def decode(self, tokens: Iterable[int]) -> str:
        """Decode tokens to text."""
        return " ".join(self._words[t - FIRST_PIECE] if t >= FIRST_PIECE else UNKNOWN for t in tokens)

    def pieces(self, text: str) -> list[str]:
        """Return the text of each token separately; of those that are not on the list, as they were read."""
        return self._piece.findall(text)


TELETYPE_WORDS = ("add", "code", "in all", "one by one")
"""Words of the code books and sums that are read and written sign by sign."""


@lru_cache(maxsize=1)
def teletype() -> Lexicon:
    """Return the lexicon of what is written sign by sign: digits, large letters, and a few words."""
    return Lexicon([*digits, *ascii_uppercase, *TELETYPE_WORDS])
