"""Sums: the last digit of the sum of some digits, asked for bare or worked one by one.

``4 1 7 0 2 9 in all`` is answered by ``3``; ``4 1 7 0 2 9 one by one`` by the sums so far, ``4 5 2 2 4 3``, whose
last is judged. Both are learned in turn, whatever is asked. No digits of the test are in what is learned from.
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

BARE, WORKED = "in all", "one by one"
KINDS = ("worked", "bare")


@dataclass(frozen=True, kw_only=True)
class SumsConfig(Config):
    """Settings of sums."""

    digits: int = setting(6, "Digits to be added", low=2, high=12)
    asked: tuple[str, ...] = setting(KINDS, "What is asked in validation and test, in turn", choices=KINDS)
    train: int = setting(32_000, "Questions to learn from", low=1, high=1_000_000)
    valid: int = setting(200, "Questions to choose settings by", low=1, high=100_000)
    test: int = setting(1_000, "Questions of the test", low=1, high=100_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.asked or len(set(self.asked)) < len(self.asked):
            raise ConfigError(f"{self.asked}", where="sums: asked", remedy="Give one or both, each once")


def draw_digits(rng: np.random.Generator, part: str, count: int) -> list[int]:
    """Return digits that belong to a part of a deck: of ten rows, one is for test and one for validation."""
    while True:
        digits = rng.integers(10, size=count).tolist()
        if {0: "test", 1: "valid"}.get(zlib.crc32(bytes(digits)) % 10, "train") == part:
            return digits


def question(digits: list[int], kind: str) -> tuple[str, str]:
    """Return a question of a kind, and its answer."""
    sums = (np.cumsum(digits) % 10).tolist()
    told = " ".join(map(str, digits))
    if kind == "bare":
        return f"{told} {BARE}", str(sums[-1])
    return f"{told} {WORKED}", " ".join(map(str, sums))


def same_end(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return whether each answer ends as its target does, (n,) bool: steps are not judged."""
    pairs = zip(answers.tolist(), targets.tolist(), strict=True)
    return np.array([answer.split()[-1:] == target.split()[-1:] for answer, target in pairs])


def to_the_last_step(answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of answers all of whose steps are right."""
    return float((answers == targets).mean())


def _part(config: SumsConfig, workshop: Workshop, name: str, count: int) -> Split:
    asked = KINDS if name == "train" else config.asked
    pairs: list[tuple[str, str]] = []
    kinds: list[int] = []
    for number in range(count):
        kind = asked[number % len(asked)]
        rng = ItemKey(task="sums", seed=workshop.seed, part=name, number=number).rng()
        pairs.append(question(draw_digits(rng, name, config.digits), kind))
        kinds.append(KINDS.index(kind))
    stimuli, targets = (np.array(texts) for texts in zip(*pairs, strict=True))
    return Split(stimuli=stimuli, targets=targets, kinds=np.array(kinds, np.int16))


def _make(config: SumsConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}


TASK = Task(
    name="sums",
    title="The last digit of a sum, bare or worked one by one",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=SumsConfig,
    metric="last digits that are right",
    chance=0.1,
    classes=lambda config: KINDS,
    make=_make,
    also={"with all steps": to_the_last_step},
    judge=same_end,
)
"""The task."""
