"""Taking A-units away from a machine that has learned the alphabet.

Rosenblatt (1958, p. 405) predicts that removing part of the A-system lowers every discrimination a little and wipes
out none. No figure from the Mark I is known.
"""

from __future__ import annotations

import numpy as np

from marki.experiments.alphabet import MOST_PASSES, learn_to_errorless
from marki.experiments.lab import Lab, needed, right
from marki.hardware.faults import A_UNITS
from marki.measurements import Measurement
from marki.seeding import generator

TITLE = "Removing A-units"
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
REPEATS, MOST_AGAIN = 3, 20


def removed(share: float) -> str:
    """Return the condition in words."""
    return f"{100 * share:.0f} % of A-units removed"


def run(lab: Lab) -> list[Measurement]:
    """Learn; then examine with a growing share of A-units dead; then learn again around the gap."""
    run = lab.run("ablation", lab.world("letters"), most=26 * (MOST_PASSES + len(SHARES) * REPEATS + MOST_AGAIN))
    passes = learn_to_errorless(run)
    order = generator(lab.seed, "ablation").permutation(A_UNITS)
    found = []
    for share in SHARES:
        run.command("set", {"machine.faults.stuck_off": sorted(int(a) + 1 for a in order[: round(share * A_UNITS)])})
        exams = np.concatenate([run.exam() for _ in range(REPEATS)])
        found.append(right(exams, removed(share)))
    again = next((n for n in range(1, MOST_AGAIN + 1) if not run.learn_pass()["wrong"].any()), None)
    found.append(needed(run, passes, "all A-units there", most=MOST_PASSES))
    found.append(needed(run, again, f"again, {removed(share)}", most=MOST_AGAIN))
    return found
