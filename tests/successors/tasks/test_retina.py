import numpy as np
import pytest

from marki.hardware.sensory import SensoryConfig
from marki.hardware.sequencer import SequencerConfig
from marki.io.camera import STEPS, Camera
from marki.io.stimuli import digits
from marki.machine import MachineConfig, MarkI
from successors import tasks
from successors.tasks.retina import Exposure


def test_the_exposure_is_that_of_the_machine():
    ours = Exposure()
    assert (ours.rise_us, ours.decay_us) == (SensoryConfig().rise_us, SensoryConfig().decay_us)
    assert ours.after_us == SequencerConfig().settle_us


@pytest.mark.parametrize("settle_us", [20_000, 1_000_000])
def test_a_deck_exposed_at_once_equals_card_by_card_on_the_clock(settle_us):
    options = dict(cache=False, train=12, valid=1, test=1, noise=0.0)
    deck = tasks.load("letters", exposure={"after_us": settle_us}, **options)
    light = tasks.load("letters", exposure={"after_us": 600_000_000}, **options).train.stimuli
    machine = MarkI(MachineConfig().amend({"sequencer.settle_us": settle_us}))
    for frame, signal in zip(light, deck.train.stimuli, strict=True):
        machine.present(frame, None, learn=False)
        machine.advance(machine.now + settle_us)
        assert np.array_equal(np.rint(machine.view().signal * STEPS) / STEPS, signal)
        machine.finish()
    assert np.array_equal(light, deck.train.stimuli) == (settle_us == 1_000_000)


def test_digits_that_are_not_disturbed_are_the_photocells_view_of_their_cards():
    deck = tasks.load("digits", cache=False)
    for part, first, of in ((deck.train, 0, "train"), (deck.valid, 18_000, "train"), (deck.test, 0, "test")):
        images, labels = digits.load(of)
        cards = np.repeat(np.repeat(images[first : first + 100], 8, 1), 8, 2)
        assert np.array_equal(part.stimuli[:100], Camera().frames(cards))
        assert np.array_equal(part.kinds[:100], labels[first : first + 100])
    assert [len(p) for p in deck.parts().values()] == [18_000, 2_000, 10_000]


def test_the_straight_way_of_digits_equals_card_by_card():
    options = dict(cache=False, train=40, valid=10, test=10, exposure={"after_us": 30_000})
    # Optics that change nothing, yet are not the perfect ones, send every card through the camera.
    quick, slow = tasks.load("digits", **options), tasks.load("digits", optics={"turn_deg": 360.0}, **options)
    assert np.abs(quick.train.stimuli - slow.train.stimuli).max() <= 1 / STEPS
    slow = tasks.load("digits", optics={"exposure": 1.0, "blur": 1e-3}, **options)
    assert np.array_equal(quick.train.stimuli, slow.train.stimuli)


def test_digits_disturbed_in_the_test_only():
    options = dict(cache=False, train=20, valid=20, test=20)
    straight = tasks.load("digits", **options)
    both = tasks.load("digits", shift=2.0, noise=0.1, **options)
    test_only = tasks.load("digits", shift=2.0, noise=0.1, disturb_test_only=True, **options)
    assert np.array_equal(test_only.train.stimuli, straight.train.stimuli)
    assert np.array_equal(test_only.valid.stimuli, straight.valid.stimuli)
    assert np.array_equal(test_only.test.stimuli, both.test.stimuli)
    assert not np.array_equal(test_only.test.stimuli, straight.test.stimuli)


def test_a_leaning_digit_keeps_its_rows_of_ink():
    options = dict(cache=False, train=1, valid=1, test=20)
    straight, leaning = tasks.load("digits", **options), tasks.load("digits", shear=0.3, **options)
    inside = ~straight.test.stimuli[:, 8:12, [0, -1]].any(axis=(1, 2))  # the others lose ink beyond the edge
    a, b = (d.test.stimuli[inside, 8:12].sum(axis=(1, 2)) for d in (straight, leaning))
    assert len(a) > 5
    assert b == pytest.approx(a, rel=0.01)
    assert not np.array_equal(straight.test.stimuli, leaning.test.stimuli)


def test_noise_has_its_standard_deviation_and_stays_within_light():
    options = dict(cache=False, train=200, valid=1, test=1, bits=16)
    clean = tasks.load("parity", **options).train.stimuli
    noisy = tasks.load("parity", noise=0.1, **options).train.stimuli
    assert set(np.unique(clean)) == {0.0, 1.0}
    # Half of the noise is cut off on either side: what is left has the second moment of half a normal distribution.
    assert ((noisy - clean) ** 2).mean() == pytest.approx(0.1**2 / 2, rel=0.05)
    assert noisy.min() == 0
    assert noisy.max() == 1
