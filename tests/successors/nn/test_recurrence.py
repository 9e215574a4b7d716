"""Recurrent layers: against central differences, and against torch with the same weights."""

import numpy as np
import pytest

from successors.nn.gradcheck import check
from successors.nn.gru import gru
from successors.nn.lstm import lstm
from successors.nn.macs import tally
from successors.nn.rnn import rnn
from successors.nn.tensor import ShapeError, Tensor, no_grad

N, T, D, H = 3, 5, 4, 6


def arrays(gates, biases=1, starts=0, dtype=np.float64):
    rng = np.random.default_rng(gates)
    shapes = [(N, T, D), (gates * H, D), (gates * H, H), *[(gates * H,)] * biases, *[(N, H)] * starts]
    return [(rng.standard_normal(s) * (1 if k == 0 else 0.4)).astype(dtype) for k, s in enumerate(shapes)]


@pytest.mark.parametrize("starts", [0, 1])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_rnn_differences(activation, starts):
    check(lambda *a: rnn(*a, activation=activation), *arrays(1, starts=starts))


@pytest.mark.parametrize("starts", [0, 1])
def test_gru_differences(starts):
    check(gru, *arrays(3, biases=2, starts=starts))


@pytest.mark.parametrize("starts", [0, 2])
@pytest.mark.parametrize("peep", [False, True])
@pytest.mark.parametrize("forget", [False, True])
def test_lstm_differences(forget, peep, starts):
    gates = 4 if forget else 3
    given = arrays(gates, starts=starts)
    if peep:
        given.append(np.random.default_rng(9).standard_normal((gates - 1, H)))

    def f(x, w, u, b, *rest):
        return lstm(x, w, u, b, rest[:2] if starts else None, forget=forget, peephole=rest[-1] if peep else None)

    check(f, *given)


@pytest.mark.parametrize("starts", [0, 2])
@pytest.mark.parametrize("forget", [False, True])
def test_lstm_with_its_last_cell(forget, starts):
    given = arrays(4 if forget else 3, starts=starts)

    def run(x, w, u, b, *start, **how):
        return lstm(x, w, u, b, start or None, forget=forget, **how)

    tensors = [Tensor(a) for a in given]
    states, cell, shown = run(*tensors, trace=True, last=True)
    assert np.array_equal(states.data, run(*tensors).data)
    assert np.array_equal(cell.data, shown["cell"][:, -1])
    with no_grad():
        for two in (run(*tensors, last=True), run(*(Tensor(a, requires_grad=True) for a in given), last=True)):
            assert all(np.array_equal(a.data, b.data) for a, b in zip(two, (states, cell), strict=True))
    check(lambda *t: run(*t, last=True)[1], *given)
    check(lambda *t: run(*t, last=True)[0], *given)

    def both(*t):
        states, cell = run(*t, last=True)
        return states[:, 1] * cell + cell * cell

    check(both, *given)


@pytest.mark.parametrize("peep", [False, True])
@pytest.mark.parametrize("forget", [False, True])
@pytest.mark.parametrize("many", [1, N])
def test_lstm_is_the_same_where_no_step_is_kept(many, forget, peep):
    gates = 4 if forget else 3
    x, *weights = (Tensor(a, requires_grad=True) for a in arrays(gates, dtype=np.float32))
    peephole = Tensor(np.random.default_rng(9).standard_normal((gates - 1, H)).astype(np.float32)) if peep else None
    kept = lstm(x[:many], *weights, forget=forget, peephole=peephole)
    with no_grad():
        forgotten = lstm(x[:many], *weights, forget=forget, peephole=peephole)
    assert np.array_equal(kept.data, forgotten.data)


def test_two_layers_hand_their_cells_on():
    # A second call that begins where the first ended gives what one call gives.
    x, w, u, b = (Tensor(a) for a in arrays(4))
    whole = lstm(x, w, u, b)
    states, cell = lstm(x[:, :2], w, u, b, last=True)
    rest = lstm(x[:, 2:], w, u, b, (states[:, -1], cell))
    np.testing.assert_allclose(rest.data, whole.data[:, 2:], rtol=1e-12)


@pytest.mark.parametrize(("kind", "gates"), [("tanh", 1), ("relu", 1), ("lstm", 4), ("gru", 3)])
def test_same_as_torch(kind, gates):
    torch = pytest.importorskip("torch")
    x, w, u, b, c, h0, c0 = arrays(gates, biases=2, starts=2, dtype=np.float32)
    if kind == "lstm":
        layer = torch.nn.LSTM(D, H, batch_first=True)
    elif kind == "gru":
        layer = torch.nn.GRU(D, H, batch_first=True)
    else:
        layer = torch.nn.RNN(D, H, batch_first=True, nonlinearity=kind)
    for parameter, value in zip(layer.parameters(), (w, u, b, c), strict=True):
        parameter.data = torch.tensor(value)
    their_x, their_h, their_c = (torch.tensor(a, requires_grad=True) for a in (x, h0, c0))
    theirs, _ = layer(their_x, (their_h[None], their_c[None]) if kind == "lstm" else their_h[None])
    g = np.random.default_rng(5).standard_normal((N, T, H)).astype(np.float32)
    theirs.backward(torch.tensor(g))

    tensors = tx, tw, tu, tb, tc, th, tcell = [Tensor(a, requires_grad=True) for a in (x, w, u, b, c, h0, c0)]
    if kind == "lstm":
        ours = lstm(tx, tw, tu, tb + tc, (th, tcell))
    elif kind == "gru":
        ours = gru(tx, tw, tu, tb, tc, th)
    else:
        ours = rnn(tx, tw, tu, tb + tc, th, kind)
    ours.backward(g)
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-5, atol=1e-5)
    wanted = [their_x.grad, *(p.grad for p in layer.parameters()), their_h.grad, their_c.grad]
    for tensor, gradient in zip(tensors, wanted, strict=True):
        if gradient is None:
            assert tensor.grad is None
            continue
        gradient = gradient.numpy()
        np.testing.assert_allclose(tensor.grad, gradient, rtol=1e-5, atol=1e-5 * max(1, np.abs(gradient).max()))
        assert tensor.grad.dtype == np.float32


@pytest.mark.parametrize("forget", [False, True])
def test_lstm_trace_obeys_the_equations(forget):
    x, w, u, b, h0, c0 = (Tensor(a) for a in arrays(4 if forget else 3, starts=2))
    states, shown = lstm(x, w, u, b, (h0, c0), forget=forget, trace=True)
    before = np.concatenate([c0.data[:, None], shown["cell"][:, :-1]], 1)
    kept = shown["forget"] * before if forget else before
    np.testing.assert_allclose(shown["cell"], kept + shown["input"] * shown["candidate"], atol=1e-12)
    np.testing.assert_allclose(states.data, shown["output"] * np.tanh(shown["cell"]), atol=1e-12)
    assert ("forget" in shown) is forget


def test_carousel_keeps_error_without_loss():
    """With closed gates and no forget gate the gradient of the last cell reaches the first undiminished."""
    w, u = Tensor(np.zeros((3, 1))), Tensor(np.zeros((3, 1)))
    bias = Tensor(np.array([-100.0, 0.0, 100.0]))
    h0, c0 = Tensor(np.zeros((1, 1))), Tensor(np.zeros((1, 1)), requires_grad=True)
    lstm(Tensor(np.zeros((1, 200, 1))), w, u, bias, (h0, c0), forget=False)[:, -1].backward(np.ones((1, 1)))
    np.testing.assert_allclose(c0.grad, 1, rtol=1e-12)


@pytest.mark.parametrize(("function", "gates", "biases"), [(rnn, 1, 1), (lstm, 4, 1), (gru, 3, 2)])
def test_without_tape_same_values_and_cost(function, gates, biases):
    tensors = [Tensor(a, requires_grad=True) for a in arrays(gates, biases)]
    with tally() as spent:
        kept = function(*tensors)
    with no_grad():
        free = function(*tensors)
    np.testing.assert_allclose(free.data, kept.data, rtol=1e-12, atol=1e-12)
    assert spent == [N * T * gates * H * (H + D)]
    assert not free.requires_grad


@pytest.mark.parametrize(("function", "gates", "biases"), [(rnn, 1, 1), (lstm, 4, 1), (gru, 3, 2)])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_wrong_shapes_are_named(function, gates, biases, place):
    tensors = [Tensor(a) for a in arrays(gates, biases)]
    bad = tensors[place] = Tensor(tensors[place].data[..., :-1])
    # A state weight of another width tells of another h, and is then itself not square.
    with pytest.raises(ShapeError) as error:
        function(*tensors)
    assert str(bad.shape) in str(error.value)


def test_wrong_start_peephole_dtype():
    x, w, u, b = (Tensor(a) for a in arrays(4))
    bad = Tensor(np.zeros((N + 1, H)))
    with pytest.raises(ShapeError, match=r"\(4, 6\)"):
        lstm(x, w, u, b, (bad, bad))
    with pytest.raises(ShapeError, match=r"\(2, 6\)"):
        lstm(x, w, u, b, peephole=Tensor(np.zeros((2, H))))
    with pytest.raises(ShapeError, match="float32"):
        lstm(Tensor(x.data.astype(np.float32)), w, u, b)
    with pytest.raises(ValueError, match="sine"):
        rnn(*(Tensor(a) for a in arrays(1)), activation="sine")


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("begun", [True, False])
def test_rnn_without_a_way_back_gives_the_same(activation, begun):
    rng = np.random.default_rng(4)
    shapes = [(3, 6, 5), (4, 5), (4, 4), (4,), *([(3, 4)] if begun else [])]
    arrays = [rng.standard_normal(shape) for shape in shapes]
    kept = rnn(*(Tensor(a, requires_grad=True) for a in arrays), activation=activation)
    with no_grad():
        light = rnn(*(Tensor(a) for a in arrays), activation=activation)
    assert kept.requires_grad
    assert not light.requires_grad
    np.testing.assert_allclose(light.data, kept.data, rtol=1e-12, atol=1e-12)
