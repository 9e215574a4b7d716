"""Spontaneous learning: no trainer; the machine's own response is reinforced, with and without decay of the values.

Rosenblatt (1958, p. 404): with values that decay in proportion, a perceptron separates two dissimilar classes by
itself; seen on the IBM 704, not stated for the Mark I.
"""

from __future__ import annotations

import numpy as np

from marki.experiments.lab import Lab
from marki.measurements import Measurement

TITLE = "Spontaneous learning"
OWN = ("machine.reinforcement.control", "machine.reinforcement.decay")
TRIALS, EXAM = 300, 100
DECAYS = (0.0, 0.02, 0.05, 0.1, 0.2)
SEPARATION = "separation of the classes"


def separation(exam: np.ndarray) -> float:
    """Return how well the responses part the two classes: 1 if each class has a response of its own, 0.5 if none."""
    response = exam["response"] & 1
    same = int((response == exam["kind"]).sum())
    return max(same, len(exam) - same) / len(exam)


def run(lab: Lab) -> list[Measurement]:
    """Show squares on the left and on the right, with values that stay, and that decay at several rates."""
    found = []
    for decay in DECAYS:
        machine = lab.machine(
            reinforcement__control="spontaneous", reinforcement__rule="gamma", reinforcement__decay=decay,
            potentiometers__start="random", potentiometers__start_deg=3.0,
        )  # fmt: skip
        run = lab.run(f"decay {decay:g}", lab.world("left_right", size=8.0), machine, most=TRIALS + EXAM)
        run.learn(TRIALS)
        exam = run.exam(EXAM)
        condition = f"decay {decay:g}"
        found.append(Measurement(name=SEPARATION, condition=condition, value=separation(exam), trials=len(exam)))
    return found
