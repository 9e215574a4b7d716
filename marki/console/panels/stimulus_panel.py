"""The stimulus before the camera."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box, square_grid
from marki.console.drawing.panel import Declared, Grid, Panel
from marki.console.drawing.theme import Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.io.card_names import card_name, sign_of
from marki.io.frame import SIDE


class StimulusPanel(Panel):
    """What is before the camera, as grey as the cells receive it; darkened while the lens is covered.

    It is also the paper on which the operator draws a card.
    """

    title = "panel.stimulus"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        place, pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        self.grid = Grid("cell", place.x, place.y, SIDE, SIDE, (pitch, pitch))
        self.regions = (self.grid,)
        self._name = self.note(colour=theme.palette.ivory, free=True)
        self._shown: tuple[bytes, bool] | None = None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the frame."""
        super().dress(surface, scene)
        pygame.draw.rect(surface, (70, 68, 62), self.grid.rect.inflate(4, 4), 1)

    def parts(self) -> list[Target]:
        """Return the first cell of the card."""
        return [Target("cell", 0)]

    def note_sample(self) -> str:
        """Return the shortest name of a card."""
        return "W"

    def light(self, scene: Scene) -> np.ndarray:
        """Return the light of the card, (20, 20), 0…1."""
        look, draft = scene.snapshot, scene.ui.draft
        if draft is not None:
            return draft / 255
        return look.presentation.frame * 0.3 if not look.open and look.presentation is not None else look.view.light

    def names(self, scene: Scene) -> tuple[str, ...]:
        """Return the forms of what the card is called, the longest first."""
        draft, shown = scene.ui.draft, scene.snapshot.presentation
        if draft is not None or shown is None:
            return self.theme.words.forms("card.none" if draft is None else "card.draft")
        known = 0 <= shown.kind < len(scene.classes)
        words = self.theme.words
        short = words.class_name(scene.classes[shown.kind]) if known else card_name(sign_of(shown.name), words)
        return card_name(shown.name, words), short

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the card and its name; on the operator's own card, lines between the cells."""
        draft = scene.ui.draft
        grey = np.clip(self.light(scene) * 255, 0, 255).astype(np.uint8)
        name, *shorter = self.names(scene)
        dirty = self._name.update(surface, name, shorter=shorter)
        key = (grey.tobytes(), draft is not None)
        if key != self._shown:
            self._shown = key
            pitch, area = self.grid.pitch[0], self.grid.rect
            tone = grey.T.repeat(pitch, 0).repeat(pitch, 1)
            picture = tone[..., None] * np.array([1.0, 0.98, 0.92])
            pygame.surfarray.blit_array(surface.subsurface(area), picture.astype(np.uint8))
            if draft is not None:
                for k in range(SIDE + 1):
                    colour = (96, 84, 52) if k % 5 else self.theme.palette.lamp
                    x, y = area.x + k * pitch, area.y + k * pitch
                    pygame.draw.line(surface, colour, (x, area.y), (x, area.bottom - 1))
                    pygame.draw.line(surface, colour, (area.x, y), (area.right - 1, y))
            dirty.append(area)
        return dirty


PANEL = Declared(name="stimulus", panel=StimulusPanel)
