import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline.y2016_inception_resnet import (
    ENTRY,
    PAPER,
    InceptionResNet,
    InceptionResNetConfig,
    Mean,
    Residual,
    stability,
)

FAST = [check for check in ENTRY.checks if not check.slow]


def network(**changes):
    return InceptionResNet(InceptionResNetConfig(**changes), np.random.default_rng(0))


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(
        lambda: ENTRY.create(changes={"blocks": [1, 1, 1], "classes": 10}),
        stimuli=deck.train.stimuli[:20],
        targets=deck.train.targets[:20],
    )


@pytest.mark.parametrize("check", FAST, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_the_count_is_that_of_the_usual_implementation_exactly():
    assert ENTRY.count(PAPER) == 55_843_464


def unit(channels, filters, size):
    return channels * filters * size + 2 * filters


def test_the_blocks_of_figures_16_to_19_by_hand():
    found = network(blocks=(1, 1, 1), width_multiplier=1.0, classes=2)
    a = unit(320, 32, 1) * 3 + unit(32, 32, 9) + unit(32, 48, 9) + unit(48, 64, 9) + 128 * 320 + 320
    b = unit(1088, 192, 1) + unit(1088, 128, 1) + unit(128, 160, 7) + unit(160, 192, 7) + 384 * 1088 + 1088
    c = 2 * unit(2080, 192, 1) + unit(192, 224, 3) + unit(224, 256, 3) + 448 * 2080 + 2080
    assert [found.a.count(), found.b.count(), found.c.count()] == [a, b, c]
    reduction = unit(320, 384, 9) + unit(320, 256, 1) + unit(256, 256, 9) + unit(256, 384, 9)
    assert found.mixed_6a.count() == reduction


def test_maps_have_the_published_sides():
    """An image of 299 cells leaves 35, 17 and 8; here with few filters."""
    found = network(channels=3, width_multiplier=0.02, blocks=(1, 1, 1), whole=True)
    x, sides = found.stem(Tensor(np.zeros((1, 3, 299, 299), np.float32))), []
    for module in found.modules():
        x = module(x)
        sides.append(x.shape[-1])
    assert sides == [35, 35, 17, 17, 8, 8, 8]


def test_maps_of_the_retina():
    x, sides = network().stem(Tensor(np.zeros((1, 1, 20, 20), np.float32))), []
    for module in network().modules():
        x = module(x)
        sides.append(x.shape[-1])
    assert sides == [10] * 2 + [5] * 13 + [3] * 3


def standard(x, weight, padding):
    """Convolve, normalise by the batch, and rectify."""
    (p, q), (kh, kw), (h, w) = padding, weight.shape[2:], x.shape[2:]
    wide = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    y = sum(
        np.einsum("fc,nchw->nfhw", weight[:, :, u, v], wide[:, :, u : u + h, v : v + w])
        for u in range(kh)
        for v in range(kw)
    )
    return np.maximum((y - y.mean((0, 2, 3), keepdims=True)) / np.sqrt(y.var((0, 2, 3), keepdims=True) + 1e-3), 0)


@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_a_block_b_by_hand(scale):
    (block,) = network(width_multiplier=0.03, blocks=(1, 1, 1), scales=(0.17, scale, 0.2)).b
    block.back.bias.data[...] = np.linspace(-1, 1, len(block.back.bias.data))
    x = pictures(4, block.back.weight.shape[0], 5, 5)
    found = []
    for branch in block.branches.branches:
        y = x
        for conv in branch:
            kh, kw = conv.conv.weight.shape[2:]
            y = standard(y, conv.conv.weight.data, (kh // 2, kw // 2))
        found.append(y)
    y = np.einsum("fc,nchw->nfhw", block.back.weight.data[:, :, 0, 0], np.concatenate(found, 1))
    y = np.maximum(x + scale * (y + block.back.bias.data[:, None, None]), 0)
    with training(np.random.default_rng(0)):
        np.testing.assert_allclose(block(Tensor(x)).data, y, atol=1e-4)


def test_the_last_block_adds_its_residual_whole_and_is_not_rectified():
    found = network(width_multiplier=0.125, blocks=(1, 2, 2))
    blocks = [m for m in found.modules() if isinstance(m, Residual)]
    assert [b._scale for b in blocks] == [0.17] + [0.1] * 2 + [0.2, 1.0]
    x = Tensor(pictures(3, 260, 3, 3))
    last = found.c.layers[-1]
    np.testing.assert_allclose(last(x).data, x.data + last.residual(x).data, atol=1e-5)
    assert last(x).data.min() < 0


def test_the_mean_leaves_out_what_is_outside():
    x = pictures(2, 3, 4, 5)
    wanted = np.empty_like(x)
    for i in range(4):
        for j in range(5):
            wanted[:, :, i, j] = x[:, :, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].mean((2, 3))
    np.testing.assert_allclose(Mean()(Tensor(x)).data, wanted, atol=1e-5)


@pytest.mark.parametrize("changes", [{"scales": (1.0, 1.0, 1.0)}, {"residual": False}])
def test_without_scaling_or_shortcuts_the_same_weights_compute_something_else(changes):
    usual, other = network(), network(**changes)
    assert usual.count() == other.count()
    x = Tensor(np.random.default_rng(0).random((3, 20, 20)).astype(np.float32))
    with training(np.random.default_rng(0)):
        assert np.abs(usual(x).data - other(x).data).max() > 1e-3


def test_without_shortcut_what_is_found_takes_the_place_of_the_input():
    block = network(residual=False).b.layers[0]
    x = Tensor(pictures(3, block.back.weight.shape[0], 5, 5))
    np.testing.assert_array_equal(block(x).data, np.maximum(block.residual(x).data, 0))


def test_it_learns_a_few_digits():
    deck = tasks.load("digits")
    changes = {
        "blocks": [1, 1, 1],
        "stem_stride": 4,
        "classes": 10,
        "recipe.shift": 0,
        "recipe.warm_up": 5,
        "recipe.rate": 0.1,
    }
    learner = ENTRY.create(changes=changes)
    x, y = deck.train.stimuli[:64], deck.train.targets[:64]
    for _ in range(50):
        learner.reinforce(x, y)
    assert (learner.respond(x) == y).all(1).mean() > 0.9


def test_the_experiment_on_stability_runs():
    found = stability((0.1,), 10)
    assert set(found) == {"scaled", "whole"}
    assert all(0 <= error <= 1 for errors in found.values() for error in errors)


@pytest.mark.parametrize("changes", [{"blocks": (1, 1)}, {"scales": (0.1,)}])
def test_other_than_three_kinds_are_refused(changes):
    with pytest.raises(ConfigError, match="one each for A, B and C"):
        InceptionResNetConfig(**changes)
