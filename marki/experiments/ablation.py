"""Taking A-units away from a machine that has learned the alphabet.

Rosenblatt (1958, p. 405) predicts that removing part of the A-system lowers every discrimination a little and wipes
out none. No figure from the Mark I is known.
"""

from __future__ import annotations

from typing import Any

from marki.experiments.alphabet import MOST_PASSES, learn_to_errorless
from marki.experiments.lab import Lab, scored
from marki.experiments.metrics import accuracy
from marki.hardware.faults import A_UNITS
from marki.seeding import generator

TITLE = "Removing A-units"
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
REPEATS = 3


def run(lab: Lab) -> dict[str, Any]:
    """Learn; then examine with a growing share of A-units dead; then learn again around the gap."""
    run = lab.run("ablation", lab.world("letters"), most=26 * (MOST_PASSES + len(SHARES) * REPEATS + 20))
    passes = learn_to_errorless(run)
    order = generator(lab.seed, "ablation").permutation(A_UNITS)
    shares = {}
    for share in SHARES:
        run.command("set", {"machine.faults.stuck_off": sorted(int(a) + 1 for a in order[: round(share * A_UNITS)])})
        exams = [run.exam() for _ in range(REPEATS)]
        shares[f"{share:.2f}"] = sum(accuracy(e) for e in exams) / REPEATS
    again = None
    for n in range(1, 21):
        if not run.learn_pass()["wrong"].any():
            again = n
            break
    return {
        **scored(exams[-1]),
        "passes": passes,
        "accuracy_by_share_removed": shares,
        "passes_to_relearn": again,
    }
