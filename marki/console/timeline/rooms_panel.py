"""The doors of the hall: a tab for each of its rooms."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given, Panel
from marki.console.drawing.theme import SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.io.rooms import ROOMS


class RoomsPanel(Panel):
    """A tab for each room; the one in which the visitor stands is lit."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        gap, count = theme.px(5), len(ROOMS)
        width = (self.rect.w - gap * (count - 1)) // count
        self._places = [
            pygame.Rect(self.rect.x + k * (width + gap), self.rect.y, width, self.rect.h) for k in range(count)
        ]
        self._shown: tuple[tuple[bool, bool], ...] = ()

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Clear the row."""
        pygame.draw.rect(surface, self.theme.palette.room, self.rect)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the tabs if one is lit that was not."""
        ui, px, palette = scene.ui, self.theme.px, self.theme.palette
        under = (ui.hovered, ui.held, ui.focus)
        key = tuple((room.name == ui.room, Target("room", k) in under) for k, room in enumerate(ROOMS))
        if key == self._shown:
            return []
        self._shown = key
        for k, (place, (lit, hovered)) in enumerate(zip(self._places, key, strict=True)):
            face = palette.focus if lit else (222, 220, 208) if hovered else (196, 194, 182)
            pygame.draw.rect(surface, (22, 22, 22), place, border_radius=px(4))
            top = place.inflate(-2 * px(1), -2 * px(1))
            pygame.draw.rect(surface, face, top, border_radius=px(3))
            room = top.inflate(-px(8), 0)
            forms = [f"{k + 1}  {text}" for text in self.theme.words.forms(f"timeline.room.{ROOMS[k].name}")]
            text = next((form for form in forms if self.theme.fits(form, room, SMALL)), forms[-1])
            style = TextStyle(size=SMALL, face=TEXT, colour=palette.ink, align="centre")
            self.theme.write(surface, text, room, **style)
        return [self.rect]

    # -- hands ---------------------------------------------------------------------------------------------------------

    def given(self, part: Target) -> Given | None:
        """Return the command that goes into the room of a tab."""
        if part.kind != "room" or not 0 <= part.number < len(ROOMS):
            return None
        return Given("room", {"name": ROOMS[part.number].name})

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the tab under a place."""
        return next((Target("room", k) for k, box in enumerate(self._places) if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a tab is."""
        return self._places[part.number] if part.kind == "room" and part.number < len(self._places) else None

    def parts(self) -> list[Target]:
        """Return all tabs."""
        return [Target("room", k) for k in range(len(self._places))]
