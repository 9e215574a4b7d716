import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.learner import ByGradient
from successors.nn.module import training
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor
from successors.timeline.y2012_alexnet import cards
from successors.timeline.y2014_vgg import ENTRY, VGG, VGGConfig, stack_weights

TINY = dict(depths=(2, 2, 2), widths=(3, 4, 5), full=6)


def network(**changes):
    return VGG(VGGConfig(**(TINY | changes)), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def convolved(x, layer):
    """Return the rectified convolution of (c, h, w) that keeps its size, by the formula."""
    weight, bias = layer.weight.data, layer.bias.data
    k = weight.shape[2]
    x = np.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    views = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    return np.maximum(np.einsum("cijuv,fcuv->fij", views, weight) + bias[:, None, None], 0)


def by_hand(net, x):
    """Return the sums of the output units for one frame."""
    x = x[None].astype(np.float64)
    for block in net.blocks:
        for layer in block:
            x = convolved(x, layer)
        c, h, w = x.shape
        x = x[:, : h // 2 * 2, : w // 2 * 2].reshape(c, h // 2, 2, w // 2, 2).max((2, 4))
    x = x.reshape(-1)
    for layer in net.full[:-1]:
        x = np.maximum(layer.weight.data @ x + layer.bias.data, 0)
    return net.full[-1].weight.data @ x + net.full[-1].bias.data


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:20], targets=deck.train.targets[:20])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("VGG-11 (A)", 132_863_336),
        ("VGG-13 (B)", 133_047_848),
        ("C", 133_638_952),
        ("VGG-16 (D)", 138_357_544),
        ("VGG-19 (E)", 143_667_240),
    ],
)
def test_published_counts(name, count):
    assert ENTRY.count(ENTRY.sizes[name].config) == count


@pytest.mark.parametrize("changes", [{}, {"stack": False}, {"depths": (1, 3, 2), "pointwise": True}])
def test_the_way_forward_is_that_of_the_paper(changes):
    net, x = network(start="he", **changes), frames(2)
    wanted = np.stack([by_hand(net, frame) for frame in x])
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())


def test_without_stacks_one_kernel_sees_as_much():
    three = dict(depths=(1, 2, 3), widths=(1, 1, 1))
    assert VGGConfig(**three, stack=False).kernels == ((3,), (5,), (7,))
    assert VGGConfig(**three).kernels == ((3,), (3, 3), (3, 3, 3))
    assert VGGConfig(**three, pointwise=True).kernels == ((3,), (3, 3), (3, 3, 1))
    assert (3 * stack_weights(10, 3), stack_weights(10, 7)) == (27 * 100, 49 * 100)


def test_units_are_silenced_only_while_learning():
    net, x = network(full=32), Tensor(frames(20))
    with training(np.random.default_rng(0)):
        assert np.abs(net(x).data - net(x).data).max() > 0
    np.testing.assert_array_equal(net(x).data, net(x).data)


def test_it_learns_letters_of_two_classes_in_seconds():
    stimuli, labels = cards()
    chosen = labels < 2
    stimuli, labels = stimuli[chosen], labels[chosen]
    recipe = Recipe(batch=56, rate=0.03, momentum=0.9, clip=1.0)
    config = VGGConfig(depths=(2, 2, 2), widths=(8, 8, 8), full=16, classes=2, dropout=0.0, start="he", recipe=recipe)
    learner = ByGradient(VGG, config, seed=0)
    for _ in range(80):
        learner.reinforce(stimuli, learner.labels.lamps(labels))
    assert (learner.network.answer(stimuli) == labels).mean() >= 0.95


@pytest.mark.parametrize("changes", [{"side": 8, "depths": (1,) * 4, "widths": (1,) * 4}, {"depths": (1,)}])
def test_settings_that_do_not_fit_are_refused(changes):
    with pytest.raises(ConfigError, match=r"halved|depths for"):
        VGGConfig(**changes)


def test_figures_are_of_cards():
    learner = ENTRY.create()
    for figure in ENTRY.figures:
        drawn = figure.measure(learner, frames(12), np.zeros((12, 8), bool))
        assert all(rows.shape[1:] == (20, 20) and 0 <= rows.min() <= rows.max() <= 1 for rows in drawn.values())


def test_the_catalogue_fits_the_classes_to_a_deck():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("vgg").config == ENTRY.retina
