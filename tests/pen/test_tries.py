"""What many programs are worth: held against the enumeration of everything that can be drawn."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.pen.judging import passing
from marki.pen.tries import PROBES, chosen, clustered_at_k, clusters, pass_at_k, ten_at_k


def solved(sets, c):
    """The share of sets of programs, of which the first `c` are right, that have a right one."""
    found = [any(number < c for number in one) for one in sets]
    return Fraction(sum(found), len(found))


@pytest.mark.parametrize("n", range(1, 9))
def test_pass_at_k_is_that_of_all_subsets(n):
    for c in range(n + 1):
        for k in range(1, n + 1):
            wanted = solved(list(combinations(range(n), k)), c)
            assert pass_at_k(n, c, k) == pytest.approx(float(wanted), abs=1e-12)


@given(st.integers(1, 500), st.data())
def test_pass_at_k_is_the_quotient_of_whole_numbers(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    wanted = 1 - Fraction(comb(n - c, k), comb(n, k))
    assert pass_at_k(n, c, k) == pytest.approx(float(wanted), abs=1e-12)


def test_pass_at_1_is_the_share_and_the_biased_estimate_is_another():
    assert pass_at_k(100, 13, 1) == pytest.approx(0.13)
    assert pass_at_k(10, 3, 5) != pytest.approx(1 - 0.7**5, abs=0.05)


@pytest.mark.parametrize("submissions", [1, 2, 3])
def test_ten_at_k_is_that_of_all_draws(submissions):
    """Of all draws of k, and all ways to hand in some of those that pass: an enumeration with equal weights."""
    n = 7
    for p in range(n + 1):
        for c in range(p + 1):
            for k in range(1, n + 1):
                wanted = Fraction(0)
                draws = list(combinations(range(n), k))
                for draw in draws:
                    pass_ = [number for number in draw if number < p]
                    handed = list(combinations(pass_, min(submissions, len(pass_))))
                    wanted += solved(handed, c) / len(draws)
                assert ten_at_k(n, p, c, k, submissions=submissions) == pytest.approx(float(wanted), abs=1e-12)


def test_without_a_filter_it_does_not_rise_with_k():
    found = [ten_at_k(1_000, 1_000, 8, k) for k in (10, 100, 1_000)]
    assert found == pytest.approx([pass_at_k(1_000, 8, 10)] * 3)
    filtered = [ten_at_k(1_000, 9, 8, k) for k in (10, 100, 1_000)]
    assert filtered[0] < filtered[1] < filtered[2] == 1.0


SQUARE = "draw right n draw down n draw left n draw up n"
SAME = "draw down n draw right n draw up n draw left n"
LINE = "draw right n"


def test_programs_that_draw_the_same_are_one_cluster():
    texts = [LINE, SQUARE, "no program", SAME, SQUARE, "draw right n draw left n"]
    assert clusters(texts) == [[1, 3, 4], [0], [5]]
    assert clusters([LINE, "draw right 6"], [6]) == [[0, 1]]
    assert clusters([LINE, "draw right 6"]) == [[0], [1]]
    assert not set(PROBES) & {1, 2, 3, 4, 5}, "nothing is learned of the hidden tests"


def test_one_of_each_cluster_is_handed_in_then_another():
    texts = [SQUARE] * 5 + [SAME] * 3 + [LINE] * 2 + ["go up 1"] + ["no program"]
    rng = np.random.default_rng(0)
    group = {SQUARE: "a", SAME: "a", LINE: "b", "go up 1": "c", "no program": "x"}
    handed = chosen(texts, np.ones(12, bool), rng, submissions=5)
    assert "".join(group[texts[k]] for k in handed) == "abcab"
    assert len(set(handed)) == 5
    every = chosen(texts, np.ones(12, bool), rng, submissions=100)
    assert sorted(every) == list(range(11)), "each once; what is no program never"
    assert sorted(chosen(texts, np.ones(12, bool), rng, by_cluster=False, submissions=100)) == list(range(12))
    assert chosen(texts, np.zeros(12, bool), rng) == []


def test_what_fails_the_example_is_not_handed_in():
    texts = [LINE, SQUARE, SAME, "draw right 2"]
    example = passing(texts, SQUARE, [2])
    assert example.tolist() == [False, True, True, False]
    assert sorted(chosen(texts, example, np.random.default_rng(0))) == [1, 2]


def test_clusters_help_where_the_example_lets_wrong_programs_through():
    """A hundred programs that all pass a weak example: 90 do one wrong thing, 5 another, 5 the right one."""
    texts = ["draw right 1"] * 90 + ["draw down n"] * 5 + [LINE] * 5
    example, right = passing(texts, LINE, [1]), passing(texts, LINE)
    assert (example.sum(), right.sum()) == (100, 5)
    rng = np.random.default_rng(0)
    by_cluster = clustered_at_k(texts, example, right, 100, rng, submissions=3, draws=20)
    assert by_cluster == 1.0
    at_random = ten_at_k(100, 100, 5, 100, submissions=3)
    assert at_random == pytest.approx(0.144, abs=0.001)
    # Of ten that are drawn, it is solved if a right one is among them.
    few = clustered_at_k(texts, example, right, 10, rng, submissions=3, draws=400)
    assert few == pytest.approx(pass_at_k(100, 5, 10), abs=4 * (0.25 / 400) ** 0.5), (
        "solved where a right one was drawn"
    )


def test_one_cluster_is_as_good_as_none():
    texts = [SQUARE] * 3 + [LINE] * 17
    example, right = passing(texts, SQUARE, [3]), passing(texts, SQUARE)
    found = clustered_at_k(texts, example, right, 4, np.random.default_rng(1), submissions=1, draws=2_000)
    assert found == pytest.approx(ten_at_k(20, 3, 3, 4, submissions=1), abs=4 * (0.25 / 2_000) ** 0.5)
