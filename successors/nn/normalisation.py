"""Normalisation by moments, with the gradients written by hand.

With ``y = (x - mean) r``, ``r = (variance + eps)^(-1/2)`` over m elements, and h the gradient of y, that of x is
``r (h - mean(h) - y mean(h y))``; without subtracting the mean, as in RMS normalisation, ``r (h - y mean(h y))``.
"""

from __future__ import annotations

import numpy as np

from successors.nn.convolution import batch_last, channels_last, is_channels_last
from successors.nn.followed import contiguous
from successors.nn.tensor import ShapeError, Tensor, column_sums, make, middle_sums, recording


def batch_norm(
    x: Tensor,
    gain: Tensor,
    bias: Tensor,
    mean: np.ndarray,
    variance: np.ndarray,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel by the mean and variance of the batch (training) or by the running ones.

    ``out = gain (x - mean) / sqrt(variance + eps) + bias``. In training, `mean` and `variance` are updated in place to
    ``(1 - momentum) old + momentum new``, where the new variance is the unbiased one.

    Parameters
    ----------
    x : Tensor, shape (N, C) or (N, C, H, W)
        Activations.
    gain, bias : Tensor, shape (C,)
        Scale and shift of each channel.
    mean, variance : ndarray, shape (C,)
        The running moments.
    training : bool
        Whether to use the moments of this batch, and update the running ones.
    momentum : float
        Weight of the batch in the running moments.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ShapeError
        If the shapes do not fit together, or in training a channel has fewer than two elements.

    References
    ----------
    .. [1] Ioffe, Szegedy: Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift.
       ICML 2015, algorithms 1 and 2.
    """
    if x.ndim not in (2, 4):
        raise ShapeError(f"activations of shape {x.shape}, neither (N, C) nor (N, C, H, W)", where="batch_norm")
    n, c = x.shape[:2]
    shapes = (gain.shape, bias.shape, mean.shape, variance.shape)
    if shapes != ((c,),) * 4:
        raise ShapeError(f"activations {x.shape} with gain, bias, mean, variance {shapes}", where="batch_norm")
    m = x.size // c if c else 0
    if training and m < 2:
        raise ShapeError(f"activations {x.shape}: a variance needs two elements in each channel", where="batch_norm")
    if not (training or recording()):
        # In evaluation mode there is no backward pass; the memory layout stays as it is.
        each = (c, 1, 1) if x.ndim == 4 else (c,)
        out = x.data - mean.astype(x.dtype, copy=False).reshape(each)
        out *= (1 / np.sqrt(variance.astype(x.dtype, copy=False) + eps)).reshape(each)
        out *= gain.data.reshape(each)
        out += bias.data.reshape(each)
        return make(out, (), lambda g: ())
    inner = x.ndim == 2 or is_channels_last(x.data)

    def view(a: np.ndarray) -> np.ndarray:
        """Return a view with a separate channel axis: (n, h w, c) or (c, h w n)."""
        if a.ndim == 2:
            return contiguous(a)[None]
        places = a.shape[2] * a.shape[3]
        return channels_last(a).reshape(n, places, c) if inner else batch_last(a).reshape(c, places * n)

    def restore(a: np.ndarray) -> np.ndarray:
        if x.ndim == 2:
            return a[0]
        h, w = x.shape[2:]
        return a.reshape(n, h, w, c).transpose(0, 3, 1, 2) if inner else a.reshape(c, h, w, n).transpose(3, 0, 1, 2)

    def total(a: np.ndarray) -> np.ndarray:
        # Sum each image first: one long running sum in float32 would lose digits.
        return (np.ones(a.shape[1], a.dtype) @ a).sum(axis=0) if inner else a.sum(axis=1)

    def spread(a: np.ndarray) -> np.ndarray:
        return a if inner else a[:, None]

    a = view(x.data)
    if training:
        centre = total(a) / m
        y = a - spread(centre)
        square = total(y * y) / m
        mean += momentum * (centre - mean)
        variance += momentum * (square * (m / (m - 1)) - variance)
    else:
        y = a - spread(mean.astype(a.dtype, copy=False))
        square = variance.astype(a.dtype, copy=False)
    r = 1 / np.sqrt(square + eps)
    y *= spread(r)
    out = y * spread(gain.data)
    out += spread(bias.data)

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = view(g)
        gb, gg = total(g), total(g * y)
        gx = None
        if x.requires_grad:
            if training:
                gx = y * spread(gg / -m)
                gx += g
                gx -= spread(gb / m)
                gx *= spread(gain.data * r)
            else:
                gx = g * spread(gain.data * r)
            gx = restore(gx)
        return gx, gg, gb

    return make(restore(out), (x, gain, bias), backward)


def layer_norm(x: Tensor, gain: Tensor, bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """Normalise each row of the last axis by its mean and variance.

    ``out = gain (x - mean(x)) / sqrt(var(x) + eps) + bias``.

    Parameters
    ----------
    x : Tensor, shape (..., D)
        Activations.
    gain : Tensor, shape (D,)
        Scale of each element of a row.
    bias : Tensor, shape (D,), optional
        Shift of each element of a row.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ShapeError
        If the shapes do not fit together, or there are no elements to take a mean of.

    References
    ----------
    .. [1] Ba, Kiros, Hinton: Layer Normalization. arXiv:1607.06450, 2016.
    """
    fits = x.ndim > 0 and gain.shape == x.shape[-1:] != (0,) and (bias is None or bias.shape == gain.shape)
    if not fits:
        shown = "" if bias is None else f", bias {bias.shape}"
        raise ShapeError(f"activations {x.shape} with gain {gain.shape}{shown}", where="layer_norm")
    d = x.shape[-1]
    # The same as `_normalise`, without its generality, which costs more than the arithmetic of a single sample.
    a = contiguous(x.data).reshape(x.size // d if d else 0, d)
    y = a - _mean(a)
    r = 1 / np.sqrt(_mean(y * y) + eps)
    y *= r
    out = y * gain.data
    if bias is not None:
        out += bias.data

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = g.reshape(a.shape)
        gx = None
        part = g * y
        gg = column_sums(part)
        if x.requires_grad:
            gx = g * gain.data
            part *= gain.data
            np.multiply(y, _mean(part), out=part)
            part += _mean(gx)
            gx -= part
            gx *= r
            gx = gx.reshape(x.shape)
        return (gx, gg) if bias is None else (gx, gg, column_sums(g))

    return make(out.reshape(x.shape), (x, gain) if bias is None else (x, gain, bias), backward)


def layer_norm2d(x: Tensor, gain: Tensor, bias: Tensor, eps: float = 1e-6) -> Tensor:
    """Normalise images over the channels at each position, with the batch as the last axis in memory.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w)
    gain, bias : Tensor, shape (c,)
    eps : float
        Added to the variance.

    Raises
    ------
    ShapeError
        If the shapes do not fit together, or there are no channels.
    """
    if not (x.ndim == 4 and gain.shape == bias.shape == x.shape[1:2] != (0,)):
        raise ShapeError(f"activations {x.shape} with gain {gain.shape}, bias {bias.shape}", where="layer_norm2d")
    n, c, h, w = x.shape
    a = batch_last(x.data).reshape(c, h * w * n)
    y = a - a.mean(0)
    r = 1 / np.sqrt((y * y).mean(0) + eps)
    y *= r
    factor, shape = gain.data[:, None], (c, h, w, n)
    out = y * factor
    out += bias.data[:, None]

    def backward(g: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        g = batch_last(g).reshape(y.shape)
        part = g * y
        gg, gb = part.sum(1), g.sum(1)
        part *= factor
        np.multiply(y, part.mean(0), out=part)
        gx = g * factor
        part += gx.mean(0)
        gx -= part
        gx *= r
        return gx.reshape(shape).transpose(3, 0, 1, 2), gg, gb

    return make(out.reshape(shape).transpose(3, 0, 1, 2), (x, gain, bias), backward)


def _mean(a: np.ndarray) -> np.ndarray:
    """Return the means of rows, (n, 1); `ndarray.mean` takes several times as long over short ones."""
    total = np.add.reduce(a, axis=1, keepdims=True)
    total /= a.shape[1]
    return total


def rms_norm(x: Tensor, gain: Tensor, eps: float = 1e-5) -> Tensor:
    """Divide each row of the last axis by its root mean square.

    ``out = gain x / sqrt(mean(x^2) + eps)``.

    Parameters
    ----------
    x : Tensor, shape (..., D)
        Activations.
    gain : Tensor, shape (D,)
        Scale of each element of a row.
    eps : float
        Added to the mean square.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ShapeError
        If the shapes do not fit together, or there are no elements to take a mean of.

    References
    ----------
    .. [1] Zhang, Sennrich: Root Mean Square Layer Normalization. NeurIPS 2019.
    """
    if not (x.ndim > 0 and gain.shape == x.shape[-1:] != (0,)):
        raise ShapeError(f"activations {x.shape} with gain {gain.shape}", where="rms_norm")
    return _normalise(x, _rows(x), tuple(range(x.ndim)), 2, 1, 1, gain, None, eps)


def group_norm(x: Tensor, groups: int, gain: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalise each group of channels of each sample by its mean and variance.

    ``out = gain (x - mean(x)) / sqrt(var(x) + eps) + bias``, moments over C / groups channels and all positions.

    Parameters
    ----------
    x : Tensor, shape (N, C, ...)
        Activations.
    groups : int
        Number of groups; 1: all channels together, C: each separately.
    gain, bias : Tensor, shape (C,)
        Scale and shift of each channel.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ShapeError
        If the shapes do not fit together, or there are no elements to take a mean of.

    References
    ----------
    .. [1] Wu, He: Group Normalization. ECCV 2018.
    """
    fits = x.ndim > 1 and gain.shape == bias.shape == x.shape[1:2] and groups > 0 and x.shape[1] % groups == 0
    if not fits or 0 in x.shape[1:]:
        raise ShapeError(
            f"activations {x.shape}, gain {gain.shape}, bias {bias.shape}, {groups} groups", where="group_norm"
        )
    n, c = x.shape[:2]
    places = int(np.prod(x.shape[2:]))
    if x.ndim == 4 and is_channels_last(x.data):
        shape, order, channel = (n, places, c), (0, 2, 3, 1), 2
    elif x.ndim == 4:
        shape, order, channel = (c, places, n), (1, 2, 3, 0), 0
    else:
        shape, order, channel = (n, c, places), tuple(range(x.ndim)), 1
    return _normalise(x, shape, order, channel, 2 if channel == 1 else 1, groups, gain, bias, eps)


def local_response_norm(x: Tensor, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0) -> Tensor:
    """Damp each channel by the activity of its neighbours.

    ``out_c = x_c / (k + alpha / size sum_j x_j^2)^beta``, j from c - floor(size / 2) to c + floor((size - 1) / 2) as
    far as there are channels. Where the paper has alpha, torch, and this function, have alpha / size.

    Parameters
    ----------
    x : Tensor, shape (N, C, ...)
        Activations.
    size : int
        Number of channels in the sum.
    alpha, beta, k : float
        Scale, power and offset.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ShapeError
        If x has fewer than three axes or size is not positive.

    References
    ----------
    .. [1] Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural Networks. NeurIPS 2012,
       section 3.3.
    """
    if not (x.ndim > 2 and size > 0):
        raise ShapeError(f"activations {x.shape}, {size} channels", where="local_response_norm")
    before, after = size // 2, (size - 1) // 2
    a = _apart(x.data)
    base = _window(a * a, before, after)
    base *= alpha / size
    base += k
    factor = base**-beta

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        # Channel j enters the sums of the channels that see it: the mirrored window.
        g = _apart(g)
        back = _window(g * a * factor / base, after, before)
        back *= -2 * alpha * beta / size
        back *= a
        return (g * factor + back,)

    return make(a * factor, (x,), backward)


def _apart(a: np.ndarray) -> np.ndarray:
    """Return (N, C, ...) with each channel contiguous in memory, as sums over channels need it."""
    return batch_last(a).transpose(3, 0, 1, 2) if a.ndim == 4 else a


def _window(a: np.ndarray, before: int, after: int) -> np.ndarray:
    """Return the sum over channels c - before to c + after for each channel c, in the memory order of `a`."""
    out = a.copy("K")
    c = a.shape[1]
    for shift in range(1, min(before, c - 1) + 1):
        out[:, shift:] += a[:, : c - shift]
    for shift in range(1, min(after, c - 1) + 1):
        out[:, : c - shift] += a[:, shift:]
    return out


def _rows(x: Tensor) -> tuple[int, int, int]:
    """Return (rows, 1, D): each row of the last axis is a group, its elements the channels, with one place."""
    d = x.shape[-1]
    return x.size // d if d else 0, 1, d


def _normalise(
    x: Tensor,
    shape: tuple[int, ...],
    order: tuple[int, ...],
    channel: int,
    place: int,
    groups: int,
    gain: Tensor,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    """Normalise x, brought into memory `order` and a `shape` of three axes, over axis `place` and groups of channels.

    The mean is not subtracted if there is no bias.
    """
    moved, home = tuple(x.shape[k] for k in order), np.argsort(order)
    per = shape[channel] // groups
    parted = (*shape[:channel], groups, per, *shape[channel + 1 :])
    parted = tuple(1 if k == place + (place > channel) else m for k, m in enumerate(parted))
    spread = tuple(-1 if k == channel else 1 for k in range(3))

    def view(a: np.ndarray) -> np.ndarray:
        return contiguous(a.transpose(order)).reshape(shape)

    def restore(a: np.ndarray) -> np.ndarray:
        return a.reshape(moved).transpose(home)

    def average(a: np.ndarray) -> np.ndarray:
        # First over positions, then over the few channels of a group, then broadcast to each channel: numpy is slow
        # over short inner axes.
        if place == 1 != shape[1]:
            a = middle_sums(a)
            a /= shape[1]
        elif shape[place] != 1:
            a = a.mean(axis=place)
        a = a.reshape(parted).mean(axis=channel + 1)
        return a if groups == 1 else np.repeat(a, per, axis=channel)

    def fold(a: np.ndarray) -> np.ndarray:
        if place == 2:
            return a.sum(axis=2).sum(axis=0)
        return column_sums(middle_sums(a)) if channel == 2 else middle_sums(a).sum(axis=1)

    a = view(x.data)
    y = a - average(a) if bias is not None else a
    r = 1 / np.sqrt(average(y * y) + eps)
    y = np.multiply(y, r, out=None if bias is None else y)
    weight = gain.data.reshape(spread)
    out = y * weight
    if bias is not None:
        out += bias.data.reshape(spread)

    def backward(g: np.ndarray) -> tuple[np.ndarray | None, ...]:
        g = view(g)
        gx = None
        part = g * y
        gg = fold(part)
        if x.requires_grad:
            # In place where possible: allocating memory costs more than the arithmetic.
            h = g * weight
            part *= weight
            np.multiply(y, average(part), out=part)
            if bias is not None:
                part += average(h)
            h -= part
            h *= r
            gx = restore(h)
        return (gx, gg) if bias is None else (gx, gg, fold(g))

    return make(restore(out), (x, gain) if bias is None else (x, gain, bias), backward)
