"""Scaled dot-product attention, as one operation."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from successors.nn.followed import contiguous, strided
from successors.nn.hooks import note
from successors.nn.macs import count
from successors.nn.tensor import ShapeError, Tensor, make, unbroadcast


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    mask: np.ndarray | None = None,
    bias: Tensor | None = None,
    dropout: np.ndarray | None = None,
) -> Tensor:
    """Return the values summed for each query, weighted by how well their keys match it.

    softmax(q kᵀ / √d + bias) v

    Parameters
    ----------
    q : Tensor, shape (..., t, d)
    k : Tensor, shape (..., s, d)
    v : Tensor, shape (..., s, e)
        Leading axes of the three broadcast against each other.
    mask : ndarray of bool, broadcastable to (..., t, s), optional
        True where a query may attend. The output of a query that may attend nowhere is zero.
    bias : Tensor, broadcastable to (..., t, s), optional
        Added to the scores.
    dropout : ndarray, broadcastable to (..., t, s), optional
        Dropout mask by which the weights are multiplied, already drawn: 0 or 1 / (1 - rate).

    Returns
    -------
    Tensor, shape (..., t, e)

    Raises
    ------
    ShapeError
        If the shapes do not fit together.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", eq. 1.
    """
    extras = tuple(None if extra is None else extra.shape for extra in (mask, bias, dropout))
    count(_multiply_adds(q.shape, k.shape, v.shape, *extras))

    scale = q.dtype.type(1 / math.sqrt(q.shape[-1]))
    weights = np.matmul(q.data * scale, k.data.swapaxes(-1, -2))
    if bias is not None:
        weights += bias.data
    if mask is not None:
        # Finite, so that a row without any True gives no NaN; added, as to copy where a mask says so takes longer.
        weights += np.where(mask, 0, np.finfo(weights.dtype).min)
    weights -= _row_maxima(weights)
    np.exp(weights, out=weights)
    if mask is not None and not np.any(mask, -1).all():
        weights *= np.asarray(mask, bool)
    total = weights.sum(-1, keepdims=True)
    total[total == 0] = 1
    weights /= total
    note("attention", weights)
    used = weights if dropout is None else weights * np.asarray(dropout, weights.dtype)

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        gv = unbroadcast(used.swapaxes(-1, -2) @ g, v.shape) if v.requires_grad else None
        ds = unbroadcast(g @ v.data.swapaxes(-1, -2), weights.shape)
        if dropout is not None:
            ds = ds * np.asarray(dropout, ds.dtype)
        # Softmax: ds = w (dw - Σ w dw).
        ds -= np.einsum("...k,...k->...", ds, weights)[..., None]
        ds *= weights
        gq = unbroadcast((ds @ k.data) * scale, q.shape) if q.requires_grad else None
        gk = unbroadcast((ds.swapaxes(-1, -2) @ q.data) * scale, k.shape) if k.requires_grad else None
        if bias is None:
            return gq, gk, gv
        return gq, gk, gv, unbroadcast(ds, bias.shape) if bias.requires_grad else None

    return make(np.matmul(used, v.data), (q, k, v) if bias is None else (q, k, v, bias), backward)


MANY = 1 << 14
"""Scores from which on their maxima are found in another way."""

Shape = tuple[int, ...]


@lru_cache(maxsize=1024)
def _multiply_adds(q: Shape, k: Shape, v: Shape, mask: Shape | None, bias: Shape | None, dropout: Shape | None) -> int:
    """Return what attention costs, given the shapes of its operands, which must fit together.

    It is asked for again with every frame, and to check all that takes as long as a small product.
    """
    shown = f"q {q}, k {k}, v {v}"
    if min(len(q), len(k), len(v)) < 2:
        raise ShapeError(f"{shown}; (…, t, d), (…, s, d), (…, s, e) are wanted", where="attention")
    if q[-1] != k[-1] or not q[-1]:
        raise ShapeError(f"{shown}; the last axes of q and k are empty or differ", where="attention")
    if k[-2] != v[-2]:
        raise ShapeError(f"{shown}; k and v are not of one length", where="attention")
    try:
        # From k and q only: leading axes that only v has do not enlarge the scores.
        scores = (*np.broadcast_shapes(q[:-2], k[:-2]), q[-2], k[-2])
        leading = np.broadcast_shapes(scores[:-2], v[:-2])
    except ValueError:
        raise ShapeError(f"{shown}; the leading axes do not broadcast", where="attention") from None
    for name, extra in (("mask", mask), ("bias", bias), ("dropout", dropout)):
        if extra is not None and not _fits(extra, scores):
            raise ShapeError(f"{name} {extra} does not broadcast to the scores {scores}", where="attention")
    return math.prod(scores) * q[-1] + math.prod(leading) * q[-2] * k[-2] * v[-1]


def relative_to_absolute(table: Tensor) -> Tensor:
    """Turn values for each position and relative distance into values for each pair of positions.

    ``out[..., i, j] = table[..., i, j - i + L - 1]``

    Parameters
    ----------
    table : Tensor, shape (..., L, 2 L - 1)

    Returns
    -------
    Tensor, shape (..., L, L)
    """
    *leading, places, _ = table.shape

    def view(a: np.ndarray) -> np.ndarray:
        # A row has 2 L - 1 elements, so a stride of 2 L - 2 shifts each row one to the left of the last.
        *steps, row, one = a.strides
        return strided(a.reshape(-1)[places - 1 :], (*leading, places, places), (*steps, row - one, one))

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        out = np.zeros(table.shape, g.dtype)
        view(out)[...] = g
        return (out,)

    return make(view(contiguous(table.data)), (table,), backward)


def _row_maxima(a: np.ndarray) -> np.ndarray:
    """Return the maxima (..., 1) of the rows of (..., m), the lowest finite number at least."""
    lowest = np.finfo(a.dtype).min
    if a.size < MANY or not a.flags.c_contiguous:
        return a.max(-1, keepdims=True, initial=lowest)
    # The same in half to two thirds of the time.
    found = np.maximum.reduceat(a.reshape(-1), np.arange(0, a.size, a.shape[-1]))
    return np.maximum(found, lowest, out=found).reshape(*a.shape[:-1], 1)


def _fits(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False
