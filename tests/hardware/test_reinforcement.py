import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.hardware.reinforcement import ReinforcementConfig, decay_orders, motor_orders, steer
from marki.io.check_learner import sample_frames
from marki.machine import MachineConfig
from marki.twin import Twin

R, TARGET = np.array([True, True, False, False]), np.array([True, False, True, False])
SETS = np.arange(512) // 128


@pytest.mark.parametrize(
    ("control", "polarity", "expected"),
    [
        ("error", "bivalent", [0, -1, 1, 0]),
        ("error", "monovalent", [0, 0, 1, 0]),
        ("forced", "bivalent", [1, -1, 1, -1]),
        ("forced", "monovalent", [1, 0, 1, 0]),
        ("spontaneous", "bivalent", [1, 1, -1, -1]),
        ("spontaneous", "monovalent", [1, 1, 0, 0]),
        ("none", "bivalent", [0, 0, 0, 0]),
    ],
)
def test_the_direction_of_reinforcement(control, polarity, expected):
    config = ReinforcementConfig(control=control, polarity=polarity)
    assert steer(config, R, TARGET).tolist() == expected
    if control != "spontaneous":
        assert not steer(config, R, None).any()


def orders(rule, active, sign=(1, -1, 0, 0), **changes):
    a = np.zeros(512, bool)
    a[active] = True
    direction, run = motor_orders(ReinforcementConfig(rule=rule, **changes), np.array(sign, np.int8), a, SETS)
    return np.where(run > 0, direction, 0), np.where(direction != 0, run, 0)


def test_alpha_drives_the_active_units_for_one_pulse():
    direction, run = orders("alpha", [0, 5, 130, 300], pulse_us=700)
    assert {k: int(run[k]) for k in np.flatnonzero(run)} == {0: 700, 5: 700, 130: 700}
    assert direction[[0, 5, 130]].tolist() == [1, 1, -1]


def test_beta_shares_a_fixed_gain_among_the_active():
    direction, run = orders("beta", [0, 5, 9, 130], pulse_us=700, beta_units=8)
    assert run[[0, 5, 9, 130]].tolist() == [700 * 8 // 3] * 3 + [700 * 8]
    assert np.count_nonzero(direction) == 4


def test_gamma_drives_the_others_the_other_way():
    direction, run = orders("gamma", [0, 5], pulse_us=700_000)
    assert direction[[0, 5]].tolist() == [1, 1]
    assert (direction[[1, 2, 127]] == -1).all()
    assert run[1] == 700_000 * 2 // 126
    assert not run[128:].any()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sets(st.integers(0, 511), max_size=300), st.integers(1, 5_000_000))
def test_gamma_keeps_the_total_of_a_set_up_to_rounding(active, pulse):
    direction, run = orders("gamma", sorted(active), sign=(1, -1, 1, -1), pulse_us=pulse)
    for k, members in enumerate(np.arange(512).reshape(4, 128)):
        size = np.count_nonzero([i // 128 == k for i in active])
        total = int((direction.astype(np.int64) * run)[members].sum())
        assert abs(total) < 128 or size == 128


@pytest.mark.parametrize("seed", range(3))
def test_gamma_conserves_values_in_a_whole_machine(seed):
    config = MachineConfig().ideal().amend({"reinforcement.rule": "gamma"})
    twin = Twin(config, seed=seed)
    twin.reinforce(*sample_frames(20, seed=seed))
    totals = [int(twin.v[twin.source_set == k].sum()) for k in range(8)]
    # At most a microsecond of every motor is rounded away in a presentation.
    assert max(np.abs(totals)) <= 20 * 64 * 2
    assert np.abs(twin.v).max() > 100_000


def test_decay_takes_its_share_towards_zero():
    wiper = np.array([1_000_000, -1_000_000, 0, 10])
    direction, run = decay_orders(ReinforcementConfig(decay=0.25), wiper, 2_000_000)
    assert direction.tolist() == [-1, 1, 0, -1]
    assert run.tolist() == [125_000, 125_000, 0, 1]
