import numpy as np
import pytest

from marki.intervals import interval, wilson


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
