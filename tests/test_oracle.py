import random

import numpy as np
import pytest
from oracle import Oracle, exp_minus, ln

from marki.io.check_learner import sample_frames
from marki.machine import MachineConfig, MarkI
from marki.ticks import decay, log
from marki.trace import decode

LAGS = (
    "sensory.lag", "sensory.spread", "sensory.noise", "sensory.relay_lag", "association.relay_lag",
    "response.relay_lag", "response.dead_zone", "potentiometers.motor_spread", "potentiometers.start_lag",
    "potentiometers.coast", "potentiometers.backlash", "potentiometers.resolution", "potentiometers.end_stops",
    "potentiometers.supply_drift",
)  # fmt: skip

FAST = {"sequencer.settle_us": 30_000, "sequencer.decide_us": 4_000, "sequencer.rest_us": 1_000}
CASES = {
    "default": {},
    "covered while the relays still move": FAST | {"sequencer.pulse_us": 0, "sequencer.card_us": 9_000},
    "covered before any relay moves": {
        "sequencer.settle_us": 2_000, "sequencer.decide_us": 1, "sequencer.pulse_us": 0, "sequencer.rest_us": 1,
        "sequencer.card_us": 100_000, "association.theta": 1, "sensory.rise_us": 30,
    },
    "next card before the relays have dropped": FAST | {"sequencer.card_us": 1, "response.pull_in_us": 900_000},
    "large play": {"potentiometers.backlash_deg": 4.0, "reinforcement.control": "forced"},
    "tiny travel": {"potentiometers.travel_deg": 3.0, "reinforcement.control": "forced"},
    "stops met while coasting": {
        "potentiometers.travel_deg": 3.5, "potentiometers.coast_us": 900_000, "potentiometers.backlash_deg": 1.0,
        "reinforcement.control": "forced",
    },
    "beta": {"reinforcement.rule": "beta", "reinforcement.decay": 0.1},
    "gamma": {"reinforcement.rule": "gamma", "reinforcement.decay": 0.02, "potentiometers.start": "random"},
    "gamma, monovalent, forced": {
        "reinforcement.rule": "gamma", "reinforcement.polarity": "monovalent", "reinforcement.control": "forced",
    },
    "spontaneous": {"reinforcement.control": "spontaneous", "potentiometers.start": "random"},
    "five R-units, dominant mean": {
        "response.units": 5, "response.readout": "dominant", "response.statistic": "mean",
        "potentiometers.start": "random",
    },
    "faults": {
        "faults.dead_cells": list(range(1, 400, 9)), "faults.cut_wires": [5, 9, 300], "faults.stuck_on": [1, 2, 511],
        "faults.stuck_off": list(range(100, 200)), "faults.stuck_motors": list(range(1, 512, 11)),
        "reinforcement.rule": "gamma",
    },
    "relays alike, so that many move at one microsecond": {
        "sensory.relay_spread": 0.0, "association.relay_spread": 0.0, "sensory.noise": False, "sensory.spread": False,
        "sequencer.settle_us": 60_000, "association.theta": 1,
    },
    "ideal": MachineConfig().ideal().to_mapping(),
}  # fmt: skip


def flatten(changes):
    """Return nested or dotted settings as dotted ones."""
    flat = {}
    for name, value in changes.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": v for inner, v in value.items()}
        else:
            flat[name] = value
    return flat


def agree(changes, seed, frames, targets, *, learn=True):
    config = MachineConfig().amend(flatten(changes))
    oracle, machine = Oracle(config, seed=seed), MarkI(config, seed=seed)
    expected = oracle.run(frames, targets, learn)
    answers, events = np.zeros_like(expected), []
    for k, frame in enumerate(frames):
        machine.present(frame, None if targets is None else targets[k, : machine.units], learn=learn)
        machine.finish()
        events.append(machine.collect())
        answers[k] = machine.response.r
    np.testing.assert_array_equal(np.sort(np.concatenate(events)), oracle.events)
    np.testing.assert_array_equal(machine.potentiometers.wiper, oracle.wiper)
    np.testing.assert_array_equal(answers, expected)
    return oracle


def grey(seed, count):
    """Return frames of five levels of grey: cells of one level cross their threshold together."""
    return (np.random.default_rng(seed).integers(0, 5, (count, 20, 20)) / 4).astype(np.float32)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_the_machine_is_bit_identical_to_a_process_for_each_unit(case, seed):
    frames, targets = sample_frames(5, seed=seed)
    if seed == 2:
        frames = grey(seed, 5)
    agree(CASES[case], seed, frames, targets)


@pytest.mark.parametrize("effect", LAGS)
def test_each_effect_alone_switched_off(effect):
    agree({effect: False}, 3, *sample_frames(3, seed=3))


def test_the_list_of_effects_is_complete():
    assert set(LAGS) == {name for name, _, meta in MachineConfig().items() if meta["effect"]}


def test_responding_without_learning():
    frames, _ = sample_frames(4, seed=5)
    oracle = agree({"potentiometers.start": "random"}, 5, frames, None, learn=False)
    assert not (decode(oracle.events)["bank"] == 6).any()


def test_the_cases_exercise_what_they_are_named_for():
    kinds = {}
    for case in ("tiny travel", "large play", "covered while the relays still move"):
        oracle = Oracle(MachineConfig().amend(CASES[case]), seed=1)
        oracle.run(*sample_frames(5, seed=1))
        events = decode(oracle.events)
        kinds[case] = np.bincount(events["kind"][events["bank"] == 6], minlength=15)
    assert kinds["tiny travel"][12] > 20
    assert kinds["large play"][11] > 20
    cover = events["t_us"][events["kind"] == 3][0]
    late = (events["bank"] == 2) & (events["t_us"] > cover) & (events["kind"] == 1) & (events["t_us"] < cover + 9_000)
    assert late.any()


def test_the_oracle_s_own_exponential_and_logarithm_have_the_machine_s_bits():
    x = np.random.default_rng(1).uniform(0, 40, 500)
    assert [exp_minus(float(v)) for v in x] == decay(x).tolist()
    y = np.concatenate([1 + x, [1.0, 1.0000001, 2.0, 1e6]])
    assert [ln(float(v)) for v in y] == log(y).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(11, 17))
def test_longer_runs(seed):
    agree({}, seed, *sample_frames(40, seed=seed))


CHOICES = {
    "sensory.lag": [False], "sensory.spread": [False], "sensory.noise": [False], "sensory.relay_lag": [False],
    "sensory.relay_spread": [0.0, 0.9], "sensory.rise_us": [1, 50, 1000, 100_000], "sensory.noise_sd": [0.1, 0.2],
    "sensory.decay_us": [1, 50, 1000, 200_000], "sensory.pull_in_us": [0, 1, 30_000, 200_000],
    "sensory.drop_out_us": [0, 1, 30_000, 200_000], "sensory.spread_sd": [0.1, 0.2],
    "association.relay_lag": [False], "association.relay_spread": [0.0, 0.9], "association.theta": [1, 2, 5],
    "association.pull_in_us": [0, 1, 100_000], "association.drop_out_us": [0, 1, 100_000],
    "potentiometers.motor_spread": [False], "potentiometers.start_lag": [False], "potentiometers.coast": [False],
    "potentiometers.backlash": [False], "potentiometers.resolution": [False], "potentiometers.end_stops": [False],
    "potentiometers.supply_drift": [False], "potentiometers.travel_deg": [1.0, 3.0],
    "potentiometers.backlash_deg": [0.0, 0.01, 5.0], "potentiometers.start": ["random"],
    "potentiometers.start_lag_us": [0, 400_000, 749_000], "potentiometers.coast_us": [1, 400_000],
    "potentiometers.drift_share": [0.5], "potentiometers.drift_period_us": [1001, 1_000_003],
    "response.units": [1, 2, 3, 5, 7], "response.readout": ["dominant"], "response.statistic": ["mean"],
    "response.dead_zone": [False], "response.dead_zone_deg": [0.0, 5.0], "response.pull_in_us": [0, 1, 999_999],
    "response.relay_lag": [False], "reinforcement.control": ["forced", "spontaneous", "none"],
    "reinforcement.rule": ["beta", "gamma"], "reinforcement.polarity": ["monovalent"],
    "reinforcement.decay": [0.5, 0.1, 0.001], "reinforcement.pulse_us": [1, 1000, 20_001, 3_000_000],
    "reinforcement.beta_units": [1, 512], "sequencer.settle_us": [1, 1000, 15_000, 25_000, 60_000],
    "sequencer.decide_us": [1, 1000, 15_000], "sequencer.pulse_us": [0, 1000],
    "sequencer.rest_us": [1, 1000, 15_000], "sequencer.card_us": [1, 1000, 15_000],
    "faults.dead_cells": [[1, 77, 200, 400]], "faults.cut_wires": [[1, 512]], "faults.stuck_motors": [[3, 4, 99]],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_any_settings(seed):
    pick = random.Random(seed)
    changes = {name: pick.choice(values) for name, values in CHOICES.items() if pick.random() < 0.35}
    frames, targets = sample_frames(5, seed=seed)
    agree(changes, seed, grey(seed, 5) if seed % 2 else frames, targets)
