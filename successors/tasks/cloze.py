"""The cloze: a line of the log book with one word hidden, which follows from the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.io.ports import Port
from successors.tasks import logbook
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import Workshop
from successors.tasks.task import Task

HIDDEN = "_"
KINDS = ("card", "answer", "verdict", "unit")


@dataclass(frozen=True, kw_only=True)
class ClozeConfig(Config):
    """Settings of the cloze. If the machine was wrong, its card follows from its answer and the units corrected."""

    train: int = setting(4_000, "Lines to learn from", low=1, high=100_000)
    valid: int = setting(300, "Lines to choose settings by", low=1, high=10_000)
    test: int = setting(600, "Lines of the test", low=1, high=10_000)


def _part(workshop: Workshop, name: str, count: int) -> Split:
    rng = workshop.rng(name)
    lines = logbook.lines(name)
    stimuli: list[str] = []
    targets: list[str] = []
    kinds: list[int] = []
    for _ in range(count):
        line = lines[int(rng.integers(len(lines)))]
        start, stop, kind = line.words[int(rng.integers(len(line.words)))]
        stimuli.append(line.text[:start] + HIDDEN + line.text[stop:])
        targets.append(line.text[start:stop])
        kinds.append(KINDS.index(kind))
    return Split(stimuli=np.array(stimuli), targets=np.array(targets), kinds=np.array(kinds, np.int16))


def _make(config: ClozeConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(workshop, name, getattr(config, name)) for name in PARTS}


TASK = Task(
    name="cloze",
    title="The hidden word in a line of the log book",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=ClozeConfig,
    metric="words found",
    chance=0.0,
    classes=lambda config: KINDS,
    make=_make,
    corpus=lambda config, workshop: logbook.corpus(),
)
"""The task."""
