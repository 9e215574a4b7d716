"""Connectedness: is the figure in one piece? No perceptron of limited order or diameter can tell (Minsky, Papert)."""

from __future__ import annotations

from typing import Any

from marki.experiments.lab import Lab, scored

TITLE = "Connectedness"
TRIALS, EXAM = 1500, 500


def run(lab: Lab) -> dict[str, Any]:
    """Learn from 1,500 figures, test on 500 others."""
    run = lab.run("connectedness", lab.world("connectedness"), most=TRIALS + EXAM)
    run.learn(TRIALS)
    return scored(run.exam(EXAM))
