"""The card of the room in which a scene is spoken of: what is there to see, what is read on it, and what is asked."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box, square_grid
from marki.console.drawing.panel import Grid
from marki.console.drawing.theme import SMALL, TEXT, Colour, Theme
from marki.console.state.scene import Scene
from marki.console.timeline.hall_panel import HallCard, PenPanel
from marki.io.exhibits import Reply
from marki.io.frame import SIDE
from marki.io.rooms import TASK

LINES = 6
"""Lines that there are at least under the card."""


class SceneCard(HallCard):
    """A scene of the room's own or a card that is drawn; under it, what a reader that is no network reads on it, and
    the question."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        under = LINES * theme.row(SMALL - 1) + theme.px(6)
        x, y, wide, high = self.inner
        side = min(wide, high - under)
        place, pitch = square_grid(Box(x, y, wide, side), SIDE, SIDE)
        self.grid = Grid("cell", place.x, place.y, SIDE, SIDE, (pitch, pitch))
        self.regions = (self.grid,)
        self._words = pygame.Rect(x, y + side + theme.px(6), wide, high - side - theme.px(6))
        self._written: list[tuple[str, Colour]] | None = None

    def light(self, scene: Scene) -> np.ndarray:
        """Return the light of the card that is spoken of, (20, 20), 0…1."""
        if scene.ui.draft is not None:
            return scene.ui.draft / 255
        told = _told(scene)
        return np.zeros((SIDE, SIDE)) if told is None or told.field is None else told.field

    def names(self, scene: Scene) -> tuple[str, ...]:
        """Return the forms of what the card is called."""
        if scene.ui.draft is not None:
            return self.theme.words.forms("card.draft")
        return self.theme.words.forms("timeline.scene_number", number=scene.ui.studio.item + 1)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the card, and write what is under it."""
        dirty = super().update(surface, scene)
        lines = self._lines(_told(scene))
        if lines == self._written:
            return dirty
        self._written = lines
        theme = self.theme
        pygame.draw.rect(surface, theme.palette.black, self._words)
        size = SMALL + 1
        wrapped: list[tuple[str, Colour]] = []
        while size > SMALL - 1 or not wrapped:
            size -= 1
            wrapped = [(line, colour) for text, colour in lines for line in theme.wrap(text, self._words.w, size)]
            if len(wrapped) * theme.row(size) <= self._words.h:
                break
        row = theme.row(size)
        for k, (line, colour) in enumerate(wrapped[: max(1, self._words.h // row)]):
            place = pygame.Rect(self._words.x, self._words.y + k * row, self._words.w, row)
            theme.write(surface, line, place, size=size, face=TEXT, colour=colour)
        return [*dirty, self._words]

    def _lines(self, told: Reply | None) -> list[tuple[str, Colour]]:
        """Return what is written under the card, and in which colour."""
        if told is None:
            return []
        words, palette = self.theme.words, self.theme.palette
        read = words("timeline.scene_read", said=told.said) if told.said else words("timeline.scene_none")
        asked = words("timeline.scene_asked", question=str(told.stimulus))
        if told.unknown:
            unknown = words("timeline.unknown_words", words=words("timeline.and").join(told.unknown))
            return [(read, palette.ivory), (unknown, palette.wrong_lit)]
        return [(read, palette.ivory), (asked, palette.lamp)]


class ScenePanel(PenPanel):
    """Buttons for the pens, for other scenes, and to ask a question of one's own."""

    lines = 2
    always = True

    def names(self) -> list[str]:
        """Return the buttons."""
        return ["wide", "thin", "eraser", "clear", "scene_before", "next_scene", "ask_scene"]


def _told(scene: Scene) -> Reply | None:
    """Return the card and what is read on it, once it is told."""
    return None if scene.timeline is None else scene.timeline.hall.get(TASK)
