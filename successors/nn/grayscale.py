"""Arrays of weights and activations as images of the retina's size, for display."""

from __future__ import annotations

import numpy as np

from marki.io.frame import SIDE


def grayscale(arrays: np.ndarray) -> np.ndarray:
    """Return square arrays (k, m, m) as images (k, 20, 20) float32 from 0 to 1; zero is mid-gray.

    Every value becomes a square of whole cells; the remainder is a mid-gray border. All arrays are scaled by their
    common largest absolute value.
    """
    many = SIDE // arrays.shape[-1]
    greatest = np.abs(arrays).max() or 1.0
    shown = (0.5 + arrays / (2 * greatest)).repeat(many, 1).repeat(many, 2)
    before = (SIDE - shown.shape[-1]) // 2
    after = SIDE - shown.shape[-1] - before
    return np.pad(shown, ((0, 0), (before, after), (before, after)), constant_values=0.5).astype(np.float32)
