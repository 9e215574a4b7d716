"""Two letters or forms at random places: what the Mark I itself learns."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError, unknown
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.io.stimuli import Stimulus, forms, letters
from successors.tasks.deck import PARTS, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import Unsteady, camera
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class TwoClassConfig(Unsteady):
    """Settings of a pair. X, E and F are forms; other capitals are letters of a typeface."""

    pair: tuple[str, ...] = setting(("X", "E"), "The two classes, each a form or a letter of A to Z")
    size: float = setting(10.0, "Height of the two", unit="cells", low=4, high=18)
    typeface: str = setting("routed-gothic", "Typeface of letters that are no forms", choices=tuple(letters.TYPEFACES))
    train: int = setting(2_000, "Stimuli to learn from", low=1, high=1_000_000)
    valid: int = setting(300, "Stimuli to choose settings by", low=1, high=1_000_000)
    test: int = setting(600, "Stimuli of the test", low=1, high=1_000_000)
    shift: float = setting(4.0, "Each card is shifted at random by up to this much", unit="cells", low=0, high=10)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.pair) != 2 or self.pair[0] == self.pair[1]:
            raise ConfigError(f"{self.pair!r}", where="TwoClassConfig.pair", remedy="Give two different classes")
        known = tuple(dict.fromkeys((*forms.KINDS, *letters.LETTERS)))
        for kind in self.pair:
            if kind not in known:
                raise unknown("form or letter", kind, known, where="TwoClassConfig.pair")


@functools.lru_cache(maxsize=64)
def _card(kind: str, size: float, typeface: str) -> Stimulus:
    if kind in forms.KINDS:
        return forms.form(kind, size=size, thickness=min(2.0, size / 4))
    return letters.letter(kind, typeface, height=size / SIDE)


def _item(config: TwoClassConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    kind = slot.number % 2
    card = _card(config.pair[kind], config.size, config.typeface)
    return camera(config.optics).frame(card, **config.handling.draw(slot.rng())), kind


def _make(config: TwoClassConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {part: workshop.frames(_item, config, part, getattr(config, part)) for part in PARTS}
    return coded(2, parts)


TASK = Task(
    name="two_class",
    title="Two forms at random places",
    accepts=Port.FRAME,
    answers=Port.LAMPS,
    config=TwoClassConfig,
    metric="forms told apart",
    chance=1 / 2,
    classes=lambda config: config.pair,
    make=_make,
)
"""The task."""
