"""Rows of what happens to single letters when A-units are removed.

Rosenblatt (1958, p. 405) predicts that removing part of the A-system lowers the probability of every right response a
little and wipes out none. A mean over letters cannot tell a little less of each from all of a few, so each letter is
counted by itself, over several examinations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from marki.experiments.validation.table import AGREES, DEVIATES, Bench, ComparisonRow
from marki.hardware.faults import A_UNITS
from marki.intervals import interval
from marki.io.worlds import WorldConfig
from marki.seeding import generator
from marki.session import Session, mark1_session

FRACTIONS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Fractions of the A-units that are removed, each with those before it."""

EXAMS = 10
"""Examinations after each removal; the photocells' thresholds tremble from one to the next."""

MOST_PASSES = 40
DECIDING = 0.1
"""Fraction at which a lost letter decides the verdict: at that the machine still names most letters."""


@dataclass(frozen=True, kw_only=True)
class LetterCount:
    """The letters after a removal, by how often they were right over the examinations.

    Attributes
    ----------
    lost : int
        Letters that were wrong every time.
    unsure : int
        Letters that were sometimes wrong.
    accuracy : float
        Mean over letters and examinations.
    """

    lost: int
    unsure: int
    accuracy: float


def letters_lost(seed: int, fractions: Sequence[float] = FRACTIONS, exams: int = EXAMS) -> dict[float, LetterCount]:
    """Teach a machine the 26 letters, remove A-units, and count letter by letter what is left.

    Parameters
    ----------
    seed : int
    fractions : sequence of float
        Of the A-units to be removed, in the order of a permutation of the seed.
    exams : int
        Examinations after each removal, of one card a letter each.

    Returns
    -------
    dict of float to LetterCount
        By fraction.
    """
    session = mark1_session(WorldConfig(name="letters"), seed=seed)
    _learn_to_errorless(session)
    order = generator(seed, "ablation").permutation(A_UNITS)
    found = {}
    for fraction in fractions:
        removed = sorted(int(a) + 1 for a in order[: round(fraction * A_UNITS)])
        session.command("set", {"machine.faults.stuck_off": removed})
        records = session.run(exams * session.world.size)
        wrong = np.bincount(records["kind"], records["wrong"], minlength=len(session.world.classes))
        found[fraction] = LetterCount(
            lost=int((wrong == exams).sum()),
            unsure=int(((wrong > 0) & (wrong < exams)).sum()),
            accuracy=1 - float(records["wrong"].mean()),
        )
    return found


def _learn_to_errorless(session: Session) -> None:
    """Go through the deck until a pass and then an examination are without error; leave the trainer off."""
    size = session.world.size
    for _ in range(MOST_PASSES):
        session.command("course", {"name": "learn", "learn": True})
        wrong = session.run(size)["wrong"].any()
        session.command("course", {"name": "exam", "learn": False})
        if not wrong and not session.run(size)["wrong"].any():
            return


def damage_rows(bench: Bench) -> Iterator[ComparisonRow]:
    """Check both halves of the prediction: that the loss is gradual, and that no single letter is wiped out."""
    found = [letters_lost(seed) for seed in range(bench.seeds)]
    means = {f: interval([counts[f].accuracy for counts in found])[0] for f in FRACTIONS}
    gradual = means[0.0] > means[0.05] > means[0.2] > 1 / 26 and means[0.02] > 0.8
    yield ComparisonRow(
        statement="Removing part of the A-system lowers discrimination gradually",
        source="R58 p. 405 (prediction)",
        documented="a gradual loss",
        simulated=", ".join(f"{100 * f:.0f} % removed: {100 * mean:.0f} %" for f, mean in means.items()),
        verdict=AGREES if gradual else DEVIATES,
        reason="no figure from the Mark I is known; a letter counts as right only if all five bits are",
    )
    lost = {f: interval([counts[f].lost for counts in found]) for f in FRACTIONS[1:]}
    unsure = {f: interval([counts[f].unsure for counts in found])[0] for f in FRACTIONS[1:]}
    yield ComparisonRow(
        statement="Removing part of the A-system lowers every discrimination a little and wipes out none",
        source="R58 p. 405 (prediction)",
        documented="no letter wiped out",
        simulated="; ".join(
            f"{100 * f:.0f} % removed: {mean:.1f} of 26 letters lost ({max(low, 0):.1f} to {high:.1f}), "
            f"{unsure[f]:.1f} sometimes wrong"
            for f, (mean, low, high) in lost.items()
        ),
        verdict=DEVIATES if lost[DECIDING][1] > 0 else AGREES,
        reason=f"lost: wrong in each of {EXAMS} examinations; R58 speaks of probabilities of response, while a sum of "
        "this machine has nearly always the same sign, so that a letter is right or wrong; the verdict is that at "
        f"{100 * DECIDING:.0f} % removed",
    )
