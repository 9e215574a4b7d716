import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2021_crossvit import ENTRY, Convolutions, CrossViT, CrossViTConfig, bicubic, resized

SMALL = {"widths": (16, 24), "encoders": 1, "depths": (1, 1)}


def network(**changes):
    return CrossViT(CrossViTConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    # Printed as 26.9, 7.0, 105.0, 8.6, 27.4, 43.3, and with a dagger 8.8, 28.2 and 44.3 million.
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {
        "S": 26_856_272,
        "Ti": 7_014_800,
        "B": 105_025_232,
        "9": 8_553_296,
        "15": 27_528_464,
        "18": 43_271_408,
        "9 dagger": 8_776_592,
        "15 dagger": 28_209_008,
        "18 dagger": 44_266_976,
    }


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_a_crossing_changes_class_tokens_alone():
    net = network()
    with no_grad():
        before = net.encoded(Tensor(frames(2)), 1)
        after = net.crossed(before, 0)
    for a, b in zip(before, after, strict=True):
        assert np.array_equal(a.data[:, 1:], b.data[:, 1:])
        assert not np.array_equal(a.data[:, 0], b.data[:, 0])


def test_scores_are_the_mean_of_both_branches():
    net = network(crossing=False)
    x = Tensor(frames(2))
    with no_grad():
        rows = net.encoded(x, 2)
        wanted = sum(branch.read(r).data for branch, r in zip(net.branches, rows, strict=True)) / 2
        np.testing.assert_allclose(net(x).data, wanted, rtol=1e-6)


def test_a_branch_alone_is_a_vision_transformer():
    both, small, large = (network(branches=b) for b in ("both", "small", "large"))
    assert [b.crossings for b in (small, large)] == [[], []]
    apart = network(crossing=False)
    assert apart.count() == small.count() + large.count() < both.count()
    assert small.branches[0].positions.shape == (26, 32)
    assert large.branches[0].positions.shape == (5, 56)


@pytest.mark.parametrize("size", [12, 16])
def test_convolutions_end_at_the_patches(size):
    layer = Convolutions(3, size, 8, np.random.default_rng(0))
    side = {12: 240, 16: 224}[size]
    with no_grad():
        assert layer(Tensor(np.zeros((1, 3, side, side), np.float32))).shape == (1, (side // size) ** 2, 8)


def test_images_at_another_side():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    assert resized(Tensor(x), 4).data is x
    # Half-way between cells their weights are -3/32, 19/32, 19/32, -3/32; beyond the edge it goes on as it ends.
    half = np.array([[-3 + 19, 19, -3, 0], [0, -3, 19, 19 - 3]]) / 32
    np.testing.assert_allclose(resized(Tensor(x), 2).data[0, 0], half @ x[0, 0] @ half.T, rtol=1e-6)
    assert bicubic(4, 2) == pytest.approx(half)
    for h, side in ((4, 8), (240, 224), (5, 3)):
        weights = bicubic(h, side)
        assert weights.sum(1) == pytest.approx(np.ones(side))
        assert weights == pytest.approx(weights[::-1, ::-1])


def test_another_side_against_torch():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).random((2, 3, 30, 30))
    for side in (28, 45):
        wanted = torch.nn.functional.interpolate(torch.tensor(x), size=(side, side), mode="bicubic")
        np.testing.assert_allclose(resized(Tensor(x), side).data, wanted.numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"depths": (1, 2, 3)}, "are not two"),
        ({"patches": (3, 5)}, "do not fall into patches"),
        ({"heads": 3}, "does not fall into 3 heads"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, what):
    with pytest.raises(ConfigError, match=what):
        CrossViTConfig(**changes)


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    changes = SMALL | {"recipe.shift": 0, "recipe.affine": 0.0, "recipe.warm_up": 0}
    learner = ENTRY.create(changes=changes)
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(150):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9


def test_the_catalogue_fits_the_classes():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("crossvit").config == ENTRY.retina
