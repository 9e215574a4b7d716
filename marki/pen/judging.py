"""Judging: whether programs draw what they should, for every input with which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marki.pen.interpreter import drawings

INPUTS = (1, 2, 3, 4, 5)
"""The inputs for which a program is judged."""


def draws_the_same(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return which programs draw what another one draws, for all of `INPUTS`.

    Parameters
    ----------
    answers, targets : ndarray of str, shape (n,)
        Programs; what is no program draws nothing, and is wrong.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    wanted = {text: drawings(text, INPUTS) for text in set(targets.tolist())}
    return np.array(
        [
            (drawn := wanted[target]) is not None and drawings(answer, INPUTS) == drawn
            for answer, target in zip(answers.tolist(), targets.tolist(), strict=True)
        ],
        bool,
    )


def passing(texts: Sequence[str], target: str, inputs: Sequence[int] = INPUTS) -> np.ndarray:
    """Return which texts draw what the target draws for these inputs, (n,) bool; equal texts are run once."""
    wanted = drawings(target, inputs)
    found = {text: wanted is not None and drawings(text, inputs) == wanted for text in set(texts)}
    return np.array([found[text] for text in texts], bool)


def to_the_letter(answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the fraction of answers that are the target itself."""
    return float(np.mean(answers == targets))
