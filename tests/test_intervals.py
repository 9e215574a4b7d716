import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.intervals import difference, interval, wilson


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
    assert interval([0.5]) == (0.5, 0.5, 0.5)


def test_the_interval_of_a_mean_by_hand():
    # A variance of 4, three values: 2 degrees of freedom.
    half = 4.30 * 2 / math.sqrt(3)
    assert interval([1, 3, 5]) == pytest.approx((3, 3 - half, 3 + half))


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
