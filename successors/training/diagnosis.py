"""Diagnosis: signs that a training is dead or stuck, seen in the learner after its training. No result changes."""

from __future__ import annotations

import math
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from marki.io.learner import Learner
from marki.io.ports import Port
from successors import tasks
from successors.baselines.trivial import LastExposure
from successors.nn.activity import monitored
from successors.nn.learner import ByGradient
from successors.tasks import Deck
from successors.training.loop import Record

SAMPLE = 256
"""Stimuli of the validation set that are looked at, spread evenly over it."""

MOVES = 0.01
"""Fraction by which the loss must fall below that of the first steps."""

STUCK = 0.5
"""Fraction of the units of a layer from which on they are reported."""

LEVEL = 0.05
"""Probability that a learner that only guesses is taken to be better than chance."""


class Symptom(StrEnum):
    """A sign of a dead or stuck training, in words."""

    ONE_ANSWER = "one answer for everything"
    LOSS = "the loss does not move"
    SATURATED = "units are saturated"
    SILENT = "units are never on"
    CHANCE = "never better than chance"


def diagnose(learner: Learner, deck: Deck, record: Record) -> list[Symptom]:
    """Return the signs that a training is dead or stuck.

    Parameters
    ----------
    learner : Learner
        After its training. The Mark I answers on its clock; a network does not change.
    deck : Deck
    record : Record
        Of its training.
    """
    found = []
    if _one_answer(learner, deck):
        found.append(Symptom.ONE_ANSWER)
    if len(record.losses) > 1 and min(record.losses[1:]) > (1 - MOVES) * record.losses[0]:
        found.append(Symptom.LOSS)
    network = learner.learner if isinstance(learner, LastExposure) else learner
    if isinstance(network, ByGradient):
        saturated, silent = _stuck(learner, deck)
        if saturated >= STUCK:
            found.append(Symptom.SATURATED)
        if silent >= STUCK:
            found.append(Symptom.SILENT)
    if record.curve and not _better_than_chance(deck, record):
        found.append(Symptom.CHANCE)
    return found


def _sample(deck: Deck) -> np.ndarray:
    """Return the indices of the stimuli of the validation set that are looked at."""
    return np.unique(np.linspace(0, len(deck.valid) - 1, SAMPLE).astype(int))


def _one_answer(learner: Learner, deck: Deck) -> bool:
    """Return whether all answers are the same although not all correct answers are."""
    chosen = _sample(deck)
    answers, targets = learner.respond(deck.valid.stimuli[chosen]), deck.valid.targets[chosen]
    if deck.answers is Port.FIELD:
        answers, targets = answers >= 0.5, targets >= 0.5
    return bool((answers == answers[:1]).all() and not (targets == targets[:1]).all())


def _stuck(learner: Learner, deck: Deck) -> tuple[float, float]:
    """Return the largest fractions of a layer's units that are always at a limit, and that are never on."""
    chosen = _sample(deck)
    repeated = deck.accepts in (Port.REEL, Port.TEXT)
    with monitored(len(chosen), repeated=repeated) as monitor:
        learner.respond(deck.valid.stimuli[chosen])
    return monitor.saturated(), monitor.silent()


def _better_than_chance(deck: Deck, record: Record) -> bool:
    """Return whether the best score lies above what guessing attains as the best of as many evaluations."""
    chance = 1 / len(deck.classes) if len(deck.code) else tasks.find(deck.task).chance
    spread = math.sqrt(chance * (1 - chance) / len(deck.valid))
    return record.best > chance + NormalDist().inv_cdf(1 - LEVEL / len(record.curve)) * spread
