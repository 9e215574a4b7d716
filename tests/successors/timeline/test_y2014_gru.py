import numpy as np
import pytest

from marki.errors import ConfigError
from successors import tasks
from successors.nn.tensor import Tensor
from successors.timeline.y2014_gru import ENTRY, GRU, GRUConfig
from successors.training import loop


def network(**changes):
    return GRU(GRUConfig(**{"hidden": 6, "eye": 5} | changes), np.random.default_rng(0))


def reels(n, steps, seed=0):
    return np.random.default_rng(seed).random((n, steps, 20, 20), np.float32)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_what_is_watched_are_the_gates_of_the_equations():
    net, x = network(), reels(3, 8)
    seen = net.watch(x)
    before = np.concatenate([np.zeros((3, 1, 6)), seen["state"][:, :-1]], 1)
    units = net.units
    inputs = net.eye(Tensor(x)).data
    candidate = np.tanh(
        inputs @ units.w_in.data[12:].T
        + units.b_in.data[12:]
        + seen["reset"] * (before @ units.w_state.data[12:].T + units.b_state.data[12:])
    )
    np.testing.assert_allclose(seen["state"], seen["update"] * before + (1 - seen["update"]) * candidate, atol=1e-5)
    with pytest.raises(ConfigError, match="nothing to watch"):
        network(gated=False).watch(x)


def test_update_gates_begin_by_remembering():
    x = np.zeros((1, 30, 5), np.float32)
    start = np.full((1, 6), 0.5, np.float32)
    keeping, losing = network(update_bias=8.0), network(update_bias=0.0)
    assert np.abs(keeping.units(Tensor(x), Tensor(start)).data[:, -1] - start).max() < 0.03
    assert np.abs(losing.units(Tensor(x), Tensor(start)).data[:, -1] - start).max() > 0.1


def test_it_learns_to_keep_a_letter():
    deck = tasks.load("recall", delay=10, letters="XO", views=20, slides=20, train=400, valid=60, test=60)
    learner = ENTRY.create(changes={"classes": 2, "recipe.steps": 150, "recipe.eval_every": 50})
    loop.train(learner, deck, learner.recipe)
    assert loop.evaluate(learner, deck, deck.valid) > 0.9
