"""Classes on the lamps, and the labels that they stand for."""

from __future__ import annotations

import numpy as np

from marki.errors import PortError
from marki.io.responses import R_UNITS, binary_code, lamps


class Labels:
    """Classes on the lamps: class k is the number k + 1 in binary; two classes use one lamp.

    Parameters
    ----------
    classes : int
    """

    def __init__(self, classes: int):
        self.code = lamps(binary_code(classes))
        self._number = np.full(2**R_UNITS, -1)
        self._number[self._packed(self.code)] = np.arange(classes)

    @staticmethod
    def _packed(shown: np.ndarray) -> np.ndarray:
        return np.packbits(shown, axis=1)[:, 0]

    def lamps(self, labels: np.ndarray) -> np.ndarray:
        """Encode labels on the lamps, (n, 8) bool."""
        return self.code[labels]

    def read(self, shown: np.ndarray) -> np.ndarray:
        """Decode lamps to labels, (n,) int64.

        Raises
        ------
        PortError
            If they encode no class.
        """
        labels = self._number[self._packed(shown)]
        self._demand(labels >= 0, shown, "target")
        return labels

    def asked(self, shown: np.ndarray) -> np.ndarray:
        """Decode lamps that ask for a class, (n,) int64; all dark is -1, any, unless it is the code of a class.

        Raises
        ------
        PortError
            If they encode no class.
        """
        labels = self._number[self._packed(shown)]
        self._demand((labels >= 0) | ~shown.any(axis=1), shown, "stimulus")
        return labels

    def _demand(self, good: np.ndarray, shown: np.ndarray, what: str) -> None:
        """Raise `PortError` unless all lamps are good."""
        if not good.all():
            wrong = int(np.flatnonzero(~good)[0])
            raise PortError(
                f"{what} {wrong} lights R{[int(k) + 1 for k in np.flatnonzero(shown[wrong])]}, the code of no class",
                where="lamps port",
                remedy=f"Give codes of {len(self.code)} classes, or a learner of more classes",
            )
