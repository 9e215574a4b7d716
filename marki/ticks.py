"""Simulated time: integer microseconds, and exponential settling that is the same on every processor.

`exp` and `log` of the C library and of NumPy's vector kernels differ in their last bits between processors. The two
here use only additions, multiplications and exact scalings, so that one seed gives one event log everywhere.
"""

from __future__ import annotations

import numpy as np

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
NEVER = np.int64(2**62)
LIMIT_US = 2**46  # a trace code has room for 47 bits of time: some four years of machine time

_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476
_EXP = [1.0]
for _k in range(1, 15):
    _EXP.append(_EXP[-1] / _k)
_EXP.reverse()
_ATANH = [2.0 / k for k in range(13, 0, -2)]


def decay(x: np.ndarray) -> np.ndarray:
    """Return exp(-x) for x >= 0, by range reduction and a Taylor series of degree 14 (relative error about 1e-16)."""
    x = np.minimum(x, 700.0)
    k = np.floor(x * (1.0 / _LN2) + 0.5)
    r = k * _LN2 - x
    y = np.full_like(r, _EXP[0])
    for c in _EXP[1:]:
        y = y * r + c
    return np.ldexp(y, -k.astype(np.int32))


def log(x: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of x > 0, by the series of the inverse hyperbolic tangent (absolute error 1e-12)."""
    m, e = np.frexp(x)
    s = (m - _SQRT_HALF) / (m + _SQRT_HALF)
    q = s * s
    y = q * _ATANH[0]
    for c in _ATANH[1:-1]:
        y += c
        y *= q
    y += _ATANH[-1]
    y *= s
    y += (e - 0.5) * _LN2
    return y


def clock_face(t_us: int) -> str:
    """Return simulated time as `h:mm:ss.mmm`."""
    ms = int(t_us) // MILLISECOND
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
