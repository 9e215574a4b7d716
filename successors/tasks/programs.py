"""Programs: asked for in words, written in the pen language, judged by what they draw.

Right is a program that draws the same as the task's own, for every input from 1 to 5, however it is written. No program
of the test is in the training set, neither with the same words nor with others, nor as the spoiled form of another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.io.ports import Port
from marki.pen.judging import draws_the_same, to_the_letter
from marki.pen.statements import one_line
from marki.pen.tokens import DIRECTIONS
from successors.tasks import figures, scenes
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.task import Task

LENGTHS = ("one figure", "two figures", "three figures")
VERBS = ("go", "draw")


@dataclass(frozen=True, kw_only=True)
class ProgramsConfig(Config):
    """Settings of programs. Each third of the test has chains of one, two and three figures."""

    languages: tuple[str, ...] = setting(("en",), "Languages of the words, in turn", choices=figures.LANGUAGES)
    train: int = setting(16_000, "Programs to learn from", low=1, high=1_000_000)
    valid: int = setting(150, "Programs to choose settings by", low=1, high=100_000)
    test: int = setting(300, "Programs of the test", low=1, high=100_000)
    two: float = setting(0.3, "Share of chains of two figures to learn from", low=0, high=1)
    three: float = setting(0.1, "Share of chains of three figures to learn from", low=0, high=1)
    spoiled: float = setting(0.1, "Share of programs to learn from that have a mistake", low=0, high=1)
    documents: int = setting(4_000, "Texts without programs", low=0, high=1_000_000)


def length_of(rng: np.random.Generator, part: str, number: int, two: float, three: float) -> int:
    """Return the number of figures of an item: in turn, but for training."""
    if part != "train":
        return number % len(LENGTHS) + 1
    share = rng.random()
    return 3 if share < three else 2 if share < three + two else 1


def spoiled(rng: np.random.Generator, text: str) -> str:
    """Return a program with one verb, direction or number changed, that is none of a test."""
    words = text.split()
    while True:
        at = int(rng.integers(len(words)))
        others: tuple[str, ...] = ()
        if words[at] in DIRECTIONS:
            others = tuple(DIRECTIONS)
        elif words[at] in VERBS:
            others = VERBS
        elif words[at] not in ("rep", "[", "]"):
            others = ("n", *map(str, range(1, 6)))
        if not others:
            continue
        found = " ".join([*words[:at], others[int(rng.integers(len(others)))], *words[at + 1 :]])
        if found != text and figures.part_of(found) == "train":
            return found


def asked(rng: np.random.Generator, language: figures.Language, chain: figures.Chain) -> str:
    """Return words that ask for a chain, in random ways to say it."""
    return figures.words(chain, figures.draw_ways(rng, chain), language)


def _part(config: ProgramsConfig, workshop: Workshop, part: str, count: int) -> Split:
    items: list[tuple[str, str, int]] = []
    for number in range(count):
        rng = ItemKey(task="programs", seed=workshop.seed, part=part, number=number).rng()
        length = length_of(rng, part, number, config.two, config.three)
        chain = figures.chain_of(rng, part, length)
        told, written = asked(rng, language_of(config.languages, number), chain), one_line(figures.program(chain))
        if part == "train" and rng.random() < config.spoiled:
            written = spoiled(rng, written)
        items.append((told, written, length - 1))
    return split(items)


def split(items: list[tuple[str, str, int]]) -> Split:
    """Return items, each a stimulus, its target and its class, as a part of a deck."""
    stimuli, targets, kinds = zip(*items, strict=True)
    return Split(stimuli=np.array(stimuli), targets=np.array(targets), kinds=np.array(kinds, np.int16))


def language_of(languages: tuple[str, ...], number: int) -> figures.Language:
    """Return the language of an item, in turn."""
    return "zh" if languages[number % len(languages)] == "zh" else "en"


def _make(config: ProgramsConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}


def _corpus(config: ProgramsConfig, workshop: Workshop) -> np.ndarray:
    """Return texts without a program: captions of scenes, and what asks for figures."""
    found: list[str] = []
    for number in range(config.documents):
        rng = ItemKey(task="programs", seed=workshop.seed, part="documents", number=number).rng()
        language = language_of(config.languages, number // 2)
        if number % 2:
            _, english, chinese = scenes.described(rng, "train")
            found.append(english if language == "en" else chinese)
        else:
            length = length_of(rng, "train", number, config.two, config.three)
            found.append(asked(rng, language, figures.chain_of(rng, "train", length)))
    return np.array(found, np.str_)


TASK = Task(
    name="programs",
    title="A program that draws what the words ask for",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=ProgramsConfig,
    metric="programs that draw what was asked for",
    chance=0.0,
    classes=lambda config: LENGTHS,
    make=_make,
    corpus=_corpus,
    also={"to the letter": to_the_letter},
    judge=draws_the_same,
)
"""The task."""
