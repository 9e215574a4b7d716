import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.intervals import count_interval, difference, interval, share_interval, span, wilson


def test_wilson_against_published_values():
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=2e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=2e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=2e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_interval_holds_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = sum(low <= 3 <= high for _, low, high in (interval(rng.normal(3, 2, 10)) for _ in range(2000)))
    assert held / 2000 == pytest.approx(0.95, abs=0.015)
    assert interval([0.5]) == (0.5, None, None)


def test_the_interval_of_a_mean_by_hand():
    # A variance of 4, three values: 2 degrees of freedom.
    half = 4.30 * 2 / math.sqrt(3)
    assert interval([1, 3, 5]) == pytest.approx((3, 3 - half, 3 + half))


def seeds(rng, p, number, trials, spread):
    """Return the fractions of some seeds whose own chances are spread around p, by a beta distribution."""
    own = np.full(number, p) if spread is None else rng.beta(p * spread, (1 - p) * spread, number)
    return rng.binomial(trials, own) / trials


@pytest.mark.parametrize("number", [3, 5, 10])
@pytest.mark.parametrize("spread", [None, 100, 10])
@pytest.mark.parametrize("p", [0.5, 0.9])
@pytest.mark.parametrize("trials", [26, 100])
def test_the_interval_of_a_share_holds_the_mean_as_often_as_it_says(number, spread, p, trials):
    rng = np.random.default_rng(0)
    found = [share_interval(seeds(rng, p, number, trials, spread), number * trials) for _ in range(1000)]
    assert sum(low <= p <= high for _, low, high in found) / 1000 > 0.93


def test_near_the_bounds_it_holds_where_an_interval_on_the_seeds_alone_does_not():
    rng = np.random.default_rng(0)
    drawn = [seeds(rng, 0.98, 5, 26, None) for _ in range(2000)]
    held = [low <= 0.98 <= high for _, low, high in (share_interval(shares, 130) for shares in drawn)]
    alone = [low <= 0.98 <= high for _, low, high in map(interval, drawn)]
    assert np.mean(held) > 0.95 > np.mean(alone)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=8))
def test_the_interval_of_a_share_lies_within_0_and_1_around_the_mean(hits):
    mean, low, high = share_interval([n / 20 for n in hits], 20 * len(hits))
    assert mean == pytest.approx(sum(hits) / 20 / len(hits))
    assert 0 <= low <= mean <= high <= 1
    assert low < high
    turned = share_interval([1 - n / 20 for n in hits], 20 * len(hits))
    assert turned == pytest.approx((1 - mean, 1 - high, 1 - low))


def test_the_interval_of_a_share_by_hand():
    # Variance between the seeds 0.01, of their mean 0.01 / 2: as of 0.25 / 0.005 = 50 independent trials.
    shares = (0.5 - math.sqrt(0.005), 0.5 + math.sqrt(0.005))
    assert share_interval(shares, 1000) == pytest.approx((0.5, *wilson(25, 50, 12.71)))
    assert share_interval(shares, 40) == pytest.approx((0.5, *wilson(20, 40, 12.71)))  # no more than there are
    assert share_interval([1, 1], 200) == pytest.approx((1, *wilson(200, 200, 12.71)))
    assert share_interval([0.7], 100) == (0.7, None, None)


def test_the_interval_of_a_count_holds_the_mean_and_does_not_go_below_0():
    rng = np.random.default_rng(0)
    found = [count_interval(rng.poisson(8, 5)) for _ in range(2000)]
    assert sum(low <= 8 <= high for _, low, high in found) / 2000 == pytest.approx(0.95, abs=0.015)
    assert all(low > 0 for _, low, _ in found)
    assert count_interval([3, 40])[1] > 0 > interval([3, 40])[1]
    assert count_interval([7]) == (7, None, None)
    assert count_interval([0, 0]) == (0, 0, 0)


def test_an_interval_as_text():
    assert span(0.5, 0.75) == "50.0 to 75.0"
    assert span(3, 4.25, scale=1) == "3.0 to 4.2"
    assert span(None, None) == "-"


SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=8)


def test_the_difference_of_two_means_by_hand():
    # Variances of 1 and 4, three values each: 2.94 degrees of freedom, of which 2 are counted.
    found, low, high = difference([1, 2, 3], [0, 2, 4])
    half = 4.30 * math.sqrt(1 / 3 + 4 / 3)
    assert (found, low, high) == pytest.approx((0, -half, half))


@given(SCORES, SCORES)
def test_the_other_way_round_it_is_the_same_turned(first, second):
    found, low, high = difference(first, second)
    assert low <= found <= high
    assert difference(second, first) == pytest.approx((-found, -high, -low))


def test_one_value_or_equal_ones_have_no_width():
    assert difference([0.9], [0.5, 0.6]) == pytest.approx((0.35, 0.35, 0.35))
    assert difference([0.9, 0.9], [0.5, 0.5]) == pytest.approx((0.4, 0.4, 0.4))
