"""Seed and digest of the run."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.theme import FIGURES, LARGE, NORMAL, SMALL, TEXT, Theme
from marki.console.state.scene import Scene


class RunPanel(Panel):
    """Seed and digest: two runs with the same digest are the same run."""

    title, about = "panel.run", "run"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, area, words = theme.px, self.inner, theme.words
        row = area.h // 5
        self._caption = NORMAL if theme.row(NORMAL) <= row else SMALL
        wide = max(theme.width(words(f"run.{name}"), self._caption) for name in ("seed", "digest")) + px(10)
        self._left = pygame.Rect(area.x, area.y, min(wide, area.w // 2), row)
        right = pygame.Rect(self._left.right, area.y, area.right - self._left.right, row)
        self._seed = self.readout(right, size=LARGE, face=FIGURES)
        self._short = self.readout(right.move(0, row), size=LARGE, face=FIGURES)
        small = row * 2 // 3
        self._whole = [
            self.readout(
                pygame.Rect(area.x, area.y + (2 * row) + k * small, area.w, small),
                size=15, face=FIGURES, colour=theme.palette.faded, align="centre",
            )
            for k in range(2)
        ]  # fmt: skip
        self._foot = pygame.Rect(area.x, area.bottom - small, area.w, small)

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the captions."""
        super().dress(surface, scene)
        write, words, left = self.theme.write, self.theme.words, self._left
        write(surface, words("run.seed"), left, size=self._caption, face=TEXT)
        write(surface, words("run.digest"), left.move(0, left.h), size=self._caption, face=TEXT)
        text, *shorter = words.forms("run.same")
        write(surface, text, self._foot, size=SMALL, face=TEXT, align="centre", shorter=shorter)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show seed and digest."""
        dirty = self._seed.update(surface, f"{scene.seed}") + self._short.update(surface, scene.digest[:8])
        for k, line in enumerate(self._whole):
            dirty += line.update(surface, scene.digest[16 * k : 16 * k + 16])
        return dirty


PANEL = Declared(name="run", panel=RunPanel)
