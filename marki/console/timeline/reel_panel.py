"""The stimulus of a system: a reel is played as a film, exposure by exposure."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box, square_grid
from marki.console.drawing.panel import Panel
from marki.console.drawing.sprites import Lamps
from marki.console.drawing.theme import Theme
from marki.console.state.lamp_glow import LEVELS
from marki.console.state.scene import Scene
from marki.console.timeline.activation_panel import exposure, system_at
from marki.io.frame import SIDE
from marki.io.ports import Port

LIT = 0.5


def frame_of(scene: Scene, still: bool) -> tuple[np.ndarray | None, int, int]:
    """Return the frame that the first system sees now, which exposure it is, from 0, and of how many."""
    system_view = system_at(scene.timeline, "first")
    reply = system_view.reply if system_view is not None else None
    if system_view is None or reply is None:
        return None, 0, 0
    if reply.stimulus.dtype.names:
        return reply.stimulus["frame"], 0, 0
    if reply.stimulus.ndim < 2:
        return None, 0, 0
    if reply.stimulus.ndim == 2:
        return reply.stimulus, 0, 0
    at, of = exposure(system_view, still)
    return reply.stimulus[at], at, of


class ReelPanel(Panel):
    """The stimulus as the system was given it, with a mark for each exposure."""

    title = "timeline.film"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        if scene.timeline is not None and scene.timeline.first.exhibit.accepts != Port.REEL:
            self.title = "timeline.own_example"
        super().__init__(box, theme, scene)
        px = theme.px
        self._marks = pygame.Rect(self.inner.x, self.inner.bottom - px(8), self.inner.w, px(8))
        room = Box(self.inner.x, self.inner.y, self.inner.w, self.inner.h - px(12))
        place, self._pitch = square_grid(room, SIDE, SIDE)
        self._area = pygame.Rect(place)
        self._name = self.note(colour=theme.palette.ivory)
        self._shown: tuple[object, ...] | None = None

    def note_sample(self) -> str:
        """Return about the longest count, to which the title gives way; where the type may, a longer one gets small."""
        return "100/100" if self.title == "timeline.film" and self.theme.profile.least else "100"

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the frame."""
        super().dress(surface, scene)
        pygame.draw.rect(surface, (70, 68, 62), self._area.inflate(4, 4), 1)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the exposure and how far the reel has come."""
        timeline = scene.timeline
        if timeline is None:
            return []
        frame, at, of = frame_of(scene, self.theme.profile.still)
        key = (frame is not None, timeline.first.serial, at, of, scene.ui.example)
        if key == self._shown:
            return []
        self._shown = key
        palette = self.theme.palette
        grey = np.zeros((SIDE, SIDE)) if frame is None else np.clip(frame, 0, 1) * 255
        tone = grey.T.astype(np.uint8).repeat(self._pitch, 0).repeat(self._pitch, 1)
        picture = tone[..., None] * np.array([1.0, 0.98, 0.92])
        pygame.surfarray.blit_array(surface.subsurface(self._area), picture.astype(np.uint8))
        pygame.draw.rect(surface, palette.black, self._marks)
        if of:
            pitch = self._marks.w / of
            for k in range(of):
                place = pygame.Rect(round(self._marks.x + k * pitch), self._marks.y, max(1, round(pitch) - 1),
                                    self._marks.h)  # fmt: skip
                pygame.draw.rect(
                    surface, palette.positive if k == at else palette.dim if k < at else (60, 58, 52), place
                )
        number = max(0, scene.ui.example) + 1
        text = f"{at + 1}/{of}" if of else f"{number}"
        return [self._area, self._marks, *self._name.update(surface, text)]


class ReelLamps(Panel):
    """The lamps of the S-units at that exposure."""

    title = "panel.s_units"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        place, pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        self._lamps = Lamps(place.x, place.y, SIDE, SIDE, (pitch, pitch))
        self._count = self.note(colour=theme.palette.ivory)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Light the lamps."""
        frame, _, _ = frame_of(scene, self.theme.profile.still)
        lit = np.zeros((SIDE, SIDE), bool) if frame is None else frame >= LIT
        levels = lit.astype(np.int8) * (LEVELS - 1)
        count = int(lit.sum())
        text = self.theme.words("count.on", count=count)
        return [*self._lamps.update(surface, levels), *self._count.update(surface, text, shorter=(str(count),))]

    def note_sample(self) -> str:
        """Return the longest short count."""
        return "400"
