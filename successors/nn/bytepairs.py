"""Byte-level pair encoding: text as tokens, by merging the most frequent pairs of neighbouring bytes.

Gage 1994, "A new algorithm for data compression", The C Users Journal 12(2); for words, Sennrich, Haddow and Birch
2016, "Neural machine translation of rare words with subword units"; over bytes, Radford et al. 2019. Any text can be
encoded, and decodes to itself.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from marki.files import asset
from marki.reading import read_json

PAD, START, END, MASK, NEXT = range(5)
"""Special tokens: padding, beginning, end, mask, and separator of two texts."""

FIRST_BYTE = 5
_WORD = re.compile(r" ?[^\W\d_]+| ?\d| ?[^\w\s]+|_|\s")


class BytePairs:
    """An encoding of text as tokens.

    Parameters
    ----------
    merges : sequence of (int, int)
        Pairs of tokens to merge, in the order in which they were learned; the first becomes token 261.
    """

    def __init__(self, merges: Sequence[tuple[int, int]]):
        self.merges = [(int(a), int(b)) for a, b in merges]
        self._rank = {pair: FIRST_BYTE + 256 + k for k, pair in enumerate(self.merges)}
        self._bytes = [b""] * FIRST_BYTE + [bytes([k]) for k in range(256)]
        for a, b in self.merges:
            self._bytes.append(self._bytes[a] + self._bytes[b])
        self._known: dict[str, list[int]] = {}

    @property
    def size(self) -> int:
        """Number of tokens in the vocabulary."""
        return len(self._bytes)

    @classmethod
    def learn(cls, texts: Iterable[str], size: int) -> BytePairs:
        """Learn an encoding of `size` tokens that merges the most frequent neighbours in texts.

        Words are counted with the space before them; digits are never merged, so that numbers can be compared. Among
        equally frequent pairs, the one with the lower tokens is merged.
        """
        words = Counter(word for text in texts for word in _WORD.findall(text))
        parts = {word: [FIRST_BYTE + b for b in word.encode()] for word in words}
        merges: list[tuple[int, int]] = []
        while FIRST_BYTE + 256 + len(merges) < size:
            pairs: Counter[tuple[int, int]] = Counter()
            for word, tokens in parts.items():
                for pair in itertools.pairwise(tokens):
                    pairs[pair] += words[word]
            if not pairs:
                break
            best = min(pairs, key=lambda pair: (-pairs[pair], pair))
            for tokens in parts.values():
                _merge(tokens, best, FIRST_BYTE + 256 + len(merges))
            merges.append(best)
        return cls(merges)

    def encode(self, text: str) -> list[int]:
        """Encode a text as tokens."""
        found: list[int] = []
        for word in _WORD.findall(text):
            if word not in self._known:
                self._known[word] = self._encoded(word)
            found += self._known[word]
        return found

    def _encoded(self, word: str) -> list[int]:
        tokens = [FIRST_BYTE + b for b in word.encode()]
        while len(tokens) > 1:
            first = min(itertools.pairwise(tokens), key=lambda pair: self._rank.get(pair, self.size))
            if first not in self._rank:
                break
            _merge(tokens, first, self._rank[first])
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        """Decode tokens to text; what is not text, or cannot be printed, becomes a replacement character."""
        text = b"".join(self._bytes[token] for token in tokens).decode(errors="replace")
        return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)

    def pieces(self, text: str) -> list[str]:
        """Return the text of each token separately; bytes that are only a part of a character as hexadecimal digits."""
        return [_readable(self._bytes[token]) for token in self.encode(text)]


def _readable(piece: bytes) -> str:
    """Return bytes as text, and those that are none as two hexadecimal digits each."""
    text = piece.decode(errors="surrogateescape")
    return "".join(f"{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in text)


def _merge(tokens: list[int], pair: tuple[int, int], merged: int) -> None:
    """Merge every occurrence of a pair, in place."""
    k = 0
    while k < len(tokens) - 1:
        if (tokens[k], tokens[k + 1]) == pair:
            tokens[k : k + 2] = [merged]
        k += 1


def padded(rows: Sequence[Sequence[int]], width: int | None = None) -> np.ndarray:
    """Return rows of tokens as one array (n, t) of int64, padded with `PAD`: as wide as the longest, or as `width`."""
    width = max(map(len, rows), default=0) if width is None else width
    found = np.full((len(rows), width), PAD, np.int64)
    for k, row in enumerate(rows):
        found[k, : len(row)] = row
    return found


@lru_cache(maxsize=1)
def shipped() -> BytePairs:
    """Return the encoding that all systems of the timeline share; `assets/make/pairs.py` learned it."""
    return BytePairs(read_json(asset("text/pairs.json"))["merges"])
