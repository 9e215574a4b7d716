"""A world of random dots, without any structure: what is known by heart, and what carries over to new patterns.

Rosenblatt (1958, pp. 396-398): with many stimuli a response, recall falls towards chance, and generalisation to new
stimuli is at chance from the start.
"""

from __future__ import annotations

from dataclasses import replace

from marki.experiments.lab import Lab, right
from marki.measurements import Measurement

TITLE = "Random dots"
OWN = ("world.count",)
SIZES, PASSES = (20, 200, 1000), 3


def run(lab: Lab) -> list[Measurement]:
    """Force the responses of 20, 200 and 1,000 patterns; test on them, and on as many new ones."""
    found = []
    for size in SIZES:
        world = lab.world("dots", count=size)
        machine = lab.machine(reinforcement__control="forced")
        known = lab.run(f"{size} patterns", world, machine, most=PASSES * size + size)
        for _ in range(PASSES):
            known.learn_pass()
        found.append(right(known.exam(), f"the {size:,} patterns learned"))
    new = lab.run("new patterns", world, machine, exam=replace(world, part="new"), most=(PASSES + 1) * size)
    for _ in range(PASSES):
        new.learn_pass()
    found.append(right(new.exam(), f"{size:,} new patterns"))
    return found
