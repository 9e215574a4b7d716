"""The 26 letters in many typefaces, to be read in faces never seen before."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.ports import Port
from marki.io.stimuli import Stimulus, letters
from successors.tasks.deck import PARTS, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import Unsteady, camera
from successors.tasks.task import Task

HELD_OUT = ("cabin", "go", "goudy-bookletter", "quicksand", "because-we-mentor")
"""The test faces: three without serifs, one with, and one handwritten; no related face is in the training set."""

FACES = tuple(face for face in letters.TYPEFACES if face not in HELD_OUT)
"""The 23 training faces."""


@dataclass(frozen=True, kw_only=True)
class LettersConfig(Unsteady):
    """Settings of the letters. The counts are multiples of letters and faces, so that all are equally frequent."""

    letters: str = setting(letters.LETTERS, "Letters in use, A to Z")
    train: int = setting(11_960, "Stimuli to learn from, in 23 faces", low=1, high=1_000_000)
    valid: int = setting(1_196, "Other stimuli in the same faces", low=1, high=1_000_000)
    test: int = setting(2_600, "Stimuli in the 5 faces held out", low=1, high=1_000_000)
    shift: float = setting(1.0, "Each card is shifted at random by up to this much", unit="cells", low=0, high=10)
    turn_deg: float = setting(6.0, "Each card is turned at random by up to this angle", unit="deg", low=0, high=180)
    zoom: float = setting(0.1, "Each card is scaled at random by up to this share", unit="share", low=0, high=0.9)
    noise: float = setting(
        0.05, "Standard deviation of noise on each cell's signal", unit="share of full light", low=0, high=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_letters(self.letters, where="LettersConfig.letters")


def check_letters(chosen: str, *, where: str) -> None:
    """Refuse letters that are not different capitals, or too few."""
    if len(chosen) < 2 or len(set(chosen)) < len(chosen) or not set(chosen) <= set(letters.LETTERS):
        raise ConfigError(f"{chosen!r}", where=where, remedy="Give 2 or more different letters of A to Z")


@functools.lru_cache(maxsize=1024)
def card(letter: str, face: str) -> Stimulus:
    """Return the card of a letter in a face."""
    return letters.letter(letter, face)


def light(config: Unsteady, letter: str, face: str, rng: np.random.Generator) -> np.ndarray:
    """Return the light of a letter that is held unsteadily, (20, 20) float32."""
    return camera(config.optics).frame(card(letter, face), **config.handling.draw(rng))


def _item(config: LettersConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    faces = HELD_OUT if slot.part == "test" else FACES
    row, kind = divmod(slot.number, len(config.letters))
    return light(config, config.letters[kind], faces[row % len(faces)], slot.rng()), kind


def _make(config: LettersConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {part: workshop.frames(_item, config, part, getattr(config, part)) for part in PARTS}
    return coded(len(config.letters), parts)


TASK = Task(
    name="letters",
    title="Letters in faces never seen before",
    accepts=Port.FRAME,
    answers=Port.LAMPS,
    config=LettersConfig,
    metric="letters read rightly",
    chance=1 / 26,
    classes=lambda config: tuple(config.letters),
    make=_make,
)
"""The task."""
