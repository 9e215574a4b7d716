"""The operator's switches: the 20×20 toggles that force S-units, and the forcing switches of the R-units.

That the toggles under the lamp panel force S-units is an inference from their place and number.
"""

from __future__ import annotations

import numpy as np

from marki.errors import PortError


def throw_all(row: np.ndarray, positions: np.ndarray, *, where: str) -> None:
    """Set a whole row (or field) of three-position switches."""
    positions = np.asarray(positions)
    if positions.size != row.size or not np.isin(positions, (-1, 0, 1)).all():
        raise PortError(
            f"{positions.size} positions", where=where, remedy=f"Give {row.size} of -1 (off), 0 (free) or 1 (on)"
        )
    row[:] = positions.reshape(row.shape)
