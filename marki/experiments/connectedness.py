"""Connectedness: is the figure in one piece? No perceptron of limited order or diameter can tell (Minsky, Papert)."""

from __future__ import annotations

from marki.experiments.lab import Lab, right
from marki.measurements import Measurement

TITLE = "Connectedness"
TRIALS, EXAM = 1500, 500


def run(lab: Lab) -> list[Measurement]:
    """Learn from 1,500 figures, test on 500 others."""
    run = lab.run("connectedness", lab.world("connectedness"), most=TRIALS + EXAM)
    run.learn(TRIALS)
    return [right(run.exam(EXAM), "new figures")]
