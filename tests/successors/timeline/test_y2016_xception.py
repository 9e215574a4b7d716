import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.tensor import Tensor
from successors.timeline.y2016_xception import (
    ENTRY,
    SeparableConv2d,
    Xception,
    XceptionConfig,
    XceptionModule,
    shares,
)

SMALL = {"stem": (4, 6), "entry": (8, 10), "middle": 1, "exit": 12, "tail": (14, 16)}


def network(**changes):
    return Xception(XceptionConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {"ImageNet": 22_855_952}


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_a_separable_convolution_by_hand():
    layer = SeparableConv2d(2, 3, np.random.default_rng(0))
    x = np.random.default_rng(1).random((1, 2, 4, 5)).astype(np.float32)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    wanted = np.zeros((1, 3, 4, 5))
    for f in range(3):
        for c in range(2):
            for i in range(4):
                for j in range(5):
                    seen = (padded[0, c, i : i + 3, j : j + 3] * layer.depthwise.weight.data[c, 0]).sum()
                    wanted[0, f, i, j] += layer.pointwise.weight.data[f, c, 0, 0] * seen
    np.testing.assert_allclose(layer(Tensor(x)).data, wanted, rtol=1e-4, atol=1e-5)


def test_without_convolutions_that_matter_a_module_is_its_shortcut():
    module = XceptionModule((5,) * 4, XceptionConfig(), np.random.default_rng(0))
    module.norms[-1].gain.data[...] = 0
    x = Tensor(np.random.default_rng(1).random((2, 5, 4, 4)))
    np.testing.assert_array_equal(module(x).data, x.data)
    module = XceptionModule((5,) * 4, XceptionConfig(residual=False), np.random.default_rng(0))
    module.norms[-1].gain.data[...] = 0
    assert not module(x).data.any()


def test_most_weights_mix_channels():
    apart, whole = network(), network(form="whole")
    assert shares(whole)["places"] == 0
    assert shares(apart)["places"] < 0.25 * shares(apart)["channels"]
    assert sum(shares(apart).values()) == apart.count()


def test_images_and_frames_of_one_channel_are_the_same():
    net, x = network(**SMALL), frames(3)
    np.testing.assert_array_equal(net(Tensor(x)).data, net(Tensor(x[:, None])).data)
    assert net(Tensor(frames(2))).shape == (2, 26)


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    learner = ENTRY.create(
        changes=SMALL | {"classes": 26, "recipe.shift": 0, "recipe.affine": 0.0, "recipe.rate": 0.02}
    )
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(80):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9


def test_the_catalogue_fits_the_classes():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("xception").config == ENTRY.retina
