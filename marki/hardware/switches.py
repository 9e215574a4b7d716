"""The operator's switches: the 20×20 toggles that force S-units, and the forcing switches of the R-units.

That the toggles under the lamp panel force S-units is an inference from their place and number.
"""

from __future__ import annotations

import numpy as np

from marki.errors import PortError


def throw(row: np.ndarray, unit: int, position: int, *, where: str) -> None:
    """Set switch `unit` (from 1) of a row of three-position switches to -1 (off), 0 (free) or 1 (on)."""
    if not 1 <= unit <= len(row):
        raise PortError(f"switch {unit}", where=where, remedy=f"They are numbered 1 to {len(row)}")
    if position not in (-1, 0, 1):
        raise PortError(f"position {position!r}", where=where, remedy="Use -1 (forced off), 0 (free) or 1 (forced on)")
    row[unit - 1] = position


def throw_all(row: np.ndarray, positions: np.ndarray, *, where: str) -> None:
    """Set a whole row (or field) of three-position switches."""
    positions = np.asarray(positions)
    if positions.size != row.size or not np.isin(positions, (-1, 0, 1)).all():
        raise PortError(
            f"{positions.size} positions", where=where, remedy=f"Give {row.size} of -1 (off), 0 (free) or 1 (on)"
        )
    row[:] = positions.reshape(row.shape)
