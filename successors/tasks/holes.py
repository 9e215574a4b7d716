"""Holes: a program of which one stroke is missing; the answer is the whole program.

Right is a program that draws the same as the one that was whole, for every input from 1 to 5. In a closed figure the
other strokes tell the missing one: the sides of squares and diamonds, the strokes of battlements. Elsewhere many a hole
cannot be known, unless the words are read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.io.ports import Port
from marki.pen.judging import draws_the_same, to_the_letter
from marki.pen.statements import one_line, pieces
from marki.pen.tokens import HOLE, VERBS
from successors.tasks import figures
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.programs import asked, language_of, split
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class HolesConfig(Config):
    """Settings of holes. No program of the test is in the training set; what is left of two may be alike if the hole is
    not in a closed figure."""

    closed: bool = setting(True, "Whether holes are in closed figures alone, where the rest tells what is missing")
    words: bool = setting(False, "Whether the words that ask for the program are given, too")
    languages: tuple[str, ...] = setting(("en",), "Languages of the words, in turn", choices=figures.LANGUAGES)
    train: int = setting(16_000, "Programs to learn from", low=1, high=1_000_000)
    valid: int = setting(150, "Programs to choose settings by", low=1, high=100_000)
    test: int = setting(300, "Programs of the test", low=1, high=100_000)


def kinds_of(config: HolesConfig) -> tuple[str, ...]:
    """Return the kinds of figures that have the hole."""
    return figures.CLOSED if config.closed else figures.KINDS


def with_hole(rng: np.random.Generator, chain: figures.Chain, at: int) -> str:
    """Return the program of a chain, in one line, with a hole for one stroke of figure number `at`."""
    told = [list(pieces(figure.program())) for figure in chain]
    strokes = [k for k, piece in enumerate(told[at]) if piece.split()[0] in VERBS[:2]]
    told[at][strokes[int(rng.integers(len(strokes)))]] = HOLE
    return " ".join(piece for figure in told for piece in figure)


def _part(config: HolesConfig, workshop: Workshop, part: str, count: int) -> Split:
    kinds = kinds_of(config)
    items: list[tuple[str, str, int]] = []
    for number in range(count):
        rng = ItemKey(task="holes", seed=workshop.seed, part=part, number=number).rng()
        kind = number % len(kinds)
        while True:
            drawn = figures.draw_kinds(rng, int(rng.integers(1, 3)))
            at = int(rng.integers(len(drawn)))
            drawn[at] = kinds[kind]
            chain = figures.draw_chain(rng, drawn)
            if figures.belongs(chain, part):
                break
        holed = with_hole(rng, chain, at)
        told = asked(rng, language_of(config.languages, number), chain)
        items.append((f"{told} {holed}" if config.words else holed, one_line(figures.program(chain)), kind))
    return split(items)


def _make(config: HolesConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}


TASK = Task(
    name="holes",
    title="A program of which a stroke is missing, made whole",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=HolesConfig,
    metric="programs that draw the same as before",
    chance=0.0,
    classes=kinds_of,
    make=_make,
    also={"to the letter": to_the_letter},
    judge=draws_the_same,
)
"""The task."""
