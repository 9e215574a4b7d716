"""The contest: problems with one example and hidden tests, as of a programming contest.

The statement names figures, but neither their directions nor their sizes; the example, an input and the picture that is
to be drawn for it, tells the rest as far as it does. A program may be run on the example before it is handed in; it is
right if it draws the same as the task's own for every input from 1 to 5. The statement says for which input the example
is, and the printed panel follows it. An answer is of one to ten programs, a line each, and right if one of them is.
Neither the figures of a test's statement together nor its program are in what is learned from; nor is the program in
any other task's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from marki.config import Config, setting
from marki.io.ports import Port
from marki.pen.interpreter import drawings
from marki.pen.judging import passing
from marki.pen.panel_picture import printed
from marki.pen.statements import one_line
from marki.pen.tries import SUBMISSIONS
from successors.tasks import figures
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.programs import language_of, split
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class ContestConfig(Config):
    """Settings of the contest. With an example for n = 1, many a wrong program draws it too."""

    languages: tuple[str, ...] = setting(("en",), "Languages of the statements, in turn", choices=figures.LANGUAGES)
    figures: int = setting(2, "Figures of a problem", low=2, high=3)
    example: int = setting(2, "Input of the example", low=1, high=5)
    train: int = setting(16_000, "Problems to learn from", low=1, high=1_000_000)
    valid: int = setting(50, "Problems to choose settings by", low=1, high=100_000)
    test: int = setting(100, "Problems of the test", low=1, high=100_000)


def statement(chain: figures.Chain, ways: list[int], language: figures.Language, example: int) -> str:
    """Return the statement of a problem, without the picture."""
    named = figures.names(chain, ways, language)[:-1]
    return f"{named}，例子 n = {example}：" if language == "zh" else f"{named}; example n = {example}:"


@lru_cache(maxsize=8)
def _kinds(part: str, count: int) -> tuple[tuple[str, ...], ...]:
    """Return the kinds of figures that stand together in statements of a part."""
    return tuple(kinds for kinds in product(figures.KINDS, repeat=count) if figures.part_of(" ".join(kinds)) == part)


def _part(config: ContestConfig, workshop: Workshop, part: str, count: int) -> Split:
    choice = _kinds(part, config.figures)
    items: list[tuple[str, str, int]] = []
    for number in range(count):
        rng = ItemKey(task="contest", seed=workshop.seed, part=part, number=number).rng()
        while True:
            chain = figures.draw_chain(rng, choice[int(rng.integers(len(choice)))])
            if figures.belongs(chain, part):
                break
        language = language_of(config.languages, number)
        told = statement(chain, figures.draw_ways(rng, chain), language, config.example)
        written = one_line(figures.program(chain))
        items.append((f"{told}\n{printed(example(written, config.example))}", written, 0))
    return split(items)


def _make(config: ContestConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}


def example(target: str, n: int) -> bytes:
    """Return the picture of a problem's example: 400 lamps, row by row, 1 where lit."""
    drawn = drawings(target, [n])
    assert drawn is not None, "the task's own programs draw"
    return drawn[0]


def submitted(answer: str) -> list[str]:
    """Return the programs that are handed in with an answer; what is beyond `SUBMISSIONS` does not count."""
    return answer.split("\n")[:SUBMISSIONS]


def one_is_right(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return for which problems one of the programs handed in is right, (n,) bool."""
    pairs = zip(answers.tolist(), targets.tolist(), strict=True)
    return np.array([passing(submitted(answer), target).any() for answer, target in pairs], bool)


def one_to_the_letter(answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of problems for which one of the programs handed in is the target itself."""
    pairs = zip(answers.tolist(), targets.tolist(), strict=True)
    return float(np.mean([target in submitted(answer) for answer, target in pairs]))


TASK = Task(
    name="contest",
    title="A program for figures of which an example is shown",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=ContestConfig,
    metric="problems solved by one of ten programs",
    chance=0.0,
    classes=lambda config: ("problem",),
    make=_make,
    also={"to the letter": one_to_the_letter},
    judge=one_is_right,
)
"""The task."""
