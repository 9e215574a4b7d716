"""Faults that can be put into the machine: dead cells, cut wires, stuck relays and stuck motors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.errors import ConfigError
from marki.io.frame import CELLS

A_UNITS = 512


@dataclass(frozen=True, kw_only=True)
class FaultsConfig(Config):
    """Units that do not work, by their numbers from 1. A sound machine has none."""

    dead_cells: tuple[int, ...] = setting((), "Photocells that see nothing", low=1, high=CELLS)
    cut_wires: tuple[int, ...] = setting((), "A-units whose plugboard wires are all cut", low=1, high=A_UNITS)
    stuck_off: tuple[int, ...] = setting((), "A-units whose relay never pulls in", low=1, high=A_UNITS)
    stuck_on: tuple[int, ...] = setting((), "A-units whose relay never drops out", low=1, high=A_UNITS)
    stuck_motors: tuple[int, ...] = setting((), "Potentiometers whose motor does not turn", low=1, high=A_UNITS)

    def __post_init__(self) -> None:
        super().__post_init__()
        both = set(self.stuck_off) & set(self.stuck_on)
        if both:
            raise ConfigError(
                f"A-unit {min(both)} is stuck both on and off",
                where="FaultsConfig",
                remedy="Take it out of one of the lists",
                code="faults.both",
                unit=min(both),
            )

    def cells(self) -> np.ndarray:
        """Return the indices of the dead cells."""
        return np.array(self.dead_cells, np.intp) - 1

    def stuck(self) -> np.ndarray:
        """Return the state of the A-units' relays, (512,) int8: 0 sound, 1 stuck closed, -1 stuck open."""
        state = np.zeros(A_UNITS, np.int8)
        state[np.array(self.stuck_on, np.intp) - 1] = 1
        state[np.array(self.stuck_off, np.intp) - 1] = -1
        return state

    def motors(self) -> np.ndarray:
        """Return the indices of the stuck motors."""
        return np.array(self.stuck_motors, np.intp) - 1

    def apply_to(self, wiring: np.ndarray) -> np.ndarray:
        """Return the wiring with the cut A-units' wires taken out, (512, 400) int8."""
        if not self.cut_wires:
            return wiring
        wiring = wiring.copy()
        wiring[np.array(self.cut_wires, np.intp) - 1] = 0
        return wiring
