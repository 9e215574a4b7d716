"""Judging: a line of the log book up to the answer; was the machine right? Few lines are labelled, many can be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.io.ports import Port
from successors.tasks import logbook
from successors.tasks.deck import PARTS, Split
from successors.tasks.lamps import coded
from successors.tasks.making import Workshop
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class JudgeConfig(Config):
    """Settings of judging. The corpus is the training sessions, verdicts included; classes are equally frequent."""

    train: int = setting(64, "Labelled lines to learn from", low=1, high=2_000)
    valid: int = setting(200, "Lines to choose settings by", low=1, high=240)
    test: int = setting(400, "Lines of the test", low=1, high=440)


def _part(workshop: Workshop, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = workshop.rng(name)
    of_class = [[line for line in logbook.lines(name) if line.right == right] for right in (False, True)]
    order = [rng.permutation(len(found)) for found in of_class]
    kinds = np.arange(count) % 2
    chosen = [of_class[k % 2][int(order[k % 2][k // 2 % len(of_class[k % 2])])] for k in range(count)]
    return np.array([line.text[: line.until] for line in chosen]), kinds


def _make(config: JudgeConfig, workshop: Workshop) -> dict[str, Split]:
    return coded(2, {name: _part(workshop, name, getattr(config, name)) for name in PARTS})


TASK = Task(
    name="judge",
    title="Was the machine right? A line of its log book",
    accepts=Port.TEXT,
    answers=Port.LAMPS,
    config=JudgeConfig,
    metric="lines judged rightly",
    chance=1 / 2,
    classes=lambda config: ("wrong", "right"),
    make=_make,
    corpus=lambda config, workshop: logbook.corpus(),
)
"""The task."""
