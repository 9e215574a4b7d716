"""Probes: a quantity of the machine, recorded at the reading of every trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from marki.data_frames import data_frame
from marki.errors import ConfigError, unknown
from marki.hardware.faults import A_UNITS
from marki.io.frame import CELLS
from marki.io.responses import R_UNITS
from marki.machine import MachineView

if TYPE_CHECKING:
    from pandas import DataFrame

QUANTITIES = tuple(f.name for f in fields(MachineView) if f.name != "t_us")
"""What can be recorded; see `MachineView`."""

_SIZES: dict[str, int] = {"light": CELLS, "signal": CELLS, "s": CELLS, "u_r": R_UNITS, "r": R_UNITS}


class Probe:
    """A quantity of some units, as it stands when the R-units are read, trial by trial.

    Attach it by `Session.attach`. Reading changes nothing of the run: the digest is the same with it and without.

    Parameters
    ----------
    quantity : {"light", "signal", "s", "a", "values", "turning", "u_a", "u_r", "r"}
        See `MachineView`.
    units : sequence of int, optional
        Which units, from 0, those of the retina row by row; all if not said.

    Raises
    ------
    UnknownName
        For a quantity that there is not.
    ConfigError
        For a unit that there is not.
    """

    def __init__(self, quantity: str = "u_a", units: Sequence[int] | None = None):
        if quantity not in QUANTITIES:
            raise unknown("quantity", quantity, QUANTITIES, where="Probe")
        size = _SIZES.get(quantity, A_UNITS)
        chosen = np.arange(size) if units is None else np.array(units, np.int64, ndmin=1)
        if not chosen.size or not 0 <= chosen.min() <= chosen.max() < size:
            raise ConfigError(f"units {list(chosen)}", where=f"Probe({quantity!r})", remedy=f"Give 0 to {size - 1}")
        self.quantity, self.units = quantity, chosen
        self._rows: dict[int, np.ndarray] = {}

    def __repr__(self) -> str:
        return f"<Probe of {self.quantity}: {len(self.units)} units, {len(self._rows)} trials>"

    def take(self, trial: int, view: MachineView) -> None:
        """Record what is seen in a trial."""
        self._rows[trial] = getattr(view, self.quantity).reshape(-1)[self.units]

    def forget(self, trial: int = 0) -> None:
        """Forget what was recorded from `trial` on."""
        self._rows = {n: row for n, row in self._rows.items() if n < trial}

    @property
    def trials(self) -> np.ndarray:
        """Numbers of the trials recorded, in order, (n,) int64; those before it was attached are missing."""
        return np.array(sorted(self._rows), np.int64)

    @property
    def values(self) -> np.ndarray:
        """What was recorded, (n, units)."""
        return np.array([self._rows[n] for n in sorted(self._rows)]).reshape(-1, len(self.units))

    def frame(self) -> DataFrame:
        """Return a data frame: ``trial``, then a column for each unit, such as ``u_a[17]``.

        Raises
        ------
        MarkIError
            If pandas is not installed.
        """
        named = zip(self.units.tolist(), self.values.T, strict=True)
        return data_frame({"trial": self.trials} | {f"{self.quantity}[{unit}]": values for unit, values in named})
