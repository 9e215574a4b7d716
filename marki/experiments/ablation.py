"""Taking A-units away from a machine that has learned the alphabet.

Rosenblatt (1958, p. 405) predicts that removing part of the A-system lowers every discrimination a little and wipes
out none. No figure from the Mark I is known. A mean over letters cannot tell a little less of each from all of a few,
so letters are counted one by one as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marki.experiments.alphabet import MOST_PASSES, first_errorless_pass, learn_to_errorless
from marki.experiments.lab import Lab, needed, right
from marki.hardware.faults import A_UNITS
from marki.measurements import Measurement
from marki.seeding import generator

TITLE = "Removing A-units"
OWN = ("machine.faults.stuck_off",)
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
REPEATS, MOST_AGAIN = 3, 20

LETTERS_LOST, LETTERS_UNSURE = "letters always wrong", "letters sometimes wrong"


def letters_wrong(exams: Sequence[np.ndarray], condition: str) -> list[Measurement]:
    """Count the letters that are wrong in every examination, and those that are wrong in some.

    Parameters
    ----------
    exams : sequence of structured arrays
        Records of the examinations, each with every letter.
    condition : str
    """
    letters = sorted({int(kind) for kind in exams[0]["kind"]})
    times = [sum(bool(exam["wrong"][exam["kind"] == letter].any()) for exam in exams) for letter in letters]
    trials = sum(len(exam) for exam in exams)
    lost, unsure = sum(n == len(exams) for n in times), sum(0 < n < len(exams) for n in times)
    return [
        Measurement(name=name, condition=condition, value=count, unit="letters", trials=trials)
        for name, count in ((LETTERS_LOST, lost), (LETTERS_UNSURE, unsure))
    ]


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
        exams = [run.exam() for _ in range(REPEATS)]
        found.append(right(np.concatenate(exams), removed(share)))
        found += letters_wrong(exams, removed(share))
    again = first_errorless_pass(run, MOST_AGAIN)
    found.append(needed(run, passes, "all A-units there", most=MOST_PASSES))
    found.append(needed(run, again, f"again, {removed(share)}", most=MOST_AGAIN))
    return found
