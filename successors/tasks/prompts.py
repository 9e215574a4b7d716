"""Prompts: tasks that are asked for in words.

The documents for pre-training perform the same four tasks, with their answers, on captions and sessions that are not
in the test: captions of scenes with further statements about them, and lines of the log book up to the verdict. Unlike
the paper's, where tasks occur by the way, they hold nothing else, so that this is supervised training written as text.
A prompt is the beginning of such a document, up to the colon; the target is what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.io.ports import Port
from successors.tasks import logbook, scenes
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.task import Task

KINDS = ("Chinese", "other words", "number", "verdict")
NUMBERS = ("one", "two", "three")


@dataclass(frozen=True, kw_only=True)
class PromptsConfig(Config):
    """Settings of prompts. No caption or session of the test set is in the documents."""

    documents: int = setting(16_000, "Documents to study", low=1, high=1_000_000)
    train: int = setting(400, "Prompts of the documents' captions, with answers", low=1, high=100_000)
    valid: int = setting(200, "Prompts to choose settings by", low=1, high=100_000)
    test: int = setting(800, "Prompts of the test", low=1, high=100_000)


def _asked(kind: str, part: str, rng: np.random.Generator) -> tuple[str, str]:
    """Return a prompt of a kind and its continuation."""
    if kind == "verdict":
        lines = logbook.lines(part)
        line = lines[int(rng.integers(len(lines)))]
        return line.text[: line.until], "right." if line.right else "wrong."
    if kind == "other words":
        scene, english, _ = scenes.described(rng, part, least=2, plan="relation")
        return f"{english} In other words:", scenes.caption((scene[1], scene[0], *scene[2:]), "relation")[0]
    if kind == "number":
        scene, english, _ = scenes.described(rng, part, plan="list")
        return f"{english} Shapes:", f"{NUMBERS[len(scene) - 1]}."
    _, english, chinese = scenes.described(rng, part)
    return f"{english} In Chinese:", chinese


def _document(number: int, workshop: Workshop) -> str:
    """Return a document for pre-training."""
    rng = ItemKey(task="prompts", seed=workshop.seed, part="documents", number=number).rng()
    return " ".join(_asked(KINDS[number % len(KINDS)], "train", rng))


def _part(workshop: Workshop, name: str, count: int) -> Split:
    pairs: list[tuple[str, str]] = []
    for number in range(count):
        rng = ItemKey(task="prompts", seed=workshop.seed, part=name, number=number).rng()
        pairs.append(_asked(KINDS[number % len(KINDS)], name, rng))
    stimuli, targets = (np.array(texts) for texts in zip(*pairs, strict=True))
    return Split(stimuli=stimuli, targets=targets, kinds=(np.arange(count) % len(KINDS)).astype(np.int16))


def _make(config: PromptsConfig, workshop: Workshop) -> dict[str, Split]:
    return {name: _part(workshop, name, getattr(config, name)) for name in PARTS}


def _corpus(config: PromptsConfig, workshop: Workshop) -> np.ndarray:
    return np.array([_document(number, workshop) for number in range(config.documents)])


TASK = Task(
    name="prompts",
    title="Answers to prompts of the kinds that were read",
    accepts=Port.TEXT,
    answers=Port.TEXT,
    config=PromptsConfig,
    metric="prompts answered rightly to the letter",
    chance=0.0,
    classes=lambda config: KINDS,
    make=_make,
    corpus=_corpus,
)
"""The task."""
