"""The studio: what can be asked of a machine that draws, and what it hands back besides its drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np


class Tool(StrEnum):
    """What a hand may do to a machine that draws."""

    KNOBS = "knobs"  # turn the numbers of which it draws
    DUEL = "duel"  # look on while a forger's drawings lie beside real cards, before the bank
    WALK = "walk"  # stop on the way from snow to a picture, draw into it, and let it go on
    MIX = "mix"  # take some layers' styles from one drawing and the others from another
    SLIDE = "slide"  # go from one card to another through what lies between


class Ink(NamedTuple):
    """Light that a hand puts on a cell of a drawing under way, before a step: 1, or 0 for dark."""

    step: int
    cell: int
    level: int


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawingOrder:
    """An order to a machine that draws. Equal orders to equal weights have equal drawings.

    Parameters
    ----------
    tool : Tool
    named : str
        The class that is asked for; "" for any.
    again : int
        Which noise, from 0.
    turned : tuple of (int, float)
        Of `KNOBS`: numbers that were turned by hand, and to what.
    ink : tuple of Ink
        Of `WALK`: what was drawn on the way.
    steps : int
        Of `WALK`: in how many steps; 0 for as many as the machine takes by itself.
    other, other_again : str, int
        Of `MIX`: the second drawing, as `named` and `again` say the first.
    theirs : tuple of bool
        Of `MIX`: for each layer, whether its style is that of the second.
    cards : tuple of ndarray, shape (20, 20) each
        What it is shown: one card, or of `SLIDE` two; as many examples of its own task in their place where there are
        none.
    example : int
        The number of the first of those examples.
    share : float
        Of `SLIDE`: how far it is from the first card to the second, 0…1.
    """

    tool: Tool
    named: str = ""
    again: int = 0
    turned: tuple[tuple[int, float], ...] = ()
    ink: tuple[Ink, ...] = ()
    steps: int = 0
    other: str = ""
    other_again: int = 1
    theirs: tuple[bool, ...] = ()
    cards: tuple[np.ndarray, ...] = ()
    example: int = 0
    share: float = 0.0

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for orders of the same."""
        own = tuple(value for name, value in vars(self).items() if name != "cards")
        return (*own, *(card.tobytes() for card in self.cards))


class Picture(NamedTuple):
    """A picture beside the drawing.

    Attributes
    ----------
    kind : str
        What it is: ``made``, ``real``; ``first``, ``second`` and what is ``given back`` of them.
    field : ndarray of float32, shape (20, 20)
    share : float
        How sure the bank is that it is real, 0…1; nan where nobody was asked.
    """

    kind: str
    field: np.ndarray
    share: float = math.nan


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """What a machine hands back besides its drawing.

    Parameters
    ----------
    tool : Tool
    latents : ndarray of float32, shape (k,)
        The numbers of which it drew, as they stand; none if the tool turns none.
    span : float
        How far they can be turned to either side.
    film, believed : ndarray of uint8, shape (T + 1, 20, 20) and (T, 20, 20), or None
        Of `WALK`: what each step began with and the end, and what the machine believed to be under the noise; light
        from 0 to 255.
    pictures : tuple of Picture
    layers : tuple of str
        Of `MIX`: names of the layers that have a style.
    told : bool
        Whether the machine is told what to draw.
    """

    tool: Tool
    latents: np.ndarray
    span: float = 3.0
    film: np.ndarray | None = None
    believed: np.ndarray | None = None
    pictures: tuple[Picture, ...] = ()
    layers: tuple[str, ...] = ()
    told: bool = True
