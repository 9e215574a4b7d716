"""The reinforcement systems α, β and γ when one class is shown far more often than the other.

Rosenblatt (1958, pp. 398-399, 403 and Fig. 10): of the monovalent three γ is best when the sizes of classes vary;
bivalent γ does about as well as α with classes of fixed size.
"""

from __future__ import annotations

from marki.experiments.lab import Lab, right
from marki.measurements import Measurement

TITLE = "Alpha, beta and gamma with unequal classes"
OWN = (
    "machine.reinforcement.rule", "machine.reinforcement.polarity", "machine.reinforcement.control",
    "machine.response.readout", "machine.response.units", "world.class_shares", "world.code",
)  # fmt: skip
SYSTEMS = {
    "alpha": ("alpha", "monovalent"),
    "beta": ("beta", "monovalent"),
    "gamma": ("gamma", "monovalent"),
    "bivalent alpha": ("alpha", "bivalent"),
    "bivalent gamma": ("gamma", "bivalent"),
}
SHARES = (0.8, 0.2)
DOTS, TRIALS = 40, 400
RARE = "right responses, the rare class"


def run(lab: Lab) -> list[Measurement]:
    """Force the responses of 40 random patterns, one class four times as often; test all patterns equally."""
    found, rare = [], []
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
        found.append(right(exam, name))
        rare.append(right(exam[exam["kind"] == 1], name, name=RARE))
    return found + rare
