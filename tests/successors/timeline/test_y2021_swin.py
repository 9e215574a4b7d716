import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.layers import LayerNorm
from successors.nn.module import Module
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2021_swin import ENTRY, Swin, SwinConfig, WindowAttention, seen, windowed

SMALL = {"width": 8, "depths": (2, 1), "heads": (1, 2)}


def network(**changes):
    return Swin(SwinConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {
        "T": 28_288_354,
        "S": 49_606_258,
        "B": 87_768_224,
        "L": 196_532_476,
    }


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_windows_of_a_map_by_hand():
    np.testing.assert_array_equal(windowed(4, 2, 0), [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]])
    np.testing.assert_array_equal(windowed(4, 2, 1)[0], [5, 6, 9, 10])
    np.testing.assert_array_equal(windowed(4, 2, 1)[3], [15, 12, 3, 0])
    np.testing.assert_array_equal(windowed(3, 2, 0), [[0, 1, 3, 4], [2, -1, 5, -1], [6, 7, -1, -1], [8, -1, -1, -1]])


def test_who_sees_whom_by_hand():
    assert seen(4, 2, 0).all()
    shifted = seen(4, 2, 1)
    assert shifted[0].all()
    np.testing.assert_array_equal(shifted[1], [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    np.testing.assert_array_equal(shifted[3], np.eye(4))
    np.testing.assert_array_equal(seen(3, 2, 0)[1], np.tile([True, False, True, False], (4, 1)))


@pytest.mark.parametrize(("side", "window", "shift"), [(6, 3, 0), (6, 3, 1), (5, 3, 0), (5, 3, 1), (3, 3, 0)])
def test_attention_patch_by_patch(side, window, shift):
    rng = np.random.default_rng(1)
    layer = WindowAttention(side, window, shift, 4, 2, np.random.default_rng(0))
    for p in layer.parameters().values():
        p.data[...] = rng.standard_normal(p.shape)
    layer.astype(np.float64)
    x = rng.standard_normal((side * side, 4))
    q, k, v = np.split(x @ layer.weight.data.T + layer.bias.data, 3, axis=1)
    padded = -(-side // window) * window

    def place(i):
        """Return the window of a patch, and whether it was rolled round either edge."""
        at = [((c - shift) % padded // window, c < shift) for c in divmod(i, side)]
        return at[0] + at[1]

    wanted = np.zeros_like(x)
    for i in range(side * side):
        others = [j for j in range(side * side) if place(j) == place(i)]
        for head in range(2):
            own = slice(2 * head, 2 * head + 2)
            scores = []
            for j in others:
                down, right = np.subtract(divmod(i, side), divmod(j, side)) + window - 1
                bias = layer.table.data[down * (2 * window - 1) + right, head]
                scores.append(q[i, own] @ k[j, own] / np.sqrt(2) + bias)
            weights = np.exp(scores) / np.exp(scores).sum()
            wanted[i, own] = weights @ v[others, own]
    wanted = wanted @ layer.output.weight.data.T + layer.output.bias.data
    np.testing.assert_allclose(layer(Tensor(x[None])).data[0], wanted, rtol=1e-9)


def test_all_normalisations_are_alike():
    def norms(node):
        for value in vars(node).values() if isinstance(node, Module) else node:
            if isinstance(value, LayerNorm):
                yield value
            elif isinstance(value, (Module, list)):
                yield from norms(value)

    net = network()
    found = list(norms(net))
    assert len(found) == 3 + 2 * sum(net.config.depths)
    assert {norm._eps for norm in found} == {1e-5}


def test_windows_of_every_second_block_are_shifted_where_there_are_several():
    masks = [
        [b.attention._windows.seen is not None for b in stage] for stage in network(window=5, depths=(4, 2)).stages
    ]
    assert masks == [[False, True, False, True], [False, False]]
    plain = network(window=5, depths=(4, 2), shifted=False)
    assert all(b.attention._windows.seen is None for stage in plain.stages for b in stage)


def test_without_shift_a_window_knows_nothing_of_the_others():
    x, y = frames(1), frames(1)
    y[:, 10:] = 0
    for shifted in (True, False):
        net = network(window=5, depths=(2, 1), shifted=shifted)
        with no_grad():
            maps = []
            for image in (x, y):
                rows = net.stem(Tensor(image[:, None]))
                rows = net.stem_norm(rows.reshape(1, 24, 100).transpose(0, 2, 1))
                for block in net.stages[0]:
                    rows = block(rows)
                maps.append(rows.data.reshape(10, 10, 24))
        assert np.array_equal(maps[0][:5], maps[1][:5]) == (not shifted)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"heads": (1, 2, 3)}, "3 for 2 stages"),
        ({"patch": 3}, "cannot be halved"),
        ({"heads": (5, 4)}, "do not fall into 5 heads"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, what):
    with pytest.raises(ConfigError, match=what):
        SwinConfig(**changes)


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    changes = SMALL | {"recipe.shift": 0, "recipe.affine": 0.0, "recipe.warm_up": 0, "recipe.rate": 0.01}
    learner = ENTRY.create(changes=changes)
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(120):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9


def test_the_catalogue_fits_the_classes():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("swin").config == ENTRY.retina
