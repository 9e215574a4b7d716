"""Pairs of forms at random places and angles, as in the simulations on the IBM 704.

The documented series (99.8, 100, 100, 90 and over 80 %) is given for the Mark I by some texts; the sizes of 500 and
1,000 A-units belong to the 704.
"""

from __future__ import annotations

from marki.experiments.lab import Lab, right
from marki.measurements import Measurement

TITLE = "Pairs of forms"
OWN = ("world.kinds", "world.turn_deg")

# pair: (kinds, largest turn in degrees, images shown, fraction documented)
PAIRS = {
    "square-circle": (("square", "circle"), 180.0, 10_000, 0.998),
    "square-diamond": (("square", "diamond"), 0.0, 60, 1.0),
    "X-E up to 30 deg": (("X", "E"), 30.0, 20, 1.0),
    "X-E any angle": (("X", "E"), 180.0, 60, 0.9),
    "E-F": (("E", "F"), 0.0, 60, 0.8),
}
EXAM, LONG = 300, 2000


def after(pair: str, images: int) -> str:
    """Return the condition in words."""
    return f"{pair}, {images:,} images"


def run(lab: Lab) -> list[Measurement]:
    """Learn each pair from as many images as documented, and go on to 2,000; test on new ones."""
    found = []
    for name, (kinds, turn, images, _) in PAIRS.items():
        world = lab.world("forms", kinds=kinds, size=10.0, shift=4.0, turn_deg=turn)
        run = lab.run(name, world, most=max(images, LONG) + 2 * EXAM)
        run.learn(images)
        found.append(right(run.exam(EXAM), after(name, images)))
        if images < LONG:
            run.learn(LONG - images)
            found.append(right(run.exam(EXAM), after(name, LONG)))
    return found
