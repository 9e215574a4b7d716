"""Registers: the arrays of a device, listed once, from which all tools are derived (the idea is SIMH's).

Snapshot, save file, CSV header, panel and determinism check all read this one list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from marki.errors import StateError


@dataclass(frozen=True, eq=False)
class Register:
    """One array of a device.

    Attributes
    ----------
    name : str
        `device.array`, unique in a learner.
    array : ndarray
        The live array; running changes it in place, only a reset or new settings make another.
    unit : str
        Physical unit, or "" for a pure number.
    meaning : str
        One sentence.
    """

    name: str
    array: np.ndarray
    unit: str
    meaning: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.array.shape


def snapshot(registers: Iterable[Register]) -> dict[str, np.ndarray]:
    """Return copies of all arrays by name."""
    return {r.name: r.array.copy() for r in registers}


def check(registers: Iterable[Register], state: Mapping[str, np.ndarray], *, where: object = None) -> None:
    """Refuse a snapshot that does not fit.

    Raises
    ------
    StateError
        If a register is missing or has another shape or dtype.
    """
    for r in registers:
        if r.name not in state:
            raise StateError(
                f"register {r.name} is missing",
                where=where,
                remedy="Save the state anew",
                code="register.missing",
                name=r.name,
            )
        a = state[r.name]
        if a.shape != r.shape or a.dtype != r.array.dtype:
            raise StateError(
                f"register {r.name} is {a.dtype}{a.shape}, this machine has {r.array.dtype}{r.shape}",
                where=where,
                remedy="Load it into the machine that it was saved from",
                code="register.other",
                name=r.name,
                found=f"{a.dtype}{a.shape}",
                wanted=f"{r.array.dtype}{r.shape}",
            )


def restore(registers: Iterable[Register], state: Mapping[str, np.ndarray], *, where: object = None) -> None:
    """Write a snapshot back into the live arrays; nothing is changed unless all of it fits.

    Raises
    ------
    StateError
        If a register is missing or has another shape or dtype.
    """
    registers = list(registers)
    check(registers, state, where=where)
    for r in registers:
        r.array[...] = state[r.name]


def fingerprint(state: Mapping[str, np.ndarray]) -> str:
    """Return a 16-digit hexadecimal digest of named arrays."""
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(state):
        a = np.ascontiguousarray(state[name])
        digest.update(f"{name}{a.dtype.str}{a.shape}".encode())
        digest.update(a.tobytes())
    return digest.hexdigest()
