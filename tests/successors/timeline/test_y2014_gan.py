"""The adversarial nets: their size, what each is told, dropout, and the statements of the paper."""

import numpy as np
import pytest

from marki.io.responses import binary_code, lamps
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline.y2014_gan import ENTRY, GAN, PAPER, GANConfig

CODES = lamps(binary_code(10))
DARK = np.zeros((400, 8), bool)


def test_the_size_of_the_program_for_mnist():
    network = GAN(PAPER, np.random.default_rng(0))
    assert network.creator.count() == 100 * 1200 + 1200 + 1200 * 1200 + 1200 + 1200 * 784 + 784 == 2_503_984
    assert network.critic.count() == 784 * 1200 + 1200 + 240 * 1200 + 1200 + 240 + 1 == 1_231_441
    assert ENTRY.count(PAPER) == 3_735_425


def test_both_are_told_the_class():
    network = GAN(GANConfig(), np.random.default_rng(0))
    noise = np.repeat(np.random.default_rng(1).standard_normal((1, 101)).astype(np.float32), 10, 0)
    drawn = network.make(CODES, noise).data
    assert len({p.tobytes() for p in drawn}) == 10
    same = np.repeat(drawn[:1], 10, 0)
    assert np.ptp(network.verdict(Tensor(same), CODES).data) > 1e-2
    deaf = GAN(GANConfig(asked=False), np.random.default_rng(0))
    drawn = deaf.make(CODES, noise).data
    assert np.ptp(drawn, axis=0).max() < 1e-5  # equal rows of a product may differ by rounding
    assert np.ptp(deaf.verdict(Tensor(drawn), CODES).data) < 1e-5


def test_where_no_class_is_named_the_noise_chooses_all_alike():
    network = GAN(GANConfig(), np.random.default_rng(0))
    noise = np.random.default_rng(1).standard_normal((400, 101)).astype(np.float32)
    told = network._told(DARK, noise[:, -1], np.dtype(np.float32)).data
    assert set(told.sum(1)) == {1}
    # 400 draws of ten classes: 40 each, with a deviation of 6; four of these.
    assert np.abs(told.sum(0) - 40).max() < 24
    named = network._told(CODES, noise[:10, -1], np.dtype(np.float32)).data
    assert np.array_equal(named, np.eye(10))
    # The critic is not told what the noise chose.
    assert (network._told(DARK, None, np.dtype(np.float32)).data == np.float32(0.1)).all()
    # The last number chooses, and does nothing else.
    other = noise.copy()
    other[:, -1] *= -1
    kinds = np.arange(400) % 10
    assert np.array_equal(network.make(CODES[kinds], noise).data, network.make(CODES[kinds], other).data)
    assert not np.array_equal(network.make(DARK, noise).data, network.make(DARK, other).data)


def test_pictures_are_light():
    learner = ENTRY.create(changes={"hidden": (8, 8), "units": 4})
    drawn = learner.respond(CODES)
    assert drawn.shape == (10, 20, 20)
    assert 0 <= drawn.min() <= drawn.max() <= 1


def test_dropout_is_for_learning_alone():
    network = GAN(GANConfig(), np.random.default_rng(0))
    pictures = Tensor(np.random.default_rng(1).random((10, 20, 20), np.float32))
    plain = network.verdict(pictures, CODES).data
    assert np.array_equal(network.verdict(pictures, CODES).data, plain)
    with training(np.random.default_rng(2)):
        assert not np.array_equal(network.verdict(pictures, CODES).data, plain)


def test_a_rival_may_stop():
    network = GAN(GANConfig(duel=3), np.random.default_rng(0))
    assert [network.duels(k) for k in range(5)] == [True, True, True, False, False]
    assert ENTRY.mechanism.without == {"duel": 300}


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
