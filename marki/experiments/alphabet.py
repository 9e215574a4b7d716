"""The 26 letters of one typeface, by error correction, until they are named without error.

Documented for the Mark I: errorless after 40 exposures of each letter (ONR newsletter, July 1960, at second hand).
"""

from __future__ import annotations

from marki.experiments.lab import ExperimentRun, Lab, needed, right
from marki.measurements import Measurement

TITLE = "26 letters of one typeface"
MOST_PASSES = 40


def learn_to_errorless(run: ExperimentRun, most: int = MOST_PASSES) -> int | None:
    """Go through the deck until a pass and then a test are without error.

    Returns
    -------
    int or None
        Exposures of each stimulus that it took; None if `most` did not do.
    """
    for passes in range(1, most + 1):
        if not run.learn_pass()["wrong"].any() and not run.exam()["wrong"].any():
            return passes
    return None


def first_errorless_pass(run: ExperimentRun, most: int = MOST_PASSES) -> int | None:
    """Go through the deck until a pass is without error; return its number from 1, None if `most` did not do."""
    return next((n for n in range(1, most + 1) if not run.learn_pass()["wrong"].any()), None)


def run(lab: Lab) -> list[Measurement]:
    """Learn, then test once with the trainer off."""
    session = lab.run("alphabet", lab.world("letters"), most=26 * MOST_PASSES)
    passes = learn_to_errorless(session)
    exam = session.records[-26:] if passes else session.exam()
    return [right(exam, "after learning"), needed(session, passes, "the alphabet", most=MOST_PASSES)]
