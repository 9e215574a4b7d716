"""The operator's switches: the 20×20 toggles that force S-units, and the forcing switches of the R-units.

That the toggles under the lamp panel force S-units is an inference from their place and number.
"""

from __future__ import annotations

import numpy as np

from marki.errors import PortError, shown


def throw_all(row: np.ndarray, positions: np.ndarray, *, where: str) -> None:
    """Set a whole row (or field) of three-position switches."""
    positions = np.asarray(positions)
    remedy = f"Give {row.size} of -1 (off), 0 (free) or 1 (on)"
    if positions.size != row.size:
        raise PortError(f"{positions.size} positions", where=where, remedy=remedy, code="port.switches",
                        count=positions.size, wanted=row.size)  # fmt: skip
    wrong = positions[~np.isin(positions, (-1, 0, 1))].tolist()
    if wrong:
        raise PortError(f"{shown(wrong[0])} is no position", where=where, remedy=remedy, code="port.position",
                        value=shown(wrong[0]), wanted=row.size)  # fmt: skip
    row[:] = positions.reshape(row.shape)
