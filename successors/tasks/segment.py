"""Segment: shapes are before the camera, the name of a kind comes over the teleprinter, and the answer on the field is
the cells that belong to the shape of that kind, those that it shares with another one included; none if there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.asked import asked
from marki.io.ports import Port
from successors.tasks import loose_shapes, scenes
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig
from successors.tasks.scene_words import LANGUAGES
from successors.tasks.task import Task

ALIKE = 0.75
"""Cells that an answer and the shape have in common, as a share of those that either has, from which it is right."""
STRAY = 2
"""Cells that may be lit where there is no such shape."""
ASKED = ("there", "not there")


@dataclass(frozen=True, kw_only=True)
class SegmentConfig(RetinaConfig):
    """Settings of segment."""

    language: str = setting("en", "Language of the names", choices=LANGUAGES)
    train: int = setting(12_000, "Pictures with a name to learn from", low=1, high=1_000_000)
    valid: int = setting(300, "Pictures to choose settings by", low=1, high=100_000)
    test: int = setting(900, "Pictures of the test", low=1, high=100_000)


def _part(config: SegmentConfig, workshop: Workshop, name: str, count: int) -> Split:
    seen = RetinaConfig(optics=config.optics, exposure=config.exposure)
    pictures, masks = np.empty((2, count, 20, 20), np.float32)
    texts = list[str]()
    for number in range(count):
        rng = ItemKey(task="segment", seed=workshop.seed, part=name, number=number).rng()
        shapes = loose_shapes.drawn(rng, 1 + number // 2 % loose_shapes.MOST)
        pictures[number] = loose_shapes.picture(shapes, seen)
        if number % 2 == 0:
            shape = shapes[int(rng.integers(len(shapes)))]
            kind, masks[number] = shape.kind, loose_shapes.alone(shape, seen) >= 0.5
        else:
            others = [kind for kind in scenes.KINDS if kind not in {s.kind for s in shapes}]
            kind, masks[number] = others[int(rng.integers(len(others)))], 0
        texts.append(scenes.kind_name(kind, config.language))
    kinds = (np.arange(count) % 2).astype(np.int16)
    return Split(stimuli=asked(pictures, np.array(texts)), targets=masks, kinds=kinds)


def overlap(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the cells in common as a share of those that either has, for each picture; 1 where neither has any."""
    lit, wanted = answers >= 0.5, targets >= 0.5
    either = (lit | wanted).sum((1, 2))
    return np.where(either > 0, (lit & wanted).sum((1, 2)) / np.maximum(either, 1), 1.0)


def found_right(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return in which pictures the shape is found, or nothing where there is none, (n,) bool."""
    there = (targets >= 0.5).any((1, 2))
    return np.where(there, overlap(answers, targets) >= ALIKE, (answers >= 0.5).sum((1, 2)) <= STRAY)


def _mean_overlap(answers: np.ndarray, targets: np.ndarray) -> float:
    there = (targets >= 0.5).any((1, 2))
    return float(overlap(answers[there], targets[there]).mean()) if there.any() else 1.0


TASK = Task(
    name="segment",
    title="Which cells belong to a shape",
    accepts=Port.ASKED,
    answers=Port.FIELD,
    config=SegmentConfig,
    metric="shapes whose cells are found",
    chance=0.0,
    classes=lambda config: ASKED,
    make=lambda config, workshop: {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS},
    judge=found_right,
    also={"mean overlap": _mean_overlap},
)
"""The task."""
