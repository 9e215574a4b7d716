"""Layers: operations with their own parameters, from which networks are built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from successors.nn import initial
from successors.nn.convolution import Pair, conv2d, pair
from successors.nn.functions import dropout, embedding, linear
from successors.nn.gru import gru
from successors.nn.lstm import lstm
from successors.nn.module import Module, training_rng
from successors.nn.normalisation import batch_norm, group_norm, layer_norm, layer_norm2d, rms_norm
from successors.nn.rnn import rnn
from successors.nn.tensor import Parameter, Tensor

Initialiser = Callable[[np.random.Generator, tuple[int, ...]], Parameter]
"""An initialiser: a function of generator and shape, from `successors.nn.initial`."""


class Linear(Module):
    """x Wᵀ + b over the last axis, (..., d) to (..., k).

    Parameters
    ----------
    d, k : int
        Width of the input and of the output.
    rng : Generator
    bias : bool
        Whether there is a bias b, initially zero.
    init : callable
        Initialiser of W; by default the one that keeps the variance of activations and gradients.
    """

    def __init__(
        self, d: int, k: int, rng: np.random.Generator, *, bias: bool = True, init: Initialiser = initial.glorot
    ):
        self.weight = init(rng, (k, d))
        self.bias = initial.constant((k,)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., k)."""
        return linear(x, self.weight, self.bias)


class Conv2d(Module):
    """Convolution of images, (N, C, H, W) to (N, D, H', W').

    Parameters
    ----------
    channels, filters : int
        C and D.
    size : int or pair of int
        Height and width of the kernel.
    rng : Generator
    stride, padding, dilation, groups
        As in `conv2d`.
    bias : bool
        Whether each filter has a bias, initially zero.
    init : callable
        Initialiser of the kernels.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        size: Pair,
        rng: np.random.Generator,
        *,
        stride: Pair = 1,
        padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        init: Initialiser = initial.he,
    ):
        self.weight = init(rng, (filters, channels // groups, *pair(size)))
        self.bias = initial.constant((filters,)) if bias else None
        self._how: dict[str, Any] = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, D, H', W')."""
        return conv2d(x, self.weight, self.bias, **self._how)


class BatchNorm2d(Module):
    """Batch normalisation of images (N, C, H, W), Ioffe and Szegedy 2015: by the moments of the batch in training, by
    the running moments otherwise.

    Parameters
    ----------
    channels : int
    momentum : float
        Weight of a new batch in the running mean and variance.
    eps : float
    """

    def __init__(self, channels: int, *, momentum: float = 0.1, eps: float = 1e-5):
        self.gain, self.bias = initial.constant((channels,), 1.0), initial.constant((channels,))
        self.mean, self.variance = initial.buffer((channels,)), initial.buffer((channels,), 1.0)
        self._momentum, self._eps = momentum, eps

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised images; in training, update the running moments."""
        return batch_norm(
            x,
            self.gain,
            self.bias,
            self.mean,
            self.variance,
            training=training_rng() is not None,
            momentum=self._momentum,
            eps=self._eps,
        )


class LayerNorm(Module):
    """Layer normalisation over the last axis, Ba, Kiros and Hinton 2016.

    Parameters
    ----------
    width : int
    eps : float
    bias : bool
        Whether there is a bias beside the gain.
    """

    def __init__(self, width: int, *, eps: float = 1e-5, bias: bool = True):
        self.gain = initial.constant((width,), 1.0)
        self.bias = initial.constant((width,)) if bias else None
        self._eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised rows."""
        return layer_norm(x, self.gain, self.bias, self._eps)


class LayerNorm2d(Module):
    """Layer normalisation over the channels at each position of images (n, c, h, w).

    Parameters
    ----------
    channels : int
    eps : float
    """

    def __init__(self, channels: int, *, eps: float = 1e-6):
        self.gain, self.bias = initial.constant((channels,), 1.0), initial.constant((channels,))
        self._eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised images."""
        return layer_norm2d(x, self.gain, self.bias, self._eps)


class RMSNorm(Module):
    """Normalisation of the last axis by its root mean square, Zhang and Sennrich 2019.

    Parameters
    ----------
    width : int
    eps : float
    """

    def __init__(self, width: int, *, eps: float = 1e-5):
        self.gain = initial.constant((width,), 1.0)
        self._eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised rows."""
        return rms_norm(x, self.gain, self._eps)


class GroupNorm(Module):
    """Normalisation of images by groups of channels, Wu and He 2018.

    Parameters
    ----------
    groups, channels : int
    eps : float
    """

    def __init__(self, groups: int, channels: int, *, eps: float = 1e-5):
        self.gain, self.bias = initial.constant((channels,), 1.0), initial.constant((channels,))
        self._groups, self._eps = groups, eps

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised images."""
        return group_norm(x, self._groups, self.gain, self.bias, self._eps)


class Embedding(Module):
    """A table of k rows of width d, looked up by index. It decays, as all that is no gain, bias or position.

    Parameters
    ----------
    k, d : int
    rng : Generator
    deviation : float
        Standard deviation of the initial rows.
    """

    def __init__(self, k: int, d: int, rng: np.random.Generator, *, deviation: float = 0.02):
        self.table = initial.normal(rng, (k, d), deviation)

    def forward(self, indices: np.ndarray) -> Tensor:
        """Return (..., d) for integers of any shape."""
        return embedding(indices, self.table)


class Dropout(Module):
    """Dropout in training; otherwise the identity.

    Parameters
    ----------
    rate : float
        Probability of setting an element to zero.
    """

    def __init__(self, rate: float):
        self._rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`, with dropout in training."""
        rng = training_rng()
        return x if rng is None else dropout(x, self._rate, rng)


class DropPath(Module):
    """Stochastic depth: in training, drop a residual branch (n, ...) for random samples, and scale up the others.

    Parameters
    ----------
    rate : float
        Probability of dropping it for a sample.

    References
    ----------
    Huang et al. 2016, "Deep networks with stochastic depth".
    """

    def __init__(self, rate: float):
        self._rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        """Return the branch; in training, zeros for the dropped samples."""
        rng = training_rng()
        if rng is None or not self._rate:
            return branch
        kept = rng.random((len(branch), *(1,) * (branch.ndim - 1))) >= self._rate
        return branch * (kept / (1 - self._rate))


class RNNLayer(Module):
    """A simple recurrent layer over a whole sequence, (n, T, d) to (n, T, h).

    Parameters
    ----------
    d, h : int
        Width of input and state.
    rng : Generator
    activation : str
        As in `rnn`.
    """

    def __init__(self, d: int, h: int, rng: np.random.Generator, *, activation: str = "tanh"):
        self.w_in, self.w_state = initial.glorot(rng, (h, d)), initial.orthogonal(rng, (h, h))
        self.bias = initial.constant((h,))
        self._activation = activation

    def forward(self, x: Tensor, start: Tensor | None = None) -> Tensor:
        """Return the states of all steps."""
        return rnn(x, self.w_in, self.w_state, self.bias, start, activation=self._activation)


class LSTMLayer(Module):
    """The long short-term memory over a whole sequence, (n, T, d) to (n, T, h).

    Parameters
    ----------
    d, h : int
        Width of input and state.
    rng : Generator
    forget : bool
        Whether there is a forget gate.
    forget_bias : float
        Its initial bias; above 0, the cell initially keeps its content.
    peephole : bool
        Whether the gates read the cell.
    """

    def __init__(
        self,
        d: int,
        h: int,
        rng: np.random.Generator,
        *,
        forget: bool = True,
        forget_bias: float = 1.0,
        peephole: bool = False,
    ):
        gates = 4 if forget else 3
        self.w_in = initial.stacked(initial.glorot, rng, gates, (h, d))
        self.w_state = initial.stacked(initial.orthogonal, rng, gates, (h, h))
        bias = np.zeros(gates * h, np.float32)
        if forget:
            bias[h : 2 * h] = forget_bias
        self.bias = initial.given(bias, decays=False)
        self.peephole = initial.constant((gates - 1, h)) if peephole else None
        self._forget = forget

    def forward(
        self, x: Tensor, start: tuple[Tensor, Tensor] | None = None, *, trace: bool = False, last: bool = False
    ) -> Any:
        """Return the states of all steps; with `last` the last cell, with `trace` the gates' activations, too."""
        return lstm(
            x,
            self.w_in,
            self.w_state,
            self.bias,
            start,
            forget=self._forget,
            peephole=self.peephole,
            trace=trace,
            last=last,
        )


class GRULayer(Module):
    """The gated recurrent unit over a whole sequence, (n, T, d) to (n, T, h).

    Parameters
    ----------
    d, h : int
        Width of input and state.
    rng : Generator
    """

    def __init__(self, d: int, h: int, rng: np.random.Generator):
        self.w_in = initial.stacked(initial.glorot, rng, 3, (h, d))
        self.w_state = initial.stacked(initial.orthogonal, rng, 3, (h, h))
        self.b_in, self.b_state = initial.constant((3 * h,)), initial.constant((3 * h,))

    def forward(self, x: Tensor, start: Tensor | None = None) -> Tensor:
        """Return the states of all steps."""
        return gru(x, self.w_in, self.w_state, self.b_in, self.b_state, start)


class Sequential(Module):
    """Layers, or functions, one after the other.

    Parameters
    ----------
    *layers : callable
    """

    def __init__(self, *layers: Callable[[Tensor], Tensor]):
        self.layers = list(layers)

    def __iter__(self) -> Iterator[Callable[[Tensor], Tensor]]:
        return iter(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x
