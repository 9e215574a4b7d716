"""The reinforcement systems α, β and γ when one class is shown far more often than the other.

Rosenblatt (1958, pp. 398-403 and Fig. 10): of the monovalent three γ is best when the sizes of classes vary; the
bivalent system does about as well.
"""

from __future__ import annotations

from typing import Any

from marki.experiments.lab import Lab, scored

TITLE = "Alpha, beta and gamma with unequal classes"
SYSTEMS = {
    "alpha": ("alpha", "monovalent"),
    "beta": ("beta", "monovalent"),
    "gamma": ("gamma", "monovalent"),
    "bivalent alpha": ("alpha", "bivalent"),
    "bivalent gamma": ("gamma", "bivalent"),
}
SHARES = (0.8, 0.2)
DOTS, TRIALS = 40, 400


def run(lab: Lab) -> dict[str, Any]:
    """Force the responses of 40 random patterns, one class four times as often; test all patterns equally."""
    systems = {}
    for name, (rule, polarity) in SYSTEMS.items():
        machine = lab.machine(
            reinforcement__control="forced", reinforcement__rule=rule, reinforcement__polarity=polarity,
            response__readout="dominant", response__units=2,
            potentiometers__travel_deg=3600.0, potentiometers__levels=3600,
        )  # fmt: skip
        world = lab.world("dots", count=DOTS, exam_count=DOTS, class_shares=SHARES, code="unit")
        run = lab.run(name, world, machine, most=TRIALS + DOTS)
        run.learn(TRIALS)
        exam = run.exam()
        rare = exam[exam["kind"] == 1]
        systems[name] = {**scored(exam), "rare_class": 1 - float(rare["wrong"].mean())}
    return {"accuracy": systems["gamma"]["accuracy"], "systems": systems, "shares": list(SHARES)}
