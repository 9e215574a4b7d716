"""The gradient check: every hand-written backward pass against central differences in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from marki.errors import MarkIError
from successors.nn.tensor import Tensor


class GradientError(MarkIError):
    """A backward pass that disagrees with the differences; the message gives the position and both values."""


def check(
    function: Callable[..., Tensor], *arrays: np.ndarray, step: float = 1e-5, tolerance: float = 1e-6, places: int = 40
) -> float:
    """Compare the gradients of a function with (f(x + h) - f(x - h)) / 2h.

    Parameters
    ----------
    function : callable
        Takes as many tensors as there are arrays and returns one, of any shape; its sum, weighted by fixed random
        numbers, is the scalar to differentiate. It must be deterministic.
    *arrays : ndarray
        Point at which to check; converted to float64.
    step : float
        h.
    tolerance : float
        Largest difference allowed, relative to the largest gradient of that array (or to 1, if that is larger).
    places : int
        Elements checked in each array, drawn at random from a fixed seed; all, if there are no more.

    Returns
    -------
    float
        The largest relative difference.

    Raises
    ------
    GradientError
        If an operation's backward pass is wrong.
    """
    rng = np.random.default_rng(0)
    inputs = [np.array(a, np.float64, order="C") for a in arrays]  # `reshape` below must not copy
    tensors = [Tensor(a, requires_grad=True) for a in inputs]
    out = function(*tensors)
    weight = rng.standard_normal(out.shape)
    out.backward(weight)
    worst = 0.0
    for number, (a, t) in enumerate(zip(inputs, tensors, strict=True)):
        gradient = np.zeros_like(a) if t.grad is None else np.array(t.grad)
        if gradient.shape != a.shape:
            raise GradientError(
                f"gradient of shape {gradient.shape} for an input of {a.shape}",
                where=f"input {number}",
                remedy="Return a gradient of the shape of the input",
            )
        scale = max(1.0, float(np.abs(gradient).max(initial=0)))
        flat = a.reshape(-1)
        chosen = np.arange(a.size) if a.size <= places else rng.choice(a.size, places, replace=False)
        for k in chosen:
            kept = flat[k]
            values = []
            for moved in (kept + step, kept - step):
                flat[k] = moved
                values.append(float((function(*(Tensor(b) for b in inputs)).data * weight).sum()))
            flat[k] = kept
            found, wanted = float(gradient.reshape(-1)[k]), (values[0] - values[1]) / (2 * step)
            off = abs(found - wanted) / scale
            worst = max(worst, off)
            if not off <= tolerance:
                raise GradientError(
                    f"backward gives {found:.9g}, central difference {wanted:.9g}",
                    where=f"input {number} at {tuple(int(i) for i in np.unravel_index(k, a.shape))}",
                    remedy="Correct the backward pass of the operation",
                )
    return worst
