import numpy as np
import pytest

from marki.io.exhibits import Rendering
from successors import registry
from successors.nn.attention import attention
from successors.nn.hooks import Seen, Watch, note, shaped, views, watching
from successors.nn.layers import GRULayer, Linear, LSTMLayer, RNNLayer, Sequential
from successors.nn.module import Module, training
from successors.nn.tensor import Tensor, no_grad


class Head(Module):
    """Attention of rows among themselves, in two heads."""

    def __init__(self, rng):
        self.rows = Linear(4, 4, rng)

    def forward(self, x):
        q = self.rows(x).reshape(len(x), -1, 2, 2).transpose(0, 2, 1, 3)
        return attention(q, q, q)


class Twice(Module):
    def __init__(self, rng):
        self.blocks = [Sequential(Linear(3, 4, rng), Tensor.tanh), {"inner": Linear(4, 4, rng)}]
        self.head = Head(rng)

    def forward(self, x):
        return self.head(self.blocks[1]["inner"](self.blocks[0](x)))


def rng():
    return np.random.default_rng(0)


def test_modules_are_seen_under_their_paths_with_what_they_are_given_and_return():
    network = Twice(rng())
    x = rng().random((1, 5, 3)).astype(np.float32)
    with no_grad(), watching(network) as seen:
        y = network(Tensor(x))
    paths = ["", "blocks.0", "blocks.0.layers.0", "blocks.1.inner", "head", "head.attention", "head.rows"]
    assert sorted(seen) == paths
    assert np.array_equal(seen[""][0], y.data)
    assert np.array_equal(seen.given[""][0], x)
    first = network.blocks[0].layers[0]
    assert np.array_equal(seen["blocks.0.layers.0"][0], x @ first.weight.data.T + first.bias.data)
    assert np.array_equal(seen.given["blocks.1.inner"][0], np.tanh(seen["blocks.0.layers.0"][0]))


def test_attention_shows_its_weights():
    network = Twice(rng())
    with no_grad(), watching(network) as seen:
        for _ in range(2):
            network(Tensor(rng().random((1, 5, 3)).astype(np.float32)))
    (weights, again), rows = seen["head.attention"], seen["head.rows"][0]
    assert weights.shape == (1, 2, 5, 5)
    assert np.array_equal(weights, again)
    q = rows.reshape(5, 2, 2).transpose(1, 0, 2)
    scores = np.exp(q @ q.transpose(0, 2, 1) / 2**0.5)
    assert np.allclose(weights[0], scores / scores.sum(-1, keepdims=True), atol=1e-6)


def test_what_is_seen_is_a_copy():
    network = Sequential(Linear(3, 3, rng()))
    x = np.ones((1, 3), np.float32)
    with watching(network) as seen:
        network(Tensor(x))
    x[:] = 7
    assert (seen.given[""][0] == 1).all()


def test_gates_and_states_are_seen_over_time():
    x = Tensor(rng().standard_normal((1, 6, 3)).astype(np.float32))
    wanted = {
        LSTMLayer: {"cells", "cells.input", "cells.forget", "cells.candidate", "cells.output", "cells.cell"},
        GRULayer: {"cells", "cells.reset", "cells.update", "cells.candidate"},
        RNNLayer: {"cells", "cells.states"},
    }
    for kind, paths in wanted.items():

        class Net(Module):
            def __init__(self, kind=kind):
                self.cells = kind(3, 4, rng())

            def forward(self, x):
                return self.cells(x)[:, -1]

        network = Net()
        with no_grad():
            alone = network(x).data
            with watching(network) as seen:
                assert np.array_equal(network(x).data, alone)
        assert set(seen) == paths | {""}
        assert {a.shape for path in paths for a in seen[path]} == {(1, 6, 4)}
    update, candidate = (seen_of(GRULayer, x)[f"cells.{n}"][0] for n in ("update", "candidate"))
    states = seen_of(GRULayer, x)["cells"][0]
    before = np.concatenate([np.zeros((1, 1, 4), np.float32), states[:, :-1]], 1)
    assert np.allclose(states, (1 - update) * candidate + update * before, atol=1e-6)


def seen_of(kind, x):
    class Net(Module):
        def __init__(self):
            self.cells = kind(3, 4, rng())

        def forward(self, x):
            return self.cells(x)

    network = Net()
    with no_grad(), watching(network) as seen:
        network(x)
    return seen


def test_who_does_not_look_sees_nothing_and_changes_nothing():
    network = Twice(rng())
    x = Tensor(rng().random((1, 5, 3)).astype(np.float32))
    with watching(network) as seen:
        pass
    network(x)
    note("anything", np.zeros(3))
    assert seen == {}
    with pytest.raises(ZeroDivisionError), watching(network):
        raise ZeroDivisionError
    network(x)
    assert seen == {}


def test_modules_of_another_network_are_not_seen():
    network, other = Twice(rng()), Sequential(Linear(3, 3, rng()))
    with watching(network) as seen:
        other(Tensor(np.ones((1, 3), np.float32)))
    assert seen == {}


def test_gradients_are_the_same_while_watched():
    found = []
    for look in (False, True):
        network = Twice(rng())
        x = Tensor(rng().random((2, 5, 3)).astype(np.float32))
        with training(rng()):
            if look:
                with watching(network):
                    y = network(x)
            else:
                y = network(x)
        (y * y).sum().backward()
        found.append([p.grad for p in network.parameters().values()])
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize(
    ("given", "look", "wanted"),
    [
        ((1, 3, 5, 4), Rendering.MAPS, (3, 5, 4)),
        ((1, 3, 25), Rendering.MAPS, (3, 5, 5)),
        ((1, 7, 4), Rendering.ROWS, (7, 4)),
        ((1, 4), Rendering.BARS, (4,)),
        ((1, 4, 1, 1), Rendering.BARS, (4,)),
        ((1, 2, 5, 6), Rendering.ATTENTION, (2, 5, 6)),
        ((1, 4, 2, 5, 5), Rendering.ATTENTION, (8, 5, 5)),
    ],
)
def test_each_look_has_its_shape(given, look, wanted):
    array = shaped(np.ones(given), look)
    assert array.shape == wanted
    assert array.dtype == np.float32


def test_a_register_that_took_no_part_is_left_out():
    network = Sequential(Linear(3, 3, rng()))
    watches = (
        Watch(name="there", path="layers.0", rendering=Rendering.BARS),
        Watch(name="gone", path="x", rendering=Rendering.BARS),
    )
    with watching(network) as seen:
        network(Tensor(np.ones((1, 3), np.float32)))
    assert [v.name for v in views(watches, seen, network, np.ones((1, 3)))] == ["there"]
    assert views(watches, Seen(network), network, np.ones((1, 3))) == ()


class Again(Module):
    """The same layer twice."""

    def __init__(self, rng):
        self.layer = Linear(3, 3, rng)

    def forward(self, x):
        return self.layer(self.layer(x))


def test_of_a_module_that_is_called_twice_the_last_call_is_shown():
    network, x = Again(rng()), np.ones((1, 3), np.float32)
    watches = tuple(Watch(name=str(g), path="layer", rendering=Rendering.BARS, given=g) for g in (False, True))
    with no_grad(), watching(network) as seen:
        last = network(Tensor(x)).data
    returned, given = views(watches, seen, network, x)
    assert np.array_equal(returned.array, last[0])
    assert np.array_equal(given.array, seen["layer"][0][0])


AXES = {Rendering.MAPS: 3, Rendering.ROWS: 2, Rendering.BARS: 1, Rendering.ATTENTION: 3, Rendering.TOKENS: 1}


@pytest.mark.parametrize("name", registry.names())
def test_every_system_shows_all_its_registers(name):
    system = registry.find(name)
    trial = system.entry.trials[0]
    learner = system.entry.create(changes=registry.settings(system.entry, trial))
    x = np.asarray(registry.sample(trial).test.stimuli[:1])
    alone = learner.respond(x)
    with watching(learner.network) as seen:
        answers, shares = learner.weigh(x)
    assert np.array_equal(answers, alone)
    found = views(system.entry.registers, seen, learner.network, x)
    assert [v.name for v in found] == [w.name for w in system.entry.registers] != []
    for view in found:
        assert view.array.ndim == AXES[view.rendering]
        assert view.array.size
        assert view.rendering is Rendering.TOKENS or (view.array.dtype == np.float32 and np.isfinite(view.array).all())
    assert shares.shape[0] == 1
    if shares.size and np.isfinite(shares).all():
        assert (shares >= 0).all()
        assert shares.sum() <= 1 + 1e-5
        assert registry.sample(trial).code[shares.argmax()].tolist() == answers[0].tolist()
