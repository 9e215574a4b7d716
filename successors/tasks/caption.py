"""Caption: a scene is before the camera, and the answer says what is where, in English or in Chinese.

Scenes have one, two or three shapes, as many of each. Right is a caption that the grammar understands and that tells
the scene, in whatever order; nothing else is judged by words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.ports import Port
from successors.tasks import scene_decks, scene_pictures
from successors.tasks.bleu import bleu
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.scene_decks import COUNTS, HELD, ScenesConfig
from successors.tasks.scene_words import same, told, understood
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class CaptionConfig(ScenesConfig):
    """Settings of captions."""

    train: int = setting(30_000, "Scenes to learn from", low=1, high=1_000_000)
    valid: int = setting(300, "Scenes to choose settings by", low=1, high=100_000)
    test: int = setting(900, "Scenes of the test", low=1, high=100_000)


def _part(config: CaptionConfig, workshop: Workshop, name: str, count: int) -> Split:
    pictures = np.empty((count, 20, 20), np.float32)
    texts: list[str] = []
    for number in range(count):
        rng = ItemKey(task="caption", seed=workshop.seed, part=name, number=number).rng()
        scene = scene_decks.drawn(rng, name, 1 + number % len(COUNTS))
        pictures[number] = scene_pictures.picture(scene, config.seen)
        texts.append(told(scene, config.language))
    kinds = (np.arange(count) % len(COUNTS)).astype(np.int16)
    return Split(stimuli=pictures, targets=np.array(texts), kinds=kinds)


def _make(config: CaptionConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}
    return parts | {HELD: _part(config, workshop, HELD, config.held)}


def true(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return which captions tell the same scene as the targets, (n,) bool."""
    return np.array([same(a, b) for a, b in zip(answers.tolist(), targets.tolist(), strict=True)], bool)


def _sentences(answers: np.ndarray, targets: np.ndarray) -> float:
    return float(np.mean([understood(answer) is not None for answer in answers.tolist()]))


def _counted(count: int, answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the fraction of true captions of scenes with so many shapes; of none, 1."""
    scenes_told = [understood(target) for target in targets.tolist()]
    of = np.array([scene is not None and len(scene) == count for scene in scenes_told])
    return float(true(answers[of], targets[of]).mean()) if of.any() else 1.0


TASK = Task(
    name="caption",
    title="What is where, in words",
    accepts=Port.FRAME,
    answers=Port.TEXT,
    config=CaptionConfig,
    metric="captions that are true",
    chance=0.0,
    classes=lambda config: COUNTS,
    make=_make,
    judge=true,
    also={
        "sentences": _sentences,
        **{name: lambda a, b, k=k: _counted(k, a, b) for k, name in enumerate(COUNTS, 1)},
        "bleu": bleu,
    },
)
"""The task."""
