"""Targets: what can be pointed at, of the machine and of the window."""

from __future__ import annotations

from dataclasses import dataclass

GRIDS = {"toggle": (20, 20), "cell": (20, 20), "s": (20, 20), "a": (32, 16), "value": (32, 16), "r": (8, 1)}
"""Rows and columns in which the parts of a kind are numbered; for the arrow keys."""


@dataclass(frozen=True, order=True)
class Target:
    """One thing that can be pointed at.

    Attributes
    ----------
    kind : str
        ``s``, ``a``, ``value``, ``r``: a unit of the machine; ``toggle``: one of the 400 switches; ``cell``: a
        cell of the card before the camera; ``pen``: a pen, by its width; ``button``: a push-button; ``time``: a
        moment of the run; ``row``: a line of the page at the side; ``picture``: the picture on the page;
        ``system``, ``plate``, ``knob``: a plate of the strip of years or of the hall, and a push-button there;
        ``run``: a run of the plot of runs at equal computing; ``area``, ``scale``: an area of the scale bar, and the
        bar as a whole; ``door``, ``layer``, ``force``: what they say; ``letter``: a place in the program that is
        written; ``key``: a push-button of the editor.
    number : int
        From 0.
    """

    kind: str
    number: int = 0
