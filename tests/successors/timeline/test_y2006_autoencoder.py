"""The deep autoencoder: its sizes, who learns in which stage, the free energy, and the statements of the paper."""

import itertools

import numpy as np
import pytest

from successors.nn.gradcheck import check
from successors.nn.tensor import Tensor, logistic
from successors.timeline.y2006_autoencoder import ENTRY, Autoencoder, AutoencoderConfig

SMALL = AutoencoderConfig(widths=(9, 4, 3))
FRAMES = np.random.default_rng(0).random((6, 20, 20), np.float32)


def both_ways(*widths):
    return sum(2 * a * b + a + b for a, b in itertools.pairwise(widths))


def test_the_sizes_of_the_text():
    wanted = {"digits": 2_837_314, "curves": 842_340, "faces": 7_537_655}
    for name, size in ENTRY.sizes.items():
        assert ENTRY.count(size.config) == both_ways(*size.config.widths) == wanted[name]


def test_the_free_energy_sums_over_all_hidden_units():
    network = Autoencoder(SMALL, np.random.default_rng(0)).astype(np.float64)
    up, down = network.up[0], network.down[0]
    up.bias.data[:], down.bias.data[:] = np.random.default_rng(1).standard_normal((2, 9))[:, :9][0, :4], 0.3
    v = np.random.default_rng(2).random((5, 9))
    total = 0.0
    for bits in itertools.product((0, 1), repeat=4):
        h = np.array(bits, float)
        total = total + np.exp(v @ down.bias.data + h @ up.bias.data + v @ up.weight.data.T @ h)
    assert network.free_energy(Tensor(v), 0).data == pytest.approx(-np.log(total))
    check(lambda v: network.free_energy(v, 0), v)
    # Of linear units with noise of variance 1 the sum is an integral; its log is c v + |W v + b|² / 2 and a constant.
    hidden = v[:, :4]
    top = network.up[1]
    sums = hidden @ top.weight.data.T + top.bias.data
    wanted = -(hidden @ network.down[1].bias.data) - (sums**2).sum(1) / 2
    assert network.free_energy(Tensor(hidden), 1).data == pytest.approx(wanted)


def moved(learner, steps):
    found = []
    for _ in range(steps):
        before = {n: a.copy() for n, a in learner.weights().items()}
        learner.reinforce(FRAMES, FRAMES)
        found.append({n for n, a in learner.weights().items() if not np.array_equal(a, before[n])})
    return found


def small(**changes):
    changes = {"widths": (400, 8, 6, 5, 3), "recipe.steps": 10, "recipe.stages": (0.1, 0.1, 0.1, 0.1, 0.6)} | changes
    return ENTRY.create(changes=changes)


def test_each_layer_learns_by_itself_and_then_all_together():
    learner = small()
    found = moved(learner, 4)
    for number in range(4):
        assert found[number] == {f"up.{number}.weight", f"up.{number}.bias", f"down.{number}.bias"}
    ups = [layer.weight.data.copy() for layer in learner.network.up]
    # Of the lowest layer the gradient may be too small to move a number of single precision: that is the paper's point.
    assert moved(learner, 1)[0] > {f"down.{number}.weight" for number in range(4)}
    assert len(learner.optimiser.parameters) == 16
    # Unrolled before the first step together, which is short.
    for up, down in zip(ups, learner.network.down, strict=True):
        assert np.abs(down.weight.data - up.T).max() < 0.05


def test_without_pretraining_all_learn_from_the_start():
    learner = small(pretrained=False)
    # What reads the code, which is next to nothing as yet, may move by less than single precision holds.
    assert moved(learner, 1)[0] > {f"down.{number}.weight" for number in range(3)}
    assert [len(rule.parameters) for rule in learner.optimisers] == [16] * 5


def test_what_is_given_back_is_the_decoded_code():
    learner = small()
    network = learner.network
    code = network.encode(Tensor(FRAMES).flatten())
    assert code.shape == (6, 3)
    back = learner.respond(FRAMES)
    np.testing.assert_allclose(back, logistic(network.decode(code).data).reshape(6, 20, 20))
    # The code is not squashed.
    last = network.up[-1]
    below = network.encode(Tensor(FRAMES).flatten(), 3).data
    np.testing.assert_allclose(code.data, below @ last.weight.data.T + last.bias.data, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
