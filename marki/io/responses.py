"""Responses: how the classes of a world are coded on the eight two-state R-units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from marki.errors import ConfigError, PortError

R_UNITS = 8


def binary_code(classes: int, *, first: int = 1) -> np.ndarray:
    """Return a binary code: class k is the number k + `first`, least significant bit on R1.

    Rosenblatt (1958, p. 402) advises binary-coded responses; which code the Mark I used for letters is unknown, so the
    order A = 1 … Z = 26 is assumed. Two classes use one R-unit, off and on.

    Returns
    -------
    code : (classes, bits) bool
    """
    if classes < 2:
        raise ConfigError(
            f"{classes} class cannot be told apart",
            remedy="Give at least two classes",
            where="classes",
            code="classes.one",
            count=classes,
        )
    if classes == 2:
        return np.array([[False], [True]])
    bits = int(classes - 1 + first).bit_length()
    if bits > R_UNITS:
        raise ConfigError(
            f"{classes} classes need {bits} R-units",
            remedy=f"The machine has {R_UNITS}",
            where="classes",
            code="classes.many",
            count=classes,
            bits=bits,
            units=R_UNITS,
        )
    numbers = np.arange(classes) + first
    return (numbers[:, None] >> np.arange(bits) & 1).astype(bool)


def unit_code(classes: int) -> np.ndarray:
    """Return one R-unit for each class, (classes, classes) bool; for at most eight classes."""
    if not 2 <= classes <= R_UNITS:
        raise ConfigError(
            f"{classes} classes on {R_UNITS} R-units, one each",
            remedy="Use a binary code",
            where="classes",
            code="classes.units",
            count=classes,
            units=R_UNITS,
        )
    return np.eye(classes, dtype=bool)


def lamps(code: np.ndarray) -> np.ndarray:
    """Return a code widened to all eight lamps, (n, 8) bool; R-units that are not in use stay dark."""
    code = np.atleast_2d(code)
    if code.shape[1] > R_UNITS:
        raise PortError(f"a code of {code.shape[1]} bits", where="lamps port", remedy=f"Use at most {R_UNITS}")
    wide = np.zeros((len(code), R_UNITS), bool)
    wide[:, : code.shape[1]] = code
    return wide


def lamp_names(lit: Iterable[bool]) -> str:
    """Return the names of the lamps that are lit, ``R1 R3 R4``; ``dark`` if none is.

    A text to every program that reads tables, unlike a row of noughts and ones.
    """
    return " ".join(f"R{k}" for k, on in enumerate(lit, start=1) if on) or "dark"


def code_names(classes: Sequence[str], code: np.ndarray) -> dict[str, str]:
    """Return the code table of a world: for each class, the names of its lamps."""
    return {name: lamp_names(row) for name, row in zip(classes, code, strict=True)}


def nearest_class(response: np.ndarray, code: np.ndarray) -> int:
    """Return the class whose code equals the lamps `response`, or -1 if it is nobody's code."""
    hit = np.flatnonzero((lamps(code) == response).all(axis=1))
    return int(hit[0]) if hit.size else -1


def check_lamps(targets: np.ndarray, count: int, *, where: object = "lamps port") -> np.ndarray:
    """Return lamp states as bool (n, 8), or refuse them."""
    a = np.asarray(targets)
    if a.ndim == 1:
        a = a[None]
    if a.shape != (count, R_UNITS) or a.dtype != bool:
        raise PortError(
            f"expected bool of shape ({count}, {R_UNITS}), got {a.dtype}{a.shape}",
            where=where,
            remedy="Give true or false for each R-unit of each answer",
        )
    return a
