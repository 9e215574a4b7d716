import numpy as np
import pytest

from marki.errors import ConfigError
from successors import registry, tasks
from successors.nn.module import training as in_training
from successors.nn.tensor import Tensor
from successors.timeline.y1997_lstm import ENTRY, LSTM, Eye, LSTMConfig
from successors.training import loop


def network(**changes):
    return LSTM(LSTMConfig(**{"hidden": 6, "eye": 5} | changes), np.random.default_rng(0))


def reels(n, steps, seed=0):
    return np.random.default_rng(seed).random((n, steps, 20, 20), np.float32)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


@pytest.mark.parametrize("forget", [True, False])
def test_equations_step_by_step(forget):
    net, x = network(forget=forget), reels(3, 7)
    w, u, b = (net.cells.state()[k] for k in ("w_in", "w_state", "bias"))
    seen = x.reshape(3, 7, 400) @ net.eye.layer.weight.data.T + net.eye.layer.bias.data
    h = c = np.zeros((3, 6))
    for t in range(7):
        parts = np.split(seen[:, t] @ w.T + h @ u.T + b, 4 if forget else 3, axis=1)
        keep = sigmoid(parts.pop(1)) if forget else 1
        entering, candidate, out = parts
        c = keep * c + sigmoid(entering) * np.tanh(candidate)
        h = sigmoid(out) * np.tanh(c)
    wanted = h @ net.output.weight.data.T + net.output.bias.data
    np.testing.assert_allclose(net(Tensor(x)).data, wanted, atol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"block": 2}, {"heard": True}, {"block": 3, "heard": True, "forget": False}])
def test_gates_begin_as_they_are_told(changes):
    net = network(input_bias=-2.0, forget_bias=3.0, **changes)
    gates = 6 // changes.get("block", 1)
    assert (net.cells.bias.data[:gates] == -2).all()
    if changes.get("forget", True):
        assert (net.cells.bias.data[gates : 2 * gates] == 3).all()


def test_gates_can_be_watched():
    seen = network().watch(reels(2, 9))
    assert {"input", "forget", "output", "cell"} <= set(seen)
    assert all(seen[name].shape == (2, 9, 6) for name in ("input", "forget", "output", "cell"))
    assert 0 < seen["input"].min() <= seen["input"].max() < 1
    for changes in ({"gated": False}, {"block": 2}):
        with pytest.raises(ConfigError, match="nothing to watch"):
            network(**changes).watch(reels(1, 2))
    with pytest.raises(ConfigError, match="blocks of 4"):
        LSTMConfig(hidden=6, block=4)


def test_the_eye_is_blind_to_the_same_cells_all_through_a_reel_and_only_while_learning():
    eye = Eye(400, 0, np.random.default_rng(0), gain=1.0, blind=0.5)
    x = reels(4, 3) + np.float32(0.1)
    with in_training(np.random.default_rng(1)):
        seen = eye(Tensor(x)).data
    dark = seen == 0
    assert (dark == dark[:, :1]).all()
    assert 0.4 < dark.mean() < 0.6
    assert not np.array_equal(dark[0], dark[1])
    np.testing.assert_array_equal(eye(Tensor(x)).data, x.reshape(4, 3, 400))


def test_it_learns_to_keep_a_letter():
    deck = tasks.load("recall", delay=10, letters="XO", views=20, slides=20, train=400, valid=60, test=60)
    learner = ENTRY.create(changes={"classes": 2, "recipe.steps": 150, "recipe.eval_every": 50})
    loop.train(learner, deck, learner.recipe)
    assert loop.evaluate(learner, deck, deck.valid) > 0.9


def test_the_trained_one_opens_its_input_gates_at_the_letter_and_shuts_them_after():
    learner = registry.create("lstm", pretrained=True)
    trial = ENTRY.trials[0]
    deck = tasks.load(trial.task, **dict(trial.options))
    open_ = learner.network.watch(deck.test.stimuli[:32])["input"].mean((0, 2))
    assert open_[0] > 2 * open_[1:].mean()
