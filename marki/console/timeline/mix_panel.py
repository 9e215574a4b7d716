"""Mixing of styles: two drawings, and for each layer of the machine from which of them its style comes."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given
from marki.console.drawing.theme import SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.timeline.activation_panel import system_at
from marki.console.timeline.canvas_panel import draw_light, sheet_of
from marki.console.timeline.tool_panel import ToolPanel
from marki.io.drawing_orders import Tool


class MixPanel(ToolPanel):
    """The two sources, and under them a switch for each layer."""

    tool = Tool.MIX
    knobs = ("mix_next", "mix_swap")

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        row, px = theme.row(SMALL), theme.px
        high = max(px(30), round(1.5 * row))
        self._switches = pygame.Rect(self.area.x, self.area.bottom - high, self.area.w, high)
        self._line = pygame.Rect(self.area.x, self._switches.y - row - px(3), self.area.w, row)
        half = self.area.w // 2
        self._sources = [
            pygame.Rect(self.area.x + k * half, self.area.y, half - px(4), self._line.y - self.area.y - px(3))
            for k in (0, 1)
        ]
        self._layers: list[pygame.Rect] = []
        self._shown: tuple[object, ...] | None = None

    def draw(self, surface: pygame.Surface, scene: Scene, *, fresh: bool) -> list[pygame.Rect]:
        """Draw the sources and the switches when something has changed."""
        system_view = system_at(scene.timeline, "first")
        sheet, ui = sheet_of(system_view, Tool.MIX), scene.ui
        if sheet is None or system_view is None:
            return []
        under = tuple(Target("layer_style", k) in (ui.hovered, ui.held) for k in range(len(sheet.layers)))
        key = (system_view.serial, ui.studio.theirs, ui.studio.named, ui.studio.other, under)
        if key == self._shown and not fresh:
            return []
        self._shown = key
        theme, palette, px = self.theme, self.theme.palette, self.theme.px
        pygame.draw.rect(surface, palette.black, self.area)
        row = theme.row(SMALL)
        asked = (ui.studio.named, ui.studio.other)
        for k, (source, picture) in enumerate(zip(self._sources, sheet.pictures, strict=False)):
            head = pygame.Rect(source.x, source.y, source.w, row)
            self.caption(surface, head, f"timeline.source_{k + 1}", name=asked[k])
            box = pygame.Rect(source.x, head.bottom, source.w, source.bottom - head.bottom)
            draw_light(surface, theme, picture.field, box)
        self.caption(surface, self._line, "timeline.styles_of")
        gap, count = px(4), max(1, len(sheet.layers))
        wide = (self._switches.w - gap * (count - 1)) / count
        self._layers = [
            pygame.Rect(round(self._switches.x + k * (wide + gap)), self._switches.y, int(wide), self._switches.h)
            for k in range(len(sheet.layers))
        ]
        named = all(theme.width(f"{name} 2", SMALL - 1) <= wide - px(4) for name in sheet.layers)
        for k, (place, name) in enumerate(zip(self._layers, sheet.layers, strict=True)):
            theirs = k in ui.studio.theirs
            face = palette.focus if theirs else (222, 220, 208) if under[k] else (196, 194, 182)
            pygame.draw.rect(surface, face, place, border_radius=px(3))
            text = f"{name} {'2' if theirs else '1'}" if named else "2" if theirs else "1"
            style = TextStyle(size=SMALL - 1, face=TEXT, colour=palette.ink, align="centre")
            theme.write(surface, text, place, **style)
        return [self.area]

    # -- hands ---------------------------------------------------------------------------------------------------------

    def given(self, part: Target) -> Given | None:
        """Return the command that throws the switch of a layer."""
        return Given("mix_layer", {"number": part.number}) if part.kind == "layer_style" else None

    def target_at(self, place: tuple[int, int]) -> Target | None:
        """Return the switch at a place."""
        return next((Target("layer_style", k) for k, box in enumerate(self._layers) if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a switch or a button is."""
        if part.kind == "layer_style":
            return self._layers[part.number] if part.number < len(self._layers) else None
        return super().place_of(part)
