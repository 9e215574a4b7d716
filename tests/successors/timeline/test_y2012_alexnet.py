import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.learner import ByGradient
from successors.nn.module import training
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor
from successors.timeline.y2012_alexnet import ENTRY, ONE_TOWER, PAPER, PRINTED, AlexNet, AlexNetConfig, cards

TINY = dict(maps=(4, 8, 8, 8, 8), full=16)


def network(**changes):
    return AlexNet(AlexNetConfig(**(TINY | changes)), np.random.default_rng(0))


def frames(count, seed=0, side=20):
    return np.random.default_rng(seed).random((count, side, side)).astype(np.float32)


def convolved(x, layer, padding, groups=1, stride=1):
    """Return the convolution of (c, h, w), by the formula."""
    weight, bias = layer.weight.data, layer.bias.data
    k, per = weight.shape[2], weight.shape[0] // groups
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    views = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))[:, ::stride, ::stride]
    halves = np.split(views, groups)
    out = [np.einsum("cijuv,cuv->ij", halves[f // per], weight[f]) + bias[f] for f in range(len(weight))]
    return np.maximum(np.stack(out), 0)


def damped(x, alpha, n=5, k=2.0, beta=0.75):
    """Return equation of section 3.3, map by map."""
    out = np.empty_like(x)
    for i in range(len(x)):
        beside = x[max(0, i - n // 2) : min(len(x) - 1, i + n // 2) + 1]
        out[i] = x[i] / (k + alpha * (beside**2).sum(0)) ** beta
    return out


def pooled(x):
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2].max((3, 4))


def by_hand(net, x):
    """Return the sums of full8 for one frame."""
    a = net.config.alpha
    x = pooled(damped(convolved(x[None].astype(np.float64), net.conv1, net.config.padding), a))
    x = pooled(damped(convolved(x, net.conv2, 2, net.config.groups), a))
    x = convolved(convolved(x, net.conv3, 1), net.conv4, 1, net.config.groups)
    x = pooled(convolved(x, net.conv5, 1, net.config.groups)).reshape(-1)
    for layer in (net.full6, net.full7):
        x = np.maximum(layer.weight.data @ x + layer.bias.data, 0)
    return net.full8.weight.data @ x + net.full8.bias.data


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:20], targets=deck.train.targets[:20])


@pytest.mark.parametrize("check", [c for c in ENTRY.checks if not c.slow], ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_counts():
    assert ENTRY.count(PAPER) == sum(PRINTED.values()) == 60_965_224
    assert ENTRY.count(ONE_TOWER) == 61_100_840
    assert PAPER.last == ONE_TOWER.last == 6


@pytest.mark.parametrize("groups", [1, 2])
def test_the_way_forward_is_that_of_the_paper(groups):
    net, x = network(groups=groups, alpha=0.5), frames(2)
    wanted = np.stack([by_hand(net, frame) for frame in x])
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())


def test_units_of_two_groups_see_their_own_half_only():
    net, x = network(), np.random.default_rng(0).random((1, 4, 9, 9)).astype(np.float32)
    other = x.copy()
    other[:, 2:] += 1
    before, after = net.conv2(Tensor(x)).data, net.conv2(Tensor(other)).data
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert np.abs(before[:, 4:] - after[:, 4:]).min() > 0


def test_tanh_takes_the_place_of_relu_and_nothing_else():
    bent, squashed = network(), network(activation="tanh")
    assert bent.count() == squashed.count()
    a, b = bent._bent(Tensor(np.array([-1.0, 2.0]))).data, squashed._bent(Tensor(np.array([-1.0, 2.0]))).data
    np.testing.assert_allclose(a, [0, 2])
    np.testing.assert_allclose(b, np.tanh([-1, 2]))


def test_units_are_silenced_only_while_learning():
    net, x = network(), Tensor(frames(20))
    with training(np.random.default_rng(0)):
        once, twice = net(x).data, net(x).data
    assert np.abs(once - twice).max() > 1e-3
    np.testing.assert_array_equal(net(x).data, net(x).data)


def test_it_learns_letters_of_two_classes_in_seconds():
    stimuli, labels = cards()
    assert stimuli.shape == (728, 20, 20)
    assert 0 <= stimuli.min() < stimuli.max() <= 1
    chosen = labels < 2
    stimuli, labels = stimuli[chosen], labels[chosen]
    recipe = Recipe(batch=56, rate=0.02, momentum=0.9)
    learner = ByGradient(AlexNet, AlexNetConfig(**TINY, classes=2, dropout=0.0, recipe=recipe), seed=0)
    for _ in range(80):
        learner.reinforce(stimuli, learner.labels.lamps(labels))
    assert (learner.network.answer(stimuli) == labels).mean() >= 0.95


@pytest.mark.parametrize("changes", [{"side": 8, "padding": 0}, {"maps": (4, 8)}])
def test_settings_that_do_not_fit_are_refused(changes):
    with pytest.raises(ConfigError, match=r"leave nothing|layers"):
        AlexNetConfig(**changes)


def test_figures_are_of_cards():
    learner = ENTRY.create()
    for figure in ENTRY.figures:
        drawn = figure.measure(learner, frames(12), np.zeros((12, 8), bool))
        assert all(rows.shape == (12, 20, 20) and 0 <= rows.min() <= rows.max() <= 1 for rows in drawn.values())


def test_the_catalogue_fits_the_classes_to_a_deck():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("alexnet").config == ENTRY.retina
