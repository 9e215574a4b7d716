"""Recall: a letter is shown once, then other slides for a long time; which letter was it?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from marki.config import setting
from marki.io.ports import Port
from marki.io.stimuli import Stimulus, forms
from marki.io.stimuli.letters import TYPEFACES
from successors.tasks.deck import PARTS, Reels, Split
from successors.tasks.lamps import coded
from successors.tasks.letters import FOLDS, check_letters, light
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import Unsteady, camera
from successors.tasks.task import Task

HELD_OUT = FOLDS[0]
"""The faces of the test set."""

FACES = tuple(face for face in TYPEFACES if face not in HELD_OUT)
"""The faces of the training and validation sets."""


@dataclass(frozen=True, kw_only=True)
class RecallConfig(Unsteady):
    """Settings of recall. The letters of the test set are in held-out faces."""

    letters: str = setting("ABCDEFGH", "Letters in use, A to Z")
    delay: int = setting(20, "Exposures after the letter; the answer is wanted at their end", low=0, high=1000)
    distractors: str = setting(
        "dots",
        "What is shown meanwhile: random dots, forms, or dim letters of those in use",
        choices=("dots", "forms", "letters"),
    )
    lit_share: float = setting(0.1, "Share of lit cells in random dots", unit="share", low=0.01, high=0.99)
    dim: float = setting(0.5, "Light of distracting letters", unit="share of full light", low=0, high=1)
    views: int = setting(92, "Slides of each letter in a part", low=1, high=1_000)
    slides: int = setting(256, "Distracting slides in a part", low=1, high=10_000)
    train: int = setting(4_000, "Reels to learn from", low=1, high=1_000_000)
    valid: int = setting(800, "Reels to choose settings by", low=1, high=1_000_000)
    test: int = setting(1_600, "Reels of the test", low=1, high=1_000_000)
    shift: float = setting(1.0, "Each letter is shifted at random by up to this much", unit="cells", low=0, high=10)
    turn_deg: float = setting(6.0, "Each letter is turned at random by up to this angle", unit="deg", low=0, high=180)
    zoom: float = setting(0.1, "Each letter is scaled at random by up to this share", unit="share", low=0, high=0.9)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_letters(self.letters, where="RecallConfig.letters")


def _letter(config: RecallConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    """Return one slide of a letter, cycling through the letters and then through the faces."""
    faces = HELD_OUT if slot.part.startswith("test") else FACES
    row, kind = divmod(slot.number, len(config.letters))
    return light(config, config.letters[kind], faces[row % len(faces)], slot.rng()), kind


def _distractor(config: RecallConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    """Return one slide that has nothing to do with the letter to be recalled."""
    rng = slot.rng()
    if config.distractors == "letters":
        optics = replace(config.optics, exposure=config.optics.exposure * config.dim)
        return _letter(replace(config, optics=optics), slot)[0], -1
    if config.distractors == "dots":
        shown = forms.random_dots(rng, config.lit_share)
    else:
        shown = random_form(rng)
    return camera(config.optics).frame(shown), -1


def random_form(rng: np.random.Generator) -> Stimulus:
    """Return a random form of random size at a random position, entirely on the retina."""
    kind = forms.KINDS[int(rng.integers(len(forms.KINDS)))]
    size = float(rng.integers(8, 13))
    x, y = rng.integers(-3, 4, 2).tolist()
    return forms.form(kind, x=float(x), y=float(y), size=size)


def _reels(config: RecallConfig, workshop: Workshop, part: str) -> tuple[Reels, np.ndarray]:
    classes = len(config.letters)
    shown, _ = workshop.frames(_letter, config, part, config.views * classes)
    other, _ = workshop.frames(_distractor, config, f"{part}.meanwhile", config.slides)
    count: int = getattr(config, part)
    kinds = np.arange(count) % classes
    index = np.empty((count, 1 + config.delay), np.int32)
    for number in range(count):
        rng = ItemKey(task=workshop.task, seed=workshop.seed, part=part, number=number).rng("reel")
        index[number, 0] = rng.integers(config.views) * classes + kinds[number]
        index[number, 1:] = len(shown) + rng.integers(config.slides, size=config.delay)
    return Reels(np.concatenate([shown, other]), index), kinds


def _make(config: RecallConfig, workshop: Workshop) -> dict[str, Split]:
    return coded(len(config.letters), {part: _reels(config, workshop, part) for part in PARTS})


TASK = Task(
    name="recall",
    title="Which letter was it, long ago?",
    accepts=Port.REEL,
    answers=Port.LAMPS,
    config=RecallConfig,
    metric="letters recalled rightly",
    chance=1 / 8,
    classes=lambda config: tuple(config.letters),
    make=_make,
)
"""The task."""
