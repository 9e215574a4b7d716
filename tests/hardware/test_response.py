import numpy as np
import pytest

from marki.errors import ConfigError
from marki.hardware.response import ResponseBank, ResponseConfig, decide, source_sets

OFF = np.zeros(4, bool)


def test_equal_shares_are_neighbouring_a_units():
    for units in range(1, 9):
        sets = source_sets(ResponseConfig(units=units))
        sizes = np.bincount(sets)
        assert len(sizes) == units
        assert sizes.max() - sizes.min() <= 1
        assert (np.diff(sets) >= 0).all()


def test_a_given_source_set_is_used_and_checked():
    given = [1 + k % 3 for k in range(512)]
    assert (source_sets(ResponseConfig(units=3, source_set=given)) + 1).tolist() == given
    with pytest.raises(ConfigError, match="lists 511 A-units"):
        ResponseConfig(source_set=given[1:])
    with pytest.raises(ConfigError, match="names R-unit 3, 2 are in use"):
        ResponseConfig(units=2, source_set=given)


def test_totals_go_to_the_unit_that_an_a_unit_serves_even_if_a_unit_has_none():
    given = [1 if k % 2 else 4 for k in range(512)]
    bank = ResponseBank(ResponseConfig(units=4, source_set=given))
    assert bank.totals(np.arange(512)).tolist() == [sum(range(1, 512, 2)), 0, 0, sum(range(0, 512, 2))]


def test_the_threshold_readout_goes_by_the_sign_and_a_zero_is_off():
    u = np.array([1, 0, -1, 5])
    assert decide(ResponseConfig(), u, np.ones(4, int), ~OFF, 0).tolist() == [True, False, False, True]


def test_a_sum_within_the_dead_zone_leaves_the_r_unit_as_it_was():
    u = np.array([500, -500, 501, -501])
    for before in (OFF, ~OFF):
        assert decide(ResponseConfig(), u, np.ones(4, int), before, 500).tolist() == [*before[:2], True, False]


def test_the_mean_is_held_against_the_dead_zone():
    u, active = np.array([1000, 1001, 0, 501]), np.array([2, 2, 0, 0])
    got = decide(ResponseConfig(statistic="mean"), u, active, OFF, 500)
    assert got.tolist() == [False, True, False, True]


def test_dominant_lights_only_the_largest_and_nobody_in_a_tie():
    config = ResponseConfig(readout="dominant")
    ones = np.ones(4, int)
    assert decide(config, np.array([3, 9, 2, -1]), ones, OFF, 0).tolist() == [False, True, False, False]
    assert not decide(config, np.array([9, 9, 2, -1]), ones, ~OFF, 0).any()
    assert not decide(config, np.array([-3, -9, -2, -4]), ones, ~OFF, 0).any()
    assert not decide(config, np.array([3, 9, 2, -1]), ones, ~OFF, 9).any()
    mean = ResponseConfig(readout="dominant", statistic="mean")
    assert decide(mean, np.array([30, 9, 0, 0]), np.array([10, 1, 0, 0]), OFF, 0).tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_a_reading_adds_the_active_values_and_moves_the_relays_after_their_time():
    bank = ResponseBank(ResponseConfig(pull_in_us=20))
    a = np.arange(512) % 64 < 3
    values = np.where(np.arange(512) < 256, 1_000_000, -1_000_000)
    bank.read(100, a, values)
    assert bank.u_r.tolist() == [3_000_000] * 4 + [-3_000_000] * 4
    assert bank.r.tolist() == [True] * 4 + [False] * 4
    assert not bank.relays.state_at(119).any()
    np.testing.assert_array_equal(bank.relays.state_at(120), bank.r)


def test_units_not_in_use_stay_dark():
    bank = ResponseBank(ResponseConfig(units=3, dead_zone=False))
    bank.read(0, np.ones(512, bool), np.ones(512, np.int64))
    assert bank.r.tolist() == [True] * 3 + [False] * 5
