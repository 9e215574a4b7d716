"""Responses: how classes stand on the lamps of the R-units."""

import numpy as np

from marki.io.responses import binary_code, lamps, nearest_class


def test_lamps_of_r_units_out_of_use_stay_dark():
    wide = lamps(np.array([[True, False, True]]))
    assert wide.tolist() == [[True, False, True, False, False, False, False, False]]


def test_the_class_is_read_off_all_eight_lamps():
    code = binary_code(26)
    shown = lamps(code)
    assert [nearest_class(row, code) for row in shown] == list(range(26))
    shown[3, 7] = True
    assert nearest_class(shown[3], code) == -1
