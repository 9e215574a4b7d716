"""The 20×20 lamps of the S-units."""

from __future__ import annotations

import numpy as np

from marki.console.drawing.layout import Box, square_grid
from marki.console.drawing.panel import Declared
from marki.console.panels.lamp_panel import LampPanel
from marki.console.state.scene import Scene
from marki.console.state.snapshot import Snapshot
from marki.io.frame import SIDE


class RetinaPanel(LampPanel):
    """A lamp for each S-unit."""

    title, kind = "panel.s_units", "s"

    def lamps(self) -> tuple[int, int, tuple[int, int], int, int]:
        """Return 20×20 lamps."""
        box, pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        return SIDE, SIDE, (pitch, pitch), box.x, box.y

    def relays(self, snapshot: Snapshot) -> np.ndarray:
        """Return the relays of the S-units."""
        return snapshot.view.s.reshape(-1)

    def lit_fraction(self, scene: Scene) -> np.ndarray:
        """Return for which fraction of the frame each S-unit was on."""
        return scene.brightness.s

    def broken(self, scene: Scene) -> frozenset[int]:
        """Return the dead cells."""
        return frozenset(n - 1 for n in scene.config.faults.dead_cells)


PANEL = Declared(name="retina", panel=RetinaPanel)
