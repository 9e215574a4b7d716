import numpy as np
import pytest

from marki.hardware.faults import FaultsConfig
from marki.hardware.sensory import SensoryBank, SensoryConfig, relay_times, thresholds

SOUND = FaultsConfig()
EXACT = {"spread": False, "noise": False, "relay_lag": False}


def bank(seed=0, faults=SOUND, **changes):
    return SensoryBank(SensoryConfig(**changes), faults, seed)


def ramp():
    return np.linspace(0, 1, 400).reshape(20, 20).astype(np.float32)


def test_a_cell_rises_with_its_time_constant_and_decays_with_another():
    cells = bank(rise_us=1000, decay_us=4000, **EXACT)
    cells.expose(0, np.ones((20, 20), np.float32), 0)
    np.testing.assert_allclose(cells.signal_at(1000), 1 - np.exp(-1), rtol=1e-12)
    cells.expose(1000, None, 0)
    np.testing.assert_allclose(cells.signal_at(5000), (1 - np.exp(-1)) * np.exp(-1), rtol=1e-12)
    assert (cells.signal_at(10_000_000) == 0).all()


def test_an_s_unit_turns_on_at_the_first_microsecond_at_or_above_its_threshold():
    cells = bank(**EXACT)
    frame = ramp()
    cells.expose(0, frame, 0)
    codes = cells.relays.agenda.codes
    assert len(codes) == (frame > 0.5).sum()
    for code in codes.tolist():
        unit, t = code >> 4 & 511, code >> 16
        assert cells.signal_at(t)[unit] >= 0.5 - 1e-12
        assert cells.signal_at(t - 1)[unit] < 0.5


def test_without_lag_the_s_units_are_the_light_at_or_above_the_threshold():
    cells = bank(lag=False, **EXACT)
    frame = np.full((20, 20), 0.25, np.float32)
    frame[3, 4:7] = 0.5, 0.75, 0.49
    cells.expose(10, frame, 0)
    assert np.flatnonzero(cells.relays.state_at(10)).tolist() == [64, 65]


def test_dead_cells_see_nothing():
    cells = bank(faults=FaultsConfig(dead_cells=(1, 400)), lag=False, **EXACT)
    cells.expose(0, np.ones((20, 20), np.float32), 0)
    assert np.flatnonzero(~cells.relays.state_at(0)).tolist() == [0, 399]


def test_noise_differs_from_exposure_to_exposure_and_not_within_one():
    cells = bank(noise_sd=0.1)
    levels = []
    for t, frame, exposure in ((0, ramp(), 0), (1000, None, 0), (2000, ramp(), 1), (3000, ramp(), 0)):
        cells.expose(t, frame, exposure)
        levels.append(cells.level_now.copy())
    np.testing.assert_array_equal(levels[0], levels[1])
    np.testing.assert_array_equal(levels[0], levels[3])
    assert 0.11 < np.std(levels[0] - levels[2]) < 0.17


def test_the_spread_of_thresholds_is_what_the_settings_say():
    own = thresholds(SensoryConfig(spread_sd=0.05), 1)
    assert abs(own.mean() - 0.5) < 0.01
    assert 0.04 < own.std() < 0.06
    assert (thresholds(SensoryConfig(spread=False), 1) == 0.5).all()


def test_relay_times_lie_within_their_spread():
    pull, drop = relay_times(SensoryConfig(pull_in_us=10_000, drop_out_us=5_000, relay_spread=0.3), 1, "x", 400)
    assert 7_000 <= pull.min() < 7_300
    assert 12_700 < pull.max() <= 13_000
    assert 3_500 <= drop.min() < drop.max() <= 6_500
    assert not np.concatenate(relay_times(SensoryConfig(relay_lag=False), 1, "x", 400)).any()


@pytest.mark.parametrize("lag", [False, True])
def test_toggles_override_the_light_and_release_it(lag):
    cells = bank(lag=lag, **EXACT)
    cells.forced[:2] = 1, -1
    cells.expose(0, np.ones((20, 20), np.float32), 0)
    s = cells.relays.state_at(900_000)
    assert s[0]
    assert not s[1]
    assert s[2:].all()
    cells.forced[:] = 0
    cells.replan(900_000)
    assert cells.relays.state_at(900_000).all()
    cells.expose(1_000_000, None, 0)
    assert not cells.relays.state_at(3_000_000).any()
