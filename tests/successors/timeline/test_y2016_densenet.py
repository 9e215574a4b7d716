import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.evaluation import verify
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.registry import System
from successors.timeline.y2016_densenet import ENTRY, PAPER, TABLE_2, Dense, DenseNet, DenseNetConfig, cifar, imagenet


def network(**changes):
    return DenseNet(DenseNetConfig(**changes), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(
        lambda: ENTRY.create(changes={"blocks": [1, 2, 1], "classes": 10}),
        stimuli=deck.train.stimuli[:20],
        targets=deck.train.targets[:20],
    )


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


@pytest.mark.parametrize("layers", PAPER)
def test_counts_are_those_of_the_usual_implementation_exactly(layers):
    config, published = PAPER[layers]
    assert ENTRY.count(config) == published


@pytest.mark.parametrize("name", TABLE_2)
def test_counts_of_table_2(name):
    config, published, unit = TABLE_2[name]
    assert (ENTRY.count(config) + unit // 2) // unit * unit == published


def test_counts_by_hand():
    wanted, channels = 3 * 24 * 9, 24
    for number in range(3):
        if number:
            wanted += 2 * channels + channels * (channels // 2)
            channels //= 2
        for _ in range(16):
            wanted += 2 * channels + channels * 48 + 2 * 48 + 48 * 12 * 9
            channels += 12
    assert ENTRY.count(cifar(100, 12, compressed=True)) == wanted + 2 * channels + 11 * channels - channels + 10


def test_the_channels_of_table_1():
    found = DenseNet(imagenet((2, 3), growth=4), np.random.default_rng(0))
    assert [block.filters for block in found.blocks] == [16, 20]
    assert found.output.weight.shape == (1000, 20)


def standard(x):
    """Normalise by the batch, and rectify."""
    x = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5)
    return np.maximum(x, 0)


def convolved(x, weight):
    k = weight.shape[-1]
    (h, w), p = x.shape[2:], k // 2
    wide = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    return sum(
        np.einsum("fc,nchw->nfhw", weight[:, :, u, v], wide[:, :, u : u + h, v : v + w])
        for u in range(k)
        for v in range(k)
    )


@pytest.mark.parametrize("bottleneck", [True, False])
@pytest.mark.parametrize("dense", [True, False])
def test_a_dense_block_by_hand(dense, bottleneck):
    block = Dense(3, 3, 2, np.random.default_rng(0), bottleneck=bottleneck, dense=dense)
    x = np.random.default_rng(1).standard_normal((4, 3, 5, 5))
    seen = [x]
    for layer in block.layers:
        y = np.concatenate(seen, 1) if dense else seen[-1]
        for step in layer:
            y = convolved(standard(y), step.conv.weight.data)
        seen.append(y)
    wanted = np.concatenate(seen, 1) if dense else seen[-1]
    with training(np.random.default_rng(0)):
        found = block(Tensor(x.astype(np.float32))).data
    assert found.shape[1] == block.filters == (9 if dense else 2)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_without_dense_connections_the_last_maps_alone_go_on():
    assert network().output.weight.shape[1] > network(dense=False).output.weight.shape[1] == ENTRY.retina.growth


def test_the_way_back_agrees_with_differences():
    assert "largest relative difference" in verify.gradients(System(name="densenet", year=2016, entry=ENTRY))


def test_it_learns_a_few_digits():
    deck = tasks.load("digits")
    learner = ENTRY.create(changes={"blocks": [1, 2, 1], "classes": 10, "recipe.shift": 0, "recipe.warm_up": 5})
    x, y = deck.train.stimuli[:64], deck.train.targets[:64]
    for _ in range(50):
        learner.reinforce(x, y)
    assert (learner.respond(x) == y).all(1).mean() > 0.9


def test_the_figure_has_a_line_for_each_layer():
    lines = ENTRY.figures[0].measure(ENTRY.create(), np.zeros((1, 20, 20), np.float32), np.zeros(1, np.int64))
    assert [len(line) for line in lines.values()] == list(range(1, ENTRY.retina.blocks[-1] + 1))
