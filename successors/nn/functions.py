"""Layers without state, each as one operation."""

from __future__ import annotations

import math

import numpy as np

from successors.nn.macs import count
from successors.nn.tensor import ShapeError, Tensor, column_sums, demand_range, make


def images(x: Tensor) -> Tensor:
    """Return frames (n, h, w) as images (n, 1, h, w); images are returned unchanged."""
    return x if x.ndim == 4 else x.reshape(len(x), 1, *x.shape[1:])


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return an affine map of the last axis, x Wᵀ + b.

    Parameters
    ----------
    x : Tensor, shape (..., d)
    weight : Tensor, shape (k, d)
    bias : Tensor, shape (k,), optional

    Returns
    -------
    Tensor, shape (..., k)

    Raises
    ------
    ShapeError
        If the shapes do not fit together.

    References
    ----------
    Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors", eq. 1.
    """
    if not (weight.ndim == 2 and x.ndim >= 1 and x.shape[-1] == weight.shape[1]):
        raise ShapeError(f"x {x.shape} and weight {weight.shape}; (…, d) and (k, d) are wanted", where="linear")
    k, d = weight.shape
    if bias is not None and not (bias.shape == (k,)):
        raise ShapeError(f"bias {bias.shape} for weight {weight.shape}; {(k,)} is wanted", where="linear")
    # All leading axes as one: a single product, where matmul would compute one for each sample.
    flat = x.data if x.ndim == 2 else x.data.reshape(math.prod(x.shape[:-1]), d)
    rows = len(flat)
    count(rows * k * d)
    value = flat @ weight.data.T
    if bias is not None:
        value += bias.data

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = g.reshape(rows, k)
        gx = (g @ weight.data).reshape(x.shape) if x.requires_grad else None
        gw = g.T @ flat if weight.requires_grad else None
        if bias is None:
            return gx, gw
        return gx, gw, column_sums(g) if bias.requires_grad else None

    if x.ndim != 2:
        value = value.reshape(*x.shape[:-1], k)
    return make(value, (x, weight) if bias is None else (x, weight, bias), backward)


def embedding(indices: np.ndarray, table: Tensor) -> Tensor:
    """Look up rows of a table.

    Parameters
    ----------
    indices : ndarray of int, any shape (...)
        From 0 to k - 1.
    table : Tensor, shape (k, d)

    Returns
    -------
    Tensor, shape (..., d)

    Raises
    ------
    ShapeError
        If the table does not have two axes, or an index is out of range.

    References
    ----------
    Bengio et al. 2003, "A neural probabilistic language model", section 2, the matrix C.
    """
    indices = np.asarray(indices)
    if table.ndim != 2:
        raise ShapeError(f"table {table.shape}; (k, d) is wanted", where="embedding")
    demand_range(indices, table.shape[0], f"indices {indices.shape} into table {table.shape}", "embedding")

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        out, (k, d) = np.zeros_like(table.data, order="C"), table.shape
        # Element by element NumPy is five times as fast as row by row, and adds in the same order.
        places = np.arange(k * d).reshape(k, d)[indices]
        np.add.at(out.reshape(-1), places.reshape(-1), g.reshape(-1))
        return (out,)

    return make(table.data[indices], (table,), backward)


def dropout(x: Tensor, rate: float, rng: np.random.Generator) -> Tensor:
    """Return x with each element set to zero with probability `rate`, and the others divided by 1 - rate.

    Parameters
    ----------
    x : Tensor, any shape
    rate : float
        From 0 to below 1; with 0, `x` itself is returned and nothing is drawn.
    rng : Generator

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Srivastava et al. 2014, "Dropout", with the scaling at training time instead of at test time.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"dropout rate {rate}: not from 0 to below 1")
    if rate == 0:
        return x
    factor = (rng.random(x.shape, np.float32) >= rate) * x.dtype.type(1 / (1 - rate))
    return make(x.data * factor, (x,), lambda g: (g * factor,))
