"""Typing: the next line of a program, under the words that ask for it; and a simulated typist, who is offered it.

The typist knows what he wants to write. Before each line he is offered one in grey, if it is likely enough; he takes it
with one key if it is what he would write, to the letter, and else types on. He makes no mistakes and reads in no time:
what is counted are keys. People, who do not know so well what they want, take fewer and are not simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from marki.config import Config, setting
from marki.io.ports import Port
from marki.pen.parser import parse
from marki.pen.statements import pieces
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


def before(words: str, written: Sequence[str]) -> str:
    """Return what stands before a line of a program: the words, if any, and the lines above it."""
    return " ".join([words, *written] if words else written)


@dataclass(frozen=True, kw_only=True)
class Ghost:
    """A line that is offered.

    Parameters
    ----------
    text : str
    probability : float
        How sure the system is of it, 0 to 1.
    """

    text: str
    probability: float


Suggest = Callable[[str], Ghost]
"""Offers the next line after what stands before it."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What came of an offer.

    Parameters
    ----------
    keys : int
        Keys that the line takes if it is typed, that which ends it among them.
    probability : float
    right : bool
        Whether the ghost was what the typist wanted to write.
    """

    keys: int
    probability: float
    right: bool


@dataclass(frozen=True, kw_only=True)
class Savings:
    """What a typist saves who is offered what is likelier than a threshold.

    Parameters
    ----------
    threshold : float
    shown : float
        Share of lines for which something was offered.
    accepted : float
        Share of the offers that were taken; NaN if there was none.
    saved : float
        Share of all keys that need not be pressed; a line that is taken still costs one.
    """

    threshold: float
    shown: float
    accepted: float
    saved: float


def typed(words: str, program: str, suggest: Suggest) -> list[Offer]:
    """Return what comes of the offers before each line of a program, while it is typed.

    Parameters
    ----------
    words : str
        What stands above the program; empty: nothing.
    program : str
        What the typist wants to write.
    suggest : callable
        ``suggest(text before) -> Ghost``
    """
    lines = list(pieces(parse(program)))
    offers: list[Offer] = []
    for at, line in enumerate(lines):
        ghost = suggest(before(words, lines[:at]))
        offers.append(Offer(keys=len(line) + 1, probability=ghost.probability, right=ghost.text == line))
    return offers


def savings(offers: Iterable[Offer], threshold: float) -> Savings:
    """Return what is saved when offers of at least this probability are shown."""
    offers = list(offers)
    shown = [offer for offer in offers if offer.probability >= threshold]
    taken = [offer for offer in shown if offer.right]
    return Savings(
        threshold=threshold,
        shown=len(shown) / len(offers),
        accepted=len(taken) / len(shown) if shown else float("nan"),
        saved=sum(offer.keys - 1 for offer in taken) / sum(offer.keys for offer in offers),
    )


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
