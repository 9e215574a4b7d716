"""Convolution as matrix products, with the gradients written by hand.

All arrays have the shape (N, C, H, W). Their memory layout may be any, as with the memory formats of torch: with few
channels it is batch-last, (C, H, W, N), so that copies run over long rows; with many channels it is channels-last,
(N, H, W, C), so that matrix products do. Depthwise convolutions are batch-last; 1x1 convolutions, and convolutions of
small maps, stay batch-last if their input is. Input images are taken in the layout they have, and the output of many
filters over them is channels-last at once. An operation transposes to the view that it needs, which copies only if the
memory has another layout.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from successors.nn.followed import contiguous, strided
from successors.nn.functions import linear
from successors.nn.macs import count
from successors.nn.tensor import ShapeError, Tensor, make

MANY = 16  # from this many channels on, both in and out, the layout is channels-last
SEVERAL = 8  # from this many on, if the kernel is larger than 3x3 and its windows are not small
COLOURS = 4  # up to this many channels, the input is taken as an image
BLOCK = 1 << 19  # bytes of the matrix of windows that is built at a time
SMALL = 6 << 20  # up to this many bytes of windows, batch-last images stay batch-last
LARGE = 1 << 16  # from this many elements on, of a padded image only the margins are zeroed
WIDE = 16  # rows this many times as wide as the kernel are too wide for depthwise convolution as a product
Pair = int | tuple[int, int]


def pair(value: Pair) -> tuple[int, int]:
    """Return (vertical, horizontal), given one number for both or a pair."""
    if isinstance(value, (int, np.integer)):
        return int(value), int(value)
    down, across = value
    return int(down), int(across)


def batch_last(a: np.ndarray) -> np.ndarray:
    """Return (N, C, H, W) as contiguous (C, H, W, N); a view if it has this layout already."""
    return contiguous(a.transpose(1, 2, 3, 0))


def channels_last(a: np.ndarray) -> np.ndarray:
    """Return (N, C, H, W) as contiguous (N, H, W, C); a view if it has this layout already."""
    return contiguous(a.transpose(0, 2, 3, 1))


def is_channels_last(a: np.ndarray) -> bool:
    """Return whether (N, C, H, W) lies in memory as (N, H, W, C)."""
    return a.transpose(0, 2, 3, 1).flags.c_contiguous


def is_batch_last(a: np.ndarray) -> bool:
    """Return whether (N, C, H, W) lies in memory as (C, H, W, N)."""
    return a.transpose(1, 2, 3, 0).flags.c_contiguous


def extent(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return the number of positions of a kernel along an axis."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Return the cross-correlation of images with kernels.

    ``out[n, f, i, j] = bias[f] + sum_{c, u, v} weight[f, c, u, v] x[n, c0 + c, i s + u d - p, j s + v d - p]``, where x
    is 0 outside and c0 is the first channel of f's group.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W)
        The images.
    weight : Tensor, shape (F, C / groups, kh, kw)
        The kernels.
    bias : Tensor, shape (F,), optional
        Added to each output channel.
    stride : int or pair of int
        s, step between positions of the kernel.
    padding : int or pair of int
        p, rows and columns of zeros around the image.
    dilation : int or pair of int
        d, distance between taps of the kernel.
    groups : int
        Number of groups of channels; each output channel sees one of them; C for a depthwise convolution.

    Returns
    -------
    Tensor, shape (N, F, oh, ow)
        With ``oh = floor((H + 2 p - d (kh - 1) - 1) / s) + 1``, and ow likewise.

    Raises
    ------
    ShapeError
        If the shapes do not fit together, or the kernel is larger than the padded image.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition. Proc. IEEE 86, 1998.
    .. [2] Chellapilla, Puri, Simard: High Performance Convolutional Neural Networks for Document Processing. IWFHR 2006
       (convolution as a matrix product).
    .. [3] Yu, Koltun: Multi-Scale Context Aggregation by Dilated Convolutions. ICLR 2016.
    """
    images, kernels = x.data.shape, weight.data.shape
    place = _place(images, kernels, None if bias is None else bias.data.shape, stride, padding, dilation, groups)
    (n, c, h, w), (f, per, kh, kw), (oh, ow) = images, kernels, place.out
    if (kh, kw) == (h, w) and groups == 1 and place.padding == (0, 0):
        # One position only: each filter is a unit fully connected to the image.
        return linear(x.flatten(), weight.reshape(f, c * h * w), bias).reshape(n, f, 1, 1)
    taps = n * oh * ow * kh * kw * x.data.itemsize
    small = (kh, kw) == (1, 1) or taps * c <= SMALL
    # Batch-last, all windows are built at once; those of a large kernel then cost more than the products.
    least = SEVERAL if max(kh, kw) > 3 and not small else MANY
    many = groups == 1 and min(c, f) >= least and not (small and is_batch_last(x.data))
    if many and place.whole:
        # At each position, the channels feed f units.
        return linear(x.transpose(0, 2, 3, 1), weight.reshape(f, c), bias).transpose(0, 3, 1, 2)
    count(n * oh * ow * f * per * kh * kw)
    if many:
        return _many(x, weight, bias, place)
    if groups == 1 and c <= COLOURS and f >= MANY and taps * f > SMALL:
        # The next convolution will need the channels-last layout.
        return _pictures(x, weight, bias, place)
    if groups == c == f and c > 1:
        narrow = w + 2 * place.padding[1] <= WIDE * kw
        return _banded(x, weight, bias, place) if narrow else _depthwise(x, weight, bias, place)
    return _few(x, weight, bias, place, groups)


class _Place:
    """Geometry of a convolution: where the taps of a kernel fall on an image."""

    def __init__(
        self,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int],
        dilation: tuple[int, int],
        out: tuple[int, int],
    ):
        self.kernel, self.stride, self.padding, self.dilation, self.out = kernel, stride, padding, dilation, out
        self.whole = kernel == (1, 1) and stride == (1, 1) and padding == (0, 0)  # one tap that covers the image

    def turned(self, c: int, f: int, size: tuple[int, int]) -> _Place | None:
        """Return the geometry that, with kernels rotated by 180°, maps the gradient of f channels to that of c.

        None where the gradient must be scattered instead: if the stride leaves gaps in it, if it would have to be
        cropped, or if scattering is cheaper.
        """
        (kh, kw), (p, q) = self.kernel, self.padding
        dense = self.stride == self.dilation == (1, 1) and p < kh and q < kw
        if not (dense and (f <= c or max(kh, kw) <= 3)):
            return None
        return _Place(self.kernel, (1, 1), (kh - 1 - p, kw - 1 - q), (1, 1), size)

    def taps(self) -> list[tuple[int, int, slice, slice]]:
        """Return u, v and the rows and columns of the padded image that tap (u, v) sees."""
        (s, t), (d, e), (oh, ow) = self.stride, self.dilation, self.out
        rows = [slice(u * d, u * d + s * (oh - 1) + 1, s) for u in range(self.kernel[0])]
        columns = [slice(v * e, v * e + t * (ow - 1) + 1, t) for v in range(self.kernel[1])]
        return [(u, v, row, column) for u, row in enumerate(rows) for v, column in enumerate(columns)]

    def padded(self, a: np.ndarray) -> np.ndarray:
        """Pad axes 1 and 2, rows and columns, with zeros."""
        (p, q), (k, h, w, m) = self.padding, a.shape
        if not (p or q):
            return a
        # np.pad does the same at several times the cost.
        shape = (k, h + 2 * p, w + 2 * q, m)
        if a.size < LARGE:
            out = np.zeros_like(a, order="C", shape=shape)
        else:  # zeros only where they stay
            out = np.empty_like(a, order="C", shape=shape)
            out[:, :p], out[:, p + h :], out[:, :, :q], out[:, :, q + w :] = 0, 0, 0, 0
        out[:, p : p + h, q : q + w] = a
        return out

    def cropped(self, a: np.ndarray) -> np.ndarray:
        """Undo `padded`."""
        (p, q), (h, w) = self.padding, a.shape[1:3]
        return a[:, p : h - p, q : w - q]


@lru_cache(maxsize=1024)
def _place(
    images: tuple[int, ...],
    kernels: tuple[int, ...],
    bias: tuple[int, ...] | None,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> _Place:
    """Return the geometry of a convolution, given the shapes of its operands, which must fit together.

    It is asked for again with every frame, and to check all that takes as long as a small product.
    """
    if len(images) != 4:
        raise ShapeError(f"images of shape {images}, not (N, C, H, W)", where="conv2d")
    if len(kernels) != 4:
        raise ShapeError(f"kernels of shape {kernels}, not (F, C / groups, kh, kw)", where="conv2d")
    s, p, d = pair(stride), pair(padding), pair(dilation)
    if not (min(s) > 0 and min(d) > 0 and min(p) >= 0):
        raise ShapeError(f"stride {s}, padding {p}, dilation {d}", where="conv2d")
    (_, c, h, w), (f, per, kh, kw) = images, kernels
    fits = groups > 0 and c == per * groups and f % groups == 0
    if not fits:
        raise ShapeError(f"images {images} and kernels {kernels} in {groups} groups", where="conv2d")
    if not (bias is None or bias == (f,)):
        raise ShapeError(f"bias {bias} of kernels {kernels}", where="conv2d")
    oh, ow = extent(h, kh, s[0], p[0], d[0]), extent(w, kw, s[1], p[1], d[1])
    if not (min(kh, kw) > 0 and min(oh, ow) > 0):
        raise ShapeError(f"kernels {kernels}, dilation {d}, on images {images}, padding {p}", where="conv2d")
    return _Place((kh, kw), s, p, d, (oh, ow))


def _few(x: Tensor, weight: Tensor, bias: Tensor | None, place: _Place, groups: int) -> Tensor:
    """Convolve in batch-last layout: (g, f / g, c / g kh kw) times (g, c / g kh kw, oh ow n)."""
    (kh, kw), (oh, ow) = place.kernel, place.out
    n, c, h, w = x.shape
    f, per = weight.shape[:2]
    columns = _columns(batch_last(x.data), place, groups)
    kernels = weight.data.reshape(groups, f // groups, per * kh * kw)
    out = (kernels @ columns).reshape(f, oh, ow, n)
    if bias is not None:
        out += bias.data[:, None, None, None]

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        images = batch_last(g)
        g = images.reshape(groups, f // groups, oh * ow * n)
        gx = gw = None
        if weight.requires_grad:
            gw = (g @ columns.swapaxes(1, 2)).reshape(weight.shape)
        if x.requires_grad:
            turned = place.turned(c, f, (h, w))
            if turned:
                taps = weight.data.reshape(groups, f // groups, per, kh, kw)[..., ::-1, ::-1].swapaxes(1, 2)
                gx = (taps.reshape(groups, per, -1) @ _columns(images, turned, groups)).reshape(c, h, w, n)
            else:
                back = (kernels.swapaxes(1, 2) @ g).reshape(c, kh, kw, oh, ow, n)
                p, q = place.padding
                gx = np.zeros((c, h + 2 * p, w + 2 * q, n), g.dtype)
                for u, v, row, column in place.taps():
                    gx[:, row, column] += back[:, u, v]
                gx = place.cropped(gx)
            gx = gx.transpose(3, 0, 1, 2)
        return (gx, gw) if bias is None else (gx, gw, g.sum(axis=2).reshape(f))

    return make(out.transpose(3, 0, 1, 2), (x, weight) if bias is None else (x, weight, bias), backward)


def _columns(a: np.ndarray, place: _Place, groups: int) -> np.ndarray:
    """Return the windows of (c, h, w, n), (g, c / g kh kw, oh ow n)."""
    padded = place.padded(a)
    c, hp, wp, n = padded.shape
    (kh, kw), (oh, ow) = place.kernel, place.out
    if not place.whole:
        # Windows share memory until the copy. Strides are computed from the shape, as those of axes of length 1 are
        # arbitrary.
        (s, t), (d, e) = place.stride, place.dilation
        if n == 1 and s == 1:
            # Rows of a single image are short, and a copy takes as long as it has rows: each is copied once for all
            # rows of the kernel, and these see long pieces of it.
            step = tuple(m * padded.itemsize for m in (hp * wp, e, wp, t))
            padded = strided(padded, (c, kw, hp, ow), step).copy()
            step, shape = (kw * hp * ow, d * ow, hp * ow, ow, 1), (c, kh, kw, oh, ow)
        else:
            step, shape = (hp * wp * n, d * wp * n, e * n, s * wp * n, t * n, 1), (c, kh, kw, oh, ow, n)
        strides = tuple(m * padded.itemsize for m in step)
        padded = strided(padded, shape, strides).copy()
    return padded.reshape(groups, c // groups * kh * kw, oh * ow * n)


def _pictures(x: Tensor, weight: Tensor, bias: Tensor | None, place: _Place) -> Tensor:
    """Convolve images to channels-last output, with the windows as rows: (n oh ow, c kh kw) times (c kh kw, f)."""
    (kh, kw), (oh, ow) = place.kernel, place.out
    n, c, h, w = x.shape
    f = len(weight.data)
    planes = place.padded(x.data.swapaxes(0, 1).reshape(c * n, h, w, 1))
    padded = planes.reshape(c, n, *planes.shape[1:3])
    taps = place.taps()
    columns = np.empty_like(x.data, order="C", shape=(c, kh, kw, n, oh, ow))
    for u, v, row, column in taps:
        columns[:, u, v] = padded[:, :, row, column]
    columns = columns.reshape(c * kh * kw, -1)
    kernels = weight.data.reshape(f, -1)
    out = columns.T @ kernels.T
    if bias is not None:
        out += bias.data

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = channels_last(g).reshape(-1, f)
        gx = gw = None
        if weight.requires_grad:
            gw = (columns @ g).T.reshape(weight.shape)
        if x.requires_grad:
            back = (kernels.T @ g.T).reshape(c, kh, kw, n, oh, ow)
            gx = np.zeros(padded.shape, g.dtype)
            for u, v, row, column in taps:
                gx[:, :, row, column] += back[:, u, v]
            gx = place.cropped(gx.reshape(planes.shape)).reshape(c, n, h, w).swapaxes(0, 1)
        return (gx, gw) if bias is None else (gx, gw, np.ones(len(g), g.dtype) @ g)

    out = out.reshape(n, oh, ow, f).transpose(0, 3, 1, 2)
    return make(out, (x, weight) if bias is None else (x, weight, bias), backward)


def _many(x: Tensor, weight: Tensor, bias: Tensor | None, place: _Place) -> Tensor:
    """Convolve in channels-last layout: kh products (oh n ow, kw c) times (kw c, f), some images at a time."""
    (kh, kw), (oh, ow) = place.kernel, place.out
    n, c, h, w = x.shape
    f = len(weight.data)
    images = channels_last(x.data)
    out = _products(images, weight.data.transpose(2, 3, 1, 0), place)
    if bias is not None:
        out += bias.data

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = channels_last(g)
        gx = gw = None
        if weight.requires_grad:
            gw = np.zeros((kh, kw * c, f), g.dtype)
            for block, rows in _rows(images, place):
                errors = g[block].swapaxes(0, 1).reshape(-1, f)
                for u, taps in enumerate(rows):
                    gw[u] += taps.T @ errors
            gw = gw.reshape(kh, kw, c, f).transpose(3, 2, 0, 1)
        if x.requires_grad:
            turned = place.turned(c, f, (h, w))
            if turned:
                gx = _products(g, weight.data[:, :, ::-1, ::-1].transpose(2, 3, 0, 1), turned)
            else:
                p, q = place.padding
                gx = np.zeros((n, h + 2 * p, w + 2 * q, c), g.dtype)
                taps = np.ascontiguousarray(weight.data.transpose(2, 3, 0, 1))
                # A product for each tap, so that the rows to be added are contiguous.
                for u, v, row, column in place.taps():
                    gx[:, row, column] += (g.reshape(-1, f) @ taps[u, v]).reshape(n, oh, ow, c)
                gx = place.cropped(gx)
            gx = gx.transpose(0, 3, 1, 2)
        return (gx, gw) if bias is None else (gx, gw, np.ones(n * oh * ow, g.dtype) @ g.reshape(-1, f))

    return make(out.transpose(0, 3, 1, 2), (x, weight) if bias is None else (x, weight, bias), backward)


def _products(a: np.ndarray, kernels: np.ndarray, place: _Place) -> np.ndarray:
    """Return (n, h, w, c) convolved with (kh, kw, c, f), (n, oh, ow, f)."""
    kh, *_, f = kernels.shape
    oh, ow = place.out
    kernels = kernels.reshape(kh, -1, f)
    out = np.empty_like(a, np.result_type(a.dtype, kernels.dtype), order="C", shape=(len(a), oh, ow, f))
    for block, rows in _rows(a, place):
        total = rows[0] @ kernels[0]
        for u in range(1, kh):
            total += rows[u] @ kernels[u]
        out[block] = total.reshape(oh, -1, ow, f).swapaxes(0, 1)
    return out


def _rows(a: np.ndarray, place: _Place) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Yield some images of (n, h, w, c) at a time, and the windows of each row of kernels, (oh images ow, kw c).

    Horizontal windows are copied once for all kernel rows; each kernel row starts at another image row. The windows of
    all images would not fit in the processor's cache, and to build them again costs less than to load them.
    """
    n, c = len(a), a.shape[3]
    (kh, kw), (oh, ow), (s, t), (d, e) = place.kernel, place.out, place.stride, place.dilation
    many = max(1, BLOCK // ((a.shape[1] + 2 * place.padding[0]) * ow * kw * c * a.itemsize))
    for i in range(0, n, many):
        padded = place.padded(a[i : i + many])
        # Strides are computed from the shape, as those of axes of length 1 are arbitrary.
        m, hp, wp, _ = padded.shape
        step = tuple(k * a.itemsize for k in (wp * c, hp * wp * c, t * c, e * c, 1))
        across = strided(padded, (hp, m, ow, kw, c), step).copy()
        seen = [across[u * d : u * d + s * (oh - 1) + 1 : s] for u in range(kh)]
        yield slice(i, i + m), [rows.reshape(-1, kw * c) for rows in seen]


def _banded(x: Tensor, weight: Tensor, bias: Tensor | None, place: _Place) -> Tensor:
    """Convolve each channel with its own kernel, in batch-last layout.

    A row of the output, (ow, n), is a band matrix, (ow, kh wp), times kh rows of the padded image, which are contiguous
    in memory and need no copy. Most of the matrix is zero; the product is still faster than single taps.
    """
    (kh, kw), (s, t), (d, e), (oh, ow) = place.kernel, place.stride, place.dilation, place.out
    padded = place.padded(batch_last(x.data))
    c, hp, wp, n = padded.shape
    rows = (kh - 1) * d + 1  # rows of a dilated kernel, its gaps included

    def diagonals(bands: np.ndarray) -> np.ndarray:
        """Return a view of the taps, (c, ow, kh, kw): (u, v) of output j at row u d and column j t + v e."""
        step = tuple(m * bands.itemsize for m in (ow * rows * wp, rows * wp + t, d * wp, e))
        return strided(bands, (c, ow, kh, kw), step)

    bands = np.zeros_like(padded, np.result_type(padded.dtype, weight.dtype), order="C", shape=(c, ow, rows, wp))
    diagonals(bands)[...] = weight.data
    windows = _overlapping(padded, oh, rows, s)
    out = bands.reshape(c, 1, ow, rows * wp) @ windows
    if bias is not None:
        out += bias.data[:, None, None, None]

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = batch_last(g)
        gx = gw = None
        if weight.requires_grad:
            total, part = np.zeros((2, c, ow, rows * wp), g.dtype)
            for i in range(oh):
                total += np.matmul(g[:, i], windows[:, i].swapaxes(1, 2), out=part)
            gw = diagonals(total).sum(axis=1).reshape(weight.shape)
        if x.requires_grad:
            # The same for the gradient: output rows, spaced by the stride, under a flipped kernel.
            spread = np.zeros((c, hp + rows - 1, ow, n), g.dtype)
            spread[:, rows - 1 : rows + s * (oh - 1) : s] = g
            p, q = place.padding
            back = np.ascontiguousarray(bands[:, :, ::-1, q : wp - q].transpose(0, 3, 2, 1))
            inner = _overlapping(spread[:, p:], hp - 2 * p, rows, 1)
            gx = (back.reshape(c, 1, wp - 2 * q, rows * ow) @ inner).transpose(3, 0, 1, 2)
        return (gx, gw) if bias is None else (gx, gw, g.sum(axis=(1, 2, 3)))

    return make(out.transpose(3, 0, 1, 2), (x, weight) if bias is None else (x, weight, bias), backward)


def _overlapping(a: np.ndarray, places: int, rows: int, stride: int) -> np.ndarray:
    """Return `rows` rows of (c, h, w, n) from every `stride`-th on, (c, places, rows w, n), as a view."""
    c, _, w, n = a.shape
    step = (a.strides[0], stride * w * n * a.itemsize, n * a.itemsize, a.itemsize)
    return strided(a, (c, places, rows * w, n), step)


def _depthwise(x: Tensor, weight: Tensor, bias: Tensor | None, place: _Place) -> Tensor:
    """Convolve each channel with its own kernel, tap by tap: no sum over channels makes it a matrix product."""
    (kh, kw), (oh, ow) = place.kernel, place.out
    n, c = x.shape[:2]
    padded = place.padded(channels_last(x.data))
    kernels = contiguous(weight.data.reshape(c, kh, kw).transpose(1, 2, 0))
    out = np.zeros_like(padded, np.result_type(padded.dtype, kernels.dtype), order="C", shape=(n, oh, ow, c))
    if bias is not None:
        out += bias.data
    part = np.empty_like(out)
    for u, v, row, column in place.taps():
        np.multiply(padded[:, row, column], kernels[u, v], out=part)
        out += part

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = channels_last(g)
        part = np.empty_like(g)
        gw = np.empty_like(kernels) if weight.requires_grad else None
        gx = np.zeros(padded.shape, g.dtype) if x.requires_grad else None
        ones = np.ones(n * oh * ow, g.dtype)
        for u, v, row, column in place.taps():
            if gw is not None:
                np.multiply(padded[:, row, column], g, out=part)
                gw[u, v] = ones @ part.reshape(-1, c)
            if gx is not None:
                np.multiply(g, kernels[u, v], out=part)
                gx[:, row, column] += part
        if gw is not None:
            gw = gw.transpose(2, 0, 1).reshape(weight.shape)
        if gx is not None:
            gx = place.cropped(gx).transpose(0, 3, 1, 2)
        return (gx, gw) if bias is None else (gx, gw, ones @ g.reshape(-1, c))

    return make(out.transpose(0, 3, 1, 2), (x, weight) if bias is None else (x, weight, bias), backward)
