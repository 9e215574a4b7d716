"""Rotary positions: pairs of numbers are turned by angles that grow with the position, as one operation."""

from __future__ import annotations

import numpy as np

from successors.nn.tensor import ShapeError, Tensor, make


def rotary(x: Tensor, first: int = 0) -> Tensor:
    """Turn the numbers i and d / 2 + i of the row at position p by the angle p / 10000^(2 i / d).

    The product of a turned query and a turned key depends on their distance alone, not on where they stand. Which
    numbers of a head make a pair does not matter, since its weights are learned.

    Parameters
    ----------
    x : Tensor, shape (..., t, d)
        Queries or keys.
    first : int
        Position of the first row.

    Returns
    -------
    Tensor, shape of `x`

    Raises
    ------
    ShapeError
        If d cannot be halved.

    References
    ----------
    Su, Lu, Pan, Murtadha, Wen & Liu 2021, "RoFormer: enhanced transformer with rotary position embedding", eq. 34.
    """
    if x.ndim < 2 or x.shape[-1] % 2:
        raise ShapeError(f"{x.shape}; (..., t, d) with an even d is wanted", where="rotary")
    t, d = x.shape[-2:]
    angles = np.arange(first, first + t)[:, None] * 10_000.0 ** (-np.arange(0, d, 2) / d)
    cosine, sine = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)

    def turned(a: np.ndarray, sine: np.ndarray) -> np.ndarray:
        one, other = a[..., : d // 2], a[..., d // 2 :]
        return np.concatenate([one * cosine - other * sine, one * sine + other * cosine], -1)

    return make(turned(x.data, sine), (x,), lambda g: (turned(g, -sine),))
