import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.attention import relative_to_absolute
from successors.nn.gradcheck import check as gradient_check
from successors.nn.tensor import Tensor
from successors.timeline.y2015_resnet import ConvNorm
from successors.timeline.y2019_attention_augmented import (
    ENTRY,
    AttentionAugmented,
    AugmentedConfig,
    AugmentedConv,
    ImageAttention,
    stretch,
)


def network(**changes):
    return AttentionAugmented(AugmentedConfig(**changes), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(
        lambda: ENTRY.create(changes={"blocks": [1, 1, 1]}),
        stimuli=deck.train.stimuli[:20],
        targets=deck.train.targets[:20],
    )


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_counts():
    counts = {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()}
    assert counts == {
        "AA-ResNet-50": 25_814_192,
        "AA-ResNet-34": 20_751_024,
        "AA-ResNet-101": 45_397_784,
        "AA-ResNet-152": 61_630_720,
    }


def test_skewing_turns_distances_into_places():
    table = np.random.default_rng(0).standard_normal((2, 4, 7))
    found = relative_to_absolute(Tensor(table)).data
    for i in range(4):
        for j in range(4):
            np.testing.assert_array_equal(found[:, i, j], table[:, i, j - i + 3])
    gradient_check(relative_to_absolute, table)
    assert relative_to_absolute(Tensor(np.ones((3, 1, 1)))).shape == (3, 1, 1)


def test_attention_by_the_equations():
    """Cell by cell, with the embedding of the distance added to each key."""
    rng = np.random.default_rng(0)
    module = ImageAttention(5, 8, 6, 2, 3, rng, relative=True)
    for p in module.parameters().values():
        p.data[...] = rng.standard_normal(p.shape)
    module.astype(np.float64)
    x = rng.standard_normal((2, 5, 3, 3))
    cells = x.transpose(0, 2, 3, 1)
    q, k, v = (cells @ layer.weight.data.T + layer.bias.data for layer in (module.queries, module.keys, module.values))
    wanted = np.zeros((2, 3, 3, 6))
    places = list(np.ndindex(3, 3))
    for n in range(2):
        for a in places:
            for head in range(2):
                mine, theirs = slice(4 * head, 4 * head + 4), slice(3 * head, 3 * head + 3)
                scores = np.array(
                    [
                        q[n, *a, mine]
                        @ (k[n, *b, mine] + module.down.data[b[0] - a[0] + 2] + module.across.data[b[1] - a[1] + 2])
                        for b in places
                    ]
                )
                weights = np.exp(scores / 2)
                weights /= weights.sum()
                wanted[n, *a, theirs] = sum(w * v[n, *b, theirs] for w, b in zip(weights, places, strict=True))
    wanted = (wanted @ module.output.weight.data.T + module.output.bias.data).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(module(Tensor(x)).data, wanted, rtol=1e-9, atol=1e-10)


def test_kernels_and_attention_stand_side_by_side():
    config = AugmentedConfig()
    conv = AugmentedConv(8, 16, config, 5, np.random.default_rng(0), stride=2)
    x = Tensor(np.random.default_rng(1).standard_normal((2, 8, 10, 10)).astype(np.float32))
    y = conv(x).data * np.sqrt(1 + 1e-5)
    np.testing.assert_allclose(y[:, :12], conv.conv(x).data, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(y[:, 12:], conv.attention(conv.seen(x)).data, rtol=1e-4, atol=1e-5)


def test_interpolation_agrees_with_torch():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 7)).astype(np.float32)
    wanted = torch.nn.functional.interpolate(torch.tensor(x), (14, 14), mode="bilinear", align_corners=False)
    np.testing.assert_allclose(stretch(7, 14) @ x @ stretch(7, 14).T, wanted.numpy(), atol=1e-5)


def test_halved_images_are_stretched_back():
    conv = AugmentedConv(8, 8, AugmentedConfig(), 5, np.random.default_rng(0), pooled=True)
    x = Tensor(np.random.default_rng(1).standard_normal((2, 8, 5, 5)).astype(np.float32))
    assert conv.seen(x).shape == (2, 8, 3, 3)
    assert conv(x).shape == (2, 8, 5, 5)


def test_the_last_stages_are_augmented():
    for augmented in (0, 1, 3):
        kinds = [type(block.conv1) for stage in network(augmented=augmented).stages for block in stage]
        assert kinds == [ConvNorm] * (9 - 3 * augmented) + [AugmentedConv] * (3 * augmented)
    with pytest.raises(ConfigError, match="4 of 3 stages"):
        AugmentedConfig(augmented=4)


@pytest.mark.parametrize("changes", [{}, {"augmented": 0}, {"block": "bottleneck", "shortcut": "projection"}])
def test_figures_can_be_drawn(changes):
    learner = ENTRY.create(changes=changes)
    frames = np.random.default_rng(0).random((12, 20, 20)).astype(np.float32)
    for figure in ENTRY.figures:
        shown = figure.measure(learner, frames, np.zeros((12, 8), bool))
        assert all(rows.shape == (12, 20, 20) for rows in shown.values())


def test_the_residual_network_it_is_compared_with_has_no_fewer_weights():
    trial = next(t for t in ENTRY.trials if t.task == "same_different")
    other = registry.find(trial.baseline).entry
    own = ENTRY.retina.amend({"classes": 2, **trial.changes})
    its = other.retina.amend({"classes": 2, **trial.against})
    assert ENTRY.count(own) <= other.count(its)
    assert own.recipe == its.recipe
    assert own.blocks == its.blocks
