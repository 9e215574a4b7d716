"""Simulated time: integer microseconds, and exponential settling that is the same on every processor.

`exp` and `log` of the C library and of NumPy's vector kernels differ in their last bits between processors. The two
here use only additions, multiplications and exact scalings, so that one seed gives one event log everywhere.
"""

from __future__ import annotations

import numpy as np

MILLISECOND = 1_000
SECOND = 1_000_000
NEVER = np.int64(2**62)
LIMIT_US = 2**46  # a trace code has room for 47 bits of time: some four years of machine time

_LN2 = 0.6931471805599453
_EXP = [1.0]
for _k in range(1, 15):
    _EXP.append(_EXP[-1] / _k)
_EXP.reverse()


def decay(x: np.ndarray) -> np.ndarray:
    """Return exp(-x) for x >= 0, by range reduction and a Taylor series of degree 14 (relative error about 1e-16)."""
    x = np.minimum(x, 700.0)
    k = np.floor(x * (1.0 / _LN2) + 0.5)
    r = k * _LN2 - x
    y = np.full_like(r, _EXP[0])
    for c in _EXP[1:]:
        y = y * r + c
    return np.ldexp(y, -k.astype(np.int32))


def _table(size: int) -> np.ndarray:
    """Return the logarithms of 1/2 to 1 in steps of 1/(2·size), by the series of the inverse hyperbolic tangent."""
    m = (size + np.arange(size + 1)) / (2 * size)
    s = (m - 1) / (m + 1)
    y = np.zeros_like(s)
    for k in range(41, 0, -2):
        y = y * s * s + 2.0 / k
    return y * s


_SIZE = 4096
_LOG = _table(_SIZE)


def log(x: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of x > 0, from a table of 4,096 steps and the first term beyond it.

    ln(m) = ln(m_k) + 2 (m - m_k) / (m + m_k), with an absolute error below 2e-12; ten operations, since most of the
    time of a presentation goes into the number of operations, not into their size.
    """
    m, e = np.frexp(x)
    step = (m * (2 * _SIZE)).astype(np.intp)
    near = step * (0.5 / _SIZE)
    return _LOG[step - _SIZE] + 2.0 * (m - near) / (m + near) + e * _LN2


def clock_face(t_us: int) -> str:
    """Return simulated time as `h:mm:ss.mmm`."""
    ms = int(t_us) // MILLISECOND
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
