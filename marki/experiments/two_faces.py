"""A second typeface joins the first.

Documented for the Mark I: one face without error; with a second face added, 85 % correct (Navy caption, June 1960;
how long it was trained is not stated).
"""

from __future__ import annotations

from typing import Any

from marki.experiments.alphabet import MOST_PASSES
from marki.experiments.lab import Lab, scored
from marki.experiments.metrics import accuracy

TITLE = "A second typeface"
FACES = ("routed-gothic", "liberation-serif")


def run(lab: Lab) -> dict[str, Any]:
    """Learn one face; try the second unseen; then learn both, up to 40 exposures of each letter."""
    first, second = FACES
    one = lab.run(
        "first face",
        lab.world("letters", typefaces=(first,)),
        exam=lab.world("letters", typefaces=(second,), part="exam"),
        most=26 * (MOST_PASSES + 1),
    )
    passes = None
    for n in range(1, MOST_PASSES + 1):
        if not one.learn_pass()["wrong"].any():
            passes = n
            break
    unseen = accuracy(one.exam())

    both = lab.run("both faces", lab.world("letters", typefaces=FACES), most=52 * (MOST_PASSES + 1))
    by_exposure = {}
    for n in range(1, MOST_PASSES + 1):
        both.learn_pass()
        if n in (5, 10, 20, 40):
            by_exposure[str(n)] = accuracy(both.exam())
    return {
        **scored(both.records[-52:]),
        "first_face_passes": passes,
        "second_face_unseen": unseen,
        "both_faces_after_exposures": by_exposure,
        "typefaces": list(FACES),
    }
