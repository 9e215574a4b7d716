"""Layers without state, activations and losses, each as one operation."""

from __future__ import annotations

import math

import numpy as np

from successors.nn.tensor import Tensor, count, demand, make


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
    demand(
        weight.ndim == 2 and x.ndim >= 1 and x.shape[-1] == weight.shape[1],
        f"x {x.shape} and weight {weight.shape}; (…, d) and (k, d) are wanted",
        "linear",
    )
    k, d = weight.shape
    if bias is not None:
        demand(bias.shape == (k,), f"bias {bias.shape} for weight {weight.shape}; {(k,)} is wanted", "linear")
    # All leading axes as one: a single product, where matmul would make one for each example.
    rows = math.prod(x.shape[:-1])
    flat = x.data.reshape(rows, d)
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
        return gx, gw, g.sum(0) if bias.requires_grad else None

    return make(value.reshape(*x.shape[:-1], k), (x, weight) if bias is None else (x, weight, bias), backward)


def embedding(indices: np.ndarray, table: Tensor) -> Tensor:
    """Return rows of a table.

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
        If the table is not of two axes or an index is none of its rows.

    References
    ----------
    Bengio et al. 2003, "A neural probabilistic language model", section 2, the matrix C.
    """
    indices = np.asarray(indices)
    demand(table.ndim == 2, f"table {table.shape}; (k, d) is wanted", "embedding")
    _in_range(indices, table.shape[0], f"indices {indices.shape} into table {table.shape}", "embedding")

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        out = np.zeros_like(table.data)
        np.add.at(out, indices.reshape(-1), g.reshape(-1, table.shape[1]))
        return (out,)

    return make(table.data[indices], (table,), backward)


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return exp(x) / Σ exp(x) along an axis.

    Parameters
    ----------
    x : Tensor, any shape
    axis : int

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    """
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

    References
    ----------
    Bridle 1990, the logarithm of his softmax.
    """
    value = _log_softmax(x.data, axis)
    return make(value, (x,), lambda g: (g - np.exp(value) * g.sum(axis, keepdims=True),))


def cross_entropy(logits: Tensor, labels: np.ndarray) -> Tensor:
    """Return the mean over examples of -log softmax(logits) at the label.

    Parameters
    ----------
    logits : Tensor, shape (n, k)
    labels : ndarray of int, shape (n,)
        From 0 to k - 1.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ShapeError
        If the shapes do not fit together or a label is none of the classes.

    References
    ----------
    Bridle 1990; Goodfellow, Bengio & Courville 2016, section 6.2.
    """
    labels = np.asarray(labels)
    shown = f"logits {logits.shape} and labels {labels.shape}"
    demand(
        logits.ndim == 2 and labels.shape == logits.shape[:1], f"{shown}; (n, k) and (n,) are wanted", "cross_entropy"
    )
    demand(len(labels) > 0, f"{shown}; the mean of no examples", "cross_entropy")
    _in_range(labels, logits.shape[1], shown, "cross_entropy")
    n = len(labels)
    rows = np.arange(n)
    logs = _log_softmax(logits.data, 1)

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        out = np.exp(logs)
        out[rows, labels] -= 1
        out *= g / n
        return (out,)

    return make(-logs[rows, labels].mean(), (logits,), backward)


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
        If the shapes differ.

    References
    ----------
    Rumelhart, Hinton & Williams 1986, eq. 3, with the mean for half the sum.
    """
    target = _like(target, x)
    demand(x.shape == target.shape, f"x {x.shape} and target {target.shape}; one shape is wanted", "mean_squared_error")
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
        If the shapes differ.

    References
    ----------
    Bishop 1995, "Neural networks for pattern recognition", chapter 6.
    """
    y = _like(targets, logits)
    demand(
        logits.shape == y.shape,
        f"logits {logits.shape} and targets {y.shape}; one shape is wanted",
        "binary_cross_entropy",
    )
    a = logits.data
    value = np.mean(np.maximum(a, 0) - a * y.data + np.log1p(np.exp(-np.abs(a))))

    def backward(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = g / a.size
        return (_sigmoid(a) - y.data) * share, -a * share

    return make(value, (logits, y), backward)


def dropout(x: Tensor, rate: float, rng: np.random.Generator) -> Tensor:
    """Return x with a share `rate` of its elements set to zero and the others divided by 1 - rate.

    Parameters
    ----------
    x : Tensor, any shape
    rate : float
        From 0 to below 1; 0 returns `x` itself and draws nothing.
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


def gelu(x: Tensor, *, tanh: bool = False) -> Tensor:
    """Return x Φ(x), Φ the normal distribution, or 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).

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
        scale = math.sqrt(2 / math.pi)
        squashed = np.tanh(scale * a * (1 + 0.044715 * a * a))

        def backward(g: np.ndarray) -> tuple[np.ndarray]:
            inner = scale * (1 + 3 * 0.044715 * a * a)
            return (g * 0.5 * (1 + squashed + a * (1 - squashed * squashed) * inner),)

        return make(0.5 * a * (1 + squashed), (x,), backward)
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
    s = _sigmoid(x.data)
    return make(x.data * s, (x,), lambda g: (g * s * (1 + x.data * (1 - s)),))


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """Return x where positive, else slope · x.

    Parameters
    ----------
    x : Tensor, any shape
    slope : float

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """
    factor = np.where(x.data > 0, x.dtype.type(1), x.dtype.type(slope))
    return make(x.data * factor, (x,), lambda g: (g * factor,))


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Return x where positive, else alpha (exp(x) - 1).

    Parameters
    ----------
    x : Tensor, any shape
    alpha : float

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Clevert, Unterthiner & Hochreiter 2016, "Fast and accurate deep network learning by exponential linear units".
    """
    on = x.data > 0
    # exp of the negative part only, so that the unused branch cannot overflow.
    value = np.where(on, x.data, alpha * np.expm1(np.minimum(x.data, 0)))
    return make(value, (x,), lambda g: (np.where(on, g, g * (value + alpha)),))


def softplus(x: Tensor) -> Tensor:
    """Return log(1 + exp(x)).

    Parameters
    ----------
    x : Tensor, any shape

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Dugas et al. 2001, "Incorporating second-order functional knowledge for better option pricing".
    """
    a = x.data
    return make(np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a))), (x,), lambda g: (g * _sigmoid(a),))


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
    t = np.tanh(x.data * (2 / 3))
    return make(1.7159 * t, (x,), lambda g: (g * (1.7159 * 2 / 3) * (1 - t * t),))


def hard_sigmoid(x: Tensor) -> Tensor:
    """Return x / 6 + 1/2, held between 0 and 1.

    Parameters
    ----------
    x : Tensor, any shape

    Returns
    -------
    Tensor, shape of `x`

    References
    ----------
    Howard et al. 2019, "Searching for MobileNetV3", section 5.2, ReLU6(x + 3) / 6. (The slope of Courbariaux, Bengio
    & David 2015 is 1/2, that of Keras was 1/5.)
    """
    on = np.abs(x.data) < 3
    return make(np.clip(x.data * (1 / 6) + 0.5, 0, 1), (x,), lambda g: (g * on * (1 / 6),))


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
    # Each half of the argument's range is held at its end for the elements of the other.
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


def _sigmoid(a: np.ndarray) -> np.ndarray:
    out = np.tanh(a * 0.5)
    out *= 0.5
    out += 0.5
    return out


def _log_softmax(a: np.ndarray, axis: int) -> np.ndarray:
    out = a - a.max(axis, keepdims=True)
    out -= np.log(np.exp(out).sum(axis, keepdims=True))
    return out


def _like(value: Tensor | np.ndarray, x: Tensor) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(np.asarray(value, x.dtype))


def _in_range(indices: np.ndarray, k: int, shown: str, where: str) -> None:
    """Demand integers from 0 to k - 1."""
    demand(indices.dtype.kind in "iu", f"{shown}; integers are wanted, not {indices.dtype}", where)
    if indices.size:
        low, high = int(indices.min()), int(indices.max())
        demand(low >= 0 and high < k, f"{shown}; values from {low} to {high}, allowed are 0 to {k - 1}", where)
