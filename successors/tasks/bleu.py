"""BLEU: how much of a translation is right, in words and n-grams."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np

_TOKEN = re.compile(r"[A-Za-z0-9]+|\S")


def bleu(answers: np.ndarray, targets: np.ndarray, *, longest: int = 4) -> float:
    """Return the BLEU of answers with one reference each, 0…1.

    BP · exp(Σ log p_n / N), where p_n is the fraction of n-grams in the answers that occur in their references, each
    counted at most as often as it occurs there, and BP = exp(1 - r / c) if the answers, c tokens, are shorter than
    the references, r tokens. Tokens are English words, Chinese characters, and signs.

    Parameters
    ----------
    answers, targets : ndarray of str, shape (n,)
    longest : int
        N.

    References
    ----------
    Papineni, Roukos, Ward and Zhu 2002, "BLEU: a method for automatic evaluation of machine translation", section 2.3.
    """
    right, given = np.zeros(longest), np.zeros(longest)
    said = wanted = 0
    for answer, target in zip(answers.tolist(), targets.tolist(), strict=True):
        a, b = _TOKEN.findall(answer), _TOKEN.findall(target)
        said, wanted = said + len(a), wanted + len(b)
        for n in range(1, longest + 1):
            ours, theirs = (Counter(tuple(t[k : k + n]) for k in range(len(t) - n + 1)) for t in (a, b))
            right[n - 1] += (ours & theirs).total()
            given[n - 1] += ours.total()
    if not right.all():
        return 0.0
    brevity = 1.0 if said >= wanted else math.exp(1 - wanted / said)
    return brevity * math.exp(float(np.log(right / given).mean()))
