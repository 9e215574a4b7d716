import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.grayscale import grayscale
from successors.nn.optimiser import SGD
from successors.nn.tensor import Tensor
from successors.timeline import y1986_mlp
from successors.timeline.y1986_mlp import ENTRY, MLP, MLPConfig, patterns

CHECKS = {check.name: check for check in ENTRY.checks}


def test_it_keeps_the_contract():
    deck = tasks.load("parity", grid=2, bits=4)
    check_learner(lambda: ENTRY.create(), stimuli=deck.train.stimuli[:40], targets=deck.train.targets[:40])


@pytest.mark.parametrize("name", [n for n, c in CHECKS.items() if not c.slow])
def test_what_the_paper_says(name):
    finding = CHECKS[name].run()
    assert finding.holds, finding.found


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, c in CHECKS.items() if c.slow])
def test_what_the_paper_says_and_takes_longer(name):
    finding = CHECKS[name].run()
    assert finding.holds, finding.found


def test_the_check_of_momentum_notices_another_alpha(monkeypatch):
    class Other(SGD):
        def __init__(self, parameters, **options):
            super().__init__(parameters, **options | {"momentum": 0.8})

    monkeypatch.setattr("successors.nn.recipe.SGD", Other)
    assert not y1986_mlp._momentum().holds


@pytest.mark.parametrize(("classes", "units"), [(2, 1), (3, 3), (26, 26)])
def test_two_classes_have_one_output_unit_and_more_have_one_each(classes, units):
    network = MLP(MLPConfig(classes=classes), np.random.default_rng(0))
    outputs = network(Tensor(np.random.default_rng(1).random((5, 20, 20))))
    assert outputs.shape == (5, units)
    labels = np.arange(5) % classes
    wanted = network.desired(labels, outputs)
    np.testing.assert_array_equal(network.decide(wanted), labels)
    error = 0.5 * ((outputs.data - wanted) ** 2).sum()
    assert network.loss(outputs, labels).item() == pytest.approx(error)


def test_where_no_error_is_carried_back_hidden_units_stay_as_they_were_drawn():
    for carried in (True, False):
        learner = ENTRY.create(changes={"carried": carried})
        before = {n: p.data.copy() for n, p in learner.network.parameters().items()}
        learner.reinforce(np.random.default_rng(0).random((8, 20, 20)).astype(np.float32), np.zeros((8, 8), bool))
        moved = {n for n, p in learner.network.parameters().items() if not np.array_equal(p.data, before[n])}
        outer = {"layers.1.weight", "layers.1.bias"}
        assert moved == (set(before) if carried else outer)


def test_all_patterns_are_there_once():
    assert len(np.unique(patterns(6), axis=0)) == 64


@pytest.mark.parametrize("side", [3, 5, 20])
def test_weights_as_fields_are_light(side):
    shown = grayscale(np.random.default_rng(0).standard_normal((4, side, side)))
    assert shown.shape == (4, 20, 20)
    assert shown.dtype == np.float32
    assert 0 <= shown.min() <= shown.max() <= 1
