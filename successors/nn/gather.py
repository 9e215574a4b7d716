"""Moving elements: scattered, padded, permuted and split, with the backward passes written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from successors.nn.tensor import Tensor, make


def masked_scatter(rows: Tensor, mask: np.ndarray) -> Tensor:
    """Return rows where a mask is true, and zeros elsewhere.

    Parameters
    ----------
    rows : Tensor, shape (m, ...)
        In the order of the mask's elements.
    mask : ndarray of bool
        Has m true elements.

    Returns
    -------
    Tensor, shape (*mask.shape, ...)
    """
    out = np.zeros_like(rows.data, shape=(*mask.shape, *rows.shape[1:]))
    out[mask] = rows.data
    return make(out, (rows,), lambda g: (g[mask],))


def pad_images(x: Tensor, width: int, value: float) -> Tensor:
    """Return images with a border of a constant.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w)
    width : int
        Width of the border, in cells.
    value : float
        The constant.

    Returns
    -------
    Tensor, shape (n, c, h + 2 width, w + 2 width)
    """
    n, c, h, w = x.shape
    # The batch is the last axis in memory, as convolutions of few channels need it.
    shape = (c, h + 2 * width, w + 2 * width, n)
    out = np.full_like(x.data, value, order="C", shape=shape).transpose(3, 0, 1, 2)
    inner = (..., slice(width, width + h), slice(width, width + w))
    out[inner] = x.data
    return make(out, (x,), lambda g: (g[inner],))


def permute_rows(x: Tensor, order: np.ndarray, inverse: np.ndarray, *, left_out: np.ndarray | None = None) -> Tensor:
    """Return rows (n, t, k) in another order, ``x[:, order]``.

    Parameters
    ----------
    x : Tensor, shape (n, t, k)
    order : ndarray of int
        Index of the input row at each position of the result.
    inverse : ndarray of int, shape (t,)
        Position of each input row in the result; a row that occurs several times takes the gradient from here alone.
    left_out : ndarray of bool, shape (t,), optional
        Rows that do not occur in the result; their gradient is zero.
    """

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        g = g.take(inverse, 1)
        if left_out is not None:
            g[:, left_out] = 0
        return (g,)

    return make(x.data.take(order, 1), (x,), backward)


def split(x: Tensor, places: Sequence[Any]) -> list[Tensor]:
    """Split a tensor into the parts at the given indices, which together must cover it.

    Every part must be used: their gradients are collected in one array, which is passed on when the last has arrived.

    Parameters
    ----------
    x : Tensor
    places : sequence
        Indices, such as those of `numpy.s_`.
    """
    gathered, missing = np.empty_like(x.data), set(range(len(places)))

    def part(k: int) -> Tensor:
        def backward(g: np.ndarray) -> tuple[np.ndarray | None]:
            gathered[places[k]] = g
            missing.discard(k)
            return (None if missing else gathered,)

        return make(x.data[places[k]], (x,), backward)

    return [part(k) for k in range(len(places))]
