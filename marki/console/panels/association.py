"""The 512 A-units as lamps, 16 in a row; the source-set of each R-unit is a stretch of rows."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.panels.retina import LampPanel
from marki.console.sprites import Lamps
from marki.console.theme import IVORY

ROWS, COLUMNS = 32, 16


class AssociationPanel(LampPanel):
    """A lamp for each A-unit."""

    title = "A-UNITS"

    def dress(self, surface, scene):
        """Set the lamps in, and mark beside them where one source-set ends and the next begins."""
        super().dress(surface, scene)
        if (np.diff(scene.source_set) < 0).any():
            return  # a custom list: the sets are no stretches of rows
        grid, tick = self._lamps.rect, max(2, self.theme.px(5))
        for first in np.flatnonzero(np.diff(scene.source_set)) + 1:
            y = grid.top + round(first / COLUMNS * grid.h / ROWS)
            pygame.draw.line(surface, IVORY, (grid.left - tick, y), (grid.left - 2, y), 1)
            pygame.draw.line(surface, IVORY, (grid.right + 1, y), (grid.right + tick - 1, y), 1)

    def lamps(self):
        """Return 32 rows of 16 lamps."""
        area = self.inner
        w, h = area.w // COLUMNS, area.h // ROWS
        w, h = min(w, round(1.7 * h)), min(h, round(1.7 * w))
        return Lamps(area.x + (area.w - COLUMNS * w) // 2, area.y + (area.h - ROWS * h) // 2, ROWS, COLUMNS, (w, h))

    def relays(self, look):
        """Return the relays of the A-units."""
        return look.view.a
