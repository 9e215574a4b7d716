"""Duals: a value and its derivative along a fixed direction, pushed forward through a network together.

Both are tensors on the same tape. The gradient of a tangent is therefore that of a first derivative, which is all that
penalties on gradients need (`successors.nn.penalties`): with v = ∇ₓD held fixed, ∇θ ½|∇ₓD|² = ∇θ D'(x; v). No backward
pass goes through another, and no difference quotient is taken; that would be wrong wherever a unit switches in between.

The functions here take tensors and duals alike, so that a network built of them runs on both. Weights are tensors:
the direction is one of the input.

References
----------
Pearlmutter 1994, "Fast exact multiplication by the Hessian".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, overload

import numpy as np

from successors.nn import activations, convolution, functions, resampling, tensor
from successors.nn.convolution import Pair
from successors.nn.tensor import Guest, Tensor, as_tensor


class Dual(Guest):
    """A value and its tangent.

    Parameters
    ----------
    value : Tensor
    tangent : Tensor
        The derivative of the value along the direction, of the same shape.
    """

    __array_ufunc__ = None  # NumPy leaves arithmetic with an array on the left to this class
    __slots__ = ("tangent", "value")

    def __init__(self, value: Tensor, tangent: Tensor):
        self.value, self.tangent = value, tangent

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.value.ndim

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64."""
        return self.value.dtype

    @property
    def data(self) -> np.ndarray:
        """The value's elements."""
        return self.value.data

    def __len__(self) -> int:
        return len(self.value)

    def _parts(self, other: Any) -> tuple[Tensor, Tensor | None]:
        """Return value and tangent of an operand; a constant has no tangent."""
        if isinstance(other, Dual):
            return other.value, other.tangent
        return as_tensor(other, self.value), None

    def __add__(self, other: Any) -> Dual:
        value, tangent = self._parts(other)
        total = self.value + value
        # A constant that broadcasts the value broadcasts the tangent as well.
        moved = self.tangent + (np.zeros_like(value.data) if tangent is None else tangent)
        return Dual(total, moved)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent)

    def __sub__(self, other: Any) -> Dual:
        return self + -(other if isinstance(other, Dual) else as_tensor(other, self.value))

    def __rsub__(self, other: Any) -> Dual:
        return -self + other

    def __mul__(self, other: Any) -> Dual:
        value, tangent = self._parts(other)
        moved = self.tangent * value
        return Dual(self.value * value, moved if tangent is None else moved + self.value * tangent)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        value, tangent = self._parts(other)
        ratio = self.value / value
        # (a / b)' = (a' - a / b · b') / b
        moved = self.tangent if tangent is None else self.tangent - ratio * tangent
        return Dual(ratio, moved / value)

    def __rtruediv__(self, other: Any) -> Dual:
        ratio = as_tensor(other, self.value) / self.value
        return Dual(ratio, -(ratio / self.value) * self.tangent)

    def __pow__(self, power: float) -> Dual:
        return Dual(self.value**power, self.value ** (power - 1) * power * self.tangent)

    def sqrt(self) -> Dual:
        """Return the square root of each element."""
        root = self.value.sqrt()
        return Dual(root, self.tangent / (root * 2.0))

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Dual:
        """Return the sum over `axis`, or over all."""
        return Dual(self.value.sum(axis, keepdims=keepdims), self.tangent.sum(axis, keepdims=keepdims))

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Dual:
        """Return the mean over `axis`, or over all."""
        return Dual(self.value.mean(axis, keepdims=keepdims), self.tangent.mean(axis, keepdims=keepdims))

    def reshape(self, *shape: int) -> Dual:
        """Return the same elements in another shape."""
        return Dual(self.value.reshape(*shape), self.tangent.reshape(*shape))

    def flatten(self) -> Dual:
        """Return all axes but the first as one."""
        return Dual(self.value.flatten(), self.tangent.flatten())

    def transpose(self, *axes: int) -> Dual:
        """Return the axes in another order."""
        return Dual(self.value.transpose(*axes), self.tangent.transpose(*axes))

    def __getitem__(self, index: Any) -> Dual:
        return Dual(self.value[index], self.tangent[index])


T = TypeVar("T", Tensor, Dual)


def linear(x: T, weight: Tensor, bias: Tensor | None = None) -> T:
    """Return x Wᵀ + b, as `functions.linear`."""
    if isinstance(x, Dual):
        return Dual(functions.linear(x.value, weight, bias), functions.linear(x.tangent, weight))
    return functions.linear(x, weight, bias)


def conv2d(x: T, weight: Tensor, bias: Tensor | None = None, *, stride: Pair = 1, padding: Pair = 0) -> T:
    """Return the cross-correlation with kernels, as `convolution.conv2d`."""
    if isinstance(x, Dual):
        return Dual(
            convolution.conv2d(x.value, weight, bias, stride=stride, padding=padding),
            convolution.conv2d(x.tangent, weight, stride=stride, padding=padding),
        )
    return convolution.conv2d(x, weight, bias, stride=stride, padding=padding)


def conv_transpose2d(x: T, weight: Tensor, bias: Tensor | None = None, *, stride: Pair = 2, padding: Pair = 0) -> T:
    """Return the transposed convolution with kernels, as `resampling.conv_transpose2d`."""
    if isinstance(x, Dual):
        return Dual(
            resampling.conv_transpose2d(x.value, weight, bias, stride=stride, padding=padding),
            resampling.conv_transpose2d(x.tangent, weight, stride=stride, padding=padding),
        )
    return resampling.conv_transpose2d(x, weight, bias, stride=stride, padding=padding)


def fir(
    x: T,
    taps: Sequence[float] = (1, 3, 3, 1),
    *,
    up: int = 1,
    down: int = 1,
    padding: tuple[int, int] | None = None,
) -> T:
    """Return images under a separable filter, as `resampling.fir`."""
    if isinstance(x, Dual):
        value, tangent = (resampling.fir(t, taps, up=up, down=down, padding=padding) for t in (x.value, x.tangent))
        return Dual(value, tangent)
    return resampling.fir(x, taps, up=up, down=down, padding=padding)


def leaky_relu(x: T, slope: float = 0.2) -> T:
    """Return the leaky rectifier, as `activations.leaky_relu`; its slope at the value is a constant of the tangent."""
    if isinstance(x, Dual):
        return x * activations.leaky_slopes(x.data, slope)
    return activations.leaky_relu(x, slope)


def tanh(x: T) -> T:
    """Return the hyperbolic tangent of each element."""
    if isinstance(x, Dual):
        value = x.value.tanh()
        return Dual(value, (1.0 - value * value) * x.tangent)
    return x.tanh()


@overload
def concatenate(parts: Sequence[Tensor], axis: int = 0) -> Tensor: ...
@overload
def concatenate(parts: Sequence[Tensor | Dual], axis: int = 0) -> Any: ...
def concatenate(parts: Sequence[Tensor | Dual], axis: int = 0) -> Any:
    """Concatenate along `axis`; if one part is a dual, the tensors among the others are constants."""
    values = [p.value if isinstance(p, Dual) else p for p in parts]
    value = tensor.concatenate(values, axis)
    if not any(isinstance(p, Dual) for p in parts):
        return value
    tangents = [p.tangent if isinstance(p, Dual) else Tensor(np.zeros_like(p.data)) for p in parts]
    return Dual(value, tensor.concatenate(tangents, axis))
