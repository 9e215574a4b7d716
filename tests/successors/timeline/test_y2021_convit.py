import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import MultiHead
from successors.timeline.y2021_convit import ENTRY, GPSA, ConViT, ConViTConfig, centres, reach, relative

SMALL = {"layers": 2, "local": 1, "width": 24, "hidden": 32}


def network(**changes):
    return ConViT(ConViTConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    # timm prints 27.78, 5.71 and 86.54 million.
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {
        "S": 27_777_322,
        "Ti": 5_710_512,
        "B": 86_540_040,
    }


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_offsets_by_hand():
    r = relative(3)
    np.testing.assert_array_equal(r[0, 5], [5, 1, 2])
    np.testing.assert_array_equal(r[5, 0], [5, -1, -2])
    np.testing.assert_array_equal(r[4, 4], [0, 0, 0])


def test_heads_begin_at_the_offsets_of_a_kernel():
    np.testing.assert_array_equal(centres(4), [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])
    np.testing.assert_array_equal(centres(9)[[0, 4, 5]], [[-1, -1], [0, 0], [0, 1]])
    np.testing.assert_array_equal(centres(5)[4], [0, 0])
    layer = GPSA(5, 18, 9, np.random.default_rng(0))
    seen = layer.positional().data[:, 12].reshape(9, 5, 5)
    for head, (down, right) in enumerate(centres(9).astype(int)):
        assert np.unravel_index(seen[head].argmax(), (5, 5)) == (2 + down, 2 + right)


def test_gated_attention_by_the_equations():
    rng = np.random.default_rng(1)
    layer = GPSA(3, 6, 2, np.random.default_rng(0))
    for p in layer.parameters().values():
        p.data[...] = rng.standard_normal(p.shape)
    layer.astype(np.float64)
    x = rng.standard_normal((2, 9, 6))
    layer._relative = layer._relative.astype(np.float64)

    def softmax(a):
        e = np.exp(a - a.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    heads = []
    for h in range(2):
        own = slice(3 * h, 3 * h + 3)
        q, k, v = (x @ w[own].T for w in (layer.query.weight.data, layer.key.weight.data, layer.value.data))
        alike = softmax(q @ k.swapaxes(1, 2) / np.sqrt(3))
        near = softmax(layer._relative @ layer.places.data[h] + layer.places_bias.data[h])
        gate = 1 / (1 + np.exp(-layer.gate.data[h, 0, 0]))
        a = (1 - gate) * alike + gate * near
        heads.append(a / a.sum(-1, keepdims=True) @ v)
    wanted = np.concatenate(heads, -1) @ layer.output.weight.data.T + layer.output.bias.data
    np.testing.assert_allclose(layer(Tensor(x)).data, wanted, rtol=1e-9)


def test_the_class_token_comes_after_the_gated_blocks():
    net, lengths = network(layers=3, local=2), []
    for block in net.blocks:
        forward = block.forward
        block.forward = lambda x, forward=forward: lengths.append(x.shape[1]) or forward(x)
    with no_grad():
        net(Tensor(frames(2)))
    assert lengths == [25, 25, 26]
    assert [type(b.attention) for b in net.blocks] == [GPSA, GPSA, MultiHead]
    assert all(type(b.attention) is MultiHead for b in network(gated=False).blocks)


def test_the_gates_are_drawn_as_they_are():
    learner = ENTRY.create()
    learner.network.blocks[1].attention.gate.data[:, 0, 0] = [0, 50, -50, 0]
    figure = next(f for f in ENTRY.figures if f.name == "gates")
    shown = figure.measure(learner, frames(2), None)
    np.testing.assert_allclose(shown["before training"], 0.7311, atol=1e-4)
    np.testing.assert_allclose(shown["mean of the heads"], [0.7311, 0.5], atol=1e-4)
    np.testing.assert_allclose(shown["least"], [0.7311, 0], atol=1e-4)
    np.testing.assert_allclose(shown["most"], [0.7311, 1], atol=1e-4)


def test_how_far_a_block_reaches_by_position():
    layer = GPSA(5, 8, 4, np.random.default_rng(0))
    layer.places.data[...] = 0  # to all patches alike
    at = np.stack(np.divmod(np.arange(25), 5), -1)
    wanted = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)).mean()
    assert reach(layer) == pytest.approx(wanted, rel=1e-6)
    layer.places.data[:] = -50, 0, 0  # each patch to itself
    assert reach(layer) == pytest.approx(0, abs=1e-6)
    layer.places.data[0] = 0
    assert reach(layer) == pytest.approx(wanted / 4, rel=1e-6)


def test_how_much_further_the_second_block_reaches():
    learner, (measure,) = ENTRY.create(), ENTRY.measures
    first, second = (block.attention for block in learner.network.blocks[:2])
    assert measure.run(learner) == 0
    second.places.data[...] = 0
    assert measure.run(learner) == pytest.approx(reach(second) - reach(first))
    assert measure.run(learner) > 0.5


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"patch": 3}, "do not fall into patches"),
        ({"heads": 5}, "does not fall into 5 heads"),
        ({"local": 3}, "leave none for the class token"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, what):
    with pytest.raises(ConfigError, match=what):
        ConViTConfig(**changes)


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    changes = SMALL | {"recipe.shift": 0, "recipe.affine": 0.0, "recipe.warm_up": 0}
    learner = ENTRY.create(changes=changes)
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(120):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9


def test_the_catalogue_fits_the_classes():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("convit").config == ENTRY.retina
