import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline.y1998_lenet5 import BLACK, ENTRY, PAPER, TABLE, WHITE, LeNet5, LeNet5Config, SubSampling, codes

# Table I of the paper, its rows being the maps of S2.
PRINTED = """
X...XXX..XXXX.XX
XX...XXX..XXXX.X
XXX...XXX..X.XXX
.XXX..XXXX..X.XX
..XXX..XXXX.XX.X
...XXX..XXXX.XXX
"""


def network(**changes):
    return LeNet5(LeNet5Config(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:40], targets=deck.train.targets[:40])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_weights_begin_within_the_fan_in_of_their_unit():
    net = network()
    for layer, fan_in in ((net.c1, 25), (net.c5, net.c5.weight[0].size), (net.f6, 120)):
        greatest = np.abs(layer.weight.data).max()
        assert 0.9 * 2.4 / fan_in < greatest <= 2.4 / fan_in


def test_the_connection_table_is_the_printed_one():
    printed = np.array([list(row) for row in PRINTED.split()]) == "X"
    np.testing.assert_array_equal(TABLE, printed.T)


def test_codes_are_of_ink_and_paper_and_all_apart():
    drawn = codes(255)
    assert drawn.shape == (255, 84)
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    np.testing.assert_array_equal(codes(10), drawn[:10])
    apart = (drawn[:, None] != drawn[None]).sum(-1) + 84 * np.eye(255, dtype=int)
    assert apart.min() >= 15
    assert apart[:10, :10].min() >= 24


def test_sub_sampling_is_the_sum_of_four_times_a_coefficient_plus_a_bias():
    layer = SubSampling(3, np.random.default_rng(0))
    layer.bias.data[...] = np.arange(3).reshape(3, 1, 1)
    x = np.random.default_rng(1).random((2, 3, 6, 4)).astype(np.float32)
    sums = x.reshape(2, 3, 3, 2, 2, 2).sum((3, 5))
    wanted = sums * layer.coefficient.data + layer.bias.data
    np.testing.assert_allclose(layer(Tensor(x)).data, wanted, rtol=1e-5)


def test_outputs_are_distances_to_the_codes():
    found, seen = network(), []
    inner = found.f6.forward
    found.f6.forward = lambda x: seen.append(inner(x)) or seen[-1]
    y = found(Tensor(frames(4))).data
    f6 = 1.7159 * np.tanh(seen[0].data * 2 / 3)
    np.testing.assert_allclose(y, ((f6[:, None] - codes(10)) ** 2).sum(-1), rtol=1e-4)
    np.testing.assert_array_equal(found.decide(y), y.argmin(1))


def test_the_loss_is_equation_9():
    y = np.random.default_rng(0).random((5, 10)) * 20
    labels = np.arange(5)
    wanted = (y[np.arange(5), labels] + np.log(np.exp(-10.0) + np.exp(-y).sum(1))).mean()
    assert network().loss(Tensor(y), labels).item() == pytest.approx(wanted)


def test_digits_are_shifted_only_while_they_are_learned():
    found, x = network(), frames(40)
    straight = found._laid(Tensor(x)).data
    assert straight.shape == (40, 1, 28, 28)
    np.testing.assert_allclose(straight[:, 0, 4:24, 4:24], x * (BLACK - WHITE) + WHITE, rtol=1e-6)
    with training(np.random.default_rng(0)):
        moved = found._laid(Tensor(x)).data
    shifts = set()
    for a, b in zip(straight, moved, strict=True):
        fits = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if np.array_equal(np.roll(a, (i, j), (1, 2)), b)]
        assert len(fits) == 1
        shifts |= set(fits)
    assert len(shifts) == 9


def test_the_published_size_takes_an_image_of_32_cells():
    y = LeNet5(PAPER, np.random.default_rng(0))(Tensor(np.zeros((2, 32, 32))))
    assert y.shape == (2, 10)


@pytest.mark.parametrize("classes", [2, 26, 255])
def test_any_number_of_classes_that_the_lamps_can_show(classes):
    assert network(classes=classes)(Tensor(frames(3))).shape == (3, classes)


def test_without_neighbourhood_the_same_number_of_weights_sees_other_images():
    near, far = network(), network(local=False)
    assert near.count() == far.count() == 42_720
    assert np.abs(near(Tensor(frames(2))).data - far(Tensor(frames(2))).data).max() > 1e-3


@pytest.mark.parametrize("changes", [{"border": 3}, {"side": 8, "border": 2}])
def test_a_border_that_leaves_half_a_unit_is_refused(changes):
    with pytest.raises(ConfigError, match="cells with the border"):
        LeNet5Config(**changes)


def test_the_catalogue_fits_the_classes_to_a_deck_and_nothing_else():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("lenet5").config == ENTRY.retina
