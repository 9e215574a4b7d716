import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.hardware.association import AssociationBank, AssociationConfig, running_sums
from marki.hardware.faults import FaultsConfig
from marki.hardware.plugboard import PlugboardConfig, wire

EMPTY = np.empty(0, np.int64), np.empty(0, np.intp), np.empty(0, bool)


def bank(faults=None, wiring=None, **changes):
    wiring = wire(PlugboardConfig(), 1) if wiring is None else wiring
    return AssociationBank(AssociationConfig(**changes), faults or FaultsConfig(), wiring, 1)


def one_unit(*weights):
    wiring = np.zeros((512, 400), np.int8)
    wiring[0, : len(weights)] = weights
    return wiring


def moves(bank):
    return [(int(c) >> 16, int(c) >> 4 & 511, bool(c & 1)) for c in bank.relays.agenda.codes]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 300), st.integers(0, 2**32))
def test_running_sums_equal_cumsum(count, seed):
    steps = np.random.default_rng(seed).integers(-1, 2, (count, 7)).astype(np.int8)
    if count:
        steps[0] = 5
    expected = np.cumsum(steps, axis=0, dtype=np.int16)
    np.testing.assert_array_equal(running_sums(steps.copy(), np.empty_like(steps)), expected)


def test_the_input_is_the_sum_over_the_wires():
    units = bank()
    s = np.random.default_rng(2).random(400) < 0.4
    np.testing.assert_array_equal(units.input_of(s), wire(PlugboardConfig(), 1).astype(int) @ s)
    assert not units.input_of(np.zeros(400, bool)).any()


def test_wirings_of_more_than_127_wires_do_not_overflow():
    wiring = np.zeros((512, 400), np.int8)
    wiring[:5] = 1
    units = bank(wiring=wiring, theta=300, relay_lag=False)
    at = np.arange(400) + 10
    units.follow(0, np.zeros(400, bool), (at, np.arange(400), np.ones(400, bool)))
    assert moves(units) == [(309, k, True) for k in range(5)]


def test_an_a_unit_fires_at_the_microsecond_at_which_its_input_reaches_theta():
    units = bank(wiring=one_unit(1, 1, -1, 1), theta=2, relay_lag=False)
    at, who = np.array([10, 20, 30, 40]), np.array([0, 1, 2, 3])
    units.follow(0, np.zeros(400, bool), (at, who, np.ones(4, bool)))
    assert moves(units) == [(20, 0, True), (30, 0, False), (40, 0, True)]


def test_moves_of_several_s_units_at_one_microsecond_do_not_restart_a_relay():
    units = bank(wiring=one_unit(1, 1, -1, 1), theta=2, pull_in_us=100, relay_spread=0.0)
    at, who = np.array([10, 10, 50, 50]), np.array([0, 1, 2, 3])
    units.follow(0, np.zeros(400, bool), (at, who, np.ones(4, bool)))
    assert moves(units) == [(110, 0, True)]


def test_s_units_that_were_to_come_and_did_not_are_forgotten():
    units = bank(wiring=one_unit(1, 1), theta=2, relay_lag=False)
    dark = np.zeros(400, bool)
    units.follow(0, dark, (np.array([50, 60]), np.array([0, 1]), np.ones(2, bool)))
    units.follow(20, dark, EMPTY)
    assert moves(units) == []
    units.follow(100, dark, EMPTY)
    assert moves(units) == []


@pytest.mark.parametrize("seed", range(3))
def test_changes_one_by_one_and_all_at_once_end_in_the_same_state(seed):
    rng = np.random.default_rng(seed)
    who = rng.permutation(400)[:150]
    at = np.sort(rng.integers(1, 500, 150))
    dark, lit = np.zeros(400, bool), np.ones(150, bool)
    slow, quick = bank(), bank()
    slow.follow(0, dark, (at, who, lit))
    quick.follow(0, dark, (np.full(150, 5), who, lit))
    np.testing.assert_array_equal(slow.relays.state_at(10**6), quick.relays.state_at(10**6))
    assert quick.relays.state_at(10**6).any()


def test_cut_wires_leave_an_a_unit_without_input():
    units = bank(FaultsConfig(cut_wires=(2, 512)))
    u = np.abs([units.input_of(np.arange(400) == k) for k in range(400)]).sum(axis=0)
    assert np.flatnonzero(u == 0).tolist() == [1, 511]
