"""Arrays that are followed: every NumPy call on them is written down, to be made again over the same memory.

A `Followed` stands for an array in an operation, which need not know. Of each call that computes or copies something it
writes down function, arrays and the memory of the result. Views need no call: they lie in memory that is filled anew.

It does not turn into a plain array or into a number. So nothing that follows from it can leave unnoticed: what would
read it otherwise fails. Plain arrays that it meets are constants, and are copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.lib.stride_tricks import as_strided

Call = Callable[[], Any]

INTO = {np.dot, np.concatenate, np.stack, np.einsum}
"""Functions that write into memory that is given."""
ANEW = {np.where, np.repeat, np.clip}
"""Functions whose result has to be copied there."""
BLANK = {np.zeros_like, np.empty_like, np.full_like}
"""Functions that make memory by the shape of an array."""
VIEWS = {np.broadcast_to, np.expand_dims, np.swapaxes}
"""Functions that look at memory in another way."""

NAMED = {np.maximum, np.minimum}
"""Functions to which NumPy wants the result given by name; with others that would take half as long as a small sum."""


class Unfollowable(TypeError):
    """Something is asked of a followed array that cannot be written down."""


class Followed(NDArrayOperatorsMixin):
    """An array whose calls are written down.

    Parameters
    ----------
    array : ndarray
    calls : list of callable
        Where to write them.
    """

    __slots__ = ("array", "calls")

    def __init__(self, array: np.ndarray, calls: list[Call]):
        self.array, self.calls = array, calls

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    itemsize = property(lambda self: self.array.itemsize)
    strides = property(lambda self: self.array.strides)
    flags = property(lambda self: self.array.flags)
    T = property(lambda self: self._view(self.array.T))

    def __len__(self) -> int:
        return len(self.array)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise Unfollowable("a followed array as a plain one")

    def __bool__(self) -> bool:
        raise Unfollowable("a decision by a followed array")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Followed:
        (out,) = options.pop("out", (None,))
        options = {name: _kept(v) for name, v in options.items()}
        return self._computed(ufunc if method == "__call__" else getattr(ufunc, method), inputs, options, out)

    def __array_function__(self, function: Any, _: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        out = options.pop("out", None)
        options = {name: _kept(v) for name, v in options.items()}
        if function in INTO:
            return self._computed(function, inputs, options, out)
        if function in ANEW and out is None:
            return self._made(partial(function, *(_kept(v) for v in inputs), **options))
        if function in BLANK:
            blank = function(*(_plain(v) for v in inputs), **options)
            if function is not np.empty_like:
                self.calls.append(partial(np.copyto, blank, blank.copy("K") if function is np.full_like else 0))
            return Followed(blank, self.calls)
        if function is np.copyto:
            return self._copied(_own(inputs[0]), inputs[1], **options)
        if function in VIEWS:
            return self._view(function(self.array, *inputs[1:], **options))
        raise Unfollowable(f"numpy.{function.__name__}")

    def _computed(self, function: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Followed:
        """Call a function that can write into given memory."""
        into = {} if out is None else {"out": _own(out)}
        made = _array(function(*(_plain(v) for v in inputs), **options, **into))
        kept = [_kept(v, self.dtype if isinstance(function, np.ufunc) else None) for v in inputs]
        if isinstance(function, np.ufunc) and function not in NAMED:
            self.calls.append(partial(function, *kept, made, **options))
        else:
            self.calls.append(partial(function, *kept, **options, out=made))
        return Followed(made, self.calls) if out is None else out

    def _made(self, make: Callable[[], Any]) -> Followed:
        """Return what `make` makes; it is made anew each time, and copied to the same memory."""
        made = _array(make())
        self.calls.append(lambda: np.copyto(made, make()))
        return Followed(made, self.calls)

    def _copied(self, into: np.ndarray, value: Any, **options: Any) -> None:
        """Copy to memory."""
        call = partial(np.copyto, into, _kept(value), **options)
        call()
        self.calls.append(call)

    def _copy(self, made: np.ndarray) -> Followed:
        """Return a copy, in whatever shape and dtype."""
        self._copied(made.reshape(self.shape), self, casting="unsafe")
        return Followed(made, self.calls)

    def _view(self, view: np.ndarray) -> Followed:
        """Return a view of the array, or what NumPy had to copy to the same order instead."""
        return Followed(view, self.calls) if np.may_share_memory(view, self.array) else self._copy(view)

    def reshape(self, *shape: Any) -> Followed:
        """Return the elements in another shape."""
        return self._view(self.array.reshape(*shape))

    def transpose(self, *axes: Any) -> Followed:
        """Return the axes in another order."""
        return self._view(self.array.transpose(*axes))

    def swapaxes(self, one: int, other: int) -> Followed:
        """Return two axes exchanged."""
        return self._view(self.array.swapaxes(one, other))

    def strided(self, shape: tuple[int, ...], steps: tuple[int, ...]) -> Followed:
        """Return a view with strides of its own."""
        return self._view(as_strided(self.array, shape, steps))

    def copy(self, order: Any = "C") -> Followed:
        """Return a copy."""
        return self._copy(self.array.copy(order))

    def astype(self, dtype: Any, *, copy: bool = True) -> Followed:
        """Return the elements in another dtype."""
        return self if not copy and dtype == self.dtype else self._copy(self.array.astype(dtype))

    def __pow__(self, power: float) -> Followed:
        array = self.array  # of some powers NumPy makes a product or a root, of an operator alone
        return self._made(lambda: array**power)

    __ipow__ = None  # pyright: ignore

    def sum(self, axis: Any = None, **options: Any) -> Followed:
        """Return sums."""
        return self._computed(np.add.reduce, (self,), {"axis": axis, **options}, None)

    def max(self, axis: Any = None, **options: Any) -> Followed:
        """Return maxima."""
        return self._computed(np.maximum.reduce, (self,), {"axis": axis, **options}, None)

    def mean(self, axis: Any = None, **options: Any) -> Followed:
        """Return means."""
        return self._computed(self.array.mean, (), {"axis": axis, **options}, None)

    def take(self, indices: np.ndarray, axis: Any = None) -> Followed:
        """Return elements by their index."""
        return self._computed(self.array.take, (indices, axis), {}, None)

    def __getitem__(self, index: Any) -> Followed:
        part, array = self.array[index], self.array
        if isinstance(part, np.ndarray) and np.may_share_memory(part, array):
            return Followed(part, self.calls)
        return self._made(lambda: array[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        call = partial(self.array.__setitem__, _kept(index), _kept(value))
        call()
        self.calls.append(call)


def _plain(value: Any) -> Any:
    """Return an argument of a call with arrays in place of followed ones."""
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(v) for v in value)
    return value.array if isinstance(value, Followed) else value


def _kept(value: Any, dtype: Any = None) -> Any:
    """Return an argument of a call that is made again: constants as they are now, and numbers in a dtype of floats."""
    if isinstance(value, (list, tuple)):
        return type(value)(_kept(v) for v in value)
    if isinstance(value, np.ndarray):
        return value.copy("K")
    if isinstance(value, np.generic):
        return np.asarray(value)
    if type(value) in (int, float) and dtype is not None and dtype.kind == "f":
        return np.array(value, dtype)
    return _plain(value)


def _array(made: Any) -> np.ndarray:
    """Return what a call has made, which must be an array."""
    if not isinstance(made, np.ndarray):
        raise Unfollowable("a number that follows from a followed array")
    return made


def _own(out: Any) -> np.ndarray:
    """Return the array of a followed one that is written to."""
    if not isinstance(out, Followed):
        raise Unfollowable("a followed array into a plain one")
    return out.array


def contiguous(a: np.ndarray) -> np.ndarray:
    """Return an array in C order: itself, if it is so already."""
    return a if a.flags.c_contiguous else a.copy()


def strided(a: np.ndarray, shape: tuple[int, ...], steps: tuple[int, ...]) -> np.ndarray:
    """Return a view of an array from its first element on, with strides of its own, in bytes."""
    if isinstance(a, Followed):
        return a.strided(shape, steps)  # pyright: ignore[reportReturnType]
    # as_strided takes as long as a small product.
    return np.ndarray(shape, a.dtype, a, 0, steps) if a.flags.c_contiguous else as_strided(a, shape, steps)
