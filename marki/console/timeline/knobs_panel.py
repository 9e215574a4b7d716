"""Knobs: the numbers of which a machine draws, as bars that are pulled up and down by hand."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given
from marki.console.drawing.theme import Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.timeline.activation_panel import system_at
from marki.console.timeline.canvas_panel import sheet_of
from marki.console.timeline.tool_panel import ToolPanel
from marki.io.drawing_orders import Sheet, Tool

LEAST = 15
"""Least breadth of a bar that can be seized, units."""


class KnobsPanel(ToolPanel):
    """A bar for each number: its middle is zero; those that were turned by hand are lit."""

    tool = Tool.KNOBS
    knobs = ("latents_back",)
    knobs_shown = ("latents_back", "last_example", "example", "live")

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._bars: list[pygame.Rect] = []
        self._span = 1.0
        self._shown: list[tuple[int, bool, bool] | None] = []

    def draw(self, surface: pygame.Surface, scene: Scene, *, fresh: bool) -> list[pygame.Rect]:
        """Draw the bars that have moved."""
        sheet = sheet_of(system_at(scene.timeline, "first"), Tool.KNOBS)
        if sheet is None:
            return []
        values = sheet.latents.astype(float)
        turned = dict(scene.ui.studio.turned)
        self._span = sheet.span
        dirty: list[pygame.Rect] = []
        if fresh or len(values) != len(self._bars):
            self._place(sheet)
            pygame.draw.rect(surface, self.theme.palette.black, self.area)
            dirty.append(self.area)
        under = (scene.ui.hovered, scene.ui.held)
        for k, bar in enumerate(self._bars):
            value = turned.get(k, float(values[k]))
            share = max(-1.0, min(1.0, value / self._span))
            state = (round(share * bar.h / 2), k in turned, Target("latent", k) in under)
            if state != self._shown[k]:
                self._shown[k] = state
                self._bar(surface, bar, *state)
                dirty.append(bar)
        return dirty

    def _place(self, sheet: Sheet) -> None:
        """Lay the bars in as few rows as they can be seized in."""
        count, area, gap = len(sheet.latents), self.area, self.theme.px(3)
        rows = max(1, -(-count * self.theme.px(LEAST) // max(1, area.w)))
        across = -(-count // rows)
        wide, high = area.w / across, (area.h - gap * (rows - 1)) / rows
        self._bars = [
            pygame.Rect(
                round(area.x + k % across * wide) + 1,
                round(area.y + k // across * (high + gap)),
                max(2, int(wide) - 2),
                max(4, int(high)),
            )
            for k in range(count)
        ]
        self._shown = [None] * count

    def _bar(self, surface: pygame.Surface, bar: pygame.Rect, level: int, turned: bool, under: bool) -> None:
        palette = self.theme.palette
        pygame.draw.rect(surface, (58, 57, 53) if under else (34, 34, 33), bar)
        colour = palette.focus if turned else palette.positive if level >= 0 else palette.negative
        top = bar.centery - max(0, level)
        pygame.draw.rect(surface, colour, (bar.x, top, bar.w, max(2, abs(level))))
        pygame.draw.line(surface, palette.dim, (bar.x, bar.centery), (bar.right - 1, bar.centery))

    # -- hands ---------------------------------------------------------------------------------------------------------

    def dragged(self, part: Target, start: tuple[int, int], place: tuple[int, int], *, fresh: bool) -> Given | None:
        """Return the command that turns a number to where its bar is pulled."""
        if part.kind != "latent" or part.number >= len(self._bars):
            return None
        bar = self._bars[part.number]
        share = max(-1.0, min(1.0, (bar.centery - place[1]) / (bar.h / 2)))
        value = 0.0 if abs(share) < 0.04 else share * self._span
        return Given("turn_latent", {"number": part.number, "value": round(value, 3), "more": not fresh})

    def target_at(self, place: tuple[int, int]) -> Target | None:
        """Return the bar under a place."""
        return next((Target("latent", k) for k, bar in enumerate(self._bars) if bar.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a bar or a button is."""
        if part.kind == "latent":
            return self._bars[part.number] if part.number < len(self._bars) else None
        return super().place_of(part)
