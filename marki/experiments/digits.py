"""Handwritten digits through the photocells: a task of a later age (badge: modern)."""

from __future__ import annotations

from marki.experiments.lab import Lab, right
from marki.measurements import Measurement

TITLE = "Handwritten digits"
READS = ("mnist",)
DECK, PASSES, EXAM = 1000, 4, 500


def run(lab: Lab) -> list[Measurement]:
    """Learn 1,000 digits four times over in a 4-bit code; test on 500 of other writers."""
    run = lab.run("digits", lab.world("digits", count=DECK, exam_count=EXAM), most=PASSES * (DECK + EXAM))
    found = []
    for n in range(1, PASSES + 1):
        run.learn_pass()
        found.append(right(run.exam(), f"other writers, after pass {n}"))
    return found
