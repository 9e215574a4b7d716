"""Handwritten digits through the photocells: a task of a later age (badge: modern)."""

from __future__ import annotations

from typing import Any

from marki.experiments.lab import Lab, scored
from marki.experiments.metrics import accuracy

TITLE = "Handwritten digits"
DECK, PASSES, EXAM = 1000, 4, 500


def run(lab: Lab) -> dict[str, Any]:
    """Learn 1,000 digits four times over in a 4-bit code; test on 500 of other writers."""
    run = lab.run("digits", lab.world("digits", count=DECK, exam_count=EXAM), most=PASSES * (DECK + EXAM))
    passes = []
    for _ in range(PASSES):
        run.learn_pass()
        exam = run.exam()
        passes.append(accuracy(exam))
    return {**scored(exam), "accuracy_by_pass": passes}
