"""Curves: how good the answers of a trained system are over a setting that counts only while it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from successors import registry
from successors.tasks import Deck, Split
from successors.training import loop


def curve(
    name: str,
    weights: Mapping[str, np.ndarray],
    deck: Deck,
    part: Split,
    *,
    setting: str,
    values: Sequence[Any],
    changes: Mapping[str, Any] | None = None,
) -> list[dict[str, float]]:
    """Examine one set of weights under several values of a setting; nothing is learned.

    Parameters
    ----------
    name : str
        A system.
    weights : mapping of str to ndarray
        As `Successor.weights` gives them.
    deck : Deck
    part : Split
        What it is asked.
    setting : str
        A setting on which no weight depends, such as ``steps`` of a diffusion model.
    values : sequence
        Its values.
    changes : mapping, optional
        Other changes of its retina settings, with which the weights were learned.

    Returns
    -------
    list of dict
        For each value the value itself, the score, and the task's other figures.

    Raises
    ------
    UnknownName
        For a system or a setting that does not exist.
    StateError
        If the weights do not fit, as when their shapes depend on the setting.
    """
    rows = list[dict[str, float]]()
    for value in values:
        entry = registry.find(name).entry
        learner = entry.create(changes=dict(changes or {}) | {setting: value})
        foundation = registry.foundation(entry)
        if foundation is not None:
            learner.stand_on(foundation)
        learner.load_weights(weights)
        exam = loop.examine(learner, deck, part)
        rows.append({setting: value, "score": exam.score, **exam.figures})
    return rows
