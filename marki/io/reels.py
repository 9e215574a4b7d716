"""Reels: films of light levels, as they come to a learner of reels."""

from __future__ import annotations

import numpy as np

from marki.errors import PortError
from marki.io.frame import SIDE, check_frames


def check_reels(reels: np.ndarray, *, where: object = "reel port", copy: bool = True) -> np.ndarray:
    """Return films of light levels as float32 (n, T, 20, 20), or refuse them; `copy` as for `check_frames`.

    Raises
    ------
    PortError
        For a wrong shape or dtype, no exposure, or light outside 0 to 1.
    """
    a = np.asarray(reels)
    if a.ndim == 3:
        a = a[None]
    if a.ndim != 4 or a.shape[2:] != (SIDE, SIDE) or not a.shape[1]:
        raise PortError(
            f"expected reels of shape (n, T, {SIDE}, {SIDE}), got {np.shape(reels)}",
            where=where,
            remedy="Give a stack of reels, even of one",
        )
    return check_frames(a.reshape(-1, SIDE, SIDE), where=where, copy=copy).reshape(a.shape)
