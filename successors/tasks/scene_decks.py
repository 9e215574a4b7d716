"""Decks of scenes: what is learned from, what is not, and 18 combinations of kind, size and place that never are.

A scene belongs to one part of a deck, by what is in it and not by how it is told, so that no scene of a test was
learned from, by any system of pictures and language. Beside the parts there is one that is set aside, `HELD`: scenes
with one shape of a combination that is in no scene of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from marki.config import setting
from successors.tasks import scenes
from successors.tasks.retina import RetinaConfig
from successors.tasks.scene_words import LANGUAGES, told
from successors.tasks.scenes import Scene, Shape

HELD = "held-out combinations"
"""Name of the part that is set aside."""
COUNTS = ("one shape", "two shapes", "three shapes")


@dataclass(frozen=True, kw_only=True)
class ScenesConfig(RetinaConfig):
    """Base of the settings of tasks on scenes."""

    language: str = setting("en", "Language of the captions, questions and answers", choices=LANGUAGES)
    held: int = setting(300, "Scenes set aside, with a combination that is never learned from", low=1, high=100_000)

    @property
    def seen(self) -> RetinaConfig:
        """The camera and the exposure alone, by which pictures of single shapes are kept."""
        return RetinaConfig(optics=self.optics, exposure=self.exposure)


def part_of(scene: Scene) -> str:
    """Return the part that a scene without a held-out combination belongs to: one of ten for the test."""
    number = crc32(told(scenes.ordered(scene), "en").encode()) % 10
    return ("test", "valid")[number] if number < 2 else "train"


def belongs(scene: Scene, part: str) -> bool:
    """Return whether a scene in the order of reading can be one of a part of the decks, or of `HELD`."""
    kinds, places = {s.kind for s in scene}, {(s.row, s.column) for s in scene}
    held = sum(map(scenes.is_held, scene))
    if not len(kinds) == len(places) == len(scene) or held != (part == HELD):
        return False
    return bool(held) or part_of(scene) == part


def drawn(rng: np.random.Generator, part: str, count: int) -> Scene:
    """Return a random scene of so many shapes of a part of the decks, or of `HELD`, in the order of reading."""
    while True:
        kinds: list[int] = rng.permutation(len(scenes.KINDS))[:count].tolist()
        places: list[int] = rng.permutation(9)[:count].tolist()
        sizes: list[int] = rng.integers(2, size=count).tolist()
        scene = scenes.ordered(
            tuple(
                Shape(kind=scenes.KINDS[kind], size=scenes.SIZES[size], row=place // 3, column=place % 3)
                for kind, size, place in zip(kinds, sizes, places, strict=True)
            )
        )
        if belongs(scene, part):
            return scene
