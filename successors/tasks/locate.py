"""Locate: shapes are before the camera, and the answer says of each what it is and where its middle lies, in cells
from the top and from the left, as in "bar 10 4, circle 3 16".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.ports import Port
from successors.tasks import loose_shapes, scenes
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig
from successors.tasks.scene_decks import COUNTS
from successors.tasks.scene_words import LANGUAGES
from successors.tasks.task import Task

NEAR = 1
"""Cells by which a middle may be off along each axis."""
_SHAPE = re.compile(r"(\S+) (-?\d+) (-?\d+)")


@dataclass(frozen=True, kw_only=True)
class LocateConfig(RetinaConfig):
    """Settings of locate."""

    language: str = setting("en", "Language of the names", choices=LANGUAGES)
    train: int = setting(12_000, "Pictures to learn from", low=1, high=1_000_000)
    valid: int = setting(300, "Pictures to choose settings by", low=1, high=100_000)
    test: int = setting(900, "Pictures of the test", low=1, high=100_000)


def _part(config: LocateConfig, workshop: Workshop, name: str, count: int) -> Split:
    seen = RetinaConfig(optics=config.optics, exposure=config.exposure)
    pictures = np.empty((count, 20, 20), np.float32)
    texts = list[str]()
    for number in range(count):
        rng = ItemKey(task="locate", seed=workshop.seed, part=name, number=number).rng()
        shapes = loose_shapes.drawn(rng, 1 + number % loose_shapes.MOST)
        pictures[number] = loose_shapes.picture(shapes, seen)
        texts.append(", ".join(f"{scenes.kind_name(s.kind, config.language)} {s.row} {s.column}" for s in shapes))
    kinds = (np.arange(count) % loose_shapes.MOST).astype(np.int16)
    return Split(stimuli=pictures, targets=np.array(texts), kinds=kinds)


def listed(text: str) -> Mapping[str, tuple[int, int]]:
    """Return where each kind is by the words of an answer; one that is named twice counts where it is named last."""
    return {kind: (int(row), int(column)) for kind, row, column in _SHAPE.findall(text)}


def placed_right(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return in which pictures all shapes, and no others, are named and lie where they are said to, (n,) bool."""
    right = np.zeros(len(targets), bool)
    for k, (answer, target) in enumerate(zip(answers.tolist(), targets.tolist(), strict=True)):
        said, wanted = listed(answer), listed(target)
        right[k] = said.keys() == wanted.keys() and all(
            abs(said[kind][axis] - wanted[kind][axis]) <= NEAR for kind in wanted for axis in (0, 1)
        )
    return right


def _kinds_alone(answers: np.ndarray, targets: np.ndarray) -> float:
    pairs = zip(answers.tolist(), targets.tolist(), strict=True)
    return float(np.mean([listed(a).keys() == listed(b).keys() for a, b in pairs]))


TASK = Task(
    name="locate",
    title="What is where, in cells",
    accepts=Port.FRAME,
    answers=Port.TEXT,
    config=LocateConfig,
    metric="pictures whose shapes are all placed",
    chance=0.0,
    classes=lambda config: COUNTS,
    make=lambda config, workshop: {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS},
    judge=placed_right,
    also={"kinds alone": _kinds_alone},
)
"""The task."""
