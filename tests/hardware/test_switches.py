import numpy as np
import pytest

from marki.errors import PortError
from marki.hardware.switches import throw, throw_all


def test_one_switch_is_thrown_by_its_number_from_one():
    row = np.zeros(8, np.int8)
    throw(row, 1, 1, where="forcing switches")
    throw(row, 8, -1, where="forcing switches")
    assert row.tolist() == [1, 0, 0, 0, 0, 0, 0, -1]


@pytest.mark.parametrize(("unit", "position", "message"), [(0, 1, "1 to 8"), (9, 1, "1 to 8"), (3, 2, "forced off")])
def test_wrong_switches_and_positions_are_refused(unit, position, message):
    row = np.zeros(8, np.int8)
    with pytest.raises(PortError, match=f"forcing switches.*{message}"):
        throw(row, unit, position, where="forcing switches")
    assert not row.any()


def test_a_field_is_set_flat_or_square():
    row = np.zeros(400, np.int8)
    positions = np.random.default_rng(1).integers(-1, 2, (20, 20))
    throw_all(row, positions, where="toggles")
    np.testing.assert_array_equal(row, positions.ravel())
    for wrong in (np.zeros(399), np.full(400, 3), np.full(400, 0.5)):
        with pytest.raises(PortError, match="toggles"):
            throw_all(row, wrong, where="toggles")
    np.testing.assert_array_equal(row, positions.ravel())
