"""Imitate: the lamps name a class, and the answer is a picture of it that could be one of the real ones.

There is no one right answer. What is drawn is compared with real pictures as a set, by `likeness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.camera import Optics
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from marki.io.stimuli import enlarged
from marki.io.stimuli.letters import LETTERS, TYPEFACES
from successors.tasks import digits, likeness
from successors.tasks.deck import PARTS, Deck, Split
from successors.tasks.letters import FOLDS, light
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import Unsteady, camera
from successors.tasks.task import Task

FACES = tuple(face for face in TYPEFACES if face not in FOLDS[0])
"""The 23 faces of the letters: all but those that the reader of letters never saw."""

SUBJECTS = {"digits": tuple("0123456789"), "letters": tuple(LETTERS)}


@dataclass(frozen=True, kw_only=True)
class ImitateConfig(Unsteady):
    """Settings of imitate. Digits are by hand, straight; letters are in 23 faces, held as the settings say."""

    subject: str = setting("digits", "What is drawn", choices=tuple(SUBJECTS))
    asked: bool = setting(True, "Whether the lamps name the class; else all are dark, which means any")
    train: int = setting(18_000, "Pictures to learn from", low=1, high=18_000)
    valid: int = setting(500, "Real pictures to choose settings by", low=1, high=2_000)
    test: int = setting(500, "Real pictures of the test; digits are by other writers", low=1, high=10_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.subject == "letters" and self.handling.still and not self.noise:
            raise ConfigError(
                "letters held still are the same in all parts", where="ImitateConfig.subject",
                remedy="Give a shift, a turn, a zoom or noise",
            )  # fmt: skip


def _letter(config: ImitateConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    row, kind = divmod(slot.number, len(LETTERS))
    return light(config, LETTERS[kind], FACES[row % len(FACES)], slot.rng()), kind


def _digit(config: ImitateConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    ink, kind = digits.digit(slot.part, slot.number)
    return camera(config.optics).frame(enlarged(ink), **config.handling.draw(slot.rng())), kind


def _make(config: ImitateConfig, workshop: Workshop) -> dict[str, Split]:
    code = lamps(binary_code(len(SUBJECTS[config.subject])))
    parts: dict[str, Split] = {}
    for part in PARTS:
        count = getattr(config, part)
        if config.subject == "letters":
            pictures, kinds = workshop.frames(_letter, config, part, count)
        elif config.handling.still and not config.noise and config.optics == Optics():
            pictures, kinds = digits.straight(config, part, count)
        else:
            pictures, kinds = workshop.frames(_digit, config, part, count)
        named = code[kinds] if config.asked else np.zeros((len(kinds), code.shape[1]), bool)
        parts[part] = Split(stimuli=named, targets=pictures, kinds=kinds)
    return parts


def _judge(deck: Deck) -> likeness.Judge:
    return likeness.judge(next(name for name, names in SUBJECTS.items() if names == deck.classes))


def _mark(answers: np.ndarray, deck: Deck, part: Split) -> tuple[float, np.ndarray]:
    """Return the harmonic mean of precision and recall, and whether each answer lies among the real pictures."""
    judge = _judge(deck)
    drawn, real = judge.look(answers)[0], judge.look(part.targets)[0]
    right = likeness.among(drawn, real)
    return likeness.harmonic(float(right.mean()), float(likeness.among(real, drawn).mean())), right


def _figures(answers: np.ndarray, deck: Deck, part: Split) -> Mapping[str, float]:
    """Return the other figures of answers; `read` is left out where nothing was asked for."""
    asked = part.kinds if np.asarray(part.stimuli).any() else None
    return likeness.figures(
        _judge(deck), answers, part.targets, deck.train.targets, asked=asked, classes=len(deck.classes)
    )


TASK = Task(
    name="imitate",
    title="A picture that could be real, of what the lamps name",
    accepts=Port.LAMPS,
    answers=Port.FIELD,
    config=ImitateConfig,
    metric="harmonic mean of precision and recall",
    chance=0.0,
    classes=lambda config: SUBJECTS[config.subject],
    make=_make,
    mark=_mark,
    figures=_figures,
)
"""The task."""
