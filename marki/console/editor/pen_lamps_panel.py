"""The lamp panel on which a program draws, with the pen where it stands."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box, square_grid
from marki.console.drawing.panel import Panel
from marki.console.drawing.sprites import GHOST, Lamps
from marki.console.drawing.theme import Theme
from marki.console.state.lamp_glow import LEVELS
from marki.console.state.scene import Scene
from marki.io.frame import SIDE
from marki.pen.interpreter import START


class PenLampsPanel(Panel):
    """The 20×20 lamps, driven by a program."""

    title = "editor.lamps"
    dark = True
    about = "pen_lamps"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        place, pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        self._pitch = pitch
        self._lamps = Lamps(place.x, place.y, SIDE, SIDE, (pitch, pitch))
        self._note = self.note(colour=theme.palette.ivory)
        self._pen: tuple[int, int] | None = None

    def note_sample(self) -> str:
        """Return about the longest note."""
        return self.theme.words.forms("editor.steps", n=20, at="2,000", of="2,000")[-1]

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Light the lamps, and ring the one under the pen."""
        desk = scene.ui.desk
        pen: tuple[int, int] | None = None
        if desk.length:
            state = desk.state
            row, column = (START, START) if state is None else (state.row, state.column)
            pen = (row, column) if 0 <= row < SIDE and 0 <= column < SIDE else None
        if pen != self._pen:
            self._pen = pen
            self._lamps.forget()
        lit = np.frombuffer(desk.lamps, np.uint8)
        levels = np.where(lit > 0, GHOST if desk.stale else LEVELS - 1, 0).astype(np.int8)
        dirty = self._lamps.update(surface, levels)
        if dirty and pen is not None:
            left, top = self._lamps.rect.x + pen[1] * self._pitch, self._lamps.rect.y + pen[0] * self._pitch
            ring = pygame.Rect(left, top, self._pitch, self._pitch)
            pygame.draw.rect(surface, self.theme.palette.negative, ring, max(2, self.theme.line(2)), border_radius=3)
        values = {"n": desk.n, "at": f"{desk.at:,}", "of": f"{desk.length:,}"}
        if desk.length:
            text, *shorter = self.theme.words.forms("editor.steps", **values)
        elif desk.stale:
            text, *shorter = self.theme.words.forms("editor.stale", n=desk.n)
        else:
            text, *shorter = self.theme.words.forms("editor.whole", n=desk.n, count=int(np.count_nonzero(lit)))
        return [*dirty, *self._note.update(surface, text, shorter=shorter)]
