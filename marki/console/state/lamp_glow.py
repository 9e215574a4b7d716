"""Lamp glow: the fraction of a frame for which each lamp was on, summed from the events during it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.hardware.faults import A_UNITS
from marki.io.frame import CELLS
from marki.io.responses import R_UNITS
from marki.machine import MachineView
from marki.session import Session
from marki.trace import Bank, Kind, decode

LEVELS = 16  # steps of brightness of a lamp, dark included


@dataclass(frozen=True, kw_only=True, eq=False)
class Brightness:
    """What the lamps did during one frame.

    Attributes
    ----------
    s, a, r : (400,), (512,), (8,) float64
        Fraction of the frame for which each relay was closed, 0…1.
    turned : (512,) int8
        Which motors started during the frame, and which way.
    codes : (n,) int64
        The events of the frame.
    """

    s: np.ndarray
    a: np.ndarray
    r: np.ndarray
    turned: np.ndarray
    codes: np.ndarray


def levels(share: np.ndarray) -> np.ndarray:
    """Return the brightness of lamps that were on for a fraction `share` of a frame, 0 to 15: the eye's square root."""
    return np.rint(np.sqrt(share) * (LEVELS - 1)).astype(np.int8)


class LampGlow:
    """Sums the on-times of lamps from frame to frame; it only reads.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session):
        self.session = session
        self._last: tuple[int, int, bool] | None = None  # trials finished, time and idleness at the last frame

    def since_last(self, view: MachineView) -> Brightness:
        """Return the brightness from the last call to this moment, which `view` shows."""
        session, before = self.session, self._last
        self._last = (session.trial, view.t_us, session.learner.idle)
        if before is None or view.t_us <= before[1] or session.trial < before[0]:
            return self._still(view)
        trial, t0, idle = before
        blocks = [session.trace.block(n) for n in range(trial, min(session.trial, session.trace.blocks))]
        codes = np.concatenate([*blocks, session.learner.happened()])
        # What happens at the very moment of the last frame belongs to it, but for a presentation that begins then.
        codes = codes[codes.searchsorted((t0 + (not idle)) << 16) :]
        events = decode(codes)
        span = view.t_us - t0
        turned = np.zeros(A_UNITS, np.int8)
        motors = events[events["bank"] == Bank.POTENTIOMETERS]
        turned[motors["unit"][motors["kind"] == Kind.START_DOWN]] = -1
        turned[motors["unit"][motors["kind"] == Kind.START_UP]] = 1

        def share(bank: Bank, count: int, now: np.ndarray) -> np.ndarray:
            mine = events[events["bank"] == bank]
            sign = np.where(mine["kind"] == Kind.ON, -1.0, 1.0)
            on = np.bincount(mine["unit"], sign * (mine["t_us"] - t0), count) + now.reshape(-1) * span
            return np.clip(on / span, 0, 1)

        return Brightness(
            s=share(Bank.SENSORY, CELLS, view.s),
            a=share(Bank.ASSOCIATION, A_UNITS, view.a),
            r=share(Bank.RESPONSE, R_UNITS, view.r),
            turned=turned,
            codes=codes,
        )

    def _still(self, view: MachineView) -> Brightness:
        return Brightness(
            s=view.s.reshape(-1).astype(float), a=view.a.astype(float), r=view.r.astype(float),
            turned=np.zeros(A_UNITS, np.int8), codes=np.empty(0, np.int64),
        )  # fmt: skip
