import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.learner import ByGradient
from successors.nn.losses import cross_entropy
from successors.nn.module import training
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor
from successors.timeline.y2012_alexnet import ENTRY as ALEXNET
from successors.timeline.y2012_alexnet import cards
from successors.timeline.y2014_googlenet import (
    ALEXNET as ALEXNET_WEIGHTS,
)
from successors.timeline.y2014_googlenet import (
    ENTRY,
    LEARNING,
    PAPER,
    RETINA,
    TABLE,
    GoogLeNet,
    GoogLeNetConfig,
    Inception,
)

TINY = dict(stem=(4,), stages=(((2, 3, 4, 2, 3, 2),), ((3, 2, 3, 2, 2, 4),)), auxiliary=(1,), aux_maps=2, aux_units=8)


def network(**changes):
    return GoogLeNet(GoogLeNetConfig(**(TINY | changes)), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def convolved(x, layer):
    """Return the rectified convolution of (c, h, w) that keeps its size, by the formula."""
    weight, bias = layer.weight.data, layer.bias.data
    k = weight.shape[2]
    x = np.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    views = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    return np.maximum(np.einsum("cijuv,fcuv->fij", views, weight) + bias[:, None, None], 0)


def pooled(x, step):
    margin = (1, 1) if step == 1 else (0, 1)
    x = np.pad(x, ((0, 0), margin, margin), constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::step, ::step].max((3, 4))


def module_by_hand(module, x):
    """Return the four paths of a module, one below the other."""
    three = convolved(convolved(x, module.three[0]), module.three[1])
    five = convolved(convolved(x, module.five[0]), module.five[1])
    return np.concatenate([convolved(x, module.one[0]), three, five, convolved(pooled(x, 1), module.projection[0])])


def by_hand(net, x):
    """Return the sums of the output units for one frame, with no damping."""
    x = pooled(convolved(x[None].astype(np.float64), net.first), 2)
    x = pooled(module_by_hand(net.modules[0], x), 2)
    x = module_by_hand(net.modules[1], x).mean((1, 2))
    return net.output.weight.data @ x + net.output.bias.data


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:20], targets=deck.train.targets[:20])


def test_alexnet_has_as_many_weights_as_it_is_said_to_have():
    first = next(iter(ALEXNET.sizes.values())).config
    assert (ALEXNET.count(first), ALEXNET.count(ALEXNET.retina)) == ALEXNET_WEIGHTS


@pytest.mark.parametrize("check", [c for c in ENTRY.checks if not c.slow], ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_counts():
    assert ENTRY.count(PAPER) == 6_998_552
    assert ENTRY.count(LEARNING) == 13_378_280


def test_the_rows_of_table_1_give_its_maps():
    maps = [[row[0] + row[2] + row[4] + row[5] for row in rows] for rows in TABLE]
    assert maps == [[256, 480], [512, 512, 512, 528, 832], [832, 1024]]


def test_a_module_has_the_weights_that_table_1_gives():
    module = Inception(192, TABLE[0][0], (3, 5), True, np.random.default_rng(0))
    # Table 1 prints 159K for 3a, 380K for 3b.
    assert (module.maps, module.count()) == (256, 163_696)
    assert Inception(256, TABLE[0][1], (3, 5), True, np.random.default_rng(0)).count() == 388_736


def test_the_way_forward_is_that_of_the_paper():
    net, x = network(alpha=0.0), frames(2)
    wanted = np.stack([by_hand(net, frame) for frame in x])
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())


def test_auxiliary_classifiers_speak_only_while_it_learns():
    net, x, labels = network(dropout=0.0, aux_dropout=0.0), Tensor(frames(6)), np.arange(6)
    alone = net(x)
    with training(np.random.default_rng(0)):
        both = net(x)
    assert (alone.shape, both.shape) == ((6, 26), (2, 6, 26))
    np.testing.assert_allclose(both.data[0], alone.data, rtol=1e-5)
    np.testing.assert_array_equal(net.decide(both.data), net.decide(alone.data))
    main, other = (cross_entropy(Tensor(both.data[k]), labels).item() for k in (0, 1))
    assert net.loss(both, labels).item() == pytest.approx(main + 0.3 * other, rel=1e-5)
    assert net.loss(alone, labels).item() == pytest.approx(main, rel=1e-5)


def test_the_auxiliary_loss_reaches_the_lower_layers_only():
    net = network(auxiliary=(0,))
    with training(np.random.default_rng(0)):
        both = net(Tensor(frames(6)))
    cross_entropy(both[1], np.arange(6)).backward()
    assert np.abs(net.first.weight.grad).max() > 0
    upper = net.modules[1].one[0].weight.grad
    assert upper is None or not upper.any()


def test_without_larger_kernels_a_path_sees_one_place():
    net, x = network(kernels=(1, 1)), np.zeros((1, 4, 7, 7), np.float32)
    lit = x.copy()
    lit[0, :, 3, 3] = 1
    for module, reach in ((net.modules[0], 1), (network().modules[0], 25)):
        for path in (module.three, module.five):
            for c in path:
                c.weight.data[...] = 1
        y = Tensor(lit)
        for c in module.five:
            y = c(y)
        assert np.count_nonzero(y.data[0, 0]) == reach
    assert network(kernels=(1, 1)).count() < network().count()


def test_it_learns_letters_of_two_classes_in_seconds():
    stimuli, labels = cards()
    chosen = labels < 2
    stimuli, labels = stimuli[chosen], labels[chosen]
    recipe = Recipe(batch=56, rate=0.05, momentum=0.9, clip=1.0)
    config = GoogLeNetConfig(**TINY, classes=2, dropout=0.0, recipe=recipe)
    learner = ByGradient(GoogLeNet, config, seed=0)
    for _ in range(120):
        learner.reinforce(stimuli, learner.labels.lamps(labels))
    assert (learner.network.answer(stimuli) == labels).mean() >= 0.9


@pytest.mark.parametrize("changes", [{"stages": (((1, 2, 3),),)}, {"auxiliary": (9,)}, {"stem": (4, 4)}])
def test_settings_that_do_not_fit_are_refused(changes):
    with pytest.raises(ConfigError, match=r"table 1|modules"):
        GoogLeNetConfig(**changes)


def test_figures_are_of_cards():
    learner = ENTRY.create()
    for figure in ENTRY.figures:
        drawn = figure.measure(learner, frames(12), np.zeros((12, 8), bool))
        assert all(rows.shape == (12, 20, 20) and 0 <= rows.min() <= rows.max() <= 1 for rows in drawn.values())


def test_the_catalogue_fits_the_classes_to_a_deck():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("googlenet").config == RETINA
