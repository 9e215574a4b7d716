"""The time bar: the whole run as far as it is known, with a mark at every mistake; it can be dragged."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.theme import FIGURES, SMALL, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target


class TimeBar(Panel):
    """A bar on which the present moment is a pointer, and every mistake a stroke."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, palette = theme.px, theme.palette
        wide = theme.width("000,000", SMALL, FIGURES)
        self._track = pygame.Rect(self.rect.x + wide + px(8), self.rect.y + px(2), self.rect.w - 2 * wide - px(16),
                                  self.rect.h - px(4))  # fmt: skip
        left = pygame.Rect(self.rect.x, self.rect.y, wide, self.rect.h)
        self._here = self.readout(left, size=SMALL, face=FIGURES, colour=palette.ivory)
        right = pygame.Rect(self.rect.right - wide, self.rect.y, wide, self.rect.h)
        self._end = self.readout(right, size=SMALL, face=FIGURES, colour=palette.dim, align="right")
        self._shown: tuple[int, int, int, str] | None = None
        self.reached = 0

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Clear the bar."""
        pygame.draw.rect(surface, self.theme.palette.room, self.rect)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the marks and the pointer."""
        self.reached = scene.reached
        key = (scene.trial, scene.reached, len(scene.mistakes), scene.digest)
        if key == self._shown:
            return []
        self._shown = key
        p, px, track = self.theme.palette, self.theme.px, self._track
        pygame.draw.rect(surface, p.room, track.inflate(4 * px(1.5), px(4)))
        pygame.draw.rect(surface, p.black, track, border_radius=px(3))
        most = max(scene.reached, 1)
        here = track.x + round((track.w - 1) * scene.trial / most)
        if scene.trial:
            past = pygame.Rect(track.x, track.y, here - track.x, track.h)
            pygame.draw.rect(surface, (64, 62, 54), past, border_radius=px(3))
        places = np.unique((track.x + (track.w - 1) * (scene.mistakes + 0.5) / most).astype(int))
        colour, width = p.wrong_lit, 1 if places.size > track.w // 6 else self.theme.line(1.5)
        for x in places.tolist():
            pygame.draw.line(surface, colour, (x, track.y + track.h // 4), (x, track.bottom - track.h // 4), width)
        pygame.draw.rect(surface, p.ivory, (here - px(1.5), track.y - 1, 2 * px(1.5), track.h + 2), border_radius=2)
        dirty = [self.rect]
        self._here.update(surface, f"{scene.trial:,}")
        self._end.update(surface, f"{scene.reached:,}")
        return dirty

    def trial_at(self, place: tuple[int, int]) -> int:
        """Return the number of trials at a place."""
        share = (place[0] - self._track.x) / max(1, self._track.w - 1)
        return round(min(max(share, 0.0), 1.0) * self.reached)

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the moment under a place."""
        return Target("time", self.trial_at(place)) if self._track.collidepoint(place) else None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return the track."""
        return self._track if part.kind == "time" else None

    def parts(self) -> list[Target]:
        """Return the bar."""
        return [Target("time")]


PANEL = Declared(name="time", panel=TimeBar, views=("frame",))
