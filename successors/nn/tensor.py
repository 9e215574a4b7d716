"""The tape: arrays that record how they were computed, and one backward pass that gives all gradients.

An operation computes its value with NumPy and records a function that turns the gradient of its output into those of
its inputs; `Tensor.backward` calls these in reverse order. The gradient of a broadcast operand is summed over its
copies. The dtype is that of the data: float32 for work, float64 for checks.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from marki.errors import PortError
from successors.nn import activity, malloc
from successors.nn.followed import Followed
from successors.nn.macs import count

malloc.keep()

Backward = Callable[[np.ndarray], Sequence[np.ndarray | None]]

_recording = True


class no_grad:
    """Compute values only; nothing is recorded."""

    __slots__ = ("_before",)

    def __init__(self) -> None:
        self._before = True

    def __enter__(self) -> None:
        global _recording
        self._before, _recording = _recording, False

    def __exit__(self, *_: object) -> None:
        global _recording
        _recording = self._before


def recording() -> bool:
    """Return whether operations are being recorded."""
    return _recording


class Guest:
    """Base of operands that bring their own arithmetic, such as `Dual`: a tensor on their left leaves it to them."""

    __slots__ = ()


class Tensor:
    """An array with a gradient.

    Parameters
    ----------
    data : array_like
        float32 or float64 are kept; everything else becomes float32.
    requires_grad : bool
        Whether to compute a gradient, as for parameters.

    Attributes
    ----------
    data : ndarray
    grad : ndarray or None
        Gradient of the last scalar that `backward` was called on, same shape as `data`.
    """

    __array_priority__ = 1000
    __slots__ = ("_backward", "_parents", "data", "grad", "requires_grad")

    def __init__(self, data: Any, *, requires_grad: bool = False):
        data = data if isinstance(data, Followed) else np.asarray(data)
        self.data = data if data.dtype in (np.float32, np.float64) else data.astype(np.float32)
        self.grad: np.ndarray | None = None
        self.requires_grad = requires_grad
        self._parents: tuple[Tensor, ...] = ()
        self._backward: Backward | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the data."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64."""
        return self.data.dtype

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.size

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"Tensor{self.shape} {self.dtype}"

    def item(self) -> float:
        """Return the value of a tensor of one element."""
        return float(self.data.item())

    def detach(self) -> Tensor:
        """Return the same data, detached from the tape."""
        return Tensor(self.data)

    def backward(self, grad: np.ndarray | None = None) -> None:
        """Fill in `grad` of every tensor that this one was computed from and that requires it.

        Parameters
        ----------
        grad : ndarray, optional
            Gradient of the final scalar with respect to this tensor; 1 if left out, and then this must be a scalar.

        Raises
        ------
        PortError
            If no gradient is given and this is not a scalar, or nothing was recorded, or a part of what was recorded
            has already been through a backward pass; no gradient has changed then.
        """
        if grad is None:
            if self.size != 1:
                raise PortError(
                    f"backward of shape {self.shape} without a gradient",
                    remedy="Sum it to a scalar first",
                    where="Tensor",
                )
            grad = np.ones_like(self.data)
        if not self.requires_grad:
            raise PortError(
                "backward of a tensor that was not made from any parameter",
                where="Tensor",
                remedy="Call it on what was computed from a parameter",
            )
        order = self._order()
        self.grad = np.asarray(grad, self.dtype)
        sums: set[int] = set()  # tensors whose gradient is an array of its own, made here by adding
        for node in reversed(order):
            gradient, backward = node.grad, node._backward
            if backward is None:
                if gradient is not None and gradient.dtype is not node.data.dtype:
                    node.grad = gradient.astype(node.data.dtype)
                continue
            if gradient is None:
                raise PortError(
                    "a tensor between has no gradient: not all parts of a split are used",
                    where="Tensor",
                    remedy="Use every part of the split",
                )
            gradients = backward(gradient)
            for parent, g in zip(node._parents, gradients, strict=True):
                if g is None or not parent.requires_grad:
                    continue
                if parent.grad is None:
                    parent.grad = g
                elif id(parent) in sums and g.dtype == parent.grad.dtype:
                    parent.grad += g
                else:
                    parent.grad = parent.grad + g
                    sums.add(id(parent))
            # Intermediate results are not needed again; only leaves keep their gradient.
            node.grad, node._backward, node._parents = None, _spent, ()

    @property
    def gradient(self) -> np.ndarray:
        """The gradient that `backward` has filled in.

        Raises
        ------
        PortError
            If there is none.
        """
        if self.grad is None:
            raise PortError("a tensor without a gradient", where="Tensor", remedy="Call backward first")
        return self.grad

    def _order(self) -> list[Tensor]:
        """Return all tensors that this one depends on, parents before children."""
        order: list[Tensor] = []
        seen: set[int] = set()
        stack: list[Tensor | None] = [self]
        while stack:
            node = stack.pop()
            if node is None:  # before it stands a tensor whose parents are all there
                done = stack.pop()
                assert done is not None
                order.append(done)
            elif id(node) not in seen:
                if node._backward is _spent:
                    raise PortError(
                        "a second backward pass through what the first has used up",
                        where=f"{node!r}",
                        remedy="Add up what is to be differentiated and call backward once, or compute it anew",
                    )
                seen.add(id(node))
                stack += (node, None)
                for p in node._parents:
                    if p.requires_grad and id(p) not in seen:
                        stack.append(p)
        return order

    # -- arithmetic ---------------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        if isinstance(other, Guest):
            return NotImplemented
        b = as_tensor(other, self)
        return make(self.data + b.data, (self, b), lambda g: (unbroadcast(g, self.shape), unbroadcast(g, b.shape)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Tensor:
        if isinstance(other, Guest):
            return NotImplemented
        b = as_tensor(other, self)
        return make(self.data - b.data, (self, b), lambda g: (unbroadcast(g, self.shape), unbroadcast(-g, b.shape)))

    def __rsub__(self, other: Any) -> Tensor:
        return as_tensor(other, self) - self

    def __mul__(self, other: Any) -> Tensor:
        if isinstance(other, Guest):
            return NotImplemented
        a, b = self, as_tensor(other, self)
        return make(
            a.data * b.data, (a, b),
            lambda g: (
                unbroadcast(g * b.data, a.shape) if a.requires_grad else None,
                unbroadcast(g * a.data, b.shape) if b.requires_grad else None,
            ),
        )  # fmt: skip

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Tensor:
        if isinstance(other, Guest):
            return NotImplemented
        a, b = self, as_tensor(other, self)
        value = a.data / b.data

        def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
            ga = g / b.data
            return unbroadcast(ga, a.shape), unbroadcast(-ga * value, b.shape) if b.requires_grad else None

        return make(value, (a, b), backward)

    def __rtruediv__(self, other: Any) -> Tensor:
        return as_tensor(other, self) / self

    def __neg__(self) -> Tensor:
        return make(-self.data, (self,), lambda g: (-g,))

    def __pow__(self, power: float) -> Tensor:
        if power == 2:
            return make(self.data * self.data, (self,), lambda g: (2 * g * self.data,))
        return make(self.data**power, (self,), lambda g: (g * power * self.data ** (power - 1),))

    def __matmul__(self, other: Tensor) -> Tensor:
        a, b = self, as_tensor(other, self)
        value = a.data @ b.data
        count(value.size * a.shape[-1])

        def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
            ga = unbroadcast(g @ b.data.swapaxes(-1, -2), a.shape) if a.requires_grad else None
            gb = unbroadcast(a.data.swapaxes(-1, -2) @ g, b.shape) if b.requires_grad else None
            return ga, gb

        return make(value, (a, b), backward)

    # -- elementwise functions ----------------------------------------------------------------------------------------

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        value = np.exp(self.data)
        return make(value, (self,), lambda g: (g * value,))

    def log(self) -> Tensor:
        """Return the natural logarithm of each element."""
        return make(np.log(self.data), (self,), lambda g: (g / self.data,))

    def sqrt(self) -> Tensor:
        """Return the square root of each element."""
        value = np.sqrt(self.data)
        return make(value, (self,), lambda g: (g * 0.5 / value,))

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element."""
        value = np.tanh(self.data)
        activity.report(value, -1, 1)
        return make(value, (self,), lambda g: (g * (1 - value * value),))

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) of each element."""
        value = logistic(self.data)
        activity.report(value, 0, 1)
        return make(value, (self,), lambda g: (g * value * (1 - value),))

    def relu(self) -> Tensor:
        """Return max(x, 0) of each element."""
        if not _recording:
            value = np.maximum(self.data, 0)
            activity.report(value, 0)
            return make(value, (), lambda g: ())
        value = np.maximum(self.data, 0)
        return make(value, (self,), lambda g: (g * (value > 0),))

    def abs(self) -> Tensor:
        """Return the magnitude of each element; the gradient at 0 is 0."""
        return make(np.abs(self.data), (self,), lambda g: (g * np.sign(self.data),))

    # -- sums and shapes ----------------------------------------------------------------------------------------------

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the sum over `axis`, or over all."""
        shape = self.shape

        def backward(g: np.ndarray) -> tuple[np.ndarray]:
            if axis is not None and not keepdims:
                g = np.expand_dims(g, axis)
            return (np.broadcast_to(g, shape),)

        return make(self.data.sum(axis=axis, keepdims=keepdims), (self,), backward)

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the mean over `axis`, or over all.

        Raises
        ------
        ShapeError
            If it is the mean of no elements.
        """
        total = self.sum(axis, keepdims=keepdims)
        if not self.size:
            if total.size:
                raise ShapeError(f"shape {self.shape}, axis {axis}; the mean of no elements", where="mean")
            return total
        return total * (total.size / self.size)

    def max(self, axis: int) -> Tensor:
        """Return the maximum along `axis`; the gradient goes to the first of equal maxima.

        Raises
        ------
        ShapeError
            If it is the maximum of no elements.
        """
        if not self.shape[axis]:
            raise ShapeError(f"shape {self.shape}, axis {axis}; the maximum of no elements", where="max")
        at = np.expand_dims(self.data.argmax(axis), axis)

        def backward(g: np.ndarray) -> tuple[np.ndarray]:
            out = np.zeros_like(self.data)
            np.put_along_axis(out, at, np.expand_dims(g, axis), axis)
            return (out,)

        return make(np.take_along_axis(self.data, at, axis).squeeze(axis), (self,), backward)

    def reshape(self, *shape: int) -> Tensor:
        """Return the same elements in another shape."""
        return make(self.data.reshape(shape), (self,), lambda g: (g.reshape(self.shape),))

    def flatten(self) -> Tensor:
        """Return all axes but the first as one, (n, …) to (n, k)."""
        return self.reshape(len(self.data), math.prod(self.shape[1:]))

    def transpose(self, *axes: int) -> Tensor:
        """Return the axes in another order."""
        return make(self.data.transpose(axes), (self,), lambda g: (g.transpose(np.argsort(axes)),))

    def __getitem__(self, index: Any) -> Tensor:
        parts = index if isinstance(index, tuple) else (index,)
        plain = all(isinstance(i, (int, slice, type(None), type(Ellipsis))) for i in parts)
        mask = isinstance(index, np.ndarray) and index.dtype == bool

        def backward(g: np.ndarray) -> tuple[np.ndarray]:
            out = np.zeros_like(self.data)
            if plain:
                out[index] = g
            elif mask:
                out[index] += g  # each element occurs once
            else:
                np.add.at(out, index, g)
            return (out,)

        return make(self.data[index], (self,), backward)

    def pad(self, widths: Sequence[tuple[int, int]]) -> Tensor:
        """Pad with zeros, (before, after) for each axis."""
        inner = tuple(slice(a, a + n) for (a, _), n in zip(widths, self.shape, strict=True))
        shape = tuple(a + n + b for (a, b), n in zip(widths, self.shape, strict=True))
        # np.pad does the same, in this order of memory, at several times the cost.
        value = np.zeros_like(self.data, order="F" if self.data.flags.fnc else "C", shape=shape)
        value[inner] = self.data
        return make(value, (self,), lambda g: (g[inner],))


class Parameter(Tensor):
    """A tensor that training changes.

    Parameters
    ----------
    data : array_like
        As in `Tensor`.
    decays : bool
        Whether weight decay applies to it: to the weights of a product or a convolution, not to gains, biases, gates,
        positions and class tokens.

    Attributes
    ----------
    decays : bool
    """

    __slots__ = ("decays",)

    def __init__(self, data: Any, *, decays: bool = True):
        super().__init__(data, requires_grad=True)
        self.decays = decays


def make(data: np.ndarray, parents: tuple[Tensor, ...], backward: Backward) -> Tensor:
    """Return the tensor of an operation: its value, its inputs, and its backward pass.

    Parameters
    ----------
    data : ndarray
        The value.
    parents : tuple of Tensor
        The inputs.
    backward : callable
        ``backward(g)`` returns a gradient for each parent, or None where none is needed.
    """
    # Without `__init__`, which would check the dtype again: small networks spend their time on such things.
    out = Tensor.__new__(Tensor)
    out.data, out.grad = data, None
    if _recording:
        for p in parents:
            if p.requires_grad:
                out.requires_grad, out._parents, out._backward = True, parents, backward
                return out
    out.requires_grad, out._parents, out._backward = False, (), None
    return out


def _spent(g: np.ndarray) -> tuple[()]:
    """Mark a tensor whose backward pass is over and whose inputs are forgotten."""
    raise AssertionError(g)


def unbroadcast(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return `g` summed over the axes along which an operand of `shape` was broadcast."""
    if g.shape == shape:
        return g
    if extra := g.ndim - len(shape):
        g = g.sum(axis=tuple(range(extra)))
    axes = tuple(k for k, n in enumerate(shape) if n == 1 and g.shape[k] != 1)
    return g.sum(axis=axes, keepdims=True) if axes else g


def middle_sums(a: np.ndarray) -> np.ndarray:
    """Return the sums (k, m) over the middle axis of (k, p, m), to the bit those of ``a.sum(1)``.

    einsum adds in the same order, rows of up to a hundred elements in a third to a half of the time.
    """
    return np.einsum("kpm->km", a) if a.shape[2] > 1 and a.flags.c_contiguous else a.sum(1)


def column_sums(a: np.ndarray) -> np.ndarray:
    """Return the sums (m,) of the columns of a matrix (p, m), to the bit those of ``a.sum(0)``."""
    return middle_sums(a[None])[0]


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Concatenate tensors along `axis`."""
    data, sizes = np.concatenate([t.data for t in tensors], axis), [t.shape[axis] for t in tensors]
    return make(data, tuple(tensors), lambda g: np.split(g, np.cumsum(sizes)[:-1], axis))


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Stack tensors of one shape along a new axis."""
    data = np.stack([t.data for t in tensors], axis)
    return make(data, tuple(tensors), lambda g: [np.take(g, k, axis) for k in range(len(tensors))])


def where(mask: np.ndarray, a: Tensor, b: Tensor) -> Tensor:
    """Return `a` where `mask`, else `b`."""
    keep = np.asarray(mask, bool)
    return make(
        np.where(keep, a.data, b.data),
        (a, b),
        lambda g: (unbroadcast(g * keep, a.shape), unbroadcast(g * ~keep, b.shape)),
    )


def logistic(a: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-a)) of each element, computed from tanh, which does not overflow."""
    out = np.tanh(a * 0.5)
    out *= 0.5
    out += 0.5
    return out


@contextlib.contextmanager
def held(parameters: Iterable[Tensor]) -> Iterator[None]:
    """Hold parameters fixed: nothing is recorded for them, and their gradients do not change."""
    kept = [(p, p.requires_grad) for p in parameters]
    for p, _ in kept:
        p.requires_grad = False
    try:
        yield
    finally:
        for p, wanted in kept:
            p.requires_grad = wanted


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """Return `value` as a tensor, in the dtype of `like` if it is not one yet."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Followed):
        return Tensor(value.astype(like.dtype, copy=False))
    return Tensor(np.asarray(value, like.dtype))


class ShapeError(PortError):
    """Operands whose shapes do not fit together."""

    advice = "Give shapes that fit, as the operation's docstring says"


def demand_range(indices: np.ndarray, k: int, shown: str, where: str) -> None:
    """Raise `ShapeError` unless all are integers from 0 to k - 1."""
    if indices.dtype.kind not in "iu":
        raise ShapeError(f"{shown}; integers are wanted, not {indices.dtype}", where=where)
    if indices.size:
        low, high = int(indices.min()), int(indices.max())
        if low < 0 or high >= k:
            raise ShapeError(f"{shown}; values from {low} to {high}, allowed are 0 to {k - 1}", where=where)
