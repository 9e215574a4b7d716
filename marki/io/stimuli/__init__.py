"""Stimuli: the cards that are held before the camera, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from marki.errors import StimulusError
from marki.io.frame import SIDE

POINTS_PER_CELL = 8
"""Card points that fall on one retinal cell, along a side."""

CARD = SIDE * POINTS_PER_CELL
"""Points on a side of a square card (160)."""

INVERTED = " (dark on light)"
"""Suffix of the name of a card with a dark figure on light ground."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stimulus:
    """One card: a light figure on dark ground, as luminance.

    Parameters
    ----------
    name : str
        What is on the card, for people: ``"A in routed-gothic"``.
    label : str
        The class that the card belongs to: ``"A"``.
    card : ndarray of uint8, shape (CARD, CARD)
        Luminance, 0 (black) to 255 (white); row 0 is the upper edge. It is kept as a read-only copy.

    Raises
    ------
    StimulusError
        If `card` is not a uint8 array of that shape, or the name or label is not text.
    """

    name: str
    label: str
    card: np.ndarray

    def __post_init__(self) -> None:
        for field in ("name", "label"):
            if not isinstance(getattr(self, field), str):
                raise StimulusError(
                    f"must be text, not {type(getattr(self, field)).__name__}",
                    where=f"Stimulus.{field}",
                    remedy="Give a text",
                )
        card = self.card
        if not isinstance(card, np.ndarray) or card.dtype != np.uint8 or card.shape != (CARD, CARD):
            found = f"{card.dtype} {card.shape}" if isinstance(card, np.ndarray) else type(card).__name__
            raise StimulusError(
                f"a card is a uint8 array of shape ({CARD}, {CARD}), not {found}",
                where=f"stimulus {self.name!r}",
                remedy="Use marki.io.stimuli.images for pictures of other sizes",
            )
        card = np.array(card, order="C")
        card.flags.writeable = False
        object.__setattr__(self, "card", card)

    def inverted(self) -> Stimulus:
        """Return the same figure with light and dark exchanged; done twice, the original."""
        if self.name.endswith(INVERTED):
            name = self.name.removesuffix(INVERTED)
        else:
            name = self.name + INVERTED
        return replace(self, name=name, card=255 - self.card)


def enlarged(cells: np.ndarray) -> np.ndarray:
    """Return the card on which each point of `cells`, (20, 20), fills one cell of the retina; same dtype."""
    return np.repeat(np.repeat(cells, POINTS_PER_CELL, 0), POINTS_PER_CELL, 1)
