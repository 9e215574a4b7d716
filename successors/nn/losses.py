"""Losses, and the softmax that precedes them, each as one operation."""

from __future__ import annotations

import numpy as np

from successors.nn.tensor import ShapeError, Tensor, as_tensor, demand_range, logistic, make


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return exp(x) / Σ exp(x) along an axis.

    Parameters
    ----------
    x : Tensor, any shape
    axis : int

    Returns
    -------
    Tensor, shape of `x`

    Raises
    ------
    ShapeError
        If the axis has no elements.

    References
    ----------
    Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    """
    _demand_classes(x, axis, "softmax")
    value = np.exp(x.data - x.data.max(axis, keepdims=True))
    value /= value.sum(axis, keepdims=True)
    return make(value, (x,), lambda g: (value * (g - (g * value).sum(axis, keepdims=True)),))


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return x - log Σ exp(x) along an axis.

    Parameters
    ----------
    x : Tensor, any shape
    axis : int

    Returns
    -------
    Tensor, shape of `x`

    Raises
    ------
    ShapeError
        If the axis has no elements.

    References
    ----------
    Bridle 1990, the logarithm of his softmax.
    """
    _demand_classes(x, axis, "log_softmax")
    value = _log_softmax(x.data, axis)
    return make(value, (x,), lambda g: (g - np.exp(value) * g.sum(axis, keepdims=True),))


def cross_entropy(logits: Tensor, labels: np.ndarray, *, smoothing: float = 0.0) -> Tensor:
    """Return the mean over samples of -log softmax(logits) at the label, or of smoothed labels.

    -(1 - ε) log p_label - (ε / k) Σ log p, with p = softmax(logits)

    Parameters
    ----------
    logits : Tensor, shape (n, k)
    labels : ndarray of int, shape (n,)
        From 0 to k - 1.
    smoothing : float
        ε, the fraction of the target that is spread evenly over all classes.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ShapeError
        If the shapes do not fit together or a label is out of range.

    References
    ----------
    Bridle 1990; Goodfellow, Bengio & Courville 2016, section 6.2; smoothing, Szegedy et al. 2016, section 7.
    """
    labels = np.asarray(labels)
    shown = f"logits {logits.shape} and labels {labels.shape}"
    if not (logits.ndim == 2 and labels.shape == logits.shape[:1]):
        raise ShapeError(f"{shown}; (n, k) and (n,) are wanted", where="cross_entropy")
    if not len(labels):
        raise ShapeError(f"{shown}; the mean of no examples", where="cross_entropy")
    demand_range(labels, logits.shape[1], shown, "cross_entropy")
    n = len(labels)
    rows = np.arange(n)
    logs = _log_softmax(logits.data, 1)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        out = np.exp(logs)
        if smoothing:
            out -= out.dtype.type(smoothing / logits.shape[1])
        out[rows, labels] -= 1 - smoothing
        out *= g / n
        return (out,)

    value = -logs[rows, labels].mean()
    if smoothing:
        value = (1 - smoothing) * value - smoothing * logs.mean()
    return make(value, (logits,), backward)


def mean_squared_error(x: Tensor, target: Tensor | np.ndarray) -> Tensor:
    """Return the mean over all elements of (x - target)².

    Parameters
    ----------
    x : Tensor, any shape
    target : Tensor or ndarray, same shape

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no elements.

    References
    ----------
    Rumelhart, Hinton & Williams 1986, eq. 3, with the mean in place of half the sum.
    """
    target = as_tensor(target, x)
    if x.shape != target.shape:
        raise ShapeError(f"x {x.shape} and target {target.shape}; one shape is wanted", where="mean_squared_error")
    if not x.size:
        raise ShapeError(f"x {x.shape}; the mean of no elements", where="mean_squared_error")
    off = x.data - target.data

    def backward(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gx = off * (g * (2 / off.size))
        return gx, -gx

    return make(np.mean(off * off), (x, target), backward)


def binary_cross_entropy(logits: Tensor, targets: Tensor | np.ndarray) -> Tensor:
    """Return the mean over all elements of -y log s(a) - (1 - y) log(1 - s(a)), s the logistic function.

    Computed as max(a, 0) - a y + log(1 + exp(-|a|)), which does not overflow.

    Parameters
    ----------
    logits : Tensor, any shape
        a.
    targets : Tensor or ndarray, same shape
        y, between 0 and 1.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no elements.

    References
    ----------
    Bishop 1995, "Neural networks for pattern recognition", chapter 6.
    """
    y = as_tensor(targets, logits)
    if logits.shape != y.shape:
        raise ShapeError(
            f"logits {logits.shape} and targets {y.shape}; one shape is wanted", where="binary_cross_entropy"
        )
    if not logits.size:
        raise ShapeError(f"logits {logits.shape}; the mean of no elements", where="binary_cross_entropy")
    a = logits.data
    value = np.mean(np.maximum(a, 0) - a * y.data + np.log1p(np.exp(-np.abs(a))))

    def backward(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = g / a.size
        return (logistic(a) - y.data) * share, -a * share

    return make(value, (logits, y), backward)


def _demand_classes(x: Tensor, axis: int, where: str) -> None:
    if not x.shape[axis]:
        raise ShapeError(f"x {x.shape}; no elements along axis {axis}", where=where)


def _log_softmax(a: np.ndarray, axis: int) -> np.ndarray:
    out = a - a.max(axis, keepdims=True)
    out -= np.log(np.exp(out).sum(axis, keepdims=True))
    return out
