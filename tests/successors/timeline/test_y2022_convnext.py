import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.gradcheck import check as gradient_check
from successors.nn.layers import LayerNorm2d
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline.y2022_convnext import (
    ENTRY,
    ROAD_MAP,
    STANDARD,
    ConvNeXt,
    ConvNeXtBlock,
    ConvNeXtConfig,
)

SMALL = {"depths": (1, 1, 1), "widths": (6, 8, 10)}
ROADS = list(ENTRY.roads().values())
STEPS = range(len(ROAD_MAP))


def network(**changes):
    return ConvNeXt(ConvNeXtConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    found = {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()}
    assert found == {"T": 28_589_128, "S": 50_223_688, "B": 88_591_464, "L": 197_767_336, "XL": 350_196_968}


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_channel_norm_is_over_the_channels_of_each_place():
    rng, norm = np.random.default_rng(0), LayerNorm2d(5)
    for p in norm.parameters().values():
        p.data[...] = rng.standard_normal(5)
    x = rng.standard_normal((2, 5, 3, 4)).astype(np.float32)
    wanted = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-6)
    wanted = wanted * norm.gain.data[:, None, None] + norm.bias.data[:, None, None]
    np.testing.assert_allclose(norm(Tensor(x)).data, wanted, rtol=1e-5, atol=1e-5)


def test_the_gradient_of_channel_norm():
    def normed(x, gain, bias):
        norm = LayerNorm2d(4)
        norm.gain, norm.bias = gain, bias
        return norm(x)

    rng = np.random.default_rng(0)
    gradient_check(normed, rng.standard_normal((2, 4, 3, 2)), rng.standard_normal(4), rng.standard_normal(4))


def normed(a, norm):
    a = (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + 1e-6)
    return a * norm.gain.data[:, None, None] + norm.bias.data[:, None, None]


def test_a_block_by_its_equation():
    rng = np.random.default_rng(0)
    block = ConvNeXtBlock(3, 3, ConvNeXtConfig(), rng)
    for p in block.parameters().values():
        p.data[...] = rng.standard_normal(p.shape) * 0.5
    x = rng.standard_normal((2, 3, 5, 5)).astype(np.float32)
    depthwise, w1, w2 = block.convolutions
    padded = np.pad(x, ((0, 0), (0, 0), (3, 3), (3, 3)))
    y = np.stack(
        [
            (padded[:, :, i : i + 7, j : j + 7] * depthwise.weight.data[:, 0]).sum((2, 3)) + depthwise.bias.data
            for i in range(5)
            for j in range(5)
        ],
        -1,
    ).reshape(2, 3, 5, 5)
    y = normed(y, block.norms["0"])
    y = np.einsum("fc,nchw->nfhw", w1.weight.data[:, :, 0, 0], y) + w1.bias.data[:, None, None]
    y = 0.5 * y * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + 0.044715 * y**3)))
    y = np.einsum("fc,nchw->nfhw", w2.weight.data[:, :, 0, 0], y) + w2.bias.data[:, None, None]
    np.testing.assert_allclose(block(Tensor(x)).data, x + block.scale.data * y, rtol=1e-3, atol=1e-4)


def test_the_first_bottleneck_of_the_road_against_torch():
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    config = ConvNeXtConfig().amend(ROADS[0])
    block = ConvNeXtBlock(6, 4, config, np.random.default_rng(0), stride=2)
    x = np.random.default_rng(1).standard_normal((3, 6, 8, 8)).astype(np.float32)

    def step(y, layer, **how):
        return f.batch_norm(f.conv2d(y, torch.tensor(layer.weight.data), **how), None, None, training=True)

    one, two, three = block.convolutions
    start = torch.tensor(x)
    y = step(f.relu(step(f.relu(step(start, one)), two, stride=2, padding=1)), three)
    wanted = f.relu(y + step(start, block.shortcut, stride=2))
    with training(np.random.default_rng(0)):
        found = block(Tensor(x)).data
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-3, atol=1e-4)


def test_the_order_of_the_road_is_that_of_figure_2():
    names = " ".join(name for name, _ in ROAD_MAP)
    words = "ratio patchify depthwise width inverted up 7x7 GELU activations norms layer separate"
    at = [names.index(word) for word in words.split()]
    assert at == sorted(at)


@pytest.mark.parametrize("step", STEPS, ids=[name for name, _ in ROAD_MAP])
def test_each_step_of_the_road_can_be_trained_and_is_another_network(step):
    learner = ENTRY.create(changes=ROADS[step] | {"recipe.warm_up": 0})
    shapes = {n: p.shape for n, p in learner.network.parameters().items()}
    assert learner.network(Tensor(frames(3))).shape == (3, 26)
    codes = learner.labels.lamps(np.arange(4))
    learner.reinforce(frames(4), codes)
    assert np.isfinite(learner.last_loss)
    if step:
        before = ENTRY.create(changes=ROADS[step - 1]).network
        other = {n: p.shape for n, p in before.parameters().items()}
        x = Tensor(frames(2))
        alike = shapes == other and np.allclose(before(x).data, ENTRY.create(changes=ROADS[step]).network(x).data)
        assert not alike


def test_steps_that_change_no_weight():
    def count(step):
        return ENTRY.create(changes=ROADS[step]).network.count()

    names = [name for name, _ in ROAD_MAP]
    for name in ("GELU for ReLU", "fewer activations"):
        step = names.index(name)
        assert count(step) == count(step - 1)
    step = names.index("depthwise convolution")
    assert count(step) < count(step - 1)


def test_the_start_of_the_road_at_published_size_is_the_standard_residual_network():
    network = ENTRY.network
    assert ENTRY.count(STANDARD) == 25_557_032
    with training(np.random.default_rng(0)):
        config = STANDARD.amend({"depths": [1, 1, 1, 1], "widths": [2, 2, 2, 2]})
        y = network(config, np.random.default_rng(0))(Tensor(np.ones((1, 3, 64, 64))))
    assert y.shape == (1, 1000)


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    learner = ENTRY.create(
        changes=SMALL | {"recipe.shift": 0, "recipe.affine": 0.0, "recipe.warm_up": 0, "recipe.rate": 0.01}
    )
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(80):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9


def test_the_catalogue_fits_the_classes():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("convnext").config == ENTRY.retina
