"""Labels on the lamps: class k is the number k + 1 in binary."""

import numpy as np
import pytest

from marki.errors import PortError
from successors.nn.labels import Labels


def test_codes_are_numbers_from_one_on_and_two_classes_use_one_lamp():
    lit = Labels(3).lamps(np.array([0, 1, 2])).astype(int)
    assert lit[:, :2].tolist() in ([[1, 0], [0, 1], [1, 1]], [[0, 1], [1, 0], [1, 1]])
    assert not lit[:, 2:].any()
    assert Labels(2).lamps(np.array([0, 1])).any(axis=0).sum() == 1


@pytest.mark.parametrize("classes", [2, 10, 26, 255])
def test_what_is_shown_is_read_back(classes):
    labels, every = Labels(classes), np.arange(classes)
    assert np.array_equal(labels.read(labels.lamps(every)), every)
    assert np.array_equal(labels.asked(labels.lamps(every)), every)


def test_dark_lamps_ask_for_any_class_but_teach_none():
    dark = np.zeros((1, 8), bool)
    assert Labels(10).asked(dark).tolist() == [-1]
    with pytest.raises(PortError, match=r"target 0 lights R\[\], the code of no class"):
        Labels(10).read(dark)


def test_a_code_of_no_class_is_refused_with_its_place_and_lamps():
    shown = np.zeros((3, 8), bool)
    shown[:2] = Labels(26).lamps(np.array([0, 25]))
    shown[2] = True
    for method, what in (("read", "target"), ("asked", "stimulus")):
        with pytest.raises(PortError, match=rf"{what} 2 lights R\[1, 2, 3, 4, 5, 6, 7, 8\]"):
            getattr(Labels(26), method)(shown)
