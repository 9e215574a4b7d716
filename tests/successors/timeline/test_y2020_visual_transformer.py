import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.tensor import Tensor
from successors.timeline.y2020_visual_transformer import ENTRY, VTConfig, VTModule, VTResNet

FRAMES = np.random.default_rng(0).random((12, 20, 20)).astype(np.float32)


def test_it_keeps_the_contract():
    deck = tasks.load("letters")
    check_learner(ENTRY.create, stimuli=deck.train.stimuli[:20], targets=deck.train.targets[:20])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_counts():
    """As they follow from the equations; the table's own figures stand in the entry."""
    counts = {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()}
    assert counts == {
        "VT-ResNet-50": 21_157_928,
        "VT-ResNet-18": 11_061_800,
        "VT-ResNet-34": 20_289_320,
        "VT-ResNet-101": 40_150_056,
    }


def softmax(a, axis):
    a = np.exp(a - a.max(axis, keepdims=True))
    return a / a.sum(axis, keepdims=True)


@pytest.mark.parametrize("width", [6, 10])
def test_two_modules_by_the_equations(width):
    """The second is guided by the tokens of the first; matrices between widths are there only where these differ."""
    rng = np.random.default_rng(0)
    first = VTModule(6, 4, width, rng, guided=False)
    second = VTModule(6, 4, width, rng, guided=True, last=True)
    for module in (first, second):
        module.astype(np.float64)
    x = rng.standard_normal((2, 9, 6))

    def weights(layer):
        return np.eye(width) if layer is None else layer.weight.data.T

    def transformed(t, module):
        m = module.transformer
        q, k = t @ m.query.weight.data.T, t @ m.key.weight.data.T
        t = t + softmax(q @ k.swapaxes(1, 2) / np.sqrt(width // 2), -1) @ t
        hidden = np.maximum(t @ m.perceptron.first.weight.data.T + m.perceptron.first.bias.data, 0)
        return t + hidden @ m.perceptron.second.weight.data.T + m.perceptron.second.bias.data

    attended = softmax(x @ first.tokenizer.filters.data.T / np.sqrt(6), 1)
    tokens = transformed(attended.swapaxes(1, 2) @ x @ weights(first.tokenizer.values), first)
    p = first.projector
    q, k = x @ p.query.weight.data.T, tokens @ p.key.weight.data.T
    cells = x + softmax(q @ k.swapaxes(1, 2) / np.sqrt(3), -1) @ (tokens @ weights(p.values))
    guide = tokens @ second.tokenizer.guide.weight.data.T
    attended = softmax(cells @ guide.swapaxes(1, 2) / np.sqrt(6), 1)
    wanted = transformed(attended.swapaxes(1, 2) @ cells @ weights(second.tokenizer.values), second)

    seen, between = first(Tensor(x), None)
    np.testing.assert_allclose(between.data, tokens, rtol=1e-9)
    np.testing.assert_allclose(seen.data, cells, rtol=1e-9)
    same, found = second(seen, between)
    assert same is seen
    np.testing.assert_allclose(found.data, wanted, rtol=1e-9)


def test_without_spatial_attention_every_token_is_the_mean():
    network = VTResNet(VTConfig(spatial=False), np.random.default_rng(0))
    tokenizer = network.modules[0].tokenizer
    cells = network.cells(Tensor(FRAMES))
    tokens = tokenizer(cells, None).data
    wanted = cells.data.mean(1, keepdims=True) @ tokenizer.values.weight.data.T
    np.testing.assert_allclose(tokens, np.broadcast_to(wanted, tokens.shape), rtol=1e-4, atol=1e-5)


def test_without_modules_the_mean_of_the_cells_is_read():
    network = VTResNet(VTConfig(modules=0), np.random.default_rng(0))
    wanted = network.cells(Tensor(FRAMES)).data.mean(1) @ network.output.weight.data.T + network.output.bias.data
    np.testing.assert_allclose(network(Tensor(FRAMES)).data, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"modules": 0}, {"spatial": False}, {"tokens": 2}])
def test_figures_can_be_drawn(changes):
    learner = ENTRY.create(changes=changes)
    for figure in ENTRY.figures:
        shown = figure.measure(learner, FRAMES, np.zeros((12, 8), bool))
        assert all(rows.shape == (12, 20, 20) for rows in shown.values())
