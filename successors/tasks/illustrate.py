"""Illustrate: a caption comes over the teleprinter, and the answer is a picture of the scene on the field.

Right is a picture in which the reader that is no network finds that scene and no other; how neatly it is drawn, it
does not ask. No system that draws learns from that reader.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.ports import Port
from successors.tasks import scene_decks, scene_pictures
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.scene_decks import COUNTS, HELD, ScenesConfig
from successors.tasks.scene_words import told
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class IllustrateConfig(ScenesConfig):
    """Settings of illustrate."""

    most: int = setting(3, "Shapes of a scene at most", low=1, high=3)
    train: int = setting(30_000, "Captions with pictures to learn from", low=1, high=1_000_000)
    valid: int = setting(90, "Captions to choose settings by", low=1, high=100_000)
    test: int = setting(300, "Captions of the test", low=1, high=100_000)
    held: int = setting(120, "Captions set aside, with a combination that is never learned from", low=1, high=100_000)


def _part(config: IllustrateConfig, workshop: Workshop, name: str, count: int) -> Split:
    pictures = np.empty((count, 20, 20), np.float32)
    texts: list[str] = []
    for number in range(count):
        rng = ItemKey(task="illustrate", seed=workshop.seed, part=name, number=number).rng()
        scene = scene_decks.drawn(rng, name, 1 + number % config.most)
        pictures[number] = scene_pictures.picture(scene, config.seen)
        texts.append(told(scene, config.language))
    kinds = (np.arange(count) % config.most).astype(np.int16)
    return Split(stimuli=np.array(texts), targets=pictures, kinds=kinds)


def _make(config: IllustrateConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}
    return parts | {HELD: _part(config, workshop, HELD, config.held)}


def drawn_right(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return in which pictures (n, 20, 20) the reader finds the scene that it finds in the targets, (n,) bool."""
    pairs = zip(scene_pictures.read(answers), scene_pictures.read(targets), strict=True)
    return np.array([found == wanted for found, wanted in pairs], bool)


def shapes_f1(answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the harmonic mean of how many shapes that are drawn are wanted, and of those wanted are drawn."""
    pairs = [
        (set(found), set(wanted))
        for found, wanted in zip(scene_pictures.read(answers), scene_pictures.read(targets), strict=True)
    ]
    common = sum(len(found & wanted) for found, wanted in pairs)
    return 2 * common / sum(len(found) + len(wanted) for found, wanted in pairs)


TASK = Task(
    name="illustrate",
    title="A picture of what a caption says",
    accepts=Port.TEXT,
    answers=Port.FIELD,
    config=IllustrateConfig,
    metric="scenes read in the pictures as they were asked for",
    chance=0.0,
    classes=lambda config: COUNTS[: config.most],
    make=_make,
    judge=drawn_right,
    also={"shapes, F1": shapes_f1},
)
"""The task."""
