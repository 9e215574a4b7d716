"""Activations, each as one operation."""

from __future__ import annotations

import math

import numpy as np

from successors.nn import activity
from successors.nn.tensor import ShapeError, Tensor, logistic, make


def gelu(x: Tensor, *, tanh: bool = False) -> Tensor:
    """Return x Φ(x), Φ the normal distribution function, or 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    Parameters
    ----------
    x : Tensor, any shape
    tanh : bool
        Whether to take the approximation.

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Hendrycks & Gimpel 2016, "Gaussian error linear units", section 2.
    """
    a = x.data
    if tanh:
        # In place where possible: allocating memory costs more than the arithmetic.
        scale, cubic = math.sqrt(2 / math.pi), 0.044715
        squashed = np.multiply(a, a, out=np.empty_like(a))  # of no axes, NumPy would give a scalar otherwise
        squashed *= scale * cubic
        squashed += scale
        squashed *= a
        np.tanh(squashed, out=squashed)
        out = squashed + 1
        out *= 0.5
        out *= a

        def backward(g: np.ndarray) -> tuple[np.ndarray]:
            # (1 + t) / 2 + a (1 - t²) scale (1 + 3 cubic a²) / 2 = (1 + t) (1 + a (1 - t) scale (1 + 3 cubic a²)) / 2
            slope = a * a
            slope *= 3 * cubic * scale
            slope += scale
            slope *= a
            slope *= 1 - squashed
            slope += 1
            slope *= squashed + 1
            slope *= 0.5
            slope *= g
            return (slope,)

        return make(out, (x,), backward)
    below = 0.5 * erf(a * math.sqrt(0.5)) + 0.5
    return make(a * below, (x,), lambda g: (g * (below + a * np.exp(-0.5 * a * a) * (1 / math.sqrt(2 * math.pi))),))


def silu(x: Tensor) -> Tensor:
    """Return x / (1 + exp(-x)), also called swish.

    Parameters
    ----------
    x : Tensor, any shape

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Hendrycks & Gimpel 2016, section 2; Elfwing, Uchibe & Doya 2018.
    """
    s = logistic(x.data)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        slope = np.subtract(1, s, out=np.empty_like(s))  # in place from here on: allocating costs more
        slope *= x.data
        slope += 1
        slope *= g * s
        return (slope,)

    return make(x.data * s, (x,), backward)


def swiglu(x: Tensor) -> Tensor:
    """Return silu(a) b, where a is the first half of the last axis and b the second.

    Parameters
    ----------
    x : Tensor, shape (..., 2 h)

    Returns
    -------
    Tensor, shape (..., h)

    Raises
    ------
    ShapeError
        If the last axis cannot be halved.

    References
    ----------
    Shazeer 2020, "GLU variants improve transformer", eq. 5.
    """
    if not x.ndim or x.shape[-1] % 2:
        raise ShapeError(f"{x.shape} in halves", where="swiglu")
    half = x.shape[-1] // 2
    a, b = x.data[..., :half], x.data[..., half:]
    s = logistic(a)
    gate = a * s

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        out = np.empty_like(x.data)
        out[..., :half] = g * b * s * (1 + a * (1 - s))
        out[..., half:] = g * gate
        return (out,)

    return make(gate * b, (x,), backward)


def scaled_tanh(x: Tensor) -> Tensor:
    """Return 1.7159 tanh(2x/3), which is nearly 1 at 1 and -1 at -1.

    Parameters
    ----------
    x : Tensor, any shape

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    LeCun 1989, "Generalization and network design strategies"; LeCun et al. 1998, appendix A.
    """
    t = np.multiply(x.data, 2 / 3, out=np.empty_like(x.data))  # of no axes, NumPy would give a scalar otherwise
    np.tanh(t, out=t)
    activity.report(t, -1, 1)
    return make(1.7159 * t, (x,), lambda g: (g * (1.7159 * 2 / 3) * (1 - t * t),))


def maxout(x: Tensor, pieces: int) -> Tensor:
    """Return the largest of several pieces for each unit.

    Parameters
    ----------
    x : Tensor, shape (..., pieces · k)
        Elements j, k + j, 2 k + j, … belong to unit j.
    pieces : int
        Elements of a unit.

    Returns
    -------
    Tensor, shape (..., k)
        The gradient goes to the first of equal maxima.

    Raises
    ------
    ShapeError
        If the last axis does not divide into as many pieces.

    References
    ----------
    Goodfellow, Warde-Farley, Mirza, Courville & Bengio 2013, "Maxout networks", eq. 1.
    """
    if not (x.ndim and pieces > 0 and x.shape[-1] % pieces == 0):
        raise ShapeError(f"{x.shape} in {pieces} pieces", where="maxout")
    k = x.shape[-1] // pieces
    parts = [x.data[..., i * k : (i + 1) * k] for i in range(pieces)]
    out, winner = parts[0].copy(), np.zeros(parts[0].shape, np.intp)
    for i, part in enumerate(parts[1:], 1):
        np.copyto(winner, i, where=part > out)
        np.maximum(out, part, out=out)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        return (np.concatenate([g * (winner == i) for i in range(pieces)], -1),)

    return make(out, (x,), backward)


def leaky_relu(x: Tensor, slope: float = 0.2) -> Tensor:
    """Return x where it is above 0, and `slope` times x elsewhere.

    Parameters
    ----------
    x : Tensor, any shape
    slope : float
        From 0 to 1.

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """
    value = np.multiply(x.data, x.dtype.type(slope), out=np.empty_like(x.data))  # of no axes, NumPy would give a scalar
    np.maximum(x.data, value, out=value)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        # Named, as NumPy would write the product into a nameless array, and so in the layout of x, not in that of g.
        factor = leaky_slopes(x.data, slope)
        return (g * factor,)

    return make(value, (x,), backward)


def leaky_slopes(a: np.ndarray, slope: float) -> np.ndarray:
    """Return 1 where a number is above 0, and `slope` elsewhere; `np.where` takes several times as long.

    Parameters
    ----------
    a : ndarray
    slope : float
        From 0 to 1.
    """
    factor = np.asarray(a > 0, a.dtype)
    return np.maximum(factor, a.dtype.type(slope), out=factor)


# Rational approximations of Moshier 1989, "Methods and programs for mathematical functions" (Cephes, ndtr.c): erf below
# 1, and exp(x²) erfc from 1 on; highest power first.
_ERF_TOP = (9.60497373987051638749, 90.0260197203842689217, 2232.00534594684319226, 7003.32514112805075473,
            55592.3013010394962768)  # fmt: skip
_ERF_BOTTOM = (1.0, 33.5617141647503099647, 521.357949780152679795, 4594.32382970980127987, 22629.0000613890934246,
               49267.3942608635921086)  # fmt: skip
_ERFC_TOP = (2.46196981473530512524e-10, 0.564189564831068821977, 7.46321056442269912687, 48.6371970985681366614,
             196.520832956077098242, 526.445194995477358631, 934.528527171957607540, 1027.55188689515710272,
             557.535335369399327526)  # fmt: skip
_ERFC_BOTTOM = (1.0, 13.2281951154744992508, 86.7072140885989742329, 354.937778887819891062, 975.708501743205489753,
                1823.90916687909736289, 2246.33760818710981792, 1656.66309194161350182,
                557.535340817727675546)  # fmt: skip


def erf(x: np.ndarray) -> np.ndarray:
    """Return the error function, 2/√π ∫₀ˣ exp(-u²) du, to the precision of the dtype.

    Parameters
    ----------
    x : ndarray of float32 or float64, any shape

    Returns
    -------
    ndarray, shape of `x`

    References
    ----------
    Moshier 1989, Cephes, ndtr.c.
    """
    size = np.abs(x)
    # Each of the two approximations gets all elements, clipped to its own range.
    small = np.minimum(size, 1)
    square = small * small
    near = small * _horner(_ERF_TOP, square) / _horner(_ERF_BOTTOM, square)
    large = np.clip(size, 1, 6)
    far = 1 - np.exp(-large * large) * _horner(_ERFC_TOP, large) / _horner(_ERFC_BOTTOM, large)
    return np.copysign(np.where(size < 1, near, far), x)


def _horner(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    out = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        out *= x
        out += c
    return out
