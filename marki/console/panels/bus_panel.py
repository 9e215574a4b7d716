"""The many-to-one wires: from the values of each source-set to its R-unit; reinforcement travels back along them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Backdrop, Declared, Panel
from marki.console.drawing.theme import Theme
from marki.console.panels.value_panel import shared_bands, store_room
from marki.console.state.scene import Scene

WIRES = 7  # of a source-set that are drawn
PULSES = 2  # on each


class BusPanel(Panel):
    """Between the bands of the values and the rows of the R-units."""

    dark, about = True, "bus"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        inset = theme.px(3)
        self._area = self.rect.inflate(-2 * inset, -2 * inset)
        self._backdrop = Backdrop(self._area)
        self._bands: list[Box] = []
        self._shown: tuple[int, int, tuple[int, ...]] | None = None

    def connect(self, panels: Mapping[str, Panel], scene: Scene) -> None:
        """Take the bands of the dials."""
        self._bands = shared_bands(store_room(panels["values"], self.theme, scene), scene, self.theme)[1]

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the wires at rest."""
        super().dress(surface, scene)
        surface.set_clip(self._area)
        width = self.theme.line(1)
        for band in self._bands:
            for start, goal in self._wires(band):
                pygame.draw.line(surface, (86, 82, 74), start, goal, width)
            end = self._wires(band)[0][1]
            pygame.draw.circle(surface, (150, 144, 130), end, self.theme.px(3))
        surface.set_clip(None)
        self._backdrop.keep(surface)

    def _wires(self, band: Box) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        area = self._area
        goal = (area.right - self.theme.px(6), band.y + band.h / 2)
        heights = np.linspace(band.y + band.h * 0.08, band.bottom - band.h * 0.08, WIRES)
        return [((area.x, float(y)), goal) for y in heights]

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Move the pulses: to the R-units while they are read, back to the motors during reinforcement."""
        phase = scene.snapshot.phase
        way = {"read": 1, "teach": -1}.get(phase, 0) if scene.state != "stopped" else 0
        beat = scene.beat if way and not self.theme.profile.still else 0
        signs = self._signs(scene) if way < 0 else ()
        key = (way, beat, signs)
        if key == self._shown:
            return []
        self._shown = key
        self._backdrop.restore(surface)
        if way:
            surface.set_clip(self._area)
            self._pulses(surface, scene, way, signs)
            surface.set_clip(None)
        return [self._area]

    def _signs(self, scene: Scene) -> tuple[int, ...]:
        """Return which way the motors of each source-set turn: up, down or not."""
        turning = scene.turning
        return tuple(int(np.sign(turning[scene.source_set == unit].sum())) for unit in range(scene.units))

    def _pulses(self, surface: pygame.Surface, scene: Scene, way: int, signs: tuple[int, ...]) -> None:
        palette, radius = self.theme.palette, self.theme.px(2.4)
        for unit, band in enumerate(self._bands):
            sign = signs[unit] if way < 0 else int(np.sign(scene.snapshot.view.u_r[unit]))
            if way < 0 and not sign:
                continue
            colour = palette.positive if sign >= 0 else palette.negative
            for k, (start, goal) in enumerate(self._wires(band)):
                for n in range(PULSES):
                    at = (scene.beat / 30 + n / PULSES + k * 0.37) % 1
                    at = at if way > 0 else 1 - at
                    place = (start[0] + (goal[0] - start[0]) * at, start[1] + (goal[1] - start[1]) * at)
                    pygame.draw.circle(surface, colour, place, radius)


PANEL = Declared(name="bus", panel=BusPanel, hidden_with="values")
