import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.tensor import Tensor
from successors.timeline.y2022_sepvit import ENTRY, Separable, SepViT, SepViTConfig, rows

SMALL = {"width": 12, "depths": (1, 1), "heads": (2, 2)}


def network(**changes):
    return SepViT(SepViTConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def drawn(layer, seed=1):
    rng = np.random.default_rng(seed)
    for p in layer.parameters().values():
        p.data[...] = rng.standard_normal(p.shape) * 0.5
    return layer


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    # Printed as 31.2, 46.6, 82.3 and 3.7 million.
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {
        "T": 31_182_856,
        "S": 46_570_504,
        "B": 82_377_064,
        "Lite": 3_661_128,
    }


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_separable_attention_window_by_window():
    layer = drawn(Separable(4, 2, 6, 2, np.random.default_rng(0))).astype(np.float64)
    x = np.random.default_rng(2).standard_normal((16, 6))

    def softmax(a):
        e = np.exp(a - a.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    def gelu(a):
        return 0.5 * a * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3)))

    places = [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]
    windows = []
    for k, place in enumerate(places):
        f = np.concatenate([layer.tokens.data[k], x[place]])
        q, key, v = np.split(f @ layer.weight.data.T + layer.bias.data, 3, axis=1)
        read = [softmax(q[:, h] @ key[:, h].T / np.sqrt(3)) @ v[:, h] for h in (slice(0, 3), slice(3, 6))]
        windows.append(f + np.concatenate(read, 1))
    windows = np.stack(windows)
    token, f = windows[:, 0], windows[:, 1:]
    normed = (token - token.mean(1, keepdims=True)) / np.sqrt(token.var(1, keepdims=True) + 1e-6)
    normed = gelu(normed * layer.norm.gain.data + layer.norm.bias.data)
    q, k = np.split(normed @ layer.look.weight.data.T + layer.look.bias.data, 2, axis=1)
    mixed = f.copy()
    for h in (slice(0, 3), slice(3, 6)):
        mixed[..., h] += np.einsum("vw,wtd->vtd", softmax(q[:, h] @ k[:, h].T / np.sqrt(3)), f[..., h])
    wanted = np.zeros((16, 6))
    for k, place in enumerate(places):
        wanted[place] = mixed[k] @ layer.output.weight.data.T + layer.output.bias.data
    np.testing.assert_allclose(layer(Tensor(x[None])).data[0], wanted, rtol=1e-9, atol=1e-12)


def test_one_window_has_no_token():
    layer = Separable(5, 5, 6, 2, np.random.default_rng(0))
    assert layer.tokens is layer.look is layer.norm is None
    assert layer(Tensor(np.zeros((2, 25, 6)))).shape == (2, 25, 6)
    assert Separable(10, 5, 6, 2, np.random.default_rng(0), pointwise=False).tokens is None


def test_every_second_block_is_grouped():
    stage = network(side=40, depths=(3, 1), width=8, window=5).stages[0]
    assert [b.attention._windows.shape for b in stage.blocks] == [(16, 25), (4, 100), (16, 25)]
    assert [b.attention._windows.shape for b in network(depths=(2, 1), window=5).stages[0].blocks] == [
        (4, 25),
        (1, 100),
    ]


def test_a_stage_against_torch():
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    stage = drawn(network(**SMALL).stages[1])
    x = np.random.default_rng(1).standard_normal((2, 12, 10, 10)).astype(np.float32)
    w = {n: torch.tensor(p.data) for n, p in stage.parameters().items()}

    def norm(a, name):
        return f.layer_norm(a, (24,), w[f"{name}.gain"], w[f"{name}.bias"], 1e-6)

    def linear(a, name):
        return f.linear(a, w[f"{name}.weight"], w[f"{name}.bias"])

    y = f.conv2d(torch.tensor(x), w["shrink.weight"], w["shrink.bias"], stride=2, padding=1)
    y = norm(y.flatten(2).transpose(1, 2), "shrink_norm")
    a = norm(y, "blocks.0.norm1")
    q, k, v = linear(a, "blocks.0.attention").view(2, 25, 3, 2, 12).permute(2, 0, 3, 1, 4)
    a = a + f.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 25, 24)
    y = y + linear(a, "blocks.0.attention.output")
    hidden = f.gelu(linear(norm(y, "blocks.0.norm2"), "blocks.0.mlp.first"), approximate="tanh")
    y = (y + linear(hidden, "blocks.0.mlp.second")).transpose(1, 2).reshape(2, 24, 5, 5)
    y = y + f.conv2d(y, w["places.weight"], w["places.bias"], padding=1, groups=24)
    np.testing.assert_allclose(stage(Tensor(x)).data, y.numpy(), rtol=1e-3, atol=1e-3)


def test_rows_in_reading_order():
    x = np.arange(24).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(rows(Tensor(x)).data[0, 5], x[0, :, 1, 1])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"heads": (1, 2, 3)}, "3 for 2 stages"),
        ({"patch": 3}, "cannot be halved"),
        ({"window": 3}, "do not fall into windows"),
        ({"heads": (5, 4)}, "do not fall into 5 heads"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, what):
    with pytest.raises(ConfigError, match=what):
        SepViTConfig(**changes)


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
    assert registry.create("sepvit").config == ENTRY.retina
