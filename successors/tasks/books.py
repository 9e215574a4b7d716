"""Code books: letter and lamp in turn, by a secret code that is new in each, to be told from the examples shown.

A code gives each of eight letters a lamp of its own. Any of the 40,320 is a *code*; eight of them, in which the lamps
stand in the order of the letters, moved on by some places, are a *shift*. A shift may be told in words ahead, as in
``add 3``, and then no example is needed. No code of the test is in the documents; of the shifts there are too few.

A document has few different letters, one to eight: that is what makes it worth while to look back. A prompt has letters
drawn evenly.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.errors import ConfigError
from marki.io.ports import Port
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.task import Task

LETTERS = "ABCDEFGH"
KINDS = ("code", "shift", "told")
MOST_PAIRS = 16
"""Pairs of a document."""


@dataclass(frozen=True, kw_only=True)
class BooksConfig(Config):
    """Settings of code books."""

    kinds: tuple[str, ...] = setting(("code",), "What is asked, in turn", choices=KINDS)
    pairs: tuple[int, ...] = setting((0, 1, 2, 4, 8, 12), "Pairs before the letter that is asked for, in turn", low=0)
    bursty: bool = setting(True, "Whether a document has few different letters; else they are drawn evenly")
    documents: int = setting(16_000, "Documents to study", low=1, high=1_000_000)
    train: int = setting(600, "Prompts of the documents' codes, with answers", low=1, high=100_000)
    valid: int = setting(300, "Prompts to choose settings by", low=1, high=100_000)
    test: int = setting(1_800, "Prompts of the test", low=1, high=100_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("kinds", "pairs"):
            given: tuple[object, ...] = getattr(self, name)
            if not given or len(set(given)) < len(given):
                raise ConfigError(f"{given}", where=f"books: {name}", remedy="Give one or more, each once")
        if max(self.pairs) >= MOST_PAIRS:
            raise ConfigError(f"{max(self.pairs)} pairs", where="books: pairs", remedy=f"Give at most {MOST_PAIRS - 1}")


def part_of(code: tuple[int, ...]) -> str:
    """Return the part of a deck to which a code belongs: of ten, one is for test and one for validation."""
    return {0: "test", 1: "valid"}.get(zlib.crc32(bytes(code)) % 10, "train")


def draw_code(rng: np.random.Generator, part: str) -> tuple[int, ...]:
    """Return a code of a part: the lamp of each letter, from 0."""
    while True:
        code = tuple(int(lamp) for lamp in rng.permutation(len(LETTERS)))
        if part_of(code) == part:
            return code


def shift_by(places: int) -> tuple[int, ...]:
    """Return the code in which the lamps stand in the order of the letters, moved on by some places."""
    return tuple((letter + places) % len(LETTERS) for letter in range(len(LETTERS)))


def _pair(letter: int, code: tuple[int, ...]) -> str:
    return f"{LETTERS[letter]} {code[letter] + 1}"


def drawn_for(kind: str, rng: np.random.Generator, part: str) -> tuple[str, tuple[int, ...]]:
    """Return the words ahead, and the code, of a kind."""
    if kind == "code":
        return "", draw_code(rng, part)
    places = int(rng.integers(len(LETTERS)))
    return f"add {places} " if kind == "told" else "", shift_by(places)


def _document(config: BooksConfig, number: int, workshop: Workshop) -> str:
    """Return a document for pre-training; of what can be told, one half is told in words."""
    rng = ItemKey(task="books", seed=workshop.seed, part="documents", number=number).rng()
    if config.kinds == ("code",):
        ahead, code = drawn_for("code", rng, "train")
    else:
        ahead, code = drawn_for(("code", "shift", "code", "told")[number % 4], rng, "train")
        ahead = "code " if number % 4 == 2 else ahead
    some = int(rng.integers(1, len(LETTERS) + 1)) if config.bursty else len(LETTERS)
    letters = rng.permutation(len(LETTERS))[:some]
    shown = letters[rng.integers(some, size=MOST_PAIRS)].tolist()
    return ahead + " ".join(_pair(letter, code) for letter in shown)


def _part(config: BooksConfig, workshop: Workshop, name: str, count: int) -> Split:
    ways = _ways(config)
    stimuli: list[str] = []
    targets: list[str] = []
    for number in range(count):
        kind, pairs = ways[number % len(ways)]
        rng = ItemKey(task="books", seed=workshop.seed, part=name, number=number).rng()
        ahead, code = drawn_for(kind, rng, name)
        before, asked = rng.integers(len(LETTERS), size=pairs).tolist(), int(rng.integers(len(LETTERS)))
        stimuli.append(ahead + " ".join([*(_pair(letter, code) for letter in before), LETTERS[asked]]))
        targets.append(str(code[asked] + 1))
    kinds = (np.arange(count) % len(ways)).astype(np.int16)
    return Split(stimuli=np.array(stimuli), targets=np.array(targets), kinds=kinds)


def _ways(config: BooksConfig) -> list[tuple[str, int]]:
    """Return what is asked, in turn."""
    return [(kind, pairs) for kind in config.kinds for pairs in config.pairs]


def begin_right(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return whether each answer begins with its target, (n,) bool; who has read documents goes on after it."""
    pairs = zip(answers.tolist(), targets.tolist(), strict=True)
    return np.array([answer.split()[: len(target.split())] == target.split() for answer, target in pairs])


def _make(config: BooksConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}


def _corpus(config: BooksConfig, workshop: Workshop) -> np.ndarray:
    return np.array([_document(config, number, workshop) for number in range(config.documents)])


TASK = Task(
    name="books",
    title="The lamp of a letter by a new secret code, from examples",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=BooksConfig,
    metric="lamps told rightly",
    chance=1 / len(LETTERS),
    classes=lambda config: tuple(f"{kind}, {pairs} before" for kind, pairs in _ways(config)),
    make=_make,
    corpus=_corpus,
    judge=begin_right,
)
"""The task."""
