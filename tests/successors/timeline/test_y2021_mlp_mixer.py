import math

import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.tensor import Tensor
from successors.timeline.y2021_mlp_mixer import ENTRY, MixerConfig, MLPMixer, patches

SMALL = {"layers": 2, "width": 24, "tokens": 16, "hidden": 32}


def network(**changes):
    return MLPMixer(MixerConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {
        "B/16": 59_880_472,
        "S/32": 19_104_624,
        "S/16": 18_528_264,
        "B/32": 60_293_428,
        "L/32": 206_939_264,
        "L/16": 208_196_168,
        "H/14": 432_350_952,
    }


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_patches_in_reading_order():
    x = np.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    y = patches(Tensor(x), 2).data
    assert y.shape == (2, 6, 12)
    for row in range(2):
        for column in range(3):
            wanted = x[1, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].transpose(1, 2, 0).ravel()
            np.testing.assert_array_equal(y[1, 3 * row + column], wanted)


def gelu(a):
    return 0.5 * a * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3)))


def normed(a, norm):
    mean, variance = a.mean(-1, keepdims=True), a.var(-1, keepdims=True)
    return (a - mean) / np.sqrt(variance + 1e-6) * norm.gain.data + norm.bias.data


def perceptron(a, p):
    hidden = gelu(a @ p.first.weight.data.T + p.first.bias.data)
    return hidden @ p.second.weight.data.T + p.second.bias.data


def test_the_whole_network_by_the_equations():
    net, rng = network(**SMALL), np.random.default_rng(1)
    for p in net.parameters().values():
        p.data[...] = rng.standard_normal(p.shape) * 0.2
    net.astype(np.float64)
    x = rng.random((3, 20, 20))
    rows = x.reshape(3, 5, 4, 5, 4).transpose(0, 1, 3, 2, 4).reshape(3, 25, 16)
    y = rows @ net.stem.weight.data.T + net.stem.bias.data
    for layer in net.layers:
        y = y + perceptron(normed(y, layer.norm1).swapaxes(1, 2), layer.tokens).swapaxes(1, 2)
        y = y + perceptron(normed(y, layer.norm2), layer.channels)
    wanted = normed(y, net.norm).mean(1) @ net.head.weight.data.T + net.head.bias.data
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, rtol=1e-9, atol=1e-10)


def test_without_the_mixing_of_tokens_the_order_of_patches_is_nothing():
    rng = np.random.default_rng(1)
    for mixing in (True, False):
        net = network(mixing=mixing, **SMALL)
        net.head.weight.data[...] = rng.standard_normal(net.head.weight.shape)
        x = frames(2)
        y = x.reshape(2, 5, 4, 5, 4)[:, ::-1].reshape(2, 20, 20)
        same = np.abs(net(Tensor(x)).data - net(Tensor(y)).data).max() < 1e-4
        assert same == (not mixing)


def test_a_patch_that_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="do not fall into patches"):
        MixerConfig(patch=3)


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    learner = ENTRY.create(
        changes=SMALL | {"classes": 26, "recipe.shift": 0, "recipe.affine": 0.0, "recipe.warm_up": 0}
    )
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(120):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9


def test_the_catalogue_fits_the_classes():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("mlp_mixer").config == ENTRY.retina
