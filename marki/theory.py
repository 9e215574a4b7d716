"""The theory of the machine in closed form: activity of A-units, overlap of stimuli, the tables of the reports.

Sources: Rosenblatt 1957 (report 85-460-1), appendices I and II, Table 1, Figs. 6 and 7; Rosenblatt 1958, eqs. 1-3.
"""

from __future__ import annotations

from math import comb, sqrt

import numpy as np


def activity(n: int, r: int, x: int, y: int, theta: int) -> float:
    """Return P_a, the chance that an A-unit fires for a stimulus that lights r of n retinal points.

    P_a = Σ over e - i >= theta of C(x, e) · C(y, i) · C(n - x - y, r - e - i) / C(n, r), for x excitatory and y
    inhibitory wires from different points (Rosenblatt 1957, appendix I, eq. 1). Exact, in whole numbers.
    """
    z = n - x - y
    ways = sum(
        comb(x, e) * comb(y, i) * comb(z, r - e - i)
        for e in range(min(x, r) + 1)
        for i in range(min(y, r - e) + 1)
        if e - i >= theta and r - e - i <= z
    )
    return ways / comb(n, r)


def _binomial(n: int, p: float) -> np.ndarray:
    """Return the binomial probabilities of 0 … n, float64 (n + 1,)."""
    k = np.arange(n + 1)
    return np.array([comb(n, int(j)) for j in k], float) * p**k * (1 - p) ** (n - k)


def large_activity(lit: float, x: int, y: int, theta: int) -> float:
    """Return P_a on a large retina of which the fraction `lit` is lit (Rosenblatt 1958, eq. 1)."""
    e, i = _binomial(x, lit), _binomial(y, lit)
    return float(sum(e[a] * i[b] for a in range(x + 1) for b in range(y + 1) if a - b >= theta))


def overlap(lit: float, lost: float, gained: float, x: int, y: int, theta: int) -> float:
    """Return P_c, the chance that a unit active for one stimulus is active for another too (Rosenblatt 1958, eq. 2).

    `lit` is the share of the retina that the first lights, `lost` the share of that which the second does not, and
    `gained` the share of the rest that the second lights in addition.
    """
    total = 0.0
    e_all, i_all = _binomial(x, lit), _binomial(y, lit)
    for e in range(x + 1):
        for i in range(y + 1):
            if e - i < theta or e_all[e] * i_all[i] == 0:
                continue
            excited = np.convolve(_binomial(e, lost)[::-1], _binomial(x - e, gained))  # e - lost + gained
            inhibited = np.convolve(_binomial(i, lost)[::-1], _binomial(y - i, gained))
            upper = np.cumsum(inhibited)
            both = sum(p * upper[min(k - theta, y)] for k, p in enumerate(excited) if k - theta >= 0)
            total += e_all[e] * i_all[i] * both
    return total / large_activity(lit, x, y, theta)


def discrimination(p_a: float, n_a: int, n_s: int, *, exact: bool) -> float:
    """Return Z for discrimination after n_s stimuli per response with n_a A-units per response (R57, Table 1).

    Z = 1 / sqrt(2 n_s (p_a³ - p_a⁴) / n_d), n_d = p_a · n_a; without the fourth power if not `exact` (as in the columns
    for p_a = .01). The overlap of stimuli is taken as nought.
    """
    return 1 / sqrt(2 * n_s * (p_a**3 - (p_a**4 if exact else 0)) / (p_a * n_a))


# The worked example of Rosenblatt 1957, appendix II: 64 A-units in two source-sets of 32, six stimuli; Fig. 7a and 7b
# give the values after S1-S3 were associated with R1 and S4-S6 with R2, and after the reverse; the text gives the sums.
EXAMPLE_VALUES = (
    "2110 0020 2211 0021 0310 2002 2020 0210  2020 1212 0022 0101 0120 0211 1101 1102",
    "1112 0012 1111 0112 0022 1102 1011 0110  2120 0212 0210 0021 0111 1211 3001 0020",
)
EXAMPLE_SUMS = (
    ((18, 6), (17, 13), (21, 14), (12, 14), (9, 15), (10, 18)),
    ((10, 15), (11, 19), (10, 18), (14, 10), (14, 13), (14, 10)),
)
# Fig. 6: the A-units excited by S1, S2 and S3. In the copy at hand three rows of S3 are damaged; the values of Fig. 7
# leave one reading for each. Of S4-S6 too little can be read to restore them.
EXAMPLE_STIMULI = (
    ".X.. .... X.XX ..X. .X.. ...X X.X. .X..  .X.. .XX. .X.. ..X. .X.X X.X. X... ....",
    "X.X. ..X. .X.. ...X .XX. X... .... .XX.  X.X. .X.X .... ..XX .... .X.X X... ..X.",
    "X... ..X. XX.. ..X. .X.. X..X X.X. ....  X.X. ...X .XX. .... ..X. .X.. X..X ..X.",
)


def example_values() -> np.ndarray:
    """Return the printed values of Fig. 7a and 7b, (2, 64) int64; the first 32 A-units belong to R1."""
    return np.array([[int(c) for c in row.replace(" ", "")] for row in EXAMPLE_VALUES])


def example_stimuli() -> np.ndarray:
    """Return which A-units S1, S2 and S3 excite, (3, 64) bool."""
    return np.array([[c == "X" for c in row.replace(" ", "")] for row in EXAMPLE_STIMULI])
