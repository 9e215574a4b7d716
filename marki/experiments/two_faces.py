"""A second typeface joins the first.

Documented for the Mark I: one face without error; with a second face added, 85 % correct (Navy caption, June 1960;
how long it was trained is not stated).
"""

from __future__ import annotations

from marki.experiments.alphabet import MOST_PASSES, first_errorless_pass
from marki.experiments.lab import Lab, needed, right
from marki.measurements import Measurement

TITLE = "A second typeface"
OWN = ("world.typefaces",)
EXPOSURES = (5, 10, 20, 40)
FACES = ("routed-gothic", "liberation-serif")


def run(lab: Lab) -> list[Measurement]:
    """Learn one face; try the second unseen; then learn both, up to 40 exposures of each letter."""
    first, second = FACES
    one = lab.run(
        "first face",
        lab.world("letters", typefaces=(first,)),
        exam=lab.world("letters", typefaces=(second,), part="exam"),
        most=26 * (MOST_PASSES + 1),
    )
    passes = first_errorless_pass(one)
    found = [right(one.exam(), "second face, unseen")]

    both = lab.run("both faces", lab.world("letters", typefaces=FACES), most=52 * (MOST_PASSES + 1))
    for n in range(1, MOST_PASSES + 1):
        both.learn_pass()
        if n in EXPOSURES:
            found.append(right(both.exam(), f"both faces, {n} exposures"))
    return [*found, needed(one, passes, "first face", most=MOST_PASSES)]
