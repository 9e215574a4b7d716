"""Augmentation: what is done to stimuli while they are learned from."""

from __future__ import annotations

import numpy as np


def moved(frames: np.ndarray, by: np.ndarray, fill: float = 0.0) -> np.ndarray:
    """Return frames, each moved by a step of its own; what comes in from outside is `fill`.

    Parameters
    ----------
    frames : ndarray, shape (n, h, w)
    by : ndarray of int, shape (n, 2)
        Cells downwards and to the right.
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
