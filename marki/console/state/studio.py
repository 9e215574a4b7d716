"""The studio in the window: what hands have done to the machine that draws, as one value that undo can take back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.io.drawing_orders import DrawingOrder, Ink, Tool
from marki.io.exhibits import Exhibit
from marki.io.ports import Port

STEPS = (10, 25, 50, 100)
"""In how many steps a walk can be taken."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Studio:
    """What was done to the machine that draws.

    Attributes
    ----------
    tool : str
        The tool in hand; "" for the first that the machine knows.
    named, again : str, int
        The class that is asked for, and which drawing of it or of a sentence, from 0.
    item : int
        Which of its own tasks, scenes or sentences a room of the hall asks, from 0.
    turned : tuple of (int, float)
        Numbers that were turned by hand, and to what.
    ink, steps : tuple of Ink, int
        What was drawn on a walk, and of how many steps it is.
    other, other_again : str, int
        The second source of a mixture, as `named` and `again` say the first.
    theirs : tuple of int
        Layers whose style is that of the second.
    first, second : (20, 20) float32 or None
        Cards between which it slides; None for examples of the machine's own task.
    share : float
        How far it is from the first card to the second.
    """

    tool: str = ""
    named: str = "3"
    again: int = 0
    item: int = 0
    turned: tuple[tuple[int, float], ...] = ()
    ink: tuple[Ink, ...] = ()
    steps: int = STEPS[-1]
    other: str = "8"
    other_again: int = 1
    theirs: tuple[int, ...] = (0, 1, 2)
    first: np.ndarray | None = None
    second: np.ndarray | None = None
    share: float = 0.5


def tool_of(studio: Studio, exhibit: Exhibit) -> Tool | None:
    """Return the tool that is at hand for a system; None for one that knows none."""
    found = [tool for tool in exhibit.tools if tool == studio.tool]
    return found[0] if found else next(iter(exhibit.tools), None)


def order_of(studio: Studio, exhibit: Exhibit, example: int, frame: np.ndarray) -> DrawingOrder | None:
    """Return the order that is given to a system; None for one that takes none.

    Parameters
    ----------
    studio : Studio
    exhibit : Exhibit
    example : int
        Number of the example of its own task that it is shown; -1 for the card.
    frame : (20, 20) float32
        The card.
    """
    tool = tool_of(studio, exhibit)
    if tool is None:
        return None
    asked = exhibit.accepts is Port.LAMPS
    named, again = (studio.named, studio.again) if asked else ("", 0)
    cards: tuple[np.ndarray, ...] = ()
    if tool is Tool.SLIDE:
        if studio.first is not None and studio.second is not None:
            cards = studio.first, studio.second
        elif studio.first is not None:
            cards = (studio.first,)
    elif not asked and example < 0 and frame.any():
        cards = (frame,)
    at = max(0, example)
    match tool:
        case Tool.KNOBS:
            return DrawingOrder(tool=tool, named=named, again=again, turned=studio.turned, cards=cards, example=at)
        case Tool.WALK:
            return DrawingOrder(tool=tool, named=named, again=again, ink=studio.ink, steps=studio.steps)
        case Tool.MIX:
            theirs = tuple(k in studio.theirs for k in range(max(studio.theirs, default=-1) + 1))
            return DrawingOrder(
                tool=tool, named=named, again=again, other=studio.other, other_again=studio.other_again, theirs=theirs
            )
        case Tool.SLIDE:
            return DrawingOrder(tool=tool, cards=cards, example=at, share=studio.share)
        case Tool.DUEL:
            return DrawingOrder(tool=tool, named=named, again=again)
