"""Submissions: what many drawn programs are worth, if some of them may be handed in.

`pass_at_k` is the estimator of Chen et al. 2021 (section 2.1): the chance that of k programs, drawn without replacement
from n of which c are right, one is right at least. `ten_at_k` is the measure of Li et al. 2022 (section 5.1): of k
programs ten may be handed in, chosen by whether they pass the example (filter) and by whether they do different things
(clusters). Without the filter ten of k drawn at random are ten drawn at random: it cannot rise with k.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from marki.pen.interpreter import drawings

SUBMISSIONS = 10
"""Programs that may be handed in for a problem."""
PROBES = (6, 7, 8, 9)
"""Inputs for which programs are compared with each other; none of an example or a hidden test."""


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the chance that one of k programs is right, drawn without replacement from n of which c are.

    ``1 - C(n - c, k) / C(n, k)``, as a product, so that no large number occurs.

    Parameters
    ----------
    n, c : int
        Programs, and right ones among them.
    k : int
        Programs that are drawn, at most n.
    """
    if n - c < k:
        return 1.0
    return 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def ten_at_k(n: int, passing: int, c: int, k: int, *, submissions: int = SUBMISSIONS) -> float:
    """Return the chance that a problem is solved, if those of k programs that pass the example are handed in at random.

    The sum, over how many of the k pass, of ``C(p, i) C(n - p, k - i) / C(n, k)`` times `pass_at_k` of what is handed
    in. Without a filter give ``passing=n``.

    Parameters
    ----------
    n, passing, c : int
        Programs, those that pass the example, and those that are right, which all pass it.
    k : int
        Programs that are drawn without replacement, at most n.
    submissions : int
        Programs that may be handed in.
    """
    chance = 0.0
    for i in range(max(0, k - (n - passing)), min(k, passing) + 1):
        # A quotient of whole numbers, however large, is right to the last bit.
        share = comb(passing, i) * comb(n - passing, k - i) / comb(n, k)
        chance += share * pass_at_k(passing, c, min(i, submissions))
    return chance


def clusters(texts: Sequence[str], inputs: Sequence[int] = PROBES) -> list[list[int]]:
    """Return which programs draw the same for these inputs, numbered as given, the greatest cluster first.

    What is no program is in none. Of clusters of one size that comes first whose first program does.
    """
    found: dict[tuple[bytes, ...], list[int]] = {}
    run = {text: drawings(text, inputs) for text in set(texts)}
    for number, text in enumerate(texts):
        if (drawn := run[text]) is not None:
            found.setdefault(drawn, []).append(number)
    return sorted(found.values(), key=len, reverse=True)


def chosen(
    texts: Sequence[str],
    passing: np.ndarray,
    rng: np.random.Generator,
    *,
    by_cluster: bool = True,
    submissions: int = SUBMISSIONS,
) -> list[int]:
    """Return which programs are handed in, by number.

    Parameters
    ----------
    texts : sequence of str
        Programs.
    passing : ndarray of bool, shape (n,)
        Whether each passes the example; those that do not are never handed in. All true: no filter.
    rng : Generator
        Draws one of those that are alike.
    by_cluster : bool
        Whether one is taken of each cluster, from the greatest on, and again from the greatest if there is still room;
        else any.
    submissions : int
        How many may be handed in.
    """
    left: list[int] = rng.permutation(np.flatnonzero(passing)).tolist()
    if not by_cluster:
        return left[:submissions]
    groups = [[left[k] for k in group] for group in clusters([texts[number] for number in left])]
    found: list[int] = []
    for turn in range(max(map(len, groups), default=0)):
        found += [group[turn] for group in groups if turn < len(group)]
        if len(found) >= submissions:
            break
    return found[:submissions]


def clustered_at_k(
    texts: Sequence[str],
    passing: np.ndarray,
    right: np.ndarray,
    k: int,
    rng: np.random.Generator,
    *,
    submissions: int = SUBMISSIONS,
    draws: int = 100,
) -> float:
    """Return the share of draws of k programs in which the problem is solved by those that `chosen` hands in.

    Parameters
    ----------
    texts : sequence of str
        Programs.
    passing, right : ndarray of bool, shape (n,)
        Whether each passes the example, and the hidden tests.
    k : int
        Programs that are drawn without replacement, at most n.
    rng : Generator
    submissions : int
    draws : int
        How often k programs are drawn.
    """
    solved = 0
    for _ in range(draws):
        some = rng.choice(len(texts), k, replace=False)
        numbers: list[int] = some.tolist()
        handed = chosen([texts[number] for number in numbers], passing[some], rng, submissions=submissions)
        solved += bool(right[some][handed].any())
    return solved / draws
