"""Manner: two cards, a printed letter and another letter in someone's hand; the first is to be drawn in that hand.

The prints of the test are in faces that are never learned from; the hands are known, but the letter of the exemplar is
never the one that is asked for. An answer is right if it has the letter of the first card and the hand of the second,
each by a judge of its own (`lettering`).
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
from successors.tasks.deck import PARTS, Deck, Reels, Split
from successors.tasks.letters import FOLDS, light
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.restyle import NEVER_SEEN, PRINT, TEST, VALID
from successors.tasks.retina import Unsteady
from successors.tasks.task import Task

HANDS = tuple(name for name, face in TYPEFACES.items() if face.kind == "hand" and name not in (*FOLDS[0], "humor-sans"))
"""Hands of people of one workshop, all but the one that the reader of letters never saw."""


@dataclass(frozen=True, kw_only=True)
class MannerConfig(Unsteady):
    """Settings of manner."""

    hands: tuple[str, ...] = setting(HANDS, "Hands, in turn", choices=tuple(TYPEFACES))
    train: int = setting(7_800, "Pairs of cards to learn from", low=1, high=100_000)
    valid: int = setting(312, "Pairs to choose settings by, with prints in another face", low=1, high=100_000)
    test: int = setting(936, "Pairs of the test, with prints in three faces never learned from", low=1, high=100_000)
    shift: float = setting(1.0, "Each card is shifted at random by up to this much", unit="cells", low=0, high=10)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.hands:
            raise ConfigError("no hand", where="MannerConfig.hands", remedy="Give one or more")

    def prints(self, part: str) -> tuple[str, ...]:
        """Return the faces of the prints of a part."""
        known = tuple(face for face in PRINT if face not in (*NEVER_SEEN, *self.hands))
        return {"train": known, "valid": VALID, "test": TEST}[part]


def _asked(config: MannerConfig, slot: ItemKey) -> tuple[int, str, str]:
    """Return the letter of an item, the face of its print, and the hand."""
    row, kind = divmod(slot.number, len(LETTERS))
    faces = config.prints(slot.part)
    return kind, faces[row // len(config.hands) % len(faces)], config.hands[row % len(config.hands)]


def _printed(config: MannerConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    kind, face, _ = _asked(config, slot)
    return light(config, LETTERS[kind], face, slot.rng()), kind


def _exemplar(config: MannerConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    kind, _, hand = _asked(config, slot)
    rng = slot.rng("exemplar")
    other = (kind + int(rng.integers(1, len(LETTERS)))) % len(LETTERS)
    return light(config, LETTERS[other], hand, rng), kind


def _wanted(config: MannerConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    # Held as the print is: what is wanted differs from it by the hand alone.
    kind, _, hand = _asked(config, slot)
    return light(config, LETTERS[kind], hand, slot.rng()), kind


def _make(config: MannerConfig, workshop: Workshop) -> dict[str, Split]:
    parts: dict[str, Split] = {}
    for part in PARTS:
        count: int = getattr(config, part)
        prints, kinds = workshop.frames(_printed, config, part, count)
        exemplars, _ = workshop.frames(_exemplar, config, part, count)
        targets, _ = workshop.frames(_wanted, config, part, count)
        index = np.stack([np.arange(count), np.arange(count) + count], axis=1)
        stimuli = Reels(np.concatenate([prints, exemplars]), index)
        parts[part] = Split(stimuli=stimuli, targets=targets, kinds=kinds)
    return parts


def _figures(answers: np.ndarray, deck: Deck, part: Split) -> Mapping[str, float]:
    """Return the mean squared error of a picture, summed over its cells: of the answers, and of the prints."""
    prints = np.asarray(part.stimuli)[:, 0]
    return {
        "squared error": float(((answers - part.targets) ** 2).sum((1, 2)).mean()),
        "that of the prints": float(((prints - part.targets) ** 2).sum((1, 2)).mean()),
    }


TASK = Task(
    name="manner",
    title="A printed letter drawn in the hand of another card",
    accepts=Port.REEL,
    answers=Port.FIELD,
    config=MannerConfig,
    metric="letter kept and hand taken",
    chance=0.0,
    classes=lambda config: tuple(LETTERS),
    make=_make,
    judge=lettering.both,
    also={"letter kept": lettering.kept, "hand taken": lettering.taken},
    figures=_figures,
)
"""The task."""
