"""Augmentation: random changes of the stimuli during training."""

from __future__ import annotations

import numpy as np


def moved(frames: np.ndarray, by: np.ndarray, fill: float = 0.0) -> np.ndarray:
    """Return frames, each shifted by its own offset; cells that come in from outside are `fill`.

    Parameters
    ----------
    frames : ndarray, shape (n, h, w)
    by : ndarray of int, shape (n, 2)
        Offset in cells, downwards and to the right.
    fill : float

    Returns
    -------
    ndarray, shape (n, h, w)
    """
    n, h, w = frames.shape
    reach = int(np.abs(by).max(initial=0))
    wide = np.pad(frames, ((0, 0), (reach, reach), (reach, reach)), constant_values=fill)
    views = np.lib.stride_tricks.sliding_window_view(wide, (h, w), (1, 2))
    return views[np.arange(n), reach - by[:, 0], reach - by[:, 1]]


def disturbed(frames: np.ndarray, shift: int, affine: float, rng: np.random.Generator) -> np.ndarray:
    """Return frames, each shifted by whole cells and warped by its own random affine map.

    With ``A = 1 + affine U``, U of four uniform numbers from -1 to 1, position p of the new frame shows the light at
    ``A (p - middle) + middle + t`` of the old one, interpolated between four cells; outside it is dark.

    Parameters
    ----------
    frames : ndarray, shape (n, h, w)
    shift : int
        Greatest shift t, cells.
    affine : float
        Size of the affine map; 0: shift only.
    rng : Generator

    Returns
    -------
    ndarray, shape (n, h, w)
        The frames themselves if there is nothing to do.
    """
    n, h, w = frames.shape
    if not n or not (shift or affine):
        return frames
    moves = rng.integers(-shift, shift, (n, 2), endpoint=True)
    if not affine:
        return moved(frames, -moves)
    maps = np.eye(2) + affine * rng.uniform(-1, 1, (n, 2, 2))
    middle = np.array([h - 1, w - 1]) / 2
    places = np.indices((h, w)).reshape(2, -1) - middle[:, None]
    at = maps @ places + (middle + moves)[:, :, None]
    # A border of one dark cell, from which everything outside is read.
    padded = np.pad(frames, ((0, 0), (1, 2), (1, 2))).reshape(n, -1)
    at = np.clip(at + 1, 0, np.array([h + 1, w + 1])[:, None])
    corner = at.astype(np.int64)
    down, across = (at - corner).astype(frames.dtype).transpose(1, 0, 2)
    first = corner[:, 0] * (w + 3) + corner[:, 1]
    a, b, c, d = (np.take_along_axis(padded, first + step, 1) for step in (0, 1, w + 3, w + 4))
    top, bottom = a + across * (b - a), c + across * (d - c)
    return (top + down * (bottom - top)).reshape(n, h, w)
