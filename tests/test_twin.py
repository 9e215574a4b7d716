from itertools import product

import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner, sample_frames
from marki.machine import MachineConfig, MarkI
from marki.twin import Twin

CONTROLS, POLARITIES = ("error", "forced", "spontaneous", "none"), ("bivalent", "monovalent")
READOUTS = (("threshold", "sum"), ("threshold", "mean"), ("dominant", "sum"), ("dominant", "mean"))
MIXES = list(product(CONTROLS, POLARITIES, READOUTS, (0.0, 0.05)))


def ideal(**changes):
    return MachineConfig().ideal().amend({name.replace("__", "."): value for name, value in changes.items()})


def agree(config, seed, count=6):
    frames, targets = sample_frames(count, seed=seed)
    machine, twin = MarkI(config, seed=seed), Twin(config, seed=seed)
    np.testing.assert_array_equal(machine.potentiometers.wiper, twin.v)
    np.testing.assert_array_equal(machine.reinforce(frames, targets), twin.reinforce(frames, targets))
    np.testing.assert_array_equal(machine.potentiometers.wiper, twin.v)
    np.testing.assert_array_equal(machine.respond(frames), twin.respond(frames))
    np.testing.assert_array_equal(machine.potentiometers.wiper, twin.v)
    return twin


@pytest.mark.parametrize("rule", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("seed", range(20))
def test_machine_and_twin_agree_in_every_answer_and_every_value(rule, seed):
    # 64 mixes of settings, shared out among 20 seeds: every rule sees every seed and every mix.
    for number in range(seed, len(MIXES), 20):
        control, polarity, (readout, statistic), decay = MIXES[number]
        config = ideal(
            reinforcement__rule=rule,
            reinforcement__control=control,
            reinforcement__polarity=polarity,
            reinforcement__decay=decay,
            response__readout=readout,
            response__statistic=statistic,
            response__units=1 + (seed + number) % 8,
            potentiometers__start="random",
        )
        agree(config, seed)


def test_before_anything_is_learned_all_sums_are_zero_and_both_answer_nothing():
    twin = agree(ideal(reinforcement__control="none"), 1)
    assert not twin.v.any()
    assert not twin.respond(sample_frames(3)[0]).any()


@pytest.mark.parametrize("rule", ["alpha", "beta", "gamma"])
def test_they_agree_with_faults_a_given_source_set_and_grey_light(rule):
    config = ideal(
        reinforcement__rule=rule,
        response__units=3,
        response__source_set=[1 + (i * i) % 3 for i in range(512)],
        potentiometers__start="random",
        faults__dead_cells=list(range(1, 100, 3)),
        faults__cut_wires=[4, 8],
        faults__stuck_on=[10, 500],
        faults__stuck_off=[11, 12],
        faults__stuck_motors=[20, 21, 500],
    )
    frames = np.random.default_rng(1).random((10, 20, 20)).astype(np.float32)
    targets = np.random.default_rng(2).random((10, 8)) < 0.5
    machine, twin = MarkI(config, seed=4), Twin(config, seed=4)
    np.testing.assert_array_equal(machine.reinforce(frames, targets), twin.reinforce(frames, targets))
    np.testing.assert_array_equal(machine.potentiometers.wiper, twin.v)


def test_reinforcement_changes_the_twin_s_values():
    twin = Twin(seed=1)
    frames, targets = sample_frames(4)
    twin.reinforce(frames, targets)
    assert (twin.v != 0).sum() > 20


def test_the_twin_refuses_settings_that_it_cannot_compute():
    with pytest.raises(ConfigError, match=r"sensory\.lag.*ideal"):
        Twin(MachineConfig())


def test_the_twin_keeps_the_contract_of_a_learner():
    frames, targets = sample_frames(4)
    check_learner(Twin, stimuli=frames, targets=targets)
