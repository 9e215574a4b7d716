import numpy as np
import pytest

from successors import tasks
from successors.nn.module import training as in_training
from successors.nn.tensor import Tensor
from successors.timeline.y1986_rnn import ENTRY, RNN, RNNConfig
from successors.training import loop


def network(**changes):
    return RNN(RNNConfig(**changes), np.random.default_rng(0))


def reels(n, steps, seed=0):
    return np.random.default_rng(seed).random((n, steps, 20, 20), np.float32)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_elman_step_by_step():
    net, x = network(hidden=7), reels(3, 5)
    state = np.zeros((3, 7))
    for t in range(5):
        state = np.tanh(x[:, t].reshape(3, 400) @ net.w_in.data.T + state @ net.w_state.data.T + net.bias.data)
    wanted = state @ net.output.weight.data.T + net.output.bias.data
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, atol=1e-5)


def test_without_a_context_only_the_last_exposure_counts():
    net, x = network(recurrent=False), reels(4, 6)
    other = x.copy()
    other[:, :-1] = 0
    np.testing.assert_array_equal(net(Tensor(x)).data, net(Tensor(other)).data)
    whole = network()
    assert not np.allclose(whole(Tensor(x)).data, whole(Tensor(other)).data)


def test_rolling_moves_all_exposures_of_a_film_alike_and_only_while_learning():
    net, x = network(rolled=True), reels(5, 3)
    with in_training(np.random.default_rng(1)):
        seen = net.look(Tensor(x)).data.reshape(x.shape)
    assert not np.array_equal(seen, x)
    for film, shown in zip(seen, x, strict=True):
        shifts = [
            [(a, b) for a in range(20) for b in range(20) if np.array_equal(np.roll(shown[t], (a, b), (0, 1)), film[t])]
            for t in range(3)
        ]
        assert shifts[0]
        assert shifts[0] == shifts[1] == shifts[2]
    np.testing.assert_array_equal(net.look(Tensor(x)).data.reshape(x.shape), x)


def test_the_error_shrinks_on_its_way_back():
    net = network(hidden=16, spread=0.5)
    lengths = net.errors(reels(3, 30), np.array([0, 1, 2]))
    assert lengths.shape == (30,)
    assert lengths[0] < 1e-6 * lengths[-1]
    stronger = net.errors(reels(3, 30), np.array([0, 1, 2]), 2.0)
    assert stronger[0] > 100 * lengths[0]


@pytest.mark.parametrize("context", ["hidden", "output"])
def test_it_learns_which_way(context):
    deck = tasks.load("drift", train=400, valid=80, test=80)
    learner = ENTRY.create(changes={"context": context, "recipe.steps": 120, "recipe.eval_every": 120})
    before = loop.evaluate(learner, deck, deck.train)
    loop.train(learner, deck, learner.recipe)
    assert loop.evaluate(learner, deck, deck.train) > max(0.3, before + 0.1)
