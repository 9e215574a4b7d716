"""A network that is shown single stimuli answers by the same calls, with the same bits; whoever looks on sees all."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

from marki.io.ports import Port
from successors import registry
from successors.nn import activity, initial, macs
from successors.nn.hooks import watching
from successors.nn.layers import BatchNorm2d, Conv2d, Linear
from successors.nn.module import Module, training
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig
from successors.nn.replay import LARGEST, SHAPES, Routine, replayed
from successors.nn.tensor import ShapeError, Tensor, no_grad

RULED = ("perceptron", "neocognitron", "hopfield")
"""Systems that answer by a rule of their own, without tensors."""
READERS = [
    s.name
    for s in registry.systems()
    if s.entry.accepts in (Port.FRAME, Port.REEL) and s.entry.answers is Port.LAMPS and s.name not in RULED
]


class Small(Network):
    """A convolution, a norm, a weight of its own, and a linear layer; it counts how often it is run."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        super().__init__(NetworkConfig(), rng)
        self.stem, self.norm = Conv2d(1, 4, 3, rng, padding=1), BatchNorm2d(4)
        self.scale = initial.constant((4, 1, 1), 2.0)
        self.output = Linear(4, 3, rng)
        self._runs = []

    def forward(self, x):
        self._runs.append(len(x))
        x = self.norm(self.stem(x.reshape(len(x), 1, *x.shape[1:]))).relu()
        return self.output((x * (self.scale * self.scale)).mean((2, 3)))


def frame(seed, rows=1, side=6):
    return np.random.default_rng(seed).random((rows, side, side), np.float32)


def shown(network, *seeds, rows=1):
    """Return the outputs for frames, one after the other."""
    with no_grad():
        return [network(Tensor(frame(seed, rows))).data for seed in seeds]


def wanted(network, *seeds):
    with no_grad():
        return [network.forward(Tensor(frame(seed))).data for seed in seeds]


def same(some, others):
    return [a.tobytes() for a in some] == [a.tobytes() for a in others]


def ready(seed=0):
    """Return a network that is replayed from now on."""
    network = Small(seed)
    shown(network, 1, 2)
    network._runs.clear()
    return network


@pytest.mark.parametrize("name", READERS)
def test_every_reader_of_the_timeline_is_replayed_with_the_same_bits(name):
    learner = registry.create(name)
    network, rng = learner.network, np.random.default_rng(0)
    shape = (1, 7, 20, 20) if learner.accepts is Port.REEL else (1, 20, 20)
    stimuli = [rng.random(shape, np.float32) for _ in range(4)]
    for p in network.parameters().values():  # so that nothing is hidden behind weights that are zero at first
        p.data += rng.normal(0, 0.02, p.shape).astype(p.dtype)
    with no_grad():
        for again in range(2):
            for x in stimuli:
                plain = network.forward(Tensor(x)).data
                assert network(Tensor(x)).data.tobytes() == plain.tobytes()
            assert replayed(network, Tensor(stimuli[0])) is not None
            for array in network.state().values():
                if array.dtype.kind == "f":
                    array *= array.dtype.type(0.9 + 0.05 * again)


def test_a_shape_is_run_twice_and_then_replayed():
    network = Small()
    assert same(shown(network, *range(6)), wanted(Small(), *range(6)))
    assert network._runs == [1, 1, 1]
    with no_grad():
        assert network(Tensor(frame(0, side=8))).shape == (1, 3)
    assert network._runs == [1, 1, 1, 1]


def test_a_network_that_draws_by_chance_is_not_replayed():
    network = Small()
    forward, rng = network.forward, np.random.default_rng(0)
    network.forward = lambda x: forward(x) + Tensor(rng.random((1, 3), np.float32))
    found = shown(network, *[1] * 6)
    assert len({output.tobytes() for output in found}) == 6
    with no_grad():
        assert replayed(network, Tensor(frame(1))) is None


def test_answers_stay_as_they_were_given():
    network = ready()
    first, kept = shown(network, 3)[0], wanted(network, 3)[0]
    shown(network, 4, 5)
    assert np.array_equal(first, kept)


def test_weights_and_running_moments_may_change_in_place():
    network = ready()
    for array in network.state().values():
        array += 0.25
    assert same(shown(network, 3, 4), wanted(network, 3, 4))
    assert network._runs == [1, 1]  # what is wanted, and nothing else


def test_another_array_in_the_place_of_a_weight_or_moment_is_noticed():
    for dtype in (np.float64, np.float32):
        network = ready().astype(dtype)
        network.norm.__dict__["variance"] = network.norm.variance * 3  # not even an attribute is set
        network.scale.data = network.scale.data * 2
        assert same(shown(network, 3, 4, 5), wanted(network, 3, 4, 5))


def test_another_part_is_noticed():
    network = ready()
    network.stem = Conv2d(1, 4, 3, np.random.default_rng(7), padding=1)
    assert same(shown(network, 3, 4, 5), wanted(network, 3, 4, 5))
    network.norm._eps = 0.5
    assert same(shown(network, 3, 4, 5), wanted(network, 3, 4, 5))


def test_batches_and_large_stimuli_are_run():
    network = ready()
    shown(network, 1, 1, 1, rows=2)
    side = int(LARGEST**0.5) + 1
    with no_grad():
        for _ in range(3):
            network(Tensor(frame(0, side=side)))
    assert network._runs == [2, 2, 2, 1, 1, 1]


def test_another_order_of_memory_is_run():
    network = ready()
    with no_grad():
        network(Tensor(frame(0).transpose(0, 2, 1)))
    assert network._runs == [1]


def test_gradients_are_as_ever():
    network = ready()
    network(Tensor(frame(3))).sum().backward()
    assert network.scale.grad is not None
    assert network._runs == [1]


def test_training_mode_is_run():
    network = ready()
    before = network.norm.mean.copy()
    with training(np.random.default_rng(0)):
        shown(network, 3)
    assert network._runs == [1]
    assert not np.array_equal(network.norm.mean, before)


def test_watchers_tallies_and_monitors_see_everything():
    network = ready()
    with watching(network) as seen:
        output = shown(network, 3)[0]
    assert np.array_equal(seen[""][0], output)
    assert set(seen) == {"", "stem", "norm", "output"}
    with macs.tally() as total:
        shown(network, 3)
    assert total[0] == 36 * 4 * 9 + 4 * 3
    with activity.monitored(1, repeated=False) as monitor:
        shown(network, 3)
    assert len(monitor.rectified) == 1
    assert network._runs == [1, 1, 1]
    shown(network, 3)
    assert network._runs == [1, 1, 1]  # and then again without being run


class Peeking(Small):
    """Decides by the number of what it sees."""

    def forward(self, x):
        self._runs.append(len(x))
        return x * 2 if float(x.data.mean()) > 0.5 else x * 3


class Paired(Small):
    """Keeps an array where nothing can be put in its place."""

    def __init__(self):
        super().__init__()
        self.pair = (Linear(6, 3, np.random.default_rng(0)), np.full(6, 2.0, np.float32))

    def forward(self, x):
        return self.pair[0](x * self.pair[1])


class Constant(Small):
    """Returns no tensor of its input."""

    def forward(self, x):
        return Tensor(np.ones(3))


@pytest.mark.parametrize("kind", [Peeking, Paired, Constant])
def test_networks_that_cannot_be_written_down_are_run(kind):
    network = kind()
    state = {name: array.copy() for name, array in network.state().items()}
    assert same(shown(network, *range(5)), wanted(network, *range(5)))
    assert all(type(array) is np.ndarray for array in network.state().values())
    assert all(np.array_equal(array, state[name]) for name, array in network.state().items())
    with no_grad(), pytest.raises((TypeError, AttributeError)):
        Routine(network, frame(0))


def test_errors_are_those_of_the_network():
    network = Small()
    for _ in range(3):
        with no_grad(), pytest.raises(ShapeError, match="images of shape"):
            network(Tensor(np.zeros((1, 2, 3, 4), np.float32)))


@pytest.mark.parametrize("way", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copy_has_routines_of_its_own(way):
    network = ready()
    other = way(network)
    for p in other.parameters().values():
        p.data += 1
    for each in (network, other):
        assert same(shown(each, 3, 4, 5), wanted(each, 3, 4, 5))


def test_no_more_than_some_shapes_are_kept():
    network = Small()
    with no_grad():
        for _ in range(3):
            for side in range(3, 3 + 2 * SHAPES):
                network(Tensor(frame(0, side=side)))
    assert len(network._runs) == 6 * SHAPES  # each was forgotten before it came again


def test_a_network_is_forgotten_with_its_routines():
    network = ready()
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


class Inner(Network):
    """A network in another one is part of that one's routine."""

    def __init__(self):
        rng = np.random.default_rng(0)
        super().__init__(NetworkConfig(), rng)
        self.inner = Small()

    def forward(self, x):
        return self.inner(x) + 1


def test_a_network_within_a_network():
    network = Inner()
    assert same(shown(network, *range(6)), wanted(Inner(), *range(6)))
    assert (
        len(network.inner._runs) == 4
    )  # once, written down and compared with the outer one, written down and compared itself


def test_other_modules_and_inputs_are_left_alone():
    class Plain(Module):
        def forward(self, x, more=1):
            return x * more

    assert replayed(Plain(), np.zeros((1, 3))) is None
    network = ready()
    with pytest.raises(TypeError):
        network(Tensor(frame(0)), more=2)
