import numpy as np
import pytest

from marki import theory


@pytest.mark.parametrize(
    ("key", "r", "p"),
    [((5, 5, 1), 20, 0.182), ((6, 4, 2), 120, 0.264), ((10, 0, 3), 200, 0.948), ((20, 10, 5), 80, 0.125)],
)
def test_activity_is_that_of_the_table(key, r, p):
    assert round(theory.activity(400, r, *key), 3) == p


def test_large_retina_is_the_limit():
    assert theory.activity(400_00, 120_00, 6, 6, 2) == pytest.approx(theory.large_activity(0.3, 6, 6, 2), abs=1e-4)


def test_overlap_of_a_stimulus_with_itself_is_whole():
    assert theory.overlap(0.3, 0.0, 0.0, 6, 6, 2) == pytest.approx(1.0)


def test_overlap_against_chance():
    rng = np.random.default_rng(0)
    x, y, theta, lit, lost, gained = 5, 4, 2, 0.3, 0.4, 0.2
    one = rng.random((200_000, x + y)) < lit
    two = np.where(one, rng.random(one.shape) >= lost, rng.random(one.shape) < gained)
    first = one[:, :x].sum(1) - one[:, x:].sum(1) >= theta
    second = two[:, :x].sum(1) - two[:, x:].sum(1) >= theta
    assert theory.overlap(lit, lost, gained, x, y, theta) == pytest.approx(
        (first & second).sum() / first.sum(), abs=0.01
    )


def test_worked_example_of_1957():
    values, stimuli = theory.example_values(), theory.example_stimuli()
    assert np.array_equal(stimuli[:, :32].sum(0), values[0, :32])
    assert np.array_equal(stimuli[:, 32:].sum(0), values[1, 32:])
    for case in (0, 1):
        for k, a in enumerate(stimuli):
            sums = (values[case, :32][a[:32]].sum(), values[case, 32:][a[32:]].sum())
            assert sums == theory.EXAMPLE_SUMS[case][k]


def test_table_1():
    assert theory.discrimination(0.1, 100, 10, exact=True) == pytest.approx(23.6, abs=0.05)
    assert theory.discrimination(0.01, 2000, 1_000_000, exact=False) == pytest.approx(3.16, abs=0.005)
