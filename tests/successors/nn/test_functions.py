"""Functions, activations and losses: against central differences, and against torch."""

import math

import numpy as np
import pytest

from successors.nn import activations as A
from successors.nn import functions as F
from successors.nn import losses as L
from successors.nn.gradcheck import check
from successors.nn.layers import DropPath
from successors.nn.macs import tally
from successors.nn.module import training
from successors.nn.tensor import ShapeError, Tensor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4, 5)) * 2
WEIGHT, BIAS = RNG.standard_normal((6, 5)), RNG.standard_normal(6)
LOGITS, LABELS = RNG.standard_normal((7, 5)) * 3, RNG.integers(0, 5, 7)
TARGET = RNG.random((3, 4, 5))
INDICES, TABLE = np.array([[0, 2, 2], [8, 0, 1]]), RNG.standard_normal((9, 4))

# (ours, torch's name or function of torch and tensors, arrays)
CASES = {
    "linear": (F.linear, "linear", (X, WEIGHT, BIAS)),
    "linear without bias": (F.linear, "linear", (X, WEIGHT)),
    "linear of a vector": (F.linear, "linear", (X[0, 0], WEIGHT, BIAS)),
    "embedding": (
        lambda table: F.embedding(INDICES, table),
        lambda torch, table: torch.nn.functional.embedding(torch.tensor(INDICES), table),
        (TABLE,),
    ),
    "softmax": (L.softmax, lambda torch, x: torch.softmax(x, -1), (X,)),
    "softmax of axis 1": (lambda x: L.softmax(x, 1), lambda torch, x: torch.softmax(x, 1), (X,)),
    "log_softmax": (L.log_softmax, lambda torch, x: torch.log_softmax(x, -1), (X,)),
    "cross_entropy": (
        lambda x: L.cross_entropy(x, LABELS),
        lambda torch, x: torch.nn.functional.cross_entropy(x, torch.tensor(LABELS)),
        (LOGITS,),
    ),
    "mean_squared_error": (L.mean_squared_error, "mse_loss", (X, TARGET)),
    "cross_entropy_smoothed": (
        lambda x: L.cross_entropy(x, LABELS, smoothing=0.1),
        lambda torch, x: torch.nn.functional.cross_entropy(x, torch.tensor(LABELS), label_smoothing=0.1),
        (LOGITS,),
    ),
    "binary_cross_entropy": (L.binary_cross_entropy, "binary_cross_entropy_with_logits", (X, TARGET)),
    "gelu": (A.gelu, "gelu", (X,)),
    "gelu by tanh": (
        lambda x: A.gelu(x, tanh=True),
        lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh"),
        (X,),
    ),
    "silu": (A.silu, "silu", (X,)),
    "scaled_tanh": (A.scaled_tanh, lambda torch, x: 1.7159 * torch.tanh(2 / 3 * x), (X,)),
}


@pytest.mark.parametrize("name", CASES)
def test_differences(name):
    ours, _, arrays = CASES[name]
    check(ours, *arrays)


@pytest.mark.parametrize("name", CASES)
def test_same_as_torch(name):
    torch = pytest.importorskip("torch")
    ours, theirs, arrays = CASES[name]
    arrays = [a.astype(np.float32) for a in arrays]
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    their_tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    if isinstance(theirs, str):
        wanted = getattr(torch.nn.functional, theirs)(*their_tensors)
    else:
        wanted = theirs(torch, *their_tensors)
    found = ours(*tensors)
    assert found.dtype == np.float32
    g = np.asarray(np.random.default_rng(1).standard_normal(found.shape), np.float32)
    found.backward(g)
    wanted.backward(torch.tensor(g))
    np.testing.assert_allclose(found.data, wanted.detach().numpy(), rtol=1e-5, atol=1e-5)
    for a, b in zip(tensors, their_tensors, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-5, atol=1e-5)
        assert a.grad.dtype == np.float32


@pytest.mark.parametrize(("dtype", "within"), [(np.float32, 2e-7), (np.float64, 1e-12)])
def test_erf(dtype, within):
    x = np.concatenate([np.linspace(-7, 7, 4001), [-1, -0.0, 0, 1, 1e-30, -40, 1e6, -np.inf, np.inf]]).astype(dtype)
    found = A.erf(x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [math.erf(a) for a in x], rtol=within, atol=0)
    assert np.isnan(A.erf(np.array([np.nan], dtype))).all()


@pytest.mark.parametrize(
    "function",
    [A.gelu, A.silu, A.scaled_tanh, L.softmax, L.log_softmax],
)
def test_great_arguments_do_not_overflow(function):
    x = Tensor(np.array([-1e4, -100, 0, 100, 1e4], np.float32), requires_grad=True)
    out = function(x)
    out.backward(np.ones(5, np.float32))
    assert np.isfinite(out.data).all()
    assert np.isfinite(x.grad).all()


def test_losses_of_great_logits():
    x = np.array([[-1e4, 1e4]], np.float32)
    assert L.cross_entropy(Tensor(x), np.array([0])).item() == 2e4
    assert L.binary_cross_entropy(Tensor(x), np.array([[1, 1]])).item() == 5e3


def test_maxout():
    x = RNG.permutation(3 * 2 * 12).reshape(3, 2, 12) / 10.0
    out = A.maxout(Tensor(x), 3).data
    assert np.array_equal(out, np.maximum(np.maximum(x[..., :4], x[..., 4:8]), x[..., 8:]))
    check(lambda t: A.maxout(t, 3), x)
    equal = Tensor(np.zeros((1, 6)), requires_grad=True)
    A.maxout(equal, 3).sum().backward()
    assert equal.grad.tolist() == [[1, 1, 0, 0, 0, 0]]
    with pytest.raises(ShapeError, match="in 5 pieces"):
        A.maxout(Tensor(x), 5)


def test_leaky_relu():
    x = np.array([[-2.0, -0.5, 0.5, 3.0]])
    assert A.leaky_relu(Tensor(x), 0.1).data.tolist() == [[-0.2, -0.05, 0.5, 3.0]]
    check(lambda t: A.leaky_relu(t, 0.1), x)


def test_leaky_relu_has_the_bits_and_the_layout_of_the_plain_formula():
    """Trainings are reproduced to the digit; what lies otherwise in memory is summed in another order further on."""
    rng = np.random.default_rng(0)
    # Large enough for NumPy to write a product into an array that has no name.
    a = rng.standard_normal((32, 16, 20, 20)).astype(np.float32)
    a[:, :, 0] = 0
    channels_last, batch_last = (np.ascontiguousarray(a.transpose(o)) for o in ((0, 2, 3, 1), (1, 2, 3, 0)))
    views = {"plain": a, "channels": channels_last.transpose(0, 3, 1, 2), "batch": batch_last.transpose(3, 0, 1, 2)}
    for value in views.values():
        for g in views.values():
            factor = np.where(value > 0, np.float32(1), np.float32(0.2))
            x = Tensor(value, requires_grad=True)
            y = A.leaky_relu(x)
            y.backward(g)
            for found, wanted in ((y.data, value * factor), (x.gradient, g * factor)):
                assert found.tobytes("K") == wanted.tobytes("K")
                assert found.strides == wanted.strides


def test_linear_costs_its_products():
    with tally() as spent:
        F.linear(Tensor(X), Tensor(WEIGHT), Tensor(BIAS))
    assert spent == [12 * 6 * 5]


def test_dropout():
    x = Tensor(np.ones((200, 200), np.float32), requires_grad=True)
    out = F.dropout(x, 0.25, np.random.default_rng(3))
    out.backward(np.ones(out.shape, np.float32))
    assert set(np.unique(out.data)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((out.data == 0).mean() - 0.25) < 0.01
    np.testing.assert_array_equal(x.grad, out.data)
    assert out.dtype == np.float32
    assert F.dropout(x, 0, np.random.default_rng(3)) is x
    with pytest.raises(ValueError, match="1"):
        F.dropout(x, 1, np.random.default_rng(3))
    check(lambda x: F.dropout(x, 0.5, np.random.default_rng(4)), X)


def test_branches_are_left_out_while_learning_alone():
    x = Tensor(np.ones((4000, 2, 3), np.float32))
    assert DropPath(0.25)(x) is x
    with training(np.random.default_rng(0)):
        assert DropPath(0.0)(x) is x
        y = DropPath(0.25)(x).data
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert (y == y[:, :1, :1]).all()
    assert y.mean() == pytest.approx(1, abs=0.05)


def test_frames_are_images_of_one_channel():
    x = Tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
    y = F.images(x)
    np.testing.assert_array_equal(y.data, x.data[:, None])
    assert F.images(y) is y
    y.backward(y.data)
    np.testing.assert_array_equal(x.grad, x.data)


def zeros(*shape):
    return Tensor(np.zeros(shape))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: F.linear(zeros(2, 3), zeros(4, 5)), ("(2, 3)", "(4, 5)")),
        (lambda: F.linear(zeros(2, 5), zeros(4, 5), zeros(5)), ("(5,)", "(4, 5)")),
        (lambda: F.embedding(np.array([0, 3]), zeros(3, 2)), ("(2,)", "(3, 2)", "to 3")),
        (lambda: F.embedding(np.array([0]), zeros(3)), ("(3,)",)),
        (lambda: F.embedding(np.array([0.5]), zeros(3, 2)), ("float64",)),
        (lambda: L.cross_entropy(zeros(2, 3), np.array([0])), ("(2, 3)", "(1,)")),
        (lambda: L.cross_entropy(zeros(2, 3), np.array([0, 3])), ("(2, 3)", "to 3")),
        (lambda: L.cross_entropy(zeros(2, 3), np.array([-1, 0])), ("(2, 3)", "from -1")),
        (lambda: L.cross_entropy(zeros(0, 3), np.zeros(0, int)), ("(0, 3)",)),
        (lambda: L.mean_squared_error(zeros(2, 3), zeros(2, 1)), ("(2, 3)", "(2, 1)")),
        (lambda: L.binary_cross_entropy(zeros(2, 3), zeros(3)), ("(2, 3)", "(3,)")),
    ],
)
def test_wrong_shapes_are_named(call, named):
    with pytest.raises(ShapeError) as error:
        call()
    assert all(name in str(error.value) for name in named)
