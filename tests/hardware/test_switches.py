import numpy as np
import pytest

from marki.errors import PortError
from marki.hardware.switches import throw_all


def test_a_field_is_set_flat_or_square():
    row = np.zeros(400, np.int8)
    positions = np.random.default_rng(1).integers(-1, 2, (20, 20))
    throw_all(row, positions, where="toggles")
    np.testing.assert_array_equal(row, positions.ravel())
    for wrong in (np.zeros(399), np.full(400, 3), np.full(400, 0.5)):
        with pytest.raises(PortError, match="toggles"):
            throw_all(row, wrong, where="toggles")
    np.testing.assert_array_equal(row, positions.ravel())
