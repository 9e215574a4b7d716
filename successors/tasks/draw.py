"""Draw: the lamps encode a letter; the answer is a picture of it on the field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError, unknown
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from marki.io.stimuli.letters import LETTERS, TYPEFACES
from successors.tasks.deck import PARTS, Split
from successors.tasks.letters import check_letters, light
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import Unsteady
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class DrawConfig(Unsteady):
    """Settings of draw. With one face and a steady hand, each letter has one picture, the same in all parts."""

    letters: str = setting(LETTERS, "Letters in use, A to Z")
    typefaces: tuple[str, ...] = setting(("league-spartan",), "Typefaces, in turn")
    train: int = setting(26, "Pictures to learn from", low=1, high=1_000_000)
    valid: int = setting(26, "Pictures to choose settings by", low=1, high=1_000_000)
    test: int = setting(26, "Pictures of the test", low=1, high=1_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_letters(self.letters, where="DrawConfig.letters")
        if not self.typefaces:
            raise ConfigError("no typeface", where="DrawConfig.typefaces", remedy="Give one or more")
        for face in self.typefaces:
            if face not in TYPEFACES:
                raise unknown("typeface", face, TYPEFACES, where="DrawConfig.typefaces")


def _item(config: DrawConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    row, kind = divmod(slot.number, len(config.letters))
    return light(config, config.letters[kind], config.typefaces[row % len(config.typefaces)], slot.rng()), kind


def _make(config: DrawConfig, workshop: Workshop) -> dict[str, Split]:
    code = lamps(binary_code(len(config.letters)))
    parts: dict[str, Split] = {}
    for part in PARTS:
        pictures, kinds = workshop.frames(_item, config, part, getattr(config, part))
        parts[part] = Split(stimuli=code[kinds], targets=pictures, kinds=kinds)
    return parts


TASK = Task(
    name="draw",
    title="A picture of the letter that the lamps say",
    accepts=Port.LAMPS,
    answers=Port.FIELD,
    config=DrawConfig,
    metric="fields with at most 2 % of their cells wrong",
    chance=0.0,
    classes=lambda config: tuple(config.letters),
    make=_make,
)
"""The task."""
