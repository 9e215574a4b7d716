"""Operations against PyTorch: thousands of random cases, the forward pass and every gradient, in float64.

Each family draws its cases from a seeded generator: an operation in turn, then shapes and options, edge shapes among
them (axes of length 1 and 0, a kernel as large as the image, strides wider than the kernel, ties, masks, one class).
The same arrays go through our operation and through PyTorch's, and the same random gradient back through both.
"""

from __future__ import annotations

import copy
import itertools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from successors.nn import activations as A
from successors.nn import gather, losses, optimiser
from successors.nn.attention import attention, relative_to_absolute
from successors.nn.convolution import conv2d
from successors.nn.functions import dropout, embedding, linear
from successors.nn.gru import gru
from successors.nn.layers import Dropout, DropPath
from successors.nn.lstm import lstm
from successors.nn.module import training
from successors.nn.normalisation import (
    batch_norm,
    group_norm,
    layer_norm,
    layer_norm2d,
    local_response_norm,
    rms_norm,
)
from successors.nn.pooling import avg_pool2d, max_pool2d
from successors.nn.resampling import conv_transpose2d, fir, upsample2
from successors.nn.rnn import rnn
from successors.nn.tensor import Parameter, Tensor, concatenate, no_grad, stack, where

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # of several test processes at once, each would take all processors
F = torch.nn.functional

CASES = 600
"""Cases of each family."""
CHUNK = 200
"""Cases of one test."""
CLOSE = 1e-10
"""Largest difference, relative to the largest element if that is above 1."""
EXACT = 0.0

Rng = np.random.Generator


@dataclass
class Case:
    """One operation in both libraries: functions of the operands, and the arrays that these are made from."""

    name: str
    ours: Callable[..., Tensor]
    theirs: Callable[..., Any]
    arrays: Sequence[np.ndarray]
    forward: float = CLOSE
    backward: float = CLOSE
    fixed: Sequence[int] = ()
    """Operands that want no gradient."""
    after: Callable[[], Sequence[tuple[Any, Any]]] = field(default=lambda: ())
    """Further results of both, such as running moments, to be compared when all is done."""


def error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference, relative to the largest element if that is above 1; equal infinities agree."""
    if not theirs.size:
        return 0.0
    with np.errstate(invalid="ignore"):
        apart = np.where(ours == theirs, 0.0, np.abs(ours - theirs))
    finite = np.abs(theirs[np.isfinite(theirs)])
    worst = float(apart.max() / max(1.0, finite.max(initial=0.0)))
    return worst if worst == worst else np.inf


def check(case: Case, rng: Rng) -> None:
    """Hold forward pass and gradients against each other."""
    own = [Tensor(a.copy(), requires_grad=k not in case.fixed) for k, a in enumerate(case.arrays)]
    other = [torch.tensor(a, requires_grad=k not in case.fixed) for k, a in enumerate(case.arrays)]
    found, wanted = case.ours(*own), case.theirs(*other)
    told = f"{case.name} {[a.shape for a in case.arrays]}"
    assert found.shape == tuple(wanted.shape), told
    assert found.dtype == np.float64, told
    off = error(found.data, wanted.detach().numpy())
    assert off <= case.forward, f"{told}: value differs by {off:.1e}"
    g = rng.standard_normal(found.shape)
    found.backward(g.copy())
    wanted.backward(torch.tensor(g))
    for k, (a, b) in enumerate(zip(own, other, strict=True)):
        if k in case.fixed:
            continue
        there = np.zeros(a.shape) if b.grad is None else b.grad.numpy()
        here = np.zeros(a.shape) if a.grad is None else a.grad
        assert here.shape == a.shape, f"{told}: gradient {k} has shape {here.shape}"
        assert here.dtype == np.float64, f"{told}: gradient {k} is {here.dtype}"
        off = error(here, there)
        assert off <= case.backward, f"{told}: gradient {k} differs by {off:.1e}"
    for k, (a, b) in enumerate(case.after()):
        off = error(np.asarray(a), np.asarray(b))
        assert off <= CLOSE, f"{told}: result {k} afterwards differs by {off:.1e}"


# -- drawing ----------------------------------------------------------------------------------------------------------


def coin(rng: Rng, chance: float = 0.5) -> bool:
    return bool(rng.random() < chance)


def among(rng: Rng, *values: Any) -> Any:
    return values[int(rng.integers(len(values)))]


def number(rng: Rng, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


def shape_of(rng: Rng, least: int = 0, most: int = 4, *, empty: float = 0.05) -> tuple[int, ...]:
    """Return a shape of `least` to `most` axes, often of length 1, sometimes of length 0."""
    shape = [among(rng, 1, 2, 3, 4, 5) for _ in range(number(rng, least, most))]
    if shape and coin(rng, empty):
        shape[number(rng, 0, len(shape) - 1)] = 0
    return tuple(shape)


def reals(rng: Rng, *shape: int) -> np.ndarray:
    return np.asarray(rng.standard_normal(shape))


def positive(rng: Rng, *shape: int) -> np.ndarray:
    return np.asarray(rng.uniform(0.2, 3.0, shape))


def tied(rng: Rng, *shape: int) -> np.ndarray:
    """Return numbers of which many are equal."""
    return np.asarray(rng.integers(-2, 3, shape), float)


def broadcast(rng: Rng) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return two shapes that broadcast against each other."""
    whole = shape_of(rng, 0, 4)

    def part() -> tuple[int, ...]:
        axes = [n if coin(rng, 0.7) else 1 for n in whole]
        return tuple(axes[number(rng, 0, len(axes)) if coin(rng, 0.4) and axes else 0 :])

    return (whole, part()) if coin(rng) else (part(), part())


# -- families ---------------------------------------------------------------------------------------------------------


def arithmetic(rng: Rng, k: int) -> Case:
    """Draw elementwise operations of two operands, or of one and a number."""
    left, right = broadcast(rng)
    a, b = reals(rng, *left), reals(rng, *right)
    some = float(rng.uniform(0.3, 2.0)) * among(rng, -1, 1)
    two: dict[str, tuple[Callable[..., Any], Sequence[np.ndarray]]] = {
        "add": (lambda x, y: x + y, (a, b)),
        "subtract": (lambda x, y: x - y, (a, b)),
        "multiply": (lambda x, y: x * y, (a, b)),
        "divide": (lambda x, y: x / y, (a, positive(rng, *right) * among(rng, -1, 1))),
        "with itself": (lambda x: x * x + x / (x * x + 1.0) - x, (a,)),
        "number on the right": (lambda x: ((x + some) * some - some) / some, (a,)),
        "number on the left": (lambda x: some + some * (some - x) + some / x, (positive(rng, *left),)),
        "negate": (lambda x: -x, (a,)),
        "square": (lambda x: x**2, (a,)),
        "cube": (lambda x: x**3, (a,)),
        "power": (lambda x: x**some, (positive(rng, *left),)),
        "exp": (lambda x: x.exp(), (a,)),
        "log": (lambda x: x.log(), (positive(rng, *left),)),
        "sqrt": (lambda x: x.sqrt(), (positive(rng, *left),)),
        "abs": (lambda x: x.abs(), (tied(rng, *left),)),
        "several": (lambda x, y: (x * y + x) * (x - y) - y * 0.5, (a, b)),
    }
    name = list(two)[k % len(two)]
    f, arrays = two[name]
    exact = EXACT if name in ("add", "subtract", "negate", "square", "abs") else CLOSE
    return Case(name, f, f, arrays, forward=exact, backward=CLOSE)


def shapes(rng: Rng, k: int) -> Case:
    """Draw sums, maxima, and whatever moves elements."""
    kind = (
        "sum", "mean", "max", "reshape", "flatten", "transpose", "slices", "index", "mask", "pad", "concatenate",
        "stack", "where", "masked_scatter", "pad_images", "permute_rows", "split",
    )  # fmt: skip
    name = kind[k % len(kind)]
    shape = shape_of(rng, 1, 4)
    n = len(shape)
    x = reals(rng, *shape)
    if name in ("sum", "mean"):
        chosen = tuple(int(i) for i in rng.permutation(n)[: number(rng, 1, n)])
        axis = among(rng, None, chosen, chosen[0], chosen[0] - n)
        keep = axis is not None and coin(rng)
        if name == "mean" and not x.size:
            x = reals(rng, *(max(1, i) for i in shape))
        theirs = (lambda a: getattr(a, name)()) if axis is None else (lambda a: getattr(a, name)(axis, keepdim=keep))
        return Case(f"{name} {axis} {keep}", lambda a: getattr(a, name)(axis, keepdims=keep), theirs, (x,))
    if name == "max":
        axis = number(rng, -n, n - 1)
        x = tied(rng, *(max(1, i) if i == 0 else i for i in shape))
        return Case(f"max {axis}", lambda a: a.max(axis), lambda a: a.max(axis).values, (x,), EXACT, EXACT)
    if name == "reshape":
        sizes = [int(i) for i in rng.permutation(shape)]
        if x.size:
            sizes = among(rng, [-1], [x.size], [1, *sizes, 1], [*sizes[:-1], -1])
        return Case(f"reshape {sizes}", lambda a: a.reshape(*sizes), lambda a: a.reshape(sizes), (x,), EXACT, EXACT)
    if name == "flatten":
        return Case(name, lambda a: a.flatten(), lambda a: a.reshape(len(a), int(np.prod(shape[1:]))), (x,), 0, 0)
    if name == "transpose":
        order = [int(i) for i in rng.permutation(n)]
        return Case(f"{order}", lambda a: a.transpose(*order), lambda a: a.permute(order), (x,), EXACT, EXACT)
    if name == "slices":
        index: list[Any] = []
        for m in shape[: number(rng, 0, n)]:
            start = number(rng, 0, m)
            choices = [slice(None), slice(start, None), slice(None, None, 2), slice(start, m, number(rng, 1, 3))]
            index.append(number(rng, -m, m - 1) if m and coin(rng, 0.3) else among(rng, *choices))
        if coin(rng, 0.3):
            index.insert(0, Ellipsis) if len(index) == n and coin(rng) else index.append(None)
        at = tuple(index)
        return Case(f"{at}", lambda a: a[at], lambda a: a[at], (x,), EXACT, EXACT)
    if name == "index":
        x = reals(rng, *(max(1, i) for i in shape))
        rows = rng.integers(0, len(x), shape_of(rng, 1, 2))
        others = [rng.integers(0, m, rows.shape) for m in x.shape[1 : number(rng, 1, n)]]
        at, there = (rows, *others), tuple(torch.tensor(i) for i in (rows, *others))
        return Case(f"index {rows.shape}", lambda a: a[at], lambda a: a[there], (x,), EXACT, CLOSE)
    if name == "mask":
        mask = rng.random(shape[: number(rng, 1, n)]) < 0.5
        return Case(name, lambda a: a[mask], lambda a: a[torch.tensor(mask)], (x,), EXACT, EXACT)
    if name == "pad":
        widths = [(number(rng, 0, 2), number(rng, 0, 3)) for _ in shape]
        flat = [w for pair in reversed(widths) for w in pair]
        return Case(f"pad {widths}", lambda a: a.pad(widths), lambda a: F.pad(a, flat), (x,), EXACT, EXACT)
    if name == "concatenate":
        axis = number(rng, -n, n - 1)
        parts = []
        for _ in range(number(rng, 1, 4)):
            own = list(shape)
            own[axis] = number(rng, 0 if n > 1 else 1, 4)
            parts.append(reals(rng, *own))
        return Case(f"{axis}", lambda *a: concatenate(a, axis), lambda *a: torch.cat(a, axis), parts, EXACT, EXACT)
    if name == "stack":
        axis = number(rng, 0, n)
        parts = [reals(rng, *shape) for _ in range(number(rng, 1, 4))]
        return Case(f"stack {axis}", lambda *a: stack(a, axis), lambda *a: torch.stack(a, axis), parts, EXACT, EXACT)
    if name == "where":
        left, right = broadcast(rng)
        mask = rng.random(np.broadcast_shapes(left, right)) < 0.5
        arrays = (reals(rng, *left), reals(rng, *right))
        return Case(
            name, lambda a, b: where(mask, a, b), lambda a, b: torch.where(torch.tensor(mask), a, b), arrays, EXACT
        )
    if name == "masked_scatter":
        mask = rng.random(shape[: number(rng, 1, n)]) < 0.5
        rest = shape[mask.ndim :]
        rows = reals(rng, int(mask.sum()), *rest)

        def scattered(a: Any) -> Any:
            return torch.zeros(*mask.shape, *rest, dtype=a.dtype).index_put(torch.where(torch.tensor(mask)), a)

        return Case(name, lambda a: gather.masked_scatter(a, mask), scattered, (rows,), EXACT, EXACT)
    if name == "pad_images":
        width, value = number(rng, 0, 3), float(rng.standard_normal())
        x = reals(rng, *(number(rng, 1, 4) for _ in range(4)))
        return Case(
            name,
            lambda a: gather.pad_images(a, width, value),
            lambda a: F.pad(a, (width,) * 4, value=value),
            (x,),
            EXACT,
            EXACT,
        )
    if name == "permute_rows":
        x = reals(rng, number(rng, 1, 3), number(rng, 1, 6), number(rng, 1, 3))
        order = rng.permutation(x.shape[1])
        inverse = np.argsort(order)
        return Case(
            name, lambda a: gather.permute_rows(a, order, inverse), lambda a: a[:, torch.tensor(order)], (x,), 0, 0
        )
    assert name == "split"
    x = reals(rng, *(max(1, i) for i in shape))
    axis = number(rng, 0, n - 1)
    cuts = sorted({0, x.shape[axis], *(number(rng, 0, x.shape[axis]) for _ in range(2))})
    places = [(slice(None),) * axis + (slice(a, b),) for a, b in itertools.pairwise(cuts)]

    def parts_of(tensors: Sequence[Any]) -> Any:
        total = (tensors[0] * 1.0).sum()
        for i, part in enumerate(tensors[1:]):
            total = total + (part * float(i + 2) * part).sum()
        return total

    return Case(
        name, lambda a: parts_of(gather.split(a, places)), lambda a: parts_of([a[place] for place in places]), (x,)
    )


def products(rng: Rng, k: int) -> Case:
    """Draw matrix products and linear layers."""
    n, d, m = (number(rng, 1, 6) for _ in range(3))
    if k % 2:
        left, right = broadcast(rng)
        a, b = reals(rng, *left, n, d), reals(rng, *right, d, m)
        return Case("matmul", lambda x, y: x @ y, lambda x, y: x @ y, (a, b))
    arrays = [reals(rng, *shape_of(rng, 0, 3), d), reals(rng, m, d)]
    if coin(rng, 0.7):
        arrays.append(reals(rng, m))
    fixed = [among(rng, 0, 1)] if coin(rng, 0.2) else []
    return Case("linear", linear, F.linear, arrays, fixed=fixed)


def activations(rng: Rng, k: int) -> Case:
    """Draw activations, at ordinary, large, tiny and special values."""
    kinds: dict[str, tuple[Callable[..., Tensor], Callable[..., Any]]] = {
        "relu": (lambda x: x.relu(), torch.relu),
        "tanh": (lambda x: x.tanh(), torch.tanh),
        "sigmoid": (lambda x: x.sigmoid(), torch.sigmoid),
        "gelu": (A.gelu, F.gelu),
        "gelu by tanh": (lambda x: A.gelu(x, tanh=True), lambda x: F.gelu(x, approximate="tanh")),
        "silu": (A.silu, F.silu),
        "scaled tanh": (A.scaled_tanh, lambda x: 1.7159 * torch.tanh(x * (2 / 3))),
        "leaky relu": (A.leaky_relu, lambda x: F.leaky_relu(x, 0.2)),
    }
    name = [*kinds, "maxout"][k % (len(kinds) + 1)]
    if name == "maxout":
        pieces, units = number(rng, 1, 5), number(rng, 0 if coin(rng, 0.05) else 1, 4)
        x = among(rng, reals, tied)(rng, *shape_of(rng, 0, 3), pieces * units)
        return Case(
            f"maxout of {pieces}",
            lambda x: A.maxout(x, pieces),
            lambda x: x.reshape(*x.shape[:-1], pieces, units).max(-2).values,
            (x,), EXACT, EXACT,
        )  # fmt: skip
    size = among(rng, 1e-8, 1e-3, 1.0, 1.0, 4.0, 30.0, 200.0)
    x = reals(rng, *shape_of(rng, 0, 4)) * size
    if x.size and coin(rng, 0.2):
        x.reshape(-1)[0] = among(rng, 0.0, -0.0, np.inf, -np.inf) if name == "relu" else 0.0
    exact = EXACT if name in ("relu", "leaky relu") else CLOSE
    return Case(f"{name} at {size}", *kinds[name], (x,), forward=exact, backward=exact)


def error_functions(rng: Rng, k: int) -> Case:
    """Draw softmax and losses: one class, one sample, huge logits, smoothed labels."""
    kinds = ("softmax", "log_softmax", "cross_entropy", "mean_squared_error", "binary_cross_entropy", "erf")
    name = kinds[k % len(kinds)]
    size = among(rng, 0.1, 1.0, 1.0, 10.0, 300.0)
    shape = shape_of(rng, 1, 4, empty=0)
    x = reals(rng, *shape) * size
    if name in ("softmax", "log_softmax"):
        axis = number(rng, -len(shape), len(shape) - 1)
        ours, theirs = getattr(losses, name), getattr(torch, name)
        return Case(f"{name} {axis}", lambda a: ours(a, axis), lambda a: theirs(a, axis), (x,))
    if name == "cross_entropy":
        n, classes = number(rng, 1, 6), number(rng, 1, 7)
        labels, smoothing = rng.integers(0, classes, n), among(rng, 0.0, 0.0, 0.1, 0.5, 1.0)
        return Case(
            f"{name} {smoothing}",
            lambda a: losses.cross_entropy(a, labels, smoothing=smoothing),
            lambda a: F.cross_entropy(a, torch.tensor(labels), label_smoothing=smoothing),
            (reals(rng, n, classes) * size,),
        )
    if name == "mean_squared_error":
        return Case(name, losses.mean_squared_error, F.mse_loss, (x, reals(rng, *shape)))
    if name == "erf":
        # The smooth part of the Gaussian unit by itself, without the factor that hides it near 0.
        return Case(name, lambda a: a * 0.0 + Tensor(A.erf(a.data)), lambda a: a * 0.0 + torch.erf(a.detach()), (x,))
    y = among(rng, rng.uniform(0, 1, shape), np.asarray(rng.integers(0, 2, shape), float))
    return Case(name, losses.binary_cross_entropy, F.binary_cross_entropy_with_logits, (x, y), fixed=[1])


def moved(x: Tensor, order: Sequence[int]) -> Tensor:
    """Return the same tensor in another memory layout, as a tensor of the tape."""
    back = [int(i) for i in np.argsort(order)]
    ordered = x.transpose(*order)
    ordered.data = np.ascontiguousarray(ordered.data)
    return ordered.transpose(*back)


LAYOUTS = ((0, 1, 2, 3), (1, 2, 3, 0), (0, 2, 3, 1))


def convolution(rng: Rng, k: int) -> Case:
    """Draw convolutions: grouped, depthwise, pointwise, of many channels; strided, dilated, padded; in all layouts."""
    kind = ("plain", "plain", "grouped", "depthwise", "pointwise", "many", "whole image", "wide rows")[k % 8]
    n, kh, kw = number(rng, 0 if coin(rng, 0.1) else 1, 3), number(rng, 1, 4), number(rng, 1, 4)
    c, f, groups = number(rng, 1, 5), number(rng, 1, 5), 1
    stride = among(rng, 1, 1, 2, 3, (1, 2), (3, 1), (5, 4))
    dilation = among(rng, 1, 1, 1, 2, (2, 1), (1, 3))
    padding = among(rng, 0, 0, 1, 2, (1, 0), (0, 3), (3, 4))
    if kind == "grouped":
        groups = number(rng, 1, 4)
        c, f = groups * number(rng, 1, 3), groups * number(rng, 1, 3)
    if kind in ("depthwise", "wide rows"):
        groups = c = f = number(rng, 2, 5)
    if kind == "pointwise":
        kh = kw = 1
        c, f = among(rng, (3, 4), (17, 16), (16, 20))
    if kind == "many":
        c, f = among(rng, (16, 16), (16, 18), (19, 16), (3, 24))
    (d, e), (p, q) = ((v, v) if isinstance(v, int) else v for v in (dilation, padding))
    h = max(1, d * (kh - 1) + 1 - 2 * p) + number(rng, 0, 5)
    w = max(1, e * (kw - 1) + 1 - 2 * q) + number(rng, 0, 5)
    if kind == "whole image":
        h, w, dilation = kh, kw, 1
        padding = among(rng, 0, 0, padding)
    if kind == "wide rows":
        w += 16 * kw
    options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
    arrays = [reals(rng, n, c, h, w), reals(rng, f, c // groups, kh, kw)]
    if coin(rng):
        arrays.append(reals(rng, f))
    fixed = [among(rng, 0, 1)] if coin(rng, 0.2) else []
    order = LAYOUTS[k // 8 % 3]
    return Case(
        f"{kind} {options} {order}",
        lambda x, *rest: conv2d(moved(x, order), *rest, **options),
        lambda x, *rest: F.conv2d(x, *rest, **options),
        arrays,
        fixed=fixed,
    )


def resampling(rng: Rng, k: int) -> Case:
    """Draw transposed convolutions, upsampling, and filters that change the rate, in all layouts."""
    kind = ("transposed", "transposed, many", "upsample", "filter")[k % 4]
    order = LAYOUTS[k // 4 % 3]
    n, c, h, w = number(rng, 0 if coin(rng, 0.1) else 1, 3), number(rng, 1, 5), number(rng, 1, 6), number(rng, 1, 6)
    if kind == "upsample":
        return Case(
            f"upsample {order}",
            lambda x: upsample2(moved(x, order)),
            lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3),
            (reals(rng, n, c, h, w),),
            forward=EXACT,
        )
    if kind == "filter":
        up, down = number(rng, 1, 3), number(rng, 1, 3)
        taps = [float(t) for t in among(rng, (1, 3, 3, 1), (1, 2, 1), rng.uniform(0.2, 1.0, number(rng, 1, 6)))]
        least = max(0, len(taps) - min(h, w) * up)
        before = number(rng, -1, 3)
        padding = (before, max(number(rng, -1, 3), least - before))
        return Case(
            f"filter {taps} {up} {down} {padding} {order}",
            lambda x: fir(moved(x, order), taps, up=up, down=down, padding=padding),
            lambda x: filtered(x, taps, up, down, padding),
            (reals(rng, n, c, h, w),),
        )
    f = number(rng, 1, 5)
    if kind == "transposed, many":
        c, f = among(rng, (16, 16), (16, 18), (19, 16), (3, 24))
    (kh, kw), stride = (number(rng, 1, 4), number(rng, 1, 4)), among(rng, 1, 2, 2, 2, 3, (1, 2), (3, 1))
    s, t = (stride, stride) if isinstance(stride, int) else stride
    padding = among(rng, 0, 0, 1, (1, 0), (0, 2))
    p, q = (padding, padding) if isinstance(padding, int) else padding
    h = max(h, -(-(2 * p + 1 - kh) // s) + 1)
    w = max(w, -(-(2 * q + 1 - kw) // t) + 1)
    arrays = [reals(rng, n, c, h, w), reals(rng, c, f, kh, kw)]
    if coin(rng):
        arrays.append(reals(rng, f))
    fixed = [among(rng, 0, 1)] if coin(rng, 0.2) else []
    return Case(
        f"{kind} {stride} {padding} {order}",
        lambda x, *rest: conv_transpose2d(moved(x, order), *rest, stride=stride, padding=padding),
        lambda x, *rest: F.conv_transpose2d(x, *rest, stride=stride, padding=padding),
        arrays,
        fixed=fixed,
    )


def filtered(x: Any, taps: Sequence[float], up: int, down: int, padding: tuple[int, int]) -> Any:
    """Return what the reference of NVIDIA's `upfirdn2d` does: zeros between, padding, convolution, every so many."""
    n, c, h, w = x.shape
    x = x.reshape(n * c, 1, h, 1, w, 1)
    x = F.pad(x, (0, up - 1, 0, 0, 0, up - 1)).reshape(n * c, 1, h * up, w * up)
    before, after = padding
    x = F.pad(x, (before, after, before, after))
    line = torch.tensor(taps, dtype=x.dtype).flip(0) * (up / sum(taps))
    x = F.conv2d(x, torch.outer(line, line)[None, None])[:, :, ::down, ::down]
    return x.reshape(n, c, *x.shape[2:])


def pooling(rng: Rng, k: int) -> Case:
    """Draw maxima, with ties, and means of windows that overlap, touch or leave gaps."""
    size = among(rng, 1, 2, 3, (2, 3), (4, 1))
    a, b = (size, size) if isinstance(size, int) else size
    stride = among(rng, None, None, 1, 2, 5, (1, 3))
    padding = among(rng, 0, 0, (a // 2, b // 2), (0, b // 2))
    p, q = (padding, padding) if isinstance(padding, int) else padding
    n, c = number(rng, 0 if coin(rng, 0.1) else 1, 3), number(rng, 1, 3)
    h, w = max(1, a - 2 * p) + number(rng, 0, 5), max(1, b - 2 * q) + number(rng, 0, 5)
    order = LAYOUTS[k // 2 % 3]
    ours, theirs = ((max_pool2d, F.max_pool2d), (avg_pool2d, F.avg_pool2d))[k % 2]
    draw = tied if coin(rng) else reals
    return Case(
        f"{ours.__name__} {size} {stride} {padding} {order}",
        lambda x: ours(moved(x, order), size, stride=stride, padding=padding),
        lambda x: theirs(x, size, stride, padding),
        (draw(rng, n, c, h, w),),
        forward=EXACT if k % 2 == 0 else CLOSE,
    )


def normalisation(rng: Rng, k: int) -> Case:
    """Draw normalisations by batch (with its running moments), layer, group, root mean square and neighbours."""
    name = ("batch", "batch", "layer", "layer of images", "group", "rms", "neighbours")[k % 7]
    eps = among(rng, 1e-5, 1e-5, 1e-3, 1e-6)
    scale, offset = among(rng, 0.1, 1.0, 10.0), among(rng, 0.0, 1.0, -20.0)
    order = LAYOUTS[k // 7 % 3]
    if name in ("layer", "rms"):
        x = reals(rng, *shape_of(rng, 0, 3), number(rng, 2, 7)) * scale + offset
        gain, bias = reals(rng, x.shape[-1]), reals(rng, x.shape[-1])
        width = x.shape[-1:]
        if name == "rms":
            return Case(name, lambda a, g: rms_norm(a, g, eps), lambda a, g: F.rms_norm(a, width, g, eps), (x, gain))
        ours, theirs = (lambda *a: layer_norm(*a, eps)), (lambda *a: F.layer_norm(a[0], width, *a[1:], eps))
        return Case(name, ours, theirs, (x, gain, bias), CLOSE)
    groups = number(rng, 1, 3)
    n, c, h, w = number(rng, 1, 4), groups * number(rng, 1, 3), number(rng, 1, 4), number(rng, 1, 4)
    n = 0 if coin(rng, 0.05) else n
    if name == "layer of images":
        c += 1
        arrays = (reals(rng, n, c, h, w) * scale + offset, reals(rng, c), reals(rng, c))
        return Case(
            name,
            lambda a, g, b: layer_norm2d(moved(a, order), g, b, eps),
            lambda a, g, b: F.layer_norm(a.permute(0, 2, 3, 1), (c,), g, b, eps).permute(0, 3, 1, 2),
            arrays,
        )
    if name == "group":
        w += 1
        arrays = (reals(rng, n, c, h, w) * scale + offset, reals(rng, c), reals(rng, c))
        if coin(rng, 0.2):
            arrays = (arrays[0][:, :, 0], *arrays[1:])
        layout = order if arrays[0].ndim == 4 else (0, 1, 2)
        return Case(
            f"{groups} groups",
            lambda a, g, b: group_norm(moved(a, layout), groups, g, b, eps),
            lambda a, g, b: F.group_norm(a, groups, g, b, eps),
            arrays,
        )
    if name == "neighbours":
        size, alpha, beta, more = number(rng, 1, 6), among(rng, 1e-4, 0.5), among(rng, 0.75, 1.0), among(rng, 1.0, 2.0)
        return Case(
            f"{name} {size}",
            lambda a: local_response_norm(moved(a, order), size, alpha, beta, more),
            lambda a: F.local_response_norm(a, size, alpha, beta, more),
            (reals(rng, n, c, h, w) * scale,),
        )
    trains = coin(rng, 0.6) and n > 0
    flat = coin(rng, 0.25)
    if trains and n * (1 if flat else h * w) < 2:
        n += 1
    x = (reals(rng, n, c) if flat else reals(rng, n, c, h, w)) * scale + offset
    mean, variance, momentum = reals(rng, c), positive(rng, c), among(rng, 0.1, 0.01, 1.0)
    own = (mean.copy(), variance.copy())
    other = (torch.tensor(mean), torch.tensor(variance))
    layout = (0, 1) if flat else order
    return Case(
        f"batch {trains}",
        lambda a, g, b: batch_norm(moved(a, layout), g, b, *own, training=trains, momentum=momentum, eps=eps),
        lambda a, g, b: F.batch_norm(a, *other, g, b, trains, momentum, eps),
        (x, reals(rng, c), reals(rng, c)),
        after=lambda: list(zip(own, (t.numpy() for t in other), strict=True)),
    )


def attending(rng: Rng, k: int) -> Case:
    """Draw attention: leading axes that broadcast, masks that leave queries nothing, biases, dropout; distances."""
    if k % 8 == 7:
        places = number(rng, 1, 6)
        table = reals(rng, *shape_of(rng, 0, 2), places, 2 * places - 1)
        at = torch.arange(places)[None] - torch.arange(places)[:, None] + places - 1

        def absolute(a: Any) -> Any:
            return torch.gather(a, -1, at.expand(*a.shape[:-2], places, places))

        return Case("relative_to_absolute", relative_to_absolute, absolute, (table,), EXACT, EXACT)
    t, s, d, e = (number(rng, 1, 5) for _ in range(4))
    left, right = broadcast(rng)
    leading = np.broadcast_shapes(left, right)
    arrays = [reals(rng, *left, t, d), reals(rng, *right, s, d), reals(rng, *among(rng, left, right), s, e)]
    scores = (*leading, t, s)
    mask = None
    if coin(rng, 0.6):
        mask = np.tril(np.ones((t, s), bool)) if coin(rng) else rng.random(among(rng, scores, (t, s), (1, s))) < 0.6
    biased = coin(rng)
    if biased:
        arrays.append(reals(rng, *among(rng, scores, (t, s), (t, 1))))
    drops = rng.integers(0, 2, scores) * 1.25 if coin(rng, 0.3) else None

    def theirs(q: Any, key: Any, v: Any, bias: Any = None) -> Any:
        # PyTorch defines nothing for a query that may attend nowhere; ours is declared to answer zero.
        able = torch.ones(t, s, dtype=torch.bool) if mask is None else torch.tensor(mask).expand(*mask.shape[:-2], t, s)
        some = able.any(-1, keepdim=True)
        added = torch.zeros(able.shape, dtype=q.dtype).masked_fill(~(able | ~some), -torch.inf)
        if bias is not None:
            added = added + bias
        if drops is None and 0 not in scores:  # PyTorch's own does not broadcast axes of length 0
            return F.scaled_dot_product_attention(q, key, v, attn_mask=added) * some
        weights = torch.softmax(q @ key.transpose(-1, -2) / d**0.5 + added, -1)
        return (weights if drops is None else weights * torch.tensor(drops)) @ v * some

    def ours(q: Tensor, key: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
        return attention(q, key, v, mask=mask, bias=bias, dropout=drops)

    return Case(f"attention {None if mask is None else mask.shape} {biased}", ours, theirs, arrays)


def recurrent(rng: Rng, k: int) -> Case:
    """Draw recurrent layers: PyTorch's own cells, and the older ones as a loop."""
    name = ("tanh", "relu", "lstm", "gru", "lstm of 1997", "peepholes", "peepholes of 1997", "last cell")[k % 8]
    n, steps, d, h = (number(rng, 1, 4) for _ in range(4))
    gates = {"tanh": 1, "relu": 1, "gru": 3, "lstm of 1997": 3, "peepholes of 1997": 3}.get(name, 4)
    x, w_in, w_state = reals(rng, n, steps, d), reals(rng, gates * h, d), reals(rng, gates * h, h)
    bias = reals(rng, gates * h)
    begins = coin(rng)
    state, cell = reals(rng, n, h), reals(rng, n, h)

    def start(first: Sequence[Any]) -> list[Any]:
        zero = torch.zeros(1, n, h, dtype=torch.float64)
        return [a[None] for a in first] if first else [zero, zero]

    run = (True, 1, 0.0, False, False, True)  # with biases, one layer, no dropout, not training, one way, batch first
    none = torch.zeros(gates * h, dtype=torch.float64)
    if name in ("tanh", "relu"):
        theirs = getattr(torch, f"rnn_{name}")
        return Case(
            name,
            lambda x, w, u, b, *s: rnn(x, w, u, b, *s, activation=name),
            lambda x, w, u, b, *s: theirs(x, start(s)[0], [w, u, b, none], *run)[0],
            (x, w_in, w_state, bias, *([state] if begins else [])),
        )
    if name == "gru":
        return Case(
            name,
            lambda x, w, u, b, c, *s: gru(x, w, u, b, c, *s),
            lambda x, w, u, b, c, *s: torch.gru(x, start(s)[0], [w, u, b, c], *run)[0],
            (x, w_in, w_state, bias, reals(rng, gates * h), *([state] if begins else [])),
        )
    starts = (state, cell) if begins else ()
    if name == "lstm":
        return Case(
            name,
            lambda x, w, u, b, *s: lstm(x, w, u, b, s or None),
            lambda x, w, u, b, *s: torch.lstm(x, start(s), [w, u, b, none], *run)[0],
            (x, w_in, w_state, bias, *starts),
        )
    if name == "last cell":
        half = among(rng, 0.0, 1.0)  # without the states, the cell's gradient has to find its way alone

        def their_last(x: Any, w: Any, u: Any, b: Any, *s: Any) -> Any:
            states, _, c = torch.lstm(x, start(s), [w, u, b, none], *run)
            return torch.cat([states * half, c.transpose(0, 1)], 1)

        def our_last(x: Tensor, w: Tensor, u: Tensor, b: Tensor, *s: Tensor) -> Tensor:
            states, c = lstm(x, w, u, b, s or None, last=True)
            return concatenate([states * half, c.reshape(n, 1, h)], 1)

        return Case(name, our_last, their_last, (x, w_in, w_state, bias, *starts))
    forget, peeps = gates == 4, name.startswith("peepholes")

    def loop(x: Any, w: Any, u: Any, b: Any, *rest: Any) -> Any:
        p, first = (rest[0], rest[1:]) if peeps else (torch.zeros(gates - 1, h, dtype=x.dtype), rest)
        y, c = (a[0] for a in start(first))
        outputs = []
        for step in range(steps):
            sums = (x[:, step] @ w.T + y @ u.T + b).split(h, 1)
            enters = torch.sigmoid(sums[0] + p[0] * c)
            stays = torch.sigmoid(sums[1] + p[1] * c) if forget else 1.0
            c = stays * c + enters * torch.tanh(sums[-2])
            y = torch.sigmoid(sums[-1] + p[-1] * c) * torch.tanh(c)
            outputs.append(y)
        return torch.stack(outputs, 1)

    def own(x: Tensor, w: Tensor, u: Tensor, b: Tensor, *rest: Tensor) -> Tensor:
        p, first = (rest[0], rest[1:]) if peeps else (None, rest)
        return lstm(x, w, u, b, first or None, forget=forget, peephole=p)

    holes = [reals(rng, gates - 1, h)] if peeps else []
    return Case(name, own, loop, (x, w_in, w_state, bias, *holes, *starts))


def lookup(rng: Rng, k: int) -> Case:
    """Draw embeddings: indices of any shape, repeated, none at all."""
    rows = number(rng, 1, 6)
    indices = rng.integers(0, rows, shape_of(rng, 0, 3, empty=0.1))
    return Case(
        f"embedding of {indices.shape}",
        lambda table: embedding(indices, table),
        lambda table: F.embedding(torch.tensor(indices), table),
        (reals(rng, rows, number(rng, 1, 5)),),
        forward=EXACT,
    )


def dropping(rng: Rng, k: int) -> Case:
    """Draw dropout and dropped branches: what PyTorch computes from the same mask, of elements or of samples."""
    name = ("dropout", "Dropout", "DropPath")[k % 3]
    rate = among(rng, 0.0, 0.1, 0.5, 0.9)
    x = reals(rng, *shape_of(rng, 1, 4))
    seed = number(rng, 0, 10**6)

    def run(a: Tensor) -> Tensor:
        source = np.random.default_rng(seed)
        if name == "dropout":
            return dropout(a, rate, source)
        with training(source):
            return (Dropout if name == "Dropout" else DropPath)(rate)(a)

    def theirs(a: Any) -> Any:
        with no_grad():
            kept = torch.tensor(run(Tensor(np.ones(x.shape))).data != 0)
        if name == "DropPath" and x.size:
            assert (kept.reshape(len(x), -1).all(1) | ~kept.reshape(len(x), -1).any(1)).all(), "a sample is cut in two"
        return torch.where(kept, a / (1 - rate), torch.zeros_like(a))

    return Case(f"{name} {rate}", run, theirs, (x,))


def graphs(rng: Rng, k: int) -> Case:
    """Draw random programs, in which results are used several times, so that the tape has to add up gradients."""
    n = number(rng, 1, 4)
    count = number(rng, 2, 4)
    arrays = [reals(rng, *among(rng, (n, n), (n, 1), (1, n), (1, 1))) for _ in range(count)]
    program = [(number(rng, 0, 9), number(rng, 0, 99), number(rng, 0, 99)) for _ in range(number(rng, 4, 14))]

    def run(*operands: Any) -> Any:
        nodes = list(operands)
        for op, i, j in program:
            a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
            if op == 0:
                out = a + b
            elif op == 1:
                out = a - b
            elif op in (2, 3):
                out = (a * b).tanh()
            elif op == 4:
                out = a / (b * b + 1.0)
            elif op == 5:
                out = a.sigmoid() * a
            elif op == 6:
                out = a.relu() + b
            elif op == 7:
                out = (a * a + 0.5).sqrt()
            elif op == 8:
                out = (a.sum() * 0.1).tanh() * b
            else:
                out = a.reshape(1, -1).sum() * 0.1 + b
            nodes.append(out)
        total = nodes[-1]
        for node in nodes[count:-1]:
            total = total + node * 0.5
        return total

    return Case(f"program of {len(program)}", run, run, arrays)


FAMILIES: dict[str, Callable[[Rng, int], Case]] = {
    f.__name__: f
    for f in (
        arithmetic, shapes, products, activations, error_functions, convolution, resampling, pooling, normalisation,
        attending, recurrent, lookup, dropping, graphs,
    )
}  # fmt: skip


# -- families that are no single operation ----------------------------------------------------------------------------


def optimisers(rng: Rng, k: int) -> None:
    """Take some steps with one of the rules, of several parameters, with a rate that changes."""
    name = ("SGD", "Adam", "AdamW")[k % 3]
    arrays = {f"p{i}": reals(rng, *shape_of(rng, 1, 3, empty=0)) for i in range(number(rng, 1, 3))}
    decays = {n: coin(rng, 0.7) for n in arrays}
    decay = among(rng, 0.0, 0.1) if name != "Adam" else 0.0
    if name == "SGD":
        momentum = among(rng, 0.0, 0.5, 0.9)
        kind, options = optimiser.SGD, dict(momentum=momentum, nesterov=momentum > 0 and coin(rng))
        their_kind, theirs = torch.optim.SGD, dict(options)
    else:
        betas, eps = among(rng, (0.9, 0.999), (0.5, 0.9), (0.0, 0.99)), among(rng, 1e-8, 1e-3)
        kind, options = optimiser.Adam, dict(betas=betas, eps=eps)
        their_kind, theirs = getattr(torch.optim, name), dict(options)
    own = {n: Parameter(a.copy(), decays=decays[n]) for n, a in arrays.items()}
    other = {n: torch.tensor(a, requires_grad=True) for n, a in arrays.items()}
    rule = kind(own, decay=decay, **options)
    groups = [{"params": [other[n]], "weight_decay": decay if decays[n] else 0.0} for n in other]
    their_rule = their_kind(groups, lr=0.1, **theirs)
    for _ in range(number(rng, 2, 8)):
        rate = float(rng.uniform(0.001, 0.1))
        for group in their_rule.param_groups:
            group["lr"] = rate
        for n, a in arrays.items():
            g = reals(rng, *a.shape)
            own[n].grad, other[n].grad = g.copy(), torch.tensor(g)
        rule.step(rate)
        their_rule.step()
    for n, p in own.items():
        off = error(p.data, other[n].detach().numpy())
        assert off <= CLOSE, f"{name} {options}, decay {decay}: {n} differs by {off:.1e}"


def clipping(rng: Rng, k: int) -> None:
    """Clip the norm of all gradients together; PyTorch adds 1e-6 to the norm before it divides."""
    arrays = [reals(rng, *shape_of(rng, 1, 3)) * among(rng, 1e-3, 1.0, 1e3) for _ in range(number(rng, 1, 4))]
    own = {str(i): Parameter(a.copy()) for i, a in enumerate(arrays)}
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    for i, a in enumerate(arrays):
        if coin(rng, 0.9):
            g = reals(rng, *a.shape) * among(rng, 1e-3, 1.0, 1e5)
            own[str(i)].grad, other[i].grad = g.copy(), torch.tensor(g)
    limit = float(rng.uniform(0.01, 10.0))
    found = optimiser.clip(own, limit)
    before = [copy.deepcopy(t.grad) for t in other]
    wanted = float(torch.nn.utils.clip_grad_norm_(other, limit))
    assert error(np.array(found), np.array(wanted)) <= CLOSE
    for i, (g, t) in enumerate(zip(before, other, strict=True)):
        if g is None:
            assert own[str(i)].grad is None
            continue
        here, there = own[str(i)].gradient, t.grad.numpy()
        exact = g.numpy() * min(1.0, limit / wanted) if wanted else g.numpy()
        assert error(here, exact) <= CLOSE
        assert error(here, there) <= max(CLOSE, 2e-6 / wanted if wanted else 0.0) * max(
            1.0, np.abs(exact).max(initial=0)
        )


OTHERS: dict[str, Callable[[Rng, int], None]] = {f.__name__: f for f in (optimisers, clipping)}


def generator(family: str, k: int) -> Rng:
    """Return the generator of a case, by its name, so that a case that fails can be run alone."""
    return np.random.default_rng([zlib.crc32(family.encode()), k])


@pytest.mark.parametrize("chunk", range(0, CASES, CHUNK))
@pytest.mark.parametrize("family", [*FAMILIES, *OTHERS])
def test_same_as_torch(family, chunk):
    ran = 0
    for k in range(chunk, chunk + CHUNK):
        rng = generator(family, k)
        try:
            if family in FAMILIES:
                check(FAMILIES[family](rng, k), rng)
            else:
                OTHERS[family](rng, k)
        except Exception as wrong:
            wrong.add_note(f"case {k} of {family}")
            raise
        ran += 1
    assert ran == CHUNK


def test_there_are_as_many_cases_as_the_documents_say():
    assert CASES % CHUNK == 0
    assert CASES >= 500
    families = len(FAMILIES) + len(OTHERS)
    assert CASES * families >= 5_000
    told = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f"{CASES * families:,} random cases, {CASES} in each of {families} families" in told
    for family, draw in FAMILIES.items():
        # Cases of a family differ in their numbers, and nearly all draw some.
        drawn = [draw(generator(family, k), k).arrays for k in range(CASES)]
        numbers = {b"".join(a.tobytes() for a in arrays) for arrays in drawn if sum(a.size for a in arrays)}
        assert len(numbers) >= 0.8 * CASES, family


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_drops_as_often_as_it_says(rate):
    n = 200_000
    kept = dropout(Tensor(np.ones(n)), rate, np.random.default_rng(0)).data != 0
    # Five standard deviations of the share.
    assert abs(kept.mean() - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / n)
