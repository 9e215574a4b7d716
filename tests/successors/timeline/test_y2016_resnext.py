import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.evaluation import verify
from successors.nn.module import training
from successors.nn.tensor import Tensor, no_grad
from successors.registry import System
from successors.timeline.y2015_resnet import Bottleneck
from successors.timeline.y2016_resnext import DEEP, ENTRY, ResNeXt, ResNeXtConfig, imagenet, paths


def network(**changes):
    return ResNeXt(ResNeXtConfig(**changes), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("digits")
    check_learner(
        lambda: ENTRY.create(changes={"blocks": [1, 1, 1], "classes": 10}),
        stimuli=deck.train.stimuli[:20],
        targets=deck.train.targets[:20],
    )


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


@pytest.mark.parametrize("name", ENTRY.sizes)
def test_published_counts(name):
    size = ENTRY.sizes[name]
    assert size.agrees(ENTRY.count(size.config))


def test_the_count_by_hand():
    """Table 1: a path of C channels in all between the outputs of each stage, and what surrounds them."""
    wanted, channels = 3 * 64 * 49 + 128, 64
    for number, count in enumerate(DEEP):
        inner, out = 128 * 2**number, 256 * 2**number
        for k in range(count):
            wanted += channels * inner + inner * (inner // 32) * 9 + inner * out + 2 * (2 * inner + out)
            wanted += 0 if k else channels * out + 2 * out
            channels = out
    assert ENTRY.count(imagenet(DEEP, 32, 4)) == wanted + 2048 * 1000 + 1000 == 25_028_904


@pytest.mark.parametrize("cardinality", [1, 2, 6, 12])
def test_groups_are_paths(cardinality):
    rng = np.random.default_rng(0)
    block = Bottleneck(8, 2, rng, inner=12, groups=cardinality)
    x = rng.standard_normal((3, 8, 4, 4)).astype(np.float32)
    with training(rng), no_grad():
        block(Tensor(x))
    np.testing.assert_allclose(block.residual(Tensor(x)).data, paths(block, x, cardinality), atol=1e-5)


def test_one_path_of_about_as_many_weights_computes_something_else():
    many, one = network(), network(**ENTRY.mechanism.without)
    assert abs(many.count() - one.count()) < 0.06 * many.count()
    assert many.stages[0].layers[0].conv2.conv.weight.shape != one.stages[0].layers[0].conv2.conv.weight.shape


def test_the_way_back_agrees_with_differences():
    assert "largest relative difference" in verify.gradients(System(name="resnext", year=2016, entry=ENTRY))


def test_it_learns_a_few_digits():
    deck = tasks.load("digits")
    learner = ENTRY.create(changes={"blocks": [1, 1, 1], "classes": 10, "recipe.shift": 0, "recipe.warm_up": 5})
    x, y = deck.train.stimuli[:64], deck.train.targets[:64]
    for _ in range(40):
        learner.reinforce(x, y)
    assert (learner.respond(x) == y).all(1).mean() > 0.9


def test_the_figure_is_drawn_of_maps_of_20_cells():
    x = np.random.default_rng(0).random((2, 20, 20)).astype(np.float32)
    drawn = ENTRY.figures[0].measure(ENTRY.create(), x, np.zeros(2, np.int64))
    assert drawn["a map of each path"].shape == (ENTRY.retina.cardinality, 20, 20)
