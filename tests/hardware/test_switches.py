import numpy as np
import pytest

from marki.errors import PortError
from marki.hardware.switches import throw_all


def test_a_field_is_set_flat_or_square():
    row = np.zeros(400, np.int8)
    positions = np.random.default_rng(1).integers(-1, 2, (20, 20))
    throw_all(row, positions, where="toggles")
    np.testing.assert_array_equal(row, positions.ravel())
    for wrong, said in (
        (np.zeros(399), "399 positions"),
        (np.full(400, 3), "3 is no position"),
        (np.full(400, 0.5), "0.5 is no position"),
    ):
        with pytest.raises(PortError, match=f"toggles: {said}. Give 400 of -1"):
            throw_all(row, wrong, where="toggles")
    np.testing.assert_array_equal(row, positions.ravel())
