"""Match: a scene is before the camera, some captions come over the teleprinter, a line each, and one of them is true.

The wrong captions of the test are half near misses, in which one attribute of one shape is changed, and half captions
of other scenes of as many shapes. Set aside are all 108 captions of single shapes, to choose from: once for pictures
of combinations that were learned from, and once for the 18 that were not. To learn from there are scenes with their
own caption alone; what is wrong for one is to be found in those of others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from marki.config import setting
from marki.io.asked import asked
from marki.io.ports import Port
from successors.tasks import scene_decks, scene_pictures, scenes
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.scene_decks import COUNTS, HELD, ScenesConfig
from successors.tasks.scene_words import told
from successors.tasks.scenes import KINDS, SIZES, Scene, Shape
from successors.tasks.task import Task

CHOICES = 16
"""Captions of a test to choose from."""
ALONE, ALONE_HELD = "of 108 single shapes, learned combinations", "of 108 single shapes, held-out combinations"
"""Names of the parts with all captions of single shapes."""


@dataclass(frozen=True, kw_only=True)
class MatchConfig(ScenesConfig):
    """Settings of match."""

    train: int = setting(30_000, "Scenes with captions to learn from", low=1, high=1_000_000)
    valid: int = setting(300, "Scenes to choose settings by", low=1, high=100_000)
    test: int = setting(900, "Scenes of the test", low=1, high=100_000)


def near_miss(rng: np.random.Generator, scene: Scene) -> Scene:
    """Return a scene in the order of reading that differs in one attribute of one shape."""
    while True:
        shape = scene[int(rng.integers(len(scene)))]
        place = int(rng.integers(9))
        changed = (
            replace(shape, kind=KINDS[int(rng.integers(len(KINDS)))]),
            replace(shape, size=SIZES[int(rng.integers(2))]),
            replace(shape, row=place // 3, column=place % 3),
        )[int(rng.integers(3))]
        others = [s for s in scene if s != shape]
        clash = any(s.kind == changed.kind or (s.row, s.column) == (changed.row, changed.column) for s in others)
        if changed != shape and not clash:
            return scenes.ordered((*others, changed))


def choices(rng: np.random.Generator, scene: Scene, part: str) -> list[Scene]:
    """Return `CHOICES` different scenes of as many shapes, in any order; one of them is the given one."""
    found = [scene]
    while len(found) < CHOICES:
        near = len(found) <= CHOICES // 2
        other = near_miss(rng, scene) if near else scene_decks.drawn(rng, "train", len(scene))
        if other not in found:
            found.append(other)
    return [found[k] for k in rng.permutation(CHOICES).tolist()]


def _part(config: MatchConfig, workshop: Workshop, name: str, count: int) -> Split:
    pictures = np.empty((count, 20, 20), np.float32)
    texts, targets = list[str](), list[str]()
    for number in range(count):
        rng = ItemKey(task="match", seed=workshop.seed, part=name, number=number).rng()
        scene = scene_decks.drawn(rng, name, 1 + number % len(COUNTS))
        pictures[number] = scene_pictures.picture(scene, config.seen)
        targets.append(told(scene, config.language))
        shown = [scene] if name == "train" else choices(rng, scene, name)
        texts.append("\n".join(told(other, config.language) for other in shown))
    kinds = (np.arange(count) % len(COUNTS)).astype(np.int16)
    return Split(stimuli=asked(pictures, np.array(texts)), targets=np.array(targets), kinds=kinds)


def _alone(config: MatchConfig, shapes: list[Shape]) -> Split:
    """Return pictures of single shapes, each with the captions of all 108."""
    every = "\n".join(told((shape,), config.language) for shape in scenes.singles())
    pictures = np.array([scene_pictures.picture((shape,), config.seen) for shape in shapes])
    targets = np.array([told((shape,), config.language) for shape in shapes])
    return Split(
        stimuli=asked(pictures, np.array([every] * len(shapes))), targets=targets,
        kinds=np.zeros(len(shapes), np.int16),
    )  # fmt: skip


def _make(config: MatchConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}
    held = [shape for shape in scenes.singles() if scenes.is_held(shape)]
    learned = [shape for shape in scenes.singles() if not scenes.is_held(shape)]
    return parts | {
        HELD: _part(config, workshop, HELD, config.held),
        ALONE: _alone(config, learned),
        ALONE_HELD: _alone(config, held),
    }


TASK = Task(
    name="match",
    title="Which of 16 captions is true",
    accepts=Port.ASKED,
    answers=Port.TEXT,
    config=MatchConfig,
    metric="true captions chosen among 16",
    chance=1 / CHOICES,
    classes=lambda config: COUNTS,
    make=_make,
)
"""The task."""
