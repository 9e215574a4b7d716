"""By heart: the wiring list of a plugboard, which has to be known, and sums beside it that have to be reckoned.

Each of 512 units has 20 wires, and each wire goes to one of 400 S-points: ``A B 4 K 7`` is wire 4 of unit A B, which
goes to row K, column 7. Which one that is follows from nothing: it is drawn once for a seed. Wires are looked up by
Zipf's law, the one of rank r in proportion to r^-s, so that the entropy of a list of such look-ups is known. A document
is six of them. With `sums`, every other document is four sums of four digits, of which none of the test is learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marki.config import Config, setting
from marki.errors import ConfigError
from marki.io.ports import Port
from marki.seeding import generator
from successors.tasks.books import begin_right
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.sums import draw_digits, question
from successors.tasks.task import Task

UNITS, WIRES, SIDE = 512, 20, 20
RECORD = 5
"""Signs of a record: two of the unit, the wire, row and column."""
RECORDS = 6
"""Records of a document."""
SUMS, DIGITS = 4, 4
"""Sums of a document, and digits of each."""
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""Base 32, as on a teleprinter of five units."""
KINDS = ("wire", "sum")


@dataclass(frozen=True, kw_only=True)
class ByHeartConfig(Config):
    """Settings of wires."""

    steepness: float = setting(1.3, "s, how much more often the wires of the first ranks are looked up", low=0, high=5)
    sums: bool = setting(False, "Whether every other document is one of sums")
    asked: tuple[str, ...] = setting(("wire",), "What is asked in validation and test, in turn", choices=KINDS)
    documents: int = setting(40_000, "Documents to study", low=1, high=1_000_000)
    train: int = setting(400, "Questions of the documents, with answers", low=1, high=100_000)
    valid: int = setting(200, "Questions to choose settings by", low=1, high=100_000)
    test: int = setting(1_000, "Questions of the test", low=1, high=100_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.asked or len(set(self.asked)) < len(self.asked):
            raise ConfigError(f"{self.asked}", where="by_heart: asked", remedy="Give one or both, each once")
        if "sum" in self.asked and not self.sums:
            raise ConfigError("sums are asked and not learned", where="by_heart: asked", remedy="Give sums = true too")


@lru_cache(maxsize=8)
def shares(steepness: float) -> np.ndarray:
    """Return how often the wire of each rank is looked up, (10,240,)."""
    weights = np.arange(1, UNITS * WIRES + 1, dtype=float) ** -steepness
    weights /= weights.sum()
    weights.flags.writeable = False
    return weights


def entropy(steepness: float) -> float:
    """Return the entropy of a list of look-ups in nats a sign: what the best prediction leaves unknown."""
    p = shares(steepness)
    return float(-(p * np.log(p)).sum() / RECORD)


@lru_cache(maxsize=8)
def records(seed: int) -> np.ndarray:
    """Return the wiring list of a seed in order of rank, (10,240, 5) signs from 0 to 31."""
    rng = generator(seed, "tasks.by_heart.list")
    wires = rng.permutation(UNITS * WIRES)
    unit, wire = np.divmod(wires, WIRES)
    points = rng.integers(SIDE, size=(UNITS * WIRES, 2))
    return np.column_stack([unit // len(SIGNS), unit % len(SIGNS), wire, points])


def look_up(rng: np.random.Generator, steepness: float, count: int) -> np.ndarray:
    """Return the ranks, from 0, of so many look-ups."""
    ends = _ends(steepness)
    return np.minimum(np.searchsorted(ends, rng.random(count), side="right"), len(ends) - 1)


@lru_cache(maxsize=8)
def _ends(steepness: float) -> np.ndarray:
    return np.cumsum(shares(steepness))


def documents(seed: int, rng: np.random.Generator, count: int, steepness: float) -> list[str]:
    """Return documents of look-ups alone."""
    signs = np.array(list(SIGNS))[records(seed)[look_up(rng, steepness, count * RECORDS)]]
    return [" ".join(row) for row in signs.reshape(count, RECORDS * RECORD).tolist()]


def _wire(rng: np.random.Generator, seed: int, steepness: float) -> tuple[str, str]:
    """Return a question for a wire, and its answer."""
    row = [SIGNS[sign] for sign in records(seed)[look_up(rng, steepness, 1)[0]]]
    return " ".join(row[:3]), " ".join(row[3:])


def _document(config: ByHeartConfig, number: int, workshop: Workshop) -> str:
    """Return a document for pre-training."""
    rng = ItemKey(task="by_heart", seed=workshop.seed, part="documents", number=number).rng()
    if config.sums and number % 2:
        return " ".join(" ".join(question(draw_digits(rng, "train", DIGITS), "bare")) for _ in range(SUMS))
    return documents(workshop.seed, rng, 1, config.steepness)[0]


def _part(config: ByHeartConfig, workshop: Workshop, name: str, count: int) -> Split:
    pairs: list[tuple[str, str]] = []
    kinds: list[int] = []
    for number in range(count):
        kind = config.asked[number % len(config.asked)]
        rng = ItemKey(task="by_heart", seed=workshop.seed, part=name, number=number).rng()
        if kind == "sum":
            pairs.append(question(draw_digits(rng, name, DIGITS), "bare"))
        else:
            pairs.append(_wire(rng, workshop.seed, config.steepness))
        kinds.append(config.asked.index(kind))
    stimuli, targets = (np.array(texts) for texts in zip(*pairs, strict=True))
    return Split(stimuli=stimuli, targets=targets, kinds=np.array(kinds, np.int16))


def _make(config: ByHeartConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}


def _corpus(config: ByHeartConfig, workshop: Workshop) -> np.ndarray:
    return np.array([_document(config, number, workshop) for number in range(config.documents)])


TASK = Task(
    name="by_heart",
    title="Where a wire of the plugboard goes, known by heart",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=ByHeartConfig,
    metric="wires and sums told rightly",
    chance=0.0,
    classes=lambda config: config.asked,
    make=_make,
    corpus=_corpus,
    judge=begin_right,
)
"""The task."""
