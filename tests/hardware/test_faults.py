import numpy as np
import pytest

from marki.errors import ConfigError
from marki.hardware.faults import FaultsConfig
from marki.io.check_learner import sample_frames
from marki.machine import MachineConfig, MarkI


def test_units_count_from_one():
    faults = FaultsConfig(dead_cells=(1, 400), stuck_on=(1,), stuck_off=(512,), stuck_motors=(2,))
    assert faults.cells().tolist() == [0, 399]
    assert faults.motors().tolist() == [1]
    stuck = faults.stuck()
    assert (stuck[0], stuck[511], np.count_nonzero(stuck)) == (1, -1, 2)


def test_a_sound_machine_has_none():
    faults = FaultsConfig()
    assert faults.cells().size == faults.motors().size == np.count_nonzero(faults.stuck()) == 0


def test_cut_wires_are_taken_out_of_a_copy():
    wiring = np.ones((512, 400), np.int8)
    cut = FaultsConfig(cut_wires=(7,)).apply_to(wiring)
    assert np.flatnonzero((cut == 0).all(axis=1)).tolist() == [6]
    assert wiring.all()


@pytest.mark.parametrize(
    ("name", "unit"),
    [("dead_cells", 401), ("dead_cells", 0), ("cut_wires", 513), ("stuck_on", -1), ("stuck_motors", 513)],
)
def test_units_that_do_not_exist_are_refused_by_number(name, unit):
    with pytest.raises(ConfigError, match=rf"FaultsConfig\.{name}: {unit} is out of range\. Give a value from 1 to"):
        FaultsConfig(**{name: (unit,)})


def test_a_relay_cannot_be_stuck_both_ways():
    with pytest.raises(ConfigError, match="A-unit 9 is stuck both"):
        FaultsConfig(stuck_on=(9, 8), stuck_off=(10, 9))


def test_stuck_relays_and_motors_show_in_the_run():
    config = MachineConfig().amend(
        {"faults.stuck_on": [1], "faults.stuck_off": [2, 3], "faults.stuck_motors": list(range(1, 257))}
    )
    machine = MarkI(config, seed=1)
    frames, targets = sample_frames(8, seed=1)
    for frame, target in zip(frames, targets, strict=True):
        machine.reinforce(frame, target)
        assert machine.active[0]
        assert not machine.active[1:3].any()
    assert not machine.potentiometers.wiper[:256].any()
    assert machine.potentiometers.wiper[256:].any()
