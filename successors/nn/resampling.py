"""Resampling images: transposed convolution, nearest-neighbour upsampling, and separable filters that change the rate.

As in `convolution`, arrays have the shape (N, C, H, W) and any memory layout. Each operation works in the layout that
it is given: channels-last if the input is, else batch-last. In both, rows and columns are the two axes in the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from successors.nn.convolution import Pair, batch_last, channels_last, is_batch_last, is_channels_last, pair
from successors.nn.macs import count
from successors.nn.tensor import ShapeError, Tensor, column_sums, make


def conv_transpose2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, *, stride: Pair = 2, padding: Pair = 0
) -> Tensor:
    """Return the transposed convolution of images: each element adds a kernel, times itself, to the output.

    It is the adjoint of `conv2d` with the same kernels, stride and padding: what there is the gradient of the images.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
        The images.
    weight : Tensor, shape (C, F, kh, kw)
        The kernels.
    bias : Tensor, shape (F,), optional
        Added to each output channel.
    stride : int or pair of int
        s, distance in the output between the kernels of neighbours.
    padding : int or pair of int
        p, rows and columns that are cut off at each edge of the output.

    Returns
    -------
    Tensor, shape (N, F, oh, ow)
        With ``oh = (H - 1) s + kh - 2 p``, and ow likewise.

    Raises
    ------
    ShapeError
        If the shapes do not fit together, or nothing is left after the padding is cut off.

    References
    ----------
    Zeiler, Krishnan, Taylor & Fergus 2010, "Deconvolutional networks"; Dumoulin & Visin 2016, "A guide to convolution
    arithmetic for deep learning", chapter 4.
    """
    if not (x.ndim == weight.ndim == 4 and x.shape[1] == weight.shape[0]):
        raise ShapeError(
            f"images {x.shape} and kernels {weight.shape}; (N, C, H, W) and (C, F, kh, kw) are wanted",
            where="conv_transpose2d",
        )
    (s, t), (p, q) = pair(stride), pair(padding)
    if not (min(s, t) > 0 and min(p, q) >= 0):
        raise ShapeError(f"stride {(s, t)}, padding {(p, q)}", where="conv_transpose2d")
    n, c, h, w = x.shape
    f, kh, kw = weight.shape[1:]
    if not (bias is None or bias.shape == (f,)):
        raise ShapeError(f"bias {bias is not None and bias.shape} of kernels {weight.shape}", where="conv_transpose2d")
    whole = ((h - 1) * s + kh, (w - 1) * t + kw)
    if min(h, w, kh, kw, whole[0] - 2 * p, whole[1] - 2 * q) < 1:
        raise ShapeError(f"kernels {weight.shape} on images {x.shape}, padding {(p, q)}", where="conv_transpose2d")
    count(n * h * w * c * f * kh * kw)
    last = _last(x.data)
    laid, back = _layout(x.data)
    images = laid(x.data)
    columns = images.reshape(-1, c) if last else images.reshape(c, -1)
    # One product for all taps; what each gives is added where it belongs.
    kernels = weight.data.transpose(2, 3, 1, 0).reshape(kh * kw * f, c)
    part = columns @ kernels.T if last else kernels @ columns
    taps = [
        (u, v, slice(u, u + s * (h - 1) + 1, s), slice(v, v + t * (w - 1) + 1, t)) for u in range(kh) for v in range(kw)
    ]
    if last:
        part = part.reshape(n, h, w, kh, kw, f)
        out = np.zeros((n, *whole, f), part.dtype)
        for u, v, row, column in taps:
            out[:, row, column] += part[:, :, :, u, v]
    else:
        part = part.reshape(kh, kw, f, h, w, n)
        out = np.zeros((f, *whole, n), part.dtype)
        for u, v, row, column in taps:
            out[:, row, column] += part[u, v]
    inner = (slice(None), slice(p, whole[0] - p), slice(q, whole[1] - q))
    out = out[inner]
    if bias is not None:
        out = out + (bias.data if last else bias.data[:, None, None, None])

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = laid(g)
        if p or q:
            padded = np.zeros((len(g), *whole, g.shape[3]), g.dtype)
            padded[inner] = g
        else:
            padded = g
        shape = (n, h, w, kh, kw, f) if last else (kh, kw, f, h, w, n)
        gathered = np.empty(shape, g.dtype)
        for u, v, row, column in taps:
            (gathered[:, :, :, u, v] if last else gathered[u, v])[...] = padded[:, row, column]
        gx = gw = None
        if last:
            rows = gathered.reshape(-1, kh * kw * f)
            if x.requires_grad:
                gx = (rows @ kernels).reshape(n, h, w, c).transpose(back)
            if weight.requires_grad:
                gw = columns.T @ rows
            total = None if bias is None else column_sums(g.reshape(-1, f))
        else:
            rows = gathered.reshape(kh * kw * f, -1)
            if x.requires_grad:
                gx = (kernels.T @ rows).reshape(c, h, w, n).transpose(back)
            if weight.requires_grad:
                gw = columns @ rows.T
            total = None if bias is None else g.reshape(f, -1).sum(1)
        if gw is not None:
            gw = gw.reshape(c, kh, kw, f).transpose(0, 3, 1, 2)
        return (gx, gw) if bias is None else (gx, gw, total)

    return make(out.transpose(back), (x, weight) if bias is None else (x, weight, bias), backward)


def upsample2(x: Tensor) -> Tensor:
    """Return images of twice the height and width, each element repeated in a square of four.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)

    Returns
    -------
    Tensor, shape (N, C, 2 H, 2 W)

    Raises
    ------
    ShapeError
        If it is no image.
    """
    if x.ndim != 4:
        raise ShapeError(f"images of shape {x.shape}, not (N, C, H, W)", where="upsample2")
    laid, back = _layout(x.data)
    a = laid(x.data)
    k, h, w, m = a.shape
    out = np.broadcast_to(a[:, :, None, :, None], (k, h, 2, w, 2, m)).reshape(k, 2 * h, 2 * w, m)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        g = laid(g)
        total = g[:, ::2, ::2] + g[:, ::2, 1::2]
        total += g[:, 1::2, ::2]
        total += g[:, 1::2, 1::2]
        return (total.transpose(back),)

    return make(out.transpose(back), (x,), backward)


def fir(
    x: Tensor,
    taps: Sequence[float] = (1, 3, 3, 1),
    *,
    up: int = 1,
    down: int = 1,
    padding: tuple[int, int] | None = None,
) -> Tensor:
    """Return images under a separable filter: up - 1 zeros after each element, padding, convolution, each `down`-th.

    The filter is scaled so that a surface of one brightness keeps it. Both axes are products with band matrices.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
        The images.
    taps : sequence of float
        The filter along one axis; the default is the binomial one of StyleGAN2.
    up, down : int
        Factors by which the rate rises before the filter and falls after it.
    padding : (int, int), optional
        Zeros before and after, in each axis; below 0, elements that are cut off. By default the size is that of the
        input times `up`, divided by `down`.

    Returns
    -------
    Tensor, shape (N, C, oh, ow)
        With ``oh = (H up + before + after - len(taps)) // down + 1``, and ow likewise.

    Raises
    ------
    ShapeError
        If it is no image, the filter sums to 0, or the padded image is smaller than the filter.

    References
    ----------
    Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", `upfirdn2d` of its program; Zhang 2019,
    "Making convolutional networks shift-invariant again".
    """
    if x.ndim != 4:
        raise ShapeError(f"images of shape {x.shape}, not (N, C, H, W)", where="fir")
    size = len(taps)
    if not (size and sum(taps) and up > 0 and down > 0):
        raise ShapeError(f"taps {tuple(taps)}, up {up}, down {down}", where="fir")
    if padding is None:
        rest = size - max(up, down)
        padding = ((rest + 1) // 2 + up - 1, rest // 2)
    h, w = x.shape[2:]
    if min(h, w) * up + sum(padding) < size:
        raise ShapeError(f"{size} taps on images {x.shape}, padding {padding}", where="fir")
    across = _band(tuple(taps), w, up, down, padding, x.dtype.str)
    along = _band(tuple(taps), h, up, down, padding, x.dtype.str)
    count(x.size * len(along) + x.shape[0] * x.shape[1] * len(along) * w * len(across))
    laid, back = _layout(x.data)
    out = _filtered(laid(x.data), along, across)
    return make(out.transpose(back), (x,), lambda g: (_filtered(laid(g), along.T, across.T).transpose(back),))


def _filtered(a: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return (k, h, w, m) with matrices (oh, h) and (ow, w) applied to its middle axes."""
    k, h, w, m = a.shape
    rows = along @ a.reshape(k, h, w * m)
    return across @ rows.reshape(k, len(along), w, m)


@lru_cache(maxsize=256)
def _band(taps: tuple[float, ...], size: int, up: int, down: int, padding: tuple[int, int], dtype: str) -> np.ndarray:
    """Return the matrix (out, size) of a filter along one axis."""
    before, after = padding
    scaled = np.array(taps[::-1], np.float64) * (up / sum(taps))  # a convolution: the last tap meets the first element
    matrix = np.zeros(((size * up + before + after - len(taps)) // down + 1, size))
    for i in range(len(matrix)):
        for t, weight in enumerate(scaled):
            at, between = divmod(i * down + t - before, up)
            if 0 <= at < size and not between:
                matrix[i, at] += weight
    matrix = matrix.astype(dtype)
    matrix.flags.writeable = False
    return matrix


def _last(a: np.ndarray) -> bool:
    """Return whether an operation works channels-last: images of one channel or one sample are both, and stay so."""
    return is_channels_last(a) and not is_batch_last(a)


def _layout(a: np.ndarray) -> tuple[Callable[[np.ndarray], np.ndarray], tuple[int, ...]]:
    """Return what brings (N, C, H, W) to the layout of an operation, and the axes that lead back."""
    return (channels_last, (0, 3, 1, 2)) if _last(a) else (batch_last, (3, 0, 1, 2))
