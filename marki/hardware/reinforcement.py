"""The reinforcement control: which motors turn, which way and for how long.

Sources: Rosenblatt (1958), Table 1 and pp. 398-404 (α, β, γ; mono- and bivalent; decay); the modes forced, error
correction and spontaneous are named by the operators' manual (1960, at second hand). Which rules were wired into the
Mark I is not known, except that its scheme is called α.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting


@dataclass(frozen=True, kw_only=True)
class ReinforcementConfig(Config):
    """Settings of the trainer's panel."""

    control: str = setting(
        "error",
        "error: wrong R-units only, towards the target; forced: all, towards the target; spontaneous: all, towards "
        "the machine's own response; none: no learning",
        choices=("error", "forced", "spontaneous", "none"),
    )
    rule: str = setting("alpha", "How the values of a source-set change", choices=("alpha", "beta", "gamma"))
    polarity: str = setting(
        "bivalent",
        "bivalent: up for R-units that shall be on, down for those that shall be off; monovalent: up only",
        choices=("bivalent", "monovalent"),
    )
    pulse_us: int = setting(
        750_000, "Time for which a reinforcement drives an active unit's motor", unit="us", low=1, high=60_000_000
    )
    beta_units: int = setting(
        8, "Beta: a source-set gains this many pulses, shared among its active units", low=1, high=512
    )
    decay: float = setting(
        0.0, "Share of its value that each potentiometer loses after a presentation", unit="share", low=0, high=0.5
    )


def steer(config: ReinforcementConfig, r: np.ndarray, target: np.ndarray | None) -> np.ndarray:
    """Return the direction of reinforcement of each R-unit in use, (units,) int8: 1 up, -1 down, 0 none.

    Parameters
    ----------
    r : (units,) bool
        The machine's response.
    target : (units,) bool or None
        The response wanted; None where nobody knows, as in spontaneous learning.
    """
    if config.control == "none" or (target is None and config.control != "spontaneous"):
        return np.zeros(len(r), np.int8)
    goal = r if config.control == "spontaneous" or target is None else target
    sign = np.where(goal, 1, -1 if config.polarity == "bivalent" else 0).astype(np.int8)
    if config.control == "error":
        sign[r == target] = 0
    return sign


def motor_orders(
    config: ReinforcementConfig, sign: np.ndarray, a: np.ndarray, source_set: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return direction (512,) int8 and running time (512,) int64 µs of every motor.

    With N the units of a source-set, n of them active: α drives each active unit for one pulse; β shares K pulses
    among the active, K/n each; γ drives the active for one pulse and the inactive the other way for n/(N - n) of one,
    so that the set's total stays the same (Rosenblatt 1958, Table 1). Running times are rounded down to whole µs.

    Parameters
    ----------
    sign : (units,) int8
        From `steer`.
    a : (512,) bool
        Active A-units.
    source_set : (512,) int
        R-unit of each A-unit.
    """
    here = sign[source_set]
    direction = np.where(a, here, 0).astype(np.int8)
    if config.rule == "alpha":
        return direction, np.where(a, config.pulse_us, 0)
    size = np.bincount(source_set, minlength=len(sign))
    active = np.bincount(source_set[a], minlength=len(sign))
    if config.rule == "beta":
        each = config.pulse_us * config.beta_units // np.maximum(active, 1)
        return direction, np.where(a, each[source_set], 0)
    rest = np.where(active > 0, config.pulse_us * active // np.maximum(size - active, 1), 0)
    return np.where(a, here, -here).astype(np.int8), np.where(a, config.pulse_us, rest[source_set])


def decay_orders(config: ReinforcementConfig, wiper: np.ndarray, speed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return directions and running times that take the share `decay` off every value, rounded down to whole µs.

    Parameters
    ----------
    wiper : (512,) int64
        Angles, 1e-6 deg.
    speed : int
        Mean speed of the motors, 1e-6 deg/s.
    """
    away = np.abs(wiper) * round(config.decay * 1_000_000) // 1_000_000
    return -np.sign(wiper).astype(np.int8), away * 1_000_000 // speed
