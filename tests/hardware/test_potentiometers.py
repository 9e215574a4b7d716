import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marki.hardware.faults import FaultsConfig
from marki.hardware.potentiometers import PotentiometerBank, PotentiometerConfig, supply_ppm, time_to_turn, turned

PLAIN = dict.fromkeys(
    ("motor_spread", "start_lag", "coast", "backlash", "resolution", "end_stops", "supply_drift"), False
)
UP = np.ones(512, np.int8)


def store(seed=0, faults=None, **changes):
    return PotentiometerBank(PotentiometerConfig(**changes), faults or FaultsConfig(), seed)


def run(us):
    return np.full(512, us)


def test_a_plain_motor_turns_speed_times_time():
    values = store(speed_deg_per_s=2.0, **PLAIN)
    assert values.drive(100, UP, run(1_500_000)) == 1_500_000
    assert (values.wiper_at(100 + 500_000) == 1_000_000).all()
    values.settle(10_000_000)
    assert (values.wiper == 3_000_000).all()
    values.drive(10_000_000, -UP, run(500_000))
    values.settle(20_000_000)
    assert (values.wiper == 2_000_000).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 4_000_000)), min_size=1, max_size=8),
    st.floats(1, 12),
    st.floats(0, 6),
    st.booleans(),
)
def test_wipers_stay_between_the_stops_and_within_the_play_of_their_shafts(orders, travel, backlash, coast):
    values = store(1, travel_deg=travel, backlash_deg=backlash, coast=coast, coast_us=300_000, start="random")
    t = 0
    for direction, us in orders:
        values.drive(t, np.full(512, direction, np.int8), run(us))
        for dt in (10_000, 200_000, 1_000_000, 3_000_000):
            assert np.abs(values.wiper_at(t + dt)).max() <= values.stop
        t += 5_000_000
        values.settle(t)
        assert np.abs(values.wiper).max() <= values.stop
        assert np.abs(values.wiper - values.shaft).max() <= values.play


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.integers(1, 2_000_000_000),
    st.integers(0, 5_000_000),
    st.integers(1, 60_000_000),
    st.integers(0, 5_000_000),
    st.integers(0, 80_000_000),
)
@example(30_000_000, 0, 1_000_000, 1_000_000, 2_000_000)
@example(1_500_000_000, 20_000, 60_000_000, 5_000_000, 64_000_000)
@example(1_500_000_000, 0, 30_720_000_000, 0, 30_720_000_000)
def test_turned_is_exact_in_all_the_range_of_the_settings(speed, lag, run_us, coast, dt):
    steady = min(max(dt, lag), max(run_us, lag)) - lag
    expected = speed * steady // 1_000_000
    if coast and run_us > lag:
        tau = min(max(dt - run_us, 0), coast)
        expected += speed * (2 * coast * tau - tau * tau) // (2_000_000 * coast)
    a = [np.array([v], np.int64) for v in (speed, lag, run_us, dt)]
    assert int(turned(a[0], a[1], a[2], coast, a[3])[0]) == expected


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.integers(1000, 50_000_000), st.integers(0, 50_000), st.integers(50_001, 5_000_000), st.integers(0, 100_000),
    st.floats(0, 1),
)  # fmt: skip
def test_time_to_turn_is_the_first_microsecond_that_far(speed, lag, run_us, coast, share):
    speed, lag, run_us = (np.array([v], np.int64) for v in (speed, lag, run_us))
    whole = turned(speed, lag, run_us, coast, run_us + coast)
    angle = np.maximum((whole * share).astype(np.int64), 1)
    if angle[0] > whole[0]:
        return
    dt = time_to_turn(angle, speed, lag, run_us, coast)
    assert turned(speed, lag, run_us, coast, dt) >= angle
    assert turned(speed, lag, run_us, coast, dt - 1) < angle


def test_a_reversal_first_takes_up_the_play():
    values = store(**(PLAIN | {"backlash": True}), backlash_deg=1.0, speed_deg_per_s=1.0)
    values.drive(0, UP, run(2_000_000))
    values.settle(5_000_000)
    assert (values.wiper == 1_500_000).all()
    values.drive(5_000_000, -UP, run(900_000))
    values.settle(9_000_000)
    assert (values.wiper == 1_500_000).all()
    values.drive(9_000_000, -UP, run(600_000))
    values.settle(12_000_000)
    assert (values.wiper == 1_000_000).all()


def test_a_motor_slips_at_its_stop_and_comes_off_it_at_once():
    values = store(**(PLAIN | {"end_stops": True}), travel_deg=4.0, speed_deg_per_s=1.0)
    values.drive(0, UP, run(50_000_000))
    values.settle(60_000_000)
    assert (values.wiper == 2_000_000).all()
    values.drive(60_000_000, -UP, run(500_000))
    values.settle(70_000_000)
    assert (values.wiper == 1_500_000).all()


def test_power_shorter_than_the_start_lag_moves_nothing():
    values = store(start_lag_us=100_000, start_lag_spread=0.0)
    values.drive(0, UP, run(100_000))
    assert values.agenda.codes.size == 0
    assert not values.turning_at(100_000).any()
    values.settle(10**7)
    assert not values.wiper.any()


def test_turning_is_seen_between_start_and_rest():
    values = store(start_lag_us=100_000, start_lag_spread=0.0, coast_us=50_000)
    values.drive(0, -UP, run(500_000))
    seen = [set(values.turning_at(t).tolist()) for t in (99_999, 100_000, 549_999, 550_000)]
    assert seen == [{0}, {-1}, {-1}, {0}]


def test_the_wiper_rests_on_whole_turns_of_wire():
    values = store(travel_deg=300.0, levels=300)
    angles = np.array([-1_500_001, -500_001, -499_999, 499_999, 500_001, 2_499_999])
    assert values.reading(angles).tolist() == [-2_000_000, -1_000_000, 0, 0, 1_000_000, 2_000_000]
    plain = store(resolution=False)
    np.testing.assert_array_equal(plain.reading(angles), angles)


def test_the_supply_is_a_slow_triangle():
    config = PotentiometerConfig(drift_share=0.02, drift_period_us=4_000)
    wave = [supply_ppm(config, 0, t) for t in range(0, 4_001, 500)]
    assert wave == [1_000_000, 1_010_000, 1_020_000, 1_010_000, 1_000_000, 990_000, 980_000, 990_000, 1_000_000]
    assert supply_ppm(config, 1_000, 0) == 1_020_000


def test_stuck_motors_stay_and_are_silent():
    values = store(faults=FaultsConfig(stuck_motors=(1, 512)))
    values.drive(0, UP, run(1_000_000))
    assert not np.isin(values.agenda.codes >> 4 & 511, [0, 511]).any()
    values.settle(10**7)
    assert np.flatnonzero(values.wiper == 0).tolist() == [0, 511]


def test_random_starts_lie_within_their_angle_and_the_stops():
    values = store(start="random", start_deg=5.0, travel_deg=6.0)
    assert np.abs(values.wiper).max() == 3_000_000
    assert 500 > np.unique(values.wiper).size > 250
