"""Duals: values are those of the plain run, tangents those of central differences, and their gradients are right."""

import numpy as np
import pytest

from successors.nn import dual
from successors.nn.dual import Dual
from successors.nn.gradcheck import check
from successors.nn.tensor import Tensor


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def positive(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


W, B = Tensor(numbers(5, 4, seed=1)), Tensor(numbers(5, seed=2))
KERNELS, BIASES = Tensor(numbers(3, 2, 3, 3, seed=1)), Tensor(numbers(3, seed=2))
TURNED = Tensor(numbers(2, 3, 3, 3, seed=1))
ROWS, IMAGES = (3, 4), (2, 2, 5, 4)
ARRAY = numbers(3, 4, seed=7)

RUNS = {
    "add": (lambda x: x + x * 2.0 + 1.0 + ARRAY, ROWS),
    "add on the left": (lambda x: 1.0 + (Tensor(ARRAY) + x), ROWS),
    "array on the left": (lambda x: ARRAY + ARRAY * x - (ARRAY - x) + ARRAY / (x + 3.0), ROWS),
    "broadcast": (lambda x: x[:, :1] + Tensor(ARRAY) - x[:1] * ARRAY, ROWS),
    "subtract": (lambda x: x - x * x - 0.5, ROWS),
    "subtract on the left": (lambda x: 1.0 - (Tensor(ARRAY) - x), ROWS),
    "multiply": (lambda x: x * x * Tensor(ARRAY) * 3.0, ROWS),
    "multiply on the left": (lambda x: Tensor(ARRAY) * (2.0 * x), ROWS),
    "divide": (lambda x: x / (x * x + 1.0) / 2.0 / Tensor(ARRAY), ROWS),
    "divide on the left": (lambda x: Tensor(ARRAY) / (1.0 / (x * x + 1.0)), ROWS),
    "negate": (lambda x: -x, ROWS),
    "power": (lambda x: x**2 + (x * x + 1.0) ** -0.5 + x**3, ROWS),
    "root": (lambda x: (x * x + 0.3).sqrt(), ROWS),
    "sum": (lambda x: x.sum(1, keepdims=True) * x + x.sum(), ROWS),
    "mean": (lambda x: x.mean(0) * x + x.mean(), ROWS),
    "shape": (lambda x: (x.reshape(4, 3).transpose(1, 0) * x).flatten()[1], ROWS),
    "linear": (lambda x: dual.linear(x, W, B), ROWS),
    "leaky_relu": (lambda x: dual.leaky_relu(x) * x, ROWS),
    "tanh": (lambda x: dual.tanh(x) * x, ROWS),
    "concatenate": (lambda x: dual.concatenate([x * x, Tensor(ARRAY), x], 1), ROWS),
    "conv2d": (lambda x: dual.conv2d(x, KERNELS, BIASES, stride=2, padding=1) ** 2, IMAGES),
    "conv_transpose2d": (lambda x: dual.conv_transpose2d(x, TURNED, BIASES, padding=1) ** 2, IMAGES),
    "fir": (lambda x: dual.fir(x, up=2) ** 2, IMAGES),
}


@pytest.mark.parametrize("name", RUNS)
def test_tangents_are_derivatives_along_the_direction(name):
    run, shape = RUNS[name]
    x, v, h = numbers(*shape), numbers(*shape, seed=9), 1e-6
    out = run(Dual(Tensor(x), Tensor(v)))
    assert np.array_equal(out.value.data, run(Tensor(x)).data)
    assert out.shape == out.tangent.shape == run(Tensor(x)).shape
    wanted = (run(Tensor(x + h * v)).data - run(Tensor(x - h * v)).data) / (2 * h)
    assert out.tangent.data == pytest.approx(wanted, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("name", RUNS)
def test_the_gradient_of_a_tangent_is_right(name):
    run, shape = RUNS[name]
    check(lambda x, v: run(Dual(x, v)).tangent, numbers(*shape), numbers(*shape, seed=9), places=12)


def test_a_dual_has_the_shape_and_type_of_its_value():
    x = Dual(Tensor(ARRAY), Tensor(ARRAY))
    assert (x.shape, x.ndim, x.dtype, len(x)) == ((3, 4), 2, np.float64, 3)
    assert x.data is x.value.data


def test_on_tensors_the_functions_are_the_engine_s_own():
    for name, (run, shape) in RUNS.items():
        assert isinstance(run(Tensor(numbers(*shape))), Tensor), name
