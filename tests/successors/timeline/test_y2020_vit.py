import math

import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.tensor import Tensor
from successors.timeline.y2020_vit import ENTRY, ViT, ViTConfig, patches

SMALL = {"patch": 10, "layers": 2, "width": 12, "heads": 3, "hidden": 20}


def network(**changes):
    return ViT(ViTConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli[:20], targets=deck.train.targets[:20])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


@pytest.mark.parametrize("name", ENTRY.sizes)
def test_published_counts(name):
    size = ENTRY.sizes[name]
    assert ENTRY.count(size.config) == size.published


def test_patches_in_reading_order():
    x = np.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    y = patches(Tensor(x), 2).data
    assert y.shape == (2, 6, 12)
    for row in range(2):
        for column in range(3):
            wanted = x[1, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].ravel()
            np.testing.assert_array_equal(y[1, 3 * row + column], wanted)


def normed(a, norm):
    mean, variance = a.mean(-1, keepdims=True), a.var(-1, keepdims=True)
    return (a - mean) / np.sqrt(variance + 1e-6) * norm.gain.data + norm.bias.data


def attended(a, attention, heads):
    q, k, v = np.split(a @ attention.weight.data.T + attention.bias.data, 3, -1)
    found = []
    for one in np.split(np.arange(a.shape[-1]), heads):
        scores = np.exp(q[..., one] @ k[..., one].swapaxes(1, 2) / math.sqrt(len(one)))
        found.append(scores / scores.sum(-1, keepdims=True) @ v[..., one])
    return np.concatenate(found, -1) @ attention.output.weight.data.T + attention.output.bias.data


def perceptron(a, mlp):
    a = a @ mlp.first.weight.data.T + mlp.first.bias.data
    a = 0.5 * a * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3)))
    return a @ mlp.second.weight.data.T + mlp.second.bias.data


@pytest.mark.parametrize("reading", ["class", "mean"])
def test_the_whole_network_by_the_equations(reading):
    net, rng = network(pooling=reading, **SMALL), np.random.default_rng(1)
    for p in net.parameters().values():
        p.data[...] = rng.standard_normal(p.shape) * 0.3
    net.astype(np.float64)
    x = rng.random((3, 20, 20))
    project = net.embedding.project
    z = x.reshape(3, 2, 10, 2, 10).swapaxes(2, 3).reshape(3, 4, 100) @ project.weight.data.T + project.bias.data
    if reading == "class":
        z = np.concatenate([np.broadcast_to(net.token.row.data, (3, 1, 12)), z], 1)
    z = z + net.positions.data
    for block in net.blocks:
        z = z + attended(normed(z, block.norm1), block.attention, 3)
        z = z + perceptron(normed(z, block.norm2), block.mlp)
    read = z[:, 0] if reading == "class" else z.mean(1)
    wanted = normed(read, net.norm) @ net.head.weight.data.T + net.head.bias.data
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, rtol=1e-9, atol=1e-10)


def test_without_attention_a_patch_reaches_itself_alone():
    net = network(attention=False, pooling="mean", **SMALL)
    z = np.random.default_rng(1).standard_normal((1, 4, 12)).astype(np.float32)
    other = z.copy()
    other[0, 2] *= -1
    moved = np.abs(net.blocks[0](Tensor(z)).data - net.blocks[0](Tensor(other)).data).max(-1)[0]
    assert list(moved > 0) == [False, False, True, False]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"patch": 3}, "patches of 3"), ({"heads": 5}, "5 heads"), ({"attention": False}, "nothing reaches")],
)
def test_what_does_not_fit_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        ViTConfig(**changes)


@pytest.mark.parametrize("changes", [{}, {"attention": False, "pooling": "mean", "positions": False}])
def test_figures_can_be_drawn(changes):
    learner = ENTRY.create(changes=changes)
    for figure in ENTRY.figures:
        shown = figure.measure(learner, frames(figure.stimuli), np.zeros((figure.stimuli, 8), bool))
        assert all(rows.shape[1:] == (20, 20) for rows in shown.values())


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    changes = {"recipe.shift": 0, "recipe.affine": 0.0, "recipe.warm_up": 0, "layers": 2}
    learner = ENTRY.create(changes=changes)
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(60):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9
