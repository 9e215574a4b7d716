"""Batches of no samples, and samples of no elements: an empty result, or an error in one line."""

from contextlib import nullcontext

import numpy as np
import pytest

from successors.nn import losses, normalisation, pooling
from successors.nn.activations import gelu, scaled_tanh, silu
from successors.nn.attention import attention
from successors.nn.convolution import conv2d
from successors.nn.functions import linear
from successors.nn.gradcheck import check
from successors.nn.gru import gru
from successors.nn.lstm import lstm
from successors.nn.rnn import rnn
from successors.nn.tensor import Parameter, ShapeError, Tensor, no_grad


def zeros(*shape):
    return Parameter(np.zeros(shape, np.float32))


def batch_norm(n, c, *places, training):
    return normalisation.batch_norm(
        zeros(n, c, *places), zeros(c), zeros(c), np.zeros(c), np.ones(c), training=training
    )


EMPTY = {
    "batch_norm": lambda: batch_norm(0, 3, training=False),
    "batch_norm of images": lambda: batch_norm(0, 3, 4, 5, training=False),
    "batch_norm of many channels": lambda: batch_norm(0, 16, 4, 5, training=False),
    "batch_norm of no places": lambda: batch_norm(2, 16, 0, 5, training=False),
    "layer_norm": lambda: normalisation.layer_norm(zeros(0, 3), zeros(3), zeros(3)),
    "layer_norm2d": lambda: normalisation.layer_norm2d(zeros(0, 3, 4, 5), zeros(3), zeros(3)),
    "rms_norm": lambda: normalisation.rms_norm(zeros(0, 3), zeros(3)),
    "group_norm": lambda: normalisation.group_norm(zeros(0, 4, 2, 2), 2, zeros(4), zeros(4)),
    "local_response_norm": lambda: normalisation.local_response_norm(zeros(0, 4, 3, 3)),
    "max_pool2d": lambda: pooling.max_pool2d(zeros(0, 3, 4, 4), 3, stride=2, padding=1),
    "avg_pool2d": lambda: pooling.avg_pool2d(zeros(0, 3, 4, 4), 2),
    "softmax": lambda: losses.softmax(zeros(0, 3)),
    "log_softmax": lambda: losses.log_softmax(zeros(0, 3)),
    "linear": lambda: linear(zeros(0, 3), zeros(2, 3), zeros(2)),
    "conv2d": lambda: conv2d(zeros(0, 3, 5, 5), zeros(2, 3, 3, 3), zeros(2)),
    "depthwise": lambda: conv2d(zeros(0, 4, 5, 5), zeros(4, 1, 3, 3), zeros(4), groups=4),
    "attention": lambda: attention(zeros(0, 5, 3), zeros(0, 5, 3), zeros(0, 5, 3)),
    "rnn": lambda: rnn(zeros(0, 5, 3), zeros(4, 3), zeros(4, 4), zeros(4)),
    "lstm": lambda: lstm(zeros(0, 5, 3), zeros(16, 3), zeros(16, 4), zeros(16)),
    "gru": lambda: gru(zeros(0, 5, 3), zeros(12, 3), zeros(12, 4), zeros(12), zeros(12)),
    "gelu": lambda: gelu(zeros(0, 3)),
    "silu": lambda: silu(zeros(0, 3)),
    "scaled_tanh": lambda: scaled_tanh(zeros(0, 3)),
    "relu": lambda: zeros(0, 3).relu(),
    "flatten": lambda: zeros(4, 3, 0).flatten(),
    "mean of each": lambda: zeros(0, 3).mean(1),
    "max of each": lambda: zeros(0, 3).max(1),
}
REFUSED = {
    "batch_norm": lambda: batch_norm(0, 3, training=True),
    "batch_norm of images": lambda: batch_norm(0, 3, 4, 5, training=True),
    "batch_norm of one element": lambda: batch_norm(1, 3, 1, 1, training=True),
    "layer_norm": lambda: normalisation.layer_norm(zeros(3, 0), zeros(0), zeros(0)),
    "layer_norm2d": lambda: normalisation.layer_norm2d(zeros(2, 0, 4, 5), zeros(0), zeros(0)),
    "layer_norm2d of rows": lambda: normalisation.layer_norm2d(zeros(2, 3), zeros(3), zeros(3)),
    "rms_norm": lambda: normalisation.rms_norm(zeros(3, 0), zeros(0)),
    "group_norm": lambda: normalisation.group_norm(zeros(2, 4, 0, 2), 2, zeros(4), zeros(4)),
    "softmax": lambda: losses.softmax(zeros(3, 0)),
    "log_softmax": lambda: losses.log_softmax(zeros(3, 0)),
    "cross_entropy": lambda: losses.cross_entropy(zeros(0, 3), np.zeros(0, int)),
    "mean_squared_error": lambda: losses.mean_squared_error(zeros(0, 3), np.zeros((0, 3))),
    "binary_cross_entropy": lambda: losses.binary_cross_entropy(zeros(0, 3), np.zeros((0, 3))),
    "attention": lambda: attention(zeros(2, 5, 0), zeros(2, 5, 0), zeros(2, 5, 3)),
    "mean": lambda: zeros(0, 3).mean(),
    "mean of columns": lambda: zeros(0, 3).mean(0),
    "mean of places": lambda: zeros(2, 3, 0, 4).mean((2, 3)),
    "max": lambda: zeros(3, 0).max(1),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("name", EMPTY)
def test_nothing_in_nothing_out(name, recorded):
    with nullcontext() if recorded else no_grad():
        out = EMPTY[name]()
    assert out.size == 0
    if recorded:
        out.backward(np.zeros(out.shape, np.float32))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("name", REFUSED)
def test_a_moment_of_nothing_is_refused_in_one_line(name, recorded):
    with nullcontext() if recorded else no_grad(), pytest.raises(ShapeError) as refused:
        REFUSED[name]()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("shape", [(4, 3, 0), (0, 3, 2), (4, 0, 2), (4,)])
def test_flattening_keeps_the_number_of_samples(shape):
    assert zeros(*shape).flatten().shape == (shape[0], int(np.prod(shape[1:])))


@pytest.mark.parametrize("function", [gelu, lambda x: gelu(x, tanh=True), silu, scaled_tanh, Tensor.relu])
def test_activations_take_a_single_number(function):
    check(function, np.array(0.7))
    check(function, np.full((1,), 0.7))
