"""Translation: a caption of a scene comes over the teleprinter in English or in Chinese; the answer is in the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.io.ports import Port
from successors.tasks import scenes
from successors.tasks.bleu import bleu
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.task import Task

DIRECTIONS = ("to Chinese", "to English")


@dataclass(frozen=True, kw_only=True)
class TranslateConfig(Config):
    """Settings of translation. No caption of the test set is in the training set, in either language."""

    train: int = setting(12_000, "Captions to learn from", low=1, high=1_000_000)
    valid: int = setting(400, "Captions to choose settings by", low=1, high=100_000)
    test: int = setting(1_000, "Captions of the test", low=1, high=100_000)


def _part(workshop: Workshop, name: str, count: int) -> Split:
    pairs: list[tuple[str, str]] = []
    for number in range(count):
        rng = ItemKey(task="translate", seed=workshop.seed, part=name, number=number).rng()
        _, english, chinese = scenes.described(rng, name)
        pairs.append((english, chinese) if number % 2 == 0 else (chinese, english))
    stimuli, targets = (np.array(texts) for texts in zip(*pairs, strict=True))
    return Split(stimuli=stimuli, targets=targets, kinds=np.arange(count).astype(np.int16) % 2)


def _make(config: TranslateConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(workshop, name, getattr(config, name)) for name in PARTS}


TASK = Task(
    name="translate",
    title="Captions of scenes, from English into Chinese and back",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=TranslateConfig,
    metric="captions translated rightly to the letter",
    chance=0.0,
    classes=lambda config: DIRECTIONS,
    make=_make,
    also={"bleu": bleu},
)
"""The task."""
