"""Squares at random places of the left or right half: which half?

Documented for the IBM 704 simulation of July 1958: learned after some 30 to 40 squares, then 97 of 100 right.
"""

from __future__ import annotations

from marki.experiments.lab import Lab, right
from marki.measurements import Measurement

TITLE = "Square on the left or on the right"
SQUARES, EXAM = (10, 20, 40, 80, 160), 100


def run(lab: Lab) -> list[Measurement]:
    """Examine with 100 new squares after 10, 20, 40, 80 and 160."""
    run = lab.run("left_right", lab.world("left_right", size=6.0), most=SQUARES[-1] + len(SQUARES) * EXAM)
    shown, found = 0, []
    for squares in SQUARES:
        run.learn(squares - shown)
        shown = squares
        found.append(right(run.exam(EXAM), f"after {squares} squares"))
    return found
