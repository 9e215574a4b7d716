import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.ticks import clock_face, decay, log


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.floats(0, 700))
def test_decay_is_close_to_the_exponential(x):
    assert math.isclose(decay(np.array([x]))[0], math.exp(-x), rel_tol=2e-13)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.floats(1e-9, 1e9))
def test_log_is_close_to_the_logarithm(x):
    assert abs(log(np.array([x]))[0] - math.log(x)) < 2e-12


def test_exact_points():
    assert decay(np.array([0.0]))[0] == 1.0
    assert log(np.array([1.0, 0.5, 4.0])).tolist() == pytest.approx([0.0, -math.log(2), 2 * math.log(2)], abs=1e-12)
    assert decay(np.array([1e9]))[0] < 1e-300


def test_an_array_has_the_bits_of_its_numbers_one_by_one():
    x = np.random.default_rng(1).uniform(0, 50, 257)
    for f in (decay, log):
        assert f(x).tolist() == [f(x[k : k + 1])[0] for k in range(257)]


def test_the_arguments_are_not_changed():
    x = np.array([0.5, 2.0])
    decay(x)
    log(x)
    assert x.tolist() == [0.5, 2.0]


def test_clock_face():
    assert clock_face(0) == "0:00:00.000"
    assert clock_face(3_600_000_000 + 61_001_999) == "1:01:01.001"
    assert clock_face(np.int64(100 * 3_600_000_000)) == "100:00:00.000"
