"""Initialisation: random arrays of float32, or mere shapes inside `meta`.

Inside ``with meta():`` a network of any size is built without its memory: every array is a single zero, broadcast to
its shape, so that GPT-3's parameters can be counted on a laptop.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator

import numpy as np

from successors.nn.tensor import Parameter

_meta = False


@contextlib.contextmanager
def meta() -> Iterator[None]:
    """Build networks of shapes only; their parameters can be counted, but they cannot run."""
    global _meta
    before, _meta = _meta, True
    try:
        yield
    finally:
        _meta = before


def constant(shape: tuple[int, ...], value: float = 0.0) -> Parameter:
    """Return a parameter that is `value` everywhere, such as a bias or a gain; it does not decay."""
    return _hollow(shape, decays=False) if _meta else Parameter(np.full(shape, value, np.float32), decays=False)


def buffer(shape: tuple[int, ...], value: float = 0.0) -> np.ndarray:
    """Return a float32 array that is `value` everywhere and is not trained."""
    return _hollow(shape, decays=False).data if _meta else np.full(shape, value, np.float32)


def uniform(rng: np.random.Generator, shape: tuple[int, ...], bound: float, *, decays: bool = True) -> Parameter:
    """Return a parameter drawn uniformly from -bound to bound; weight decay applies to it if it `decays`."""
    if _meta:
        return _hollow(shape, decays=decays)
    return Parameter(rng.uniform(-bound, bound, shape).astype(np.float32), decays=decays)


def normal(rng: np.random.Generator, shape: tuple[int, ...], deviation: float, *, decays: bool = True) -> Parameter:
    """Return a parameter drawn from a normal distribution with mean 0; weight decay applies to it if it `decays`."""
    if _meta:
        return _hollow(shape, decays=decays)
    return Parameter((rng.standard_normal(shape) * deviation).astype(np.float32), decays=decays)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return fan-in and fan-out: the inputs that each output sums, and the outputs that each input feeds.

    The shape is (out, in) for a linear layer, (out, in, kh, kw) for a convolution.
    """
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def lecun(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameter:
    """Return weights drawn uniformly within 2.4 / fan-in, as LeCun 1989 (p. 545) did."""
    return uniform(rng, shape, 2.4 / fans(shape)[0])


def glorot(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameter:
    """Return weights drawn uniformly within sqrt(6 / (fan-in + fan-out)), Glorot and Bengio 2010, eq. 16."""
    return uniform(rng, shape, math.sqrt(6 / sum(fans(shape))))


def he(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameter:
    """Return normally distributed weights with standard deviation sqrt(2 / fan-in), He et al. 2015, eq. 10."""
    return normal(rng, shape, math.sqrt(2 / fans(shape)[0]))


def orthogonal(rng: np.random.Generator, shape: tuple[int, ...], gain: float = 1.0) -> Parameter:
    """Return a matrix whose rows, or columns if there are fewer, are orthonormal times `gain`, Saxe et al. 2014."""
    if _meta:
        return _hollow(shape)
    rows, columns = shape
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q *= np.sign(np.diag(r))
    return Parameter(((q if rows >= columns else q.T) * gain).astype(np.float32))


def given(values: np.ndarray, *, decays: bool = True) -> Parameter:
    """Return a parameter with these initial values, as float32; weight decay applies to it if it `decays`."""
    return _hollow(values.shape, decays=decays) if _meta else Parameter(values.astype(np.float32), decays=decays)


def stacked(
    draw: Callable[[np.random.Generator, tuple[int, ...]], Parameter],
    rng: np.random.Generator,
    blocks: int,
    shape: tuple[int, int],
) -> Parameter:
    """Return `blocks` matrices of `shape`, each drawn by itself, stacked by rows: the gates of a recurrent cell."""
    if _meta:
        return _hollow((blocks * shape[0], shape[1]))
    return Parameter(np.concatenate([draw(rng, shape).data for _ in range(blocks)]))


def _hollow(shape: tuple[int, ...], *, decays: bool = True) -> Parameter:
    return Parameter(np.broadcast_to(np.float32(0), shape), decays=decays)
