"""The 512 A-units as lamps, 16 in a row; the source-set of each R-unit is a stretch of rows."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.panel import Declared
from marki.console.panels.lamp_panel import LampPanel
from marki.console.state.scene import Scene
from marki.console.state.snapshot import Snapshot

ROWS, COLUMNS = 32, 16


class AssociationPanel(LampPanel):
    """A lamp for each A-unit."""

    title, kind = "panel.a_units", "a"

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the panel, and mark beside the lamps where one source-set ends and the next begins."""
        super().dress(surface, scene)
        if (np.diff(scene.source_set) < 0).any():
            return  # a custom list: the sets are no stretches of rows
        grid, tick = self.grid.rect, max(2, self.theme.px(5))
        for first in np.flatnonzero(np.diff(scene.source_set)) + 1:
            y = grid.top + round(first / COLUMNS * grid.h / ROWS)
            for x, to in ((grid.left - tick, grid.left - 2), (grid.right + 1, grid.right + tick - 1)):
                pygame.draw.line(surface, self.theme.palette.ivory, (x, y), (to, y), self.theme.profile.line)

    def lamps(self) -> tuple[int, int, tuple[int, int], int, int]:
        """Return 32 rows of 16 lamps."""
        area = self.inner
        w, h = area.w // COLUMNS, area.h // ROWS
        w, h = max(1, min(w, round(1.7 * h))), max(1, min(h, round(1.7 * w)))
        left, top = area.x + (area.w - COLUMNS * w) // 2, area.y + (area.h - ROWS * h) // 2
        return ROWS, COLUMNS, (w, h), left, top

    def relays(self, snapshot: Snapshot) -> np.ndarray:
        """Return the relays of the A-units."""
        return snapshot.view.a

    def lit_fraction(self, scene: Scene) -> np.ndarray:
        """Return for which fraction of the frame each A-unit was on."""
        return scene.brightness.a

    def broken(self, scene: Scene) -> frozenset[int]:
        """Return the A-units that are cut off or stuck."""
        faults = scene.config.faults
        return frozenset(n - 1 for n in (*faults.cut_wires, *faults.stuck_off, *faults.stuck_on))


PANEL = Declared(name="association", panel=AssociationPanel)
