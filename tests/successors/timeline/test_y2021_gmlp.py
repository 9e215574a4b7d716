import math

import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.tensor import Tensor
from successors.timeline.y2021_gmlp import ENTRY, FORMS, GMLP, GMLPConfig, SpatialGatingUnit

SMALL = {"blocks": 2, "width": 24, "hidden": 48}


def network(**changes):
    return GMLP(GMLPConfig(**changes), np.random.default_rng(0))


def frames(count, seed=0):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:32], targets=deck.train.targets[:32])


def test_published_parameters():
    found = {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()}
    assert found == {"S/16": 19_422_656, "Ti/16": 5_867_328, "B/16": 73_075_392}


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def normed(a, norm):
    mean, variance = a.mean(-1, keepdims=True), a.var(-1, keepdims=True)
    return (a - mean) / np.sqrt(variance + 1e-5) * norm.gain.data + norm.bias.data


def gate(z, unit):
    return unit.spatial.weight.data @ normed(z, unit.norm) + unit.spatial.bias.data[:, None]


@pytest.mark.parametrize("form", FORMS[:-1])
def test_each_form_of_the_unit_by_its_equation(form):
    rng = np.random.default_rng(1)
    unit = SpatialGatingUnit(6, 5, rng, form)
    for p in unit.parameters().values():
        p.data[...] = rng.standard_normal(p.shape)
    unit.astype(np.float64)
    z = rng.standard_normal((2, 5, 6))
    wanted = {
        "split": lambda: z[..., :3] * gate(z[..., 3:], unit),
        "multiplicative": lambda: z * gate(z, unit),
        "additive": lambda: z + gate(z, unit),
        "linear": lambda: gate(z, unit),
    }[form]()
    np.testing.assert_allclose(unit(Tensor(z)).data, wanted, rtol=1e-9, atol=1e-10)


def test_the_whole_network_by_the_equations():
    net, rng = network(**SMALL), np.random.default_rng(1)
    for p in net.parameters().values():
        p.data[...] = rng.standard_normal(p.shape) * 0.2
    net.astype(np.float64)
    x = rng.random((3, 20, 20))
    rows = x.reshape(3, 5, 4, 5, 4).transpose(0, 1, 3, 2, 4).reshape(3, 25, 16)
    y = rows @ net.stem.weight.data.reshape(24, 16).T + net.stem.bias.data
    for b in net.blocks:
        z = normed(y, b.norm) @ b.u.weight.data.T + b.u.bias.data
        z = 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
        y = y + (z[..., :24] * gate(z[..., 24:], b.gate)) @ b.v.weight.data.T + b.v.bias.data
    wanted = normed(y, net.norm).mean(1) @ net.head.weight.data.T + net.head.bias.data
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("form", ["split", "none"])
def test_without_gating_the_order_of_patches_is_nothing(form):
    net = network(gating=form, **SMALL)
    rng = np.random.default_rng(1)
    for b in net.blocks:
        if b.gate is not None:
            b.gate.spatial.weight.data[...] = rng.standard_normal((25, 25)) / 5
    x = frames(2)
    y = x.reshape(2, 5, 4, 5, 4)[:, ::-1].reshape(2, 20, 20)
    same = np.abs(net(Tensor(x)).data - net(Tensor(y)).data).max() < 1e-4
    assert same == (form == "none")


@pytest.mark.parametrize("changes", [{"patch": 3}, {"hidden": 7}])
def test_what_does_not_fit_is_refused(changes):
    with pytest.raises(ConfigError, match=r"do not fall into patches|no half"):
        GMLPConfig(**changes)


def test_it_learns_a_few_letters():
    deck = tasks.load("letters")
    learner = ENTRY.create(
        changes=SMALL | {"classes": 26, "recipe.shift": 0, "recipe.affine": 0.0, "recipe.warm_up": 0}
    )
    few = deck.train.stimuli[:26], deck.train.targets[:26]
    for _ in range(120):
        learner.reinforce(*few)
    assert (learner.respond(few[0]) == few[1]).all(1).mean() > 0.9


def test_the_catalogue_fits_the_classes():
    assert registry.fitted(ENTRY, tasks.load("digits").code) == {"classes": 10}
    assert registry.create("gmlp").config == ENTRY.retina
