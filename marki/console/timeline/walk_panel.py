"""The walk from snow to a picture: where it stands, what the machine believes by then, and keys to stop and go on."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given
from marki.console.drawing.theme import SMALL, Theme
from marki.console.state.push_buttons import PENS
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.timeline.activation_panel import system_at
from marki.console.timeline.buttons import ButtonRow
from marki.console.timeline.canvas_panel import draw_light, exposure_of, sheet_of
from marki.console.timeline.tool_panel import ToolPanel
from marki.io.drawing_orders import Tool


class WalkPanel(ToolPanel):
    """What is believed to be under the noise, and a bar along which the walk is dragged."""

    tool = Tool.WALK
    knobs = ("walk_play", "walk_back", "walk_on", "wipe", "walk_steps")

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, row = theme.px, theme.row(SMALL)
        area, high = self.area, self.buttons.box.h
        self.pens = ButtonRow(theme, pygame.Rect(area.x, area.bottom - high, area.w, high), fill=1)
        self._track = pygame.Rect(area.x + px(8), self.pens.box.y - px(30), area.w - px(16), px(22))
        self._line = pygame.Rect(area.x, self._track.y - row - px(4), area.w, row)
        self._head = pygame.Rect(area.x, area.y, area.w, row)
        self._belief = pygame.Rect(area.x, self._head.bottom, area.w, self._line.y - self._head.bottom - px(4))
        self.regions = (self.buttons, self.pens)
        self._steps = 0
        self._shown: tuple[object, ...] | None = None

    def named(self, scene: Scene, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the buttons: one that stops the walk, or lets it go on."""
        return ("walk_stop" if scene.ui.film_runs else "walk_play", *names[1:])

    def draw(self, surface: pygame.Surface, scene: Scene, *, fresh: bool) -> list[pygame.Rect]:
        """Draw belief and bar where the walk stands."""
        sheet = sheet_of(system_at(scene.timeline, "first"), Tool.WALK)
        if sheet is None or sheet.film is None or sheet.believed is None:
            return []
        pen = PENS[scene.ui.pen]
        ground = pygame.Rect(self.area.x, self.area.y, self.area.w, self.pens.box.y - self.area.y)
        dirty = self.pens.update(surface, scene, list(PENS.values()), lambda name: name == pen)
        step, self._steps = exposure_of(sheet, scene.ui.film_at), len(sheet.film) - 1
        belief = sheet.believed[min(step, len(sheet.believed) - 1)]
        inked = tuple(sorted({ink.step for ink in scene.ui.studio.ink}))
        key = (step, self._steps, belief.tobytes(), inked)
        if key == self._shown and not fresh:
            return dirty
        self._shown = key
        theme, palette, px = self.theme, self.theme.palette, self.theme.px
        pygame.draw.rect(surface, palette.black, ground)
        self.caption(surface, self._head, "timeline.believes")
        draw_light(surface, theme, belief / np.float32(255), self._belief)
        self.caption(surface, self._line, "timeline.walk_at", step=step, steps=self._steps)
        track, share = self._track, step / max(1, self._steps)
        pygame.draw.rect(surface, (34, 34, 33), track, border_radius=px(3))
        filled = pygame.Rect(track.x, track.y, max(px(3), round(track.w * share)), track.h)
        pygame.draw.rect(surface, palette.positive, filled, border_radius=px(3))
        for at in inked:
            x = track.x + round(track.w * at / max(1, self._steps))
            pygame.draw.line(surface, palette.focus, (x, track.y), (x, track.bottom - 1), max(2, px(3)))
        return [*dirty, ground]

    # -- hands ---------------------------------------------------------------------------------------------------------

    def dragged(self, part: Target, start: tuple[int, int], place: tuple[int, int], *, fresh: bool) -> Given | None:
        """Return the command that stops the walk where its bar is seized."""
        if part.kind != "walk":
            return None
        share = (place[0] - self._track.x) / max(1, self._track.w)
        return Given("walk_to", {"step": round(max(0.0, min(1.0, share)) * self._steps)})

    def target_at(self, place: tuple[int, int]) -> Target | None:
        """Return the bar, if it lies at a place."""
        return Target("walk") if self._track.collidepoint(place) else None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where the bar or a button is."""
        return self._track if part.kind == "walk" else super().place_of(part)

    def parts(self) -> list[Target]:
        """Return the buttons."""
        return [*self.buttons.parts(), *self.pens.parts()]
