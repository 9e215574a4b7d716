"""Typing: the next line of a program that is being written, under the words that ask for it."""

from __future__ import annotations

from dataclasses import dataclass

from marki.config import Config, setting
from marki.io.ports import Port
from marki.pen.statements import pieces
from marki.pen.typist import before
from successors.tasks import figures
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.programs import LENGTHS, asked, language_of, length_of, split
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class TypingConfig(Config):
    """Settings of typing. No program of the test is in the training set; without the words, some begin alike."""

    languages: tuple[str, ...] = setting(("en",), "Languages of the words, in turn", choices=figures.LANGUAGES)
    words: bool = setting(True, "Whether the words stand above the program")
    train: int = setting(16_000, "Lines to learn from", low=1, high=1_000_000)
    valid: int = setting(150, "Lines to choose settings by", low=1, high=100_000)
    test: int = setting(300, "Lines of the test", low=1, high=100_000)
    two: float = setting(0.3, "Share of chains of two figures to learn from", low=0, high=1)
    three: float = setting(0.1, "Share of chains of three figures to learn from", low=0, high=1)


def _part(config: TypingConfig, workshop: Workshop, part: str, count: int) -> Split:
    items: list[tuple[str, str, int]] = []
    for number in range(count):
        rng = ItemKey(task="typing", seed=workshop.seed, part=part, number=number).rng()
        length = length_of(rng, part, number, config.two, config.three)
        chain = figures.chain_of(rng, part, length)
        told = asked(rng, language_of(config.languages, number), chain)
        written = list(pieces(figures.program(chain)))
        at = int(rng.integers(len(written)))
        items.append((before(told if config.words else "", written[:at]), written[at], length - 1))
    return split(items)


def _make(config: TypingConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}


TASK = Task(
    name="typing",
    title="The next line of a program that is being typed",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=TypingConfig,
    metric="lines foreseen to the letter",
    chance=0.0,
    classes=lambda config: LENGTHS,
    make=_make,
)
"""The task."""
