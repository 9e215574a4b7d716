"""Restyle: a printed letter is to be drawn in another face, of which only single letters were ever seen.

Nothing to learn from is a pair: beside a letter in print stands some letter, drawn at random, in the face that is
wanted. The prints of the test are in faces that are never learned from. An answer is right if its letter is kept and
its style is taken, each by a judge of its own (`lettering`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.ports import Port
from marki.io.stimuli.letters import LETTERS, TYPEFACES
from successors.tasks import lettering
from successors.tasks.deck import PARTS, Deck, Split
from successors.tasks.letters import FOLDS, light
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import Unsteady
from successors.tasks.task import Task

PRINT = tuple(name for name, face in TYPEFACES.items() if face.kind == "print")
"""The printed faces."""

NEVER_SEEN = tuple(face for face in FOLDS[0] if face in PRINT)
"""Those that the reader of letters never saw; neither does who learns to restyle."""

VALID, TEST = NEVER_SEEN[-1:], NEVER_SEEN[:-1]
"""Faces of the prints of the validation set and of the test set."""


@dataclass(frozen=True, kw_only=True)
class RestyleConfig(Unsteady):
    """Settings of restyle."""

    style: str = setting("humor-sans", "Face that is wanted", choices=tuple(TYPEFACES))
    train: int = setting(7_800, "Prints to learn from, each beside some letter in the wanted face", low=1, high=100_000)
    valid: int = setting(260, "Prints in another face to choose settings by", low=1, high=100_000)
    test: int = setting(780, "Prints of the test, in three faces never learned from", low=1, high=100_000)
    shift: float = setting(1.0, "Each card is shifted at random by up to this much", unit="cells", low=0, high=10)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.style in NEVER_SEEN:
            raise ConfigError(
                f"{self.style!r} is a face of the test",
                where="RestyleConfig.style",
                remedy=f"Give another than {', '.join(NEVER_SEEN)}",
            )

    def prints(self, part: str) -> tuple[str, ...]:
        """Return the faces of the prints of a part."""
        known = tuple(face for face in PRINT if face not in (*NEVER_SEEN, self.style))
        return {"train": known, "valid": VALID, "test": TEST}[part]


def printed(config: RestyleConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    """Return the print of an item, and its letter."""
    row, kind = divmod(slot.number, len(LETTERS))
    faces = config.prints(slot.part)
    return light(config, LETTERS[kind], faces[row % len(faces)], slot.rng()), kind


def _styled(config: RestyleConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    rng = slot.rng("style")
    kind = int(rng.integers(len(LETTERS))) if slot.part == "train" else slot.number % len(LETTERS)
    return light(config, LETTERS[kind], config.style, rng), kind


def _make(config: RestyleConfig, workshop: Workshop) -> dict[str, Split]:
    parts: dict[str, Split] = {}
    for part in PARTS:
        stimuli, kinds = workshop.frames(printed, config, part, getattr(config, part))
        targets, _ = workshop.frames(_styled, config, part, len(kinds))
        parts[part] = Split(stimuli=stimuli, targets=targets, kinds=kinds)
    return parts


def _figures(answers: np.ndarray, deck: Deck, part: Split) -> Mapping[str, float]:
    """Return the shares of fine detail of the answers and of the targets."""
    return {
        "fine detail": lettering.share_of_fine(answers),
        "that of the wanted face": lettering.share_of_fine(part.targets),
    }


TASK = Task(
    name="restyle",
    title="A printed letter drawn in another face",
    accepts=Port.FRAME,
    answers=Port.FIELD,
    config=RestyleConfig,
    metric="letter kept and style taken",
    chance=0.0,
    classes=lambda config: tuple(LETTERS),
    make=_make,
    judge=lettering.both,
    also={"letter kept": lettering.kept, "style taken": lettering.taken},
    figures=_figures,
)
"""The task."""
