"""Pooling of images, with the gradients written by hand.

Each tap of the window is one slice of the whole batch; numpy walks these in memory order, so (N, C, H, W) views keep
their memory layout, whatever it is.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from successors.nn.convolution import Pair, extent, pair
from successors.nn.tensor import ShapeError, Tensor, make

Margins = tuple[tuple[int, int], tuple[int, int]]
"""Cells laid before and after an image, down and across."""


def max_pool2d(x: Tensor, size: Pair, *, stride: Pair | None = None, padding: Pair = 0, cut: bool = False) -> Tensor:
    """Return the maximum of each window.

    ``out[n, c, i, j] = max_{u < kh, v < kw} x[n, c, i s + u - p, j s + v - p]``, where x is -inf outside. The gradient
    goes to the first of equal maxima.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
        The images.
    size : int or pair of int
        (kh, kw), the window.
    stride : int or pair of int, optional
        s, step between windows; `size` if left out.
    padding : int or pair of int
        p, at most half the window.
    cut : bool
        Whether a last window that the image, with its padding, holds only a part of counts as well, cut off there; it
        must begin before the image ends.

    Returns
    -------
    Tensor, shape (N, C, oh, ow)
        With ``oh = floor((H + 2 p - kh) / s) + 1``, or the ceiling with `cut`, and ow likewise.

    Raises
    ------
    ShapeError
        If x is not four-dimensional or a window does not fit.

    References
    ----------
    .. [1] Riesenhuber, Poggio: Hierarchical Models of Object Recognition in Cortex. Nature Neuroscience 2, 1999.
    """
    taps, margins, apart = _taps("max_pool2d", x.data.shape, size, stride, padding, cut)
    padded = _padded(x.data, margins, -np.inf)
    out = padded[taps[0]].copy("K")
    for tap in taps[1:]:
        np.maximum(out, padded[tap], out=out)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        if g.strides != out.strides:
            ordered = np.empty_like(out)
            ordered[...] = g  # once, not for each tap
            g = ordered
        gx = np.zeros_like(padded, dtype=g.dtype)
        free = np.ones_like(out, dtype=bool)  # windows whose maximum has not been met yet
        for tap in taps:
            first = padded[tap] == out
            first &= free
            free ^= first
            # np.where would be several times slower than the product.
            if apart:
                np.multiply(g, first, out=gx[tap])
            else:
                gx[tap] += g * first
        return (_cropped(gx, margins),)

    return make(out, (x,), backward)


def avg_pool2d(x: Tensor, size: Pair, *, stride: Pair | None = None, padding: Pair = 0) -> Tensor:
    """Return the mean of each window.

    ``out[n, c, i, j] = 1 / (kh kw) sum_{u < kh, v < kw} x[n, c, i s + u - p, j s + v - p]``, where x is 0 outside; the
    padding counts in the mean.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
        The images.
    size : int or pair of int
        (kh, kw), the window.
    stride : int or pair of int, optional
        s, step between windows; `size` if left out.
    padding : int or pair of int
        p, at most half the window.

    Returns
    -------
    Tensor, shape (N, C, oh, ow)
        With ``oh = floor((H + 2 p - kh) / s) + 1``, and so across.

    Raises
    ------
    ShapeError
        If x is not four-dimensional or a window does not fit.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition. Proc. IEEE 86, 1998.
    """
    taps, margins, apart = _taps("avg_pool2d", x.data.shape, size, stride, padding, False)
    padded = _padded(x.data, margins, 0)
    out = padded[taps[0]].copy("K")
    for tap in taps[1:]:
        out += padded[tap]
    out *= 1 / len(taps)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        gx = np.zeros_like(padded, dtype=g.dtype)
        share = g * (1 / len(taps))
        for tap in taps:
            if apart:
                gx[tap] = share
            else:
                gx[tap] += share
        return (_cropped(gx, margins),)

    return make(out, (x,), backward)


@lru_cache(maxsize=256)
def _taps(
    where: str, images: tuple[int, ...], size: Pair, stride: Pair | None, padding: Pair, cut: bool
) -> tuple[tuple[tuple[slice, ...], ...], Margins, bool]:
    """Return the slice of the padded image for each tap of the window, the margins, and whether no windows overlap."""
    if len(images) != 4:
        raise ShapeError(f"images of shape {images}, not (N, C, H, W)", where=where)
    k, p = pair(size), pair(padding)
    s = k if stride is None else pair(stride)
    fits = all(a > 0 and b > 0 and 0 <= 2 * c <= a for a, b, c in zip(k, s, p, strict=True))
    if not fits:
        raise ShapeError(f"window {k}, stride {s}, padding {p}", where=where)
    (oh, low), (ow, right) = (_places(n, a, b, c, cut=cut) for n, a, b, c in zip(images[2:], k, s, p, strict=True))
    if min(oh, ow) < 1:
        raise ShapeError(f"window {k} on images {images}, padding {p}", where=where)
    return _slices(k, s, (oh, ow)), ((p[0], low), (p[1], right)), s[0] >= k[0] and s[1] >= k[1]


def _places(n: int, size: int, stride: int, padding: int, *, cut: bool) -> tuple[int, int]:
    """Return how many windows there are along an axis of n cells, and the padding after it."""
    if not cut:
        return extent(n, size, stride, padding), padding
    many = 1 - (size - n - 2 * padding) // stride  # the ceiling
    if (many - 1) * stride >= n + padding:
        many -= 1
    return many, max(0, (many - 1) * stride + size - n - padding)


def _slices(
    size: tuple[int, int], stride: tuple[int, int], out: tuple[int, int]
) -> tuple[tuple[slice, slice, slice, slice], ...]:
    """Return the slices of (N, C, H, W) for each tap of a window."""
    every = slice(None)
    rows, columns = (
        [slice(u, u + s * (n - 1) + 1, s) for u in range(k)] for k, s, n in zip(size, stride, out, strict=True)
    )
    return tuple((every, every, row, column) for row in rows for column in columns)


def _padded(a: np.ndarray, margins: Margins, value: float) -> np.ndarray:
    ((up, low), (left, right)), (n, c, h, w) = margins, a.shape
    if not (up or low or left or right):
        return a
    # The shape differs from that of `a`, but not the memory layout.
    out = np.full_like(a, value, shape=(n, c, up + h + low, left + w + right), order="K")
    out[:, :, up : up + h, left : left + w] = a
    return out


def _cropped(a: np.ndarray, margins: Margins) -> np.ndarray:
    ((up, low), (left, right)), (h, w) = margins, a.shape[2:]
    return a[:, :, up : h - low, left : w - right]
