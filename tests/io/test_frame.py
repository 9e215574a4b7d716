import numpy as np
import pytest

from marki.errors import PortError
from marki.io.frame import CELLS, check_frames, crossing, expose, level
from marki.io.worlds import WorldConfig, create
from marki.machine import MachineConfig, MarkI


@pytest.mark.parametrize("settle_us", [20_000, 100_000, 1_000_000])
def test_a_deck_exposed_at_once_equals_card_by_card_on_the_clock(settle_us):
    config = MachineConfig().amend({"sequencer.settle_us": settle_us})
    machine = MarkI(config)
    world = create(WorldConfig(), 0)
    frames = np.stack([world.at(n).frame for n in range(8)])
    at_once = expose(frames, settle_us, config.sensory.rise_us, config.sensory.decay_us)
    for frame, signal in zip(frames, at_once, strict=True):
        machine.present(frame, None, learn=False)
        machine.advance(machine.now + settle_us)
        assert np.array_equal(machine.view().signal, signal)
        machine.finish()


def test_cells_rise_and_decay():
    light = np.ones(3)
    assert level(np.zeros(3), light, np.array([0, 30_000, 60_000]), 30_000, 60_000) == pytest.approx(
        1 - np.exp([0, -1, -2])
    )
    assert level(light, np.zeros(3), np.array([0, 30_000, 60_000]), 30_000, 60_000) == pytest.approx(
        np.exp([0, -0.5, -1])
    )


def test_a_crossing_is_the_first_microsecond_beyond_the_threshold():
    rng = np.random.default_rng(0)
    start, target = rng.random((2, 200))
    theta = start + (target - start) * rng.uniform(0.01, 0.99, 200)
    dt = crossing(start, target, theta, 30_000, 60_000)
    side = np.sign(target - start)
    assert (side * (level(start, target, dt, 30_000, 60_000) - theta) >= -1e-9).all()
    assert (side * (level(start, target, dt - 1, 30_000, 60_000) - theta) < 1e-9).all()


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (np.zeros((3, 19, 20)), "shape"),
        (np.zeros(CELLS), "shape"),
        (np.full((20, 20), np.nan), "NaN"),
        (np.full((20, 20), 1.5), "0 .dark. to 1"),
        (np.full((20, 20), "a"), "numbers"),
    ],
)
def test_wrong_frames_are_refused(wrong, match):
    with pytest.raises(PortError, match=match):
        check_frames(wrong)


@pytest.mark.parametrize("copy", [True, False])
def test_frames_are_copied_unless_the_caller_will_leave_them_as_they_are(copy):
    given = np.random.default_rng(0).random((2, 20, 20), np.float32)
    assert np.shares_memory(check_frames(given, copy=copy), given) != copy
    wide = given.astype(np.float64)
    found = check_frames(wide, copy=copy)
    assert found.dtype == np.float32
    assert not np.shares_memory(found, wide)
