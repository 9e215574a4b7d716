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

FOLDS = (
    ("cabin", "go", "goudy-bookletter", "quicksand", "because-we-mentor"),
    ("dejavu-sans", "dejavu-sans-mono", "dejavu-serif", "jura", "humor-sans", "because-we-build"),
    ("liberation-mono", "liberation-sans", "liberation-serif", "routed-gothic", "dosis", "because-we-connect"),
    ("b612", "b612-mono", "roboto-slab", "league-spartan", "inconsolata", "because-we-create"),
    ("gnu-typewriter", "comic-neue", "national-park", "play", "because-we-organize"),
)
"""The 28 faces in five folds, each with at least one handwritten face and one with serifs. Faces of one family are in
one fold, so that no face of a test set has a relative in the training set."""

_APART = 8  # faces of the test set and the validation set together


@dataclass(frozen=True, kw_only=True)
class LettersConfig(Unsteady):
    """Settings of the letters. The counts are multiples of letters and faces, so that all are equally frequent."""

    letters: str = setting(letters.LETTERS, "Letters in use, A to Z")
    fold: int = setting(0, "Which fifth of the faces is held out for the test", low=0, high=len(FOLDS) - 1)
    train: int = setting(11_960, "Stimuli to learn from, in 20 faces", low=1, high=1_000_000)
    valid: int = setting(1_248, "Stimuli in 2 or 3 other faces, to choose by", low=1, high=1_000_000)
    test: int = setting(3_120, "Stimuli in the 5 or 6 faces held out", low=1, high=1_000_000)
    shift: float = setting(1.0, "Each card is shifted at random by up to this much", unit="cells", low=0, high=10)
    turn_deg: float = setting(6.0, "Each card is turned at random by up to this angle", unit="deg", low=0, high=180)
    zoom: float = setting(0.1, "Each card is scaled at random by up to this share", unit="share", low=0, high=0.9)
    noise: float = setting(
        0.05, "Standard deviation of noise on each cell's signal", unit="share of full light", low=0, high=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_letters(self.letters, where="LettersConfig.letters")


def faces(fold: int) -> dict[str, tuple[str, ...]]:
    """Return the faces of each part of a deck: the test set has a fold, the validation set the last of the next one."""
    test, following = FOLDS[fold], FOLDS[(fold + 1) % len(FOLDS)]
    valid = following[-(_APART - len(test)) :]
    rest = tuple(face for face in letters.TYPEFACES if face not in test + valid)
    return {"train": rest, "valid": valid, "test": test}


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


def _face(config: LettersConfig, part: str, number: int) -> str:
    """Return the face of a stimulus."""
    among = faces(config.fold)[part]
    return among[number // len(config.letters) % len(among)]


def _item(config: LettersConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    kind = slot.number % len(config.letters)
    return light(config, config.letters[kind], _face(config, slot.part, slot.number), slot.rng()), kind


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
    folds=len(FOLDS),
    groups=lambda config: tuple(_face(config, "test", number) for number in range(config.test)),
)
"""The task."""
