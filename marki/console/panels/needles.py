"""Needles: how far those of the dials stand from zero, and which have just moved; both views read them."""

from __future__ import annotations

import numpy as np

from marki.console.drawing.sprites import STEP_DEG, SWING_DEG
from marki.console.state.scene import Scene
from marki.hardware.faults import A_UNITS

VALUE_SCALES_DEG = (5, 10, 20, 50, 100, 150, 300, 600, 1200, 2000)
SUM_SCALES_DEG = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000)
LAST = SWING_DEG // STEP_DEG
SHARE, AMPLE = 0.98, 2.0  # the scale holds this many times the angle below which this share of them stand
SHRINK = 4  # a scale that is so many times too large is given up
LINGER = 8  # frames for which a dial stays marked after its motor stopped: a turn may be shorter than a frame


def scale_for(most: float, scales: tuple[int, ...], before: int = 0) -> int:
    """Return the smallest full scale that holds `most`, never less than `before`, deg."""
    return next((s for s in scales if s >= max(most, before)), scales[-1])


def sum_scale(sums: np.ndarray) -> int:
    """Return the full scale of a meter that shows sums, deg."""
    return scale_for(float(np.abs(sums).max(initial=0.0)), SUM_SCALES_DEG)


class Needles:
    """The dials of all potentiometers from frame to frame.

    Parameters
    ----------
    scene : Scene
        What is to be seen at first.
    still : bool
        Whether marks do not linger.

    Attributes
    ----------
    values : (512,) float64
        Angles, deg, that of a potentiometer in hand included.
    steps : (512,) int
        Needles, -45 to 45.
    moving : (512,) bool
        Dials to be marked.
    scale : int
        Full scale, deg: that of most of them, so that one far out does not hide the others.
    beyond : int
        Potentiometers that are beyond it.
    """

    def __init__(self, scene: Scene, *, still: bool):
        self.still, self.scale, self.beyond = still, 0, 0
        self.values = scene.values
        self.steps = np.zeros(A_UNITS, np.int64)
        self.moving = np.zeros(A_UNITS, bool)
        self._before = scene.values
        self._trial: int = scene.snapshot.trial
        self._linger = np.zeros(A_UNITS, np.int8)

    def read(self, scene: Scene) -> None:
        """Read the values of a scene."""
        values, hand = scene.values, scene.ui.turning
        if hand is not None:
            values = values.copy()
            values[hand[0]] = hand[1]
        most = float(np.abs(values).max())
        # All at zero: a new run begins.
        high = AMPLE * float(np.quantile(np.abs(values), SHARE))
        wanted = min(most, high) if high else most
        keep = bool(most) and self.scale <= SHRINK * scale_for(wanted, VALUE_SCALES_DEG)
        self.scale = scale_for(wanted, VALUE_SCALES_DEG, self.scale if keep else 0)
        self.beyond = int(np.count_nonzero(np.abs(values) > self.scale))
        moved = scene.turning != 0
        if scene.snapshot.trial != self._trial:
            self._trial, self._before = scene.snapshot.trial, values
            self._linger[:] = 0  # no mark of the last trial beside the next card
        if scene.fast or self.still:
            self._linger = moved.astype(np.int8)
        else:
            moved = moved | (values != self._before)
            self._linger = np.where(moved, LINGER, np.maximum(self._linger - 1, 0)).astype(np.int8)
        self._before = self.values = values
        self.moving = self._linger > 0
        steps = np.clip(np.rint(values * (LAST / self.scale)), -LAST, LAST).astype(np.int64)
        # A value just off zero still shows its side.
        near = (steps == 0) & (np.abs(values) > 0.02 * self.scale)
        self.steps = np.where(near, np.sign(values).astype(np.int64), steps)
