import numpy as np
import pytest

from marki.errors import StateError
from marki.registers import Register, fingerprint, restore, snapshot


def registers():
    return [
        Register("a.x", np.arange(6).reshape(2, 3), "deg", "Angles."),
        Register("a.on", np.array([True, False]), "", "States."),
    ]


def test_a_snapshot_is_a_copy():
    listed = registers()
    kept = snapshot(listed)
    listed[0].array[:] = 0
    assert kept["a.x"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert listed[0].shape == (2, 3)


def test_restore_writes_in_place():
    listed = registers()
    live, kept = listed[0].array, snapshot(listed)
    live[:] = 9
    restore(listed, kept)
    assert listed[0].array is live
    assert live.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a.on": None}, "a.on is missing"),
        ({"a.on": np.zeros(3, bool)}, r"a.on is bool\(3,\), this machine has bool\(2,\)"),
        ({"a.on": np.zeros(2, int)}, r"a.on is int64\(2,\)"),
        ({"a.on": np.zeros((), bool)}, r"a.on is bool\(\)"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, message):
    listed = registers()
    before = fingerprint(snapshot(listed))
    state = {"a.x": np.full((2, 3), 7), "a.on": np.ones(2, bool)} | change
    state = {name: array for name, array in state.items() if array is not None}
    with pytest.raises(StateError, match=f"run.npz: register {message}"):
        restore(listed, state, where="run.npz")
    assert fingerprint(snapshot(listed)) == before


def test_a_fingerprint_covers_names_types_shapes_and_values_but_not_order():
    x = np.arange(4)
    states = [{"x": x}, {"y": x}, {"x": x.astype(np.int32)}, {"x": x.reshape(2, 2)}, {"x": x + 1}, {"x": x, "y": x}]
    assert len({fingerprint(state) for state in states}) == len(states)
    assert fingerprint({"x": x, "y": x + 1}) == fingerprint({"y": x + 1, "x": x})
    assert fingerprint({"x": np.arange(8)[::2]}) == fingerprint({"x": np.arange(8)[::2].copy()})
