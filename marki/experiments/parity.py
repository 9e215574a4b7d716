"""Parity: is the number of lit fields odd? A task of the highest order (Minsky and Papert 1969, theorem 3.1.1).

On a few fields the 512 A-units can hold every pattern by heart; on many, new patterns stay at chance.
"""

from __future__ import annotations

from marki.experiments.lab import Lab, right
from marki.measurements import Measurement

TITLE = "Parity"
OWN = ("world.grid",)
GRIDS = {"2 x 2 fields": 2, "4 x 4 fields": 4, "5 x 5 fields": 5}
TRIALS, EXAM = 1500, 500


def run(lab: Lab) -> list[Measurement]:
    """Learn from 1,500 patterns, test on 500 others, on grids of 2, 4 and 5 fields a side."""
    found = []
    for name, side in GRIDS.items():
        run = lab.run(name, lab.world("parity", grid=side), most=TRIALS + EXAM)
        run.learn(TRIALS)
        found.append(right(run.exam(EXAM), f"new patterns, {name}"))
    return found
