"""The frame: what stands on the 20×20 retina, and what the photocells make of it."""

from __future__ import annotations

import numpy as np

from marki.errors import PortError
from marki.ticks import decay, log

SIDE = 20
CELLS = SIDE * SIDE
SETTLED = 32  # time constants after which a cell counts as settled: exp(-32) is below the last digit of its signal


def check_frames(frames: np.ndarray, *, where: object = "frame port", copy: bool = True) -> np.ndarray:
    """Return light levels as float32 (n, 20, 20), or refuse them.

    Parameters
    ----------
    frames : array_like
        (20, 20) or (n, 20, 20), real or bool, 0 (dark) to 1 (full light).
    where : object
        What a refusal names.
    copy : bool
        Whether float32 frames are copied as well. Without, the result may share their memory and must not be changed.

    Raises
    ------
    PortError
        For another shape, values that are not finite, or values outside 0…1.
    """
    a = np.asarray(frames)
    if a.dtype.kind not in "biuf":
        raise PortError(
            f"expected numbers, got {a.dtype}", where=where, remedy="Give levels from 0 (dark) to 1 (light)"
        )
    if a.ndim == 2:
        a = a[None]
    if a.ndim != 3 or a.shape[1:] != (SIDE, SIDE):
        raise PortError(
            f"expected frames of shape (n, {SIDE}, {SIDE}), got {np.shape(frames)}",
            where=where,
            remedy="Give a stack of frames, even of one",
        )
    a = a.astype(np.float32, copy=copy)
    if a.size:
        low, high = a.min(), a.max()
        # Written so that what is no number does not pass.
        if not (low >= 0 and high <= 1):
            what = (
                f"light levels from {low:g} to {high:g}" if np.isfinite(a).all() else "the frame holds NaN or infinity"
            )
            raise PortError(what, where=where, remedy="Give levels from 0 (dark) to 1 (light)")
    return a


def level(start: np.ndarray, target: np.ndarray, dt_us: np.ndarray, rise_us: float, decay_us: float) -> np.ndarray:
    """Return the signal of a photocell dt after its light changed.

    x(dt) = target + (start - target) · exp(-dt / tau), with tau the rise time towards more light and the decay time
    towards less. float64, same shape as `start`; dt in µs.
    """
    tau = np.where(target >= start, rise_us, decay_us)
    return target + (start - target) * decay(np.asarray(dt_us, np.float64) / tau)


def signal(start: np.ndarray, light: np.ndarray, dt_us: int, rise_us: float, decay_us: float) -> np.ndarray:
    """Return `level` at one time for all cells; after 32 time constants it is the light itself."""
    if dt_us >= SETTLED * max(rise_us, decay_us):
        return light.copy()
    return level(start, light, np.full(light.shape, dt_us), rise_us, decay_us)


def expose(frames: np.ndarray, after_us: int, rise_us: float, decay_us: float) -> np.ndarray:
    """Return what dark photocells deliver `after_us` after the lens opened on each frame.

    A whole deck at once; equal, cell by cell, to exposing it card by card on the machine's clock.

    Parameters
    ----------
    frames : (n, 20, 20) or (20, 20)
        Light, 0…1.
    after_us : int
        Time since the lens opened, µs.
    rise_us, decay_us : float
        Time constants of a cell towards more light and towards less, µs.

    Returns
    -------
    ndarray of float64, shape (n, 20, 20)
        Signals, as share of full light.
    """
    light = check_frames(frames).astype(np.float64)
    return signal(np.zeros_like(light), light, after_us, rise_us, decay_us)


def crossing(
    start: np.ndarray, target: np.ndarray, threshold: np.ndarray, rise_us: float, decay_us: float
) -> np.ndarray:
    """Return the first whole µs after the change at which the signal has reached `threshold` on its way to `target`.

    dt = tau · ln((start - target) / (threshold - target)). Asked only for cells that do cross, so that the threshold
    lies between start and target. int64.
    """
    tau = np.where(target >= start, rise_us, decay_us)
    return np.ceil(tau * log((start - target) / (threshold - target))).astype(np.int64)
