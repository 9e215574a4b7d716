import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.evaluation import verify
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.registry import System
from successors.timeline.y2015_resnet import (
    COUNTS,
    ENTRY,
    PAPER,
    Basic,
    Bottleneck,
    ResNet,
    ResNetConfig,
    Shortcut,
    cifar,
    degradation,
    depth,
)

FAST = [check for check in ENTRY.checks if not check.slow]


def network(**changes):
    return ResNet(ResNetConfig(**changes), np.random.default_rng(0))


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


@pytest.mark.parametrize("layers", PAPER)
def test_counts_are_those_of_the_usual_implementation_exactly(layers):
    assert ENTRY.count(PAPER[layers]) == COUNTS[layers]


def test_counts_of_table_6():
    assert [ENTRY.count(cifar(n)) for n in (3, 9, 18)] == [269_722, 853_018, 1_727_962]


def convolved(x, weight, stride=1):
    """Convolve place by place, in float64."""
    f, _, k, _ = weight.shape
    wide = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    h, w = x.shape[2:]
    places = [(i, j) for i in range(0, h, stride) for j in range(0, w, stride)]
    sums = [np.tensordot(wide[:, :, i : i + k, j : j + k], weight, ((1, 2, 3), (1, 2, 3))) for i, j in places]
    return np.stack(sums, -1).reshape(len(x), f, -(-h // stride), -(-w // stride))


def normalised(x):
    """Normalise by the batch."""
    return (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5)


@pytest.mark.parametrize("kind", ["padding", "none", "projection"])
def test_a_basic_block_by_hand(kind):
    block = Basic(3, 5, np.random.default_rng(0), stride=2, shortcut=kind)
    x = pictures(4, 3, 6, 6)
    y = normalised(convolved(x, block.conv1.conv.weight.data, 2))
    y = normalised(convolved(np.maximum(y, 0), block.conv2.conv.weight.data))
    if kind == "padding":
        y[:, :3] += x[:, :, ::2, ::2]
    if kind == "projection":
        y += normalised(convolved(x, block.shortcut.projection.conv.weight.data, 2))
    with training(np.random.default_rng(0)):
        found = block(Tensor(x)).data
    np.testing.assert_allclose(found, np.maximum(y, 0), atol=1e-4)


def test_a_bottleneck_by_hand():
    block = Bottleneck(8, 2, np.random.default_rng(0))
    x = pictures(4, 8, 5, 5)
    y = x
    for conv in (block.conv1, block.conv2):
        y = np.maximum(normalised(convolved(y, conv.conv.weight.data)), 0)
    y = normalised(convolved(y, block.conv3.conv.weight.data))
    with training(np.random.default_rng(0)):
        found = block(Tensor(x)).data
    np.testing.assert_allclose(found, np.maximum(x + y, 0), atol=1e-4)


def test_where_shapes_agree_the_shortcut_is_the_input_itself():
    x = Tensor(pictures(2, 4, 3, 3))
    for kind in ("projection", "padding"):
        shortcut = Shortcut(4, 4, 1, np.random.default_rng(0), kind=kind)
        assert shortcut.count() == 0
        assert shortcut(x) is x


def test_without_shortcuts_the_same_weights_compute_something_else():
    with_, without = network(), network(shortcut="none")
    assert with_.count() == without.count() == 92_850
    assert depth(with_) == 26
    x = Tensor(np.random.default_rng(0).random((3, 20, 20)).astype(np.float32))
    with training(np.random.default_rng(0)):
        assert np.abs(with_(x).data - without(x).data).max() > 0.1


def test_the_way_back_agrees_with_differences():
    assert "largest relative difference" in verify.gradients(System(name="resnet", year=2015, entry=ENTRY))


def test_it_learns_a_few_digits():
    deck = tasks.load("digits")
    learner = ENTRY.create(changes={"blocks": [1, 1, 1], "classes": 10, "recipe.shift": 0, "recipe.warm_up": 5})
    x, y = deck.train.stimuli[:64], deck.train.targets[:64]
    for _ in range(40):
        learner.reinforce(x, y)
    assert (learner.respond(x) == y).all(1).mean() > 0.9


def test_the_experiment_of_figure_6_runs():
    found = degradation(10, (1, 2))
    assert list(found) == ["plain-8", "plain-14", "residual-8", "residual-14"]
    assert all(len(errors) == 10 and 0 <= min(errors) <= max(errors) <= 1 for errors in found.values())


def test_a_network_without_stages_is_refused():
    with pytest.raises(ConfigError, match="no stages"):
        ResNetConfig(blocks=())
