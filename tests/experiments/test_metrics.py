import numpy as np
import pytest

from marki.experiments.metrics import accuracy, curve, interval, wilson


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


def test_curve_counts_every_error_once():
    wrong = np.array([1, 1, 0, 0, 1, 0, 0], bool)
    ends, errors = curve(wrong, 3)
    assert ends.tolist() == [3, 6, 7]
    assert errors.tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert curve(wrong[:0], 3)[0].size == 0


def test_accuracy():
    assert accuracy(np.array([(True,), (False,)], [("wrong", bool)])) == 0.5
