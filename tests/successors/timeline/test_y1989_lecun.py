import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.gather import masked_scatter, pad_images
from successors.nn.gradcheck import check as gradient_check
from successors.nn.layers import Linear
from successors.nn.tensor import Tensor
from successors.timeline.y1989_lecun import (
    ENTRY,
    PAPER,
    SEEN,
    LeCun,
    TableConv2d,
    connections,
    shuffle,
    shuffled,
)


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:40], targets=deck.train.targets[:40])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_a_layer_with_one_wire_more_is_noticed():
    layer = LeCun(PAPER, np.random.default_rng(0)).h2
    table = SEEN.copy()
    table[3, ~table[3]] = True
    wider = TableConv2d(table, 5, np.random.default_rng(0), stride=2, bias=(12, 4, 4))
    assert connections(wider, (12, 12, 12))[1] == connections(layer, (12, 12, 12))[1] + 4 * 16 * 25


def test_connections_of_a_full_layer_are_its_weights():
    assert connections(Linear(7, 5, np.random.default_rng(0)), (7,)) == (5, 40)


def test_each_map_sees_eight_and_is_seen_by_eight():
    assert (SEEN.sum(0) == 8).all()
    assert (SEEN.sum(1) == 8).all()


def test_a_table_of_kernels_is_the_sum_over_connected_maps():
    rng = np.random.default_rng(0)
    layer = TableConv2d(SEEN, 5, rng, stride=2, bias=(12, 4, 4)).astype(np.float64)
    layer.bias.data[...] = rng.standard_normal(layer.bias.shape)
    x = rng.standard_normal((2, 12, 12, 12))
    out = layer(Tensor(x)).data
    pairs = [(f, c) for f in range(12) for c in range(12) if SEEN[f, c]]
    wanted = np.broadcast_to(layer.bias.data, out.shape).copy()
    for (f, c), kernel in zip(pairs, layer.kernels.data, strict=True):
        for i in range(4):
            for j in range(4):
                wanted[:, f, i, j] += (x[:, c, 2 * i : 2 * i + 5, 2 * j : 2 * j + 5] * kernel).sum((1, 2))
    np.testing.assert_allclose(out, wanted, rtol=1e-10)


def test_weights_begin_within_the_fan_in_of_their_unit():
    layer = TableConv2d(SEEN, 5, np.random.default_rng(0), bias=(12, 1, 1))
    greatest = np.abs(layer.kernels.data).max()
    assert 0.9 * 2.4 / 200 < greatest <= 2.4 / 200
    net = LeCun(ENTRY.retina, np.random.default_rng(0))
    for full, fan_in in ((net.h3, 300), (net.output, 30)):
        greatest = np.abs(full.weight.data).max()
        assert 0.9 * 2.4 / fan_in < greatest <= 2.4 / fan_in


@pytest.mark.parametrize("operation", ["masked_scatter", "pad_images"])
def test_gradients(operation):
    rng = np.random.default_rng(0)
    if operation == "masked_scatter":
        table = np.array([[True, False, True], [False, True, True]])
        weights = rng.standard_normal((2, 3, 2, 2))
        worst = gradient_check(lambda k: (masked_scatter(k, table) * weights).sum(), rng.standard_normal((4, 2, 2)))
    else:
        weights = rng.standard_normal((2, 3, 8, 7))
        worst = gradient_check(lambda x: (pad_images(x, 2, -1) * weights).sum(), rng.standard_normal((2, 3, 4, 3)))
    assert worst is None or worst < 1e-6


def test_outside_of_the_image_all_is_background():
    out = pad_images(Tensor(np.ones((1, 2, 3, 3))), 2, -1).data
    assert out.shape == (1, 2, 7, 7)
    assert out[0, :, 2:5, 2:5].min() == 1
    assert out.sum() == 2 * (9 - 40)


def test_shuffled_frames_hold_the_same_cells_in_an_order_that_stays():
    frames = np.random.default_rng(0).random((3, 20, 20))
    found = shuffled(Tensor(frames)).data
    np.testing.assert_array_equal(np.sort(found.reshape(3, -1)), np.sort(frames.reshape(3, -1)))
    np.testing.assert_array_equal(found, shuffled(Tensor(frames)).data)
    assert np.count_nonzero(shuffle(400) == np.arange(400)) < 10


def test_a_feature_is_found_wherever_it_lies():
    network = LeCun(PAPER, np.random.default_rng(0))
    x = np.full((2, 1, 20, 20), -1.0, np.float32)
    x[0, 0, 6:9, 4:7] = x[1, 0, 10:13, 8:11] = np.random.default_rng(1).random((3, 3))
    sums = network.h1(Tensor(x)).data - network.h1.bias.data
    np.testing.assert_allclose(sums[0, :, 1:5, 1:5], sums[1, :, 3:7, 3:7], rtol=1e-5, atol=1e-6)
