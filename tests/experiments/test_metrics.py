import numpy as np
import pytest

from marki.experiments.metrics import accuracy, curve


def test_curve_counts_every_error_once():
    wrong = np.array([1, 1, 0, 0, 1, 0, 0], bool)
    ends, errors = curve(wrong, 3)
    assert ends.tolist() == [3, 6, 7]
    assert errors.tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert curve(wrong[:0], 3)[0].size == 0


def test_accuracy():
    assert accuracy(np.array([(True,), (False,)], [("wrong", bool)])) == 0.5
