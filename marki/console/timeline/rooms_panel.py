"""Tabs in a row, of which one is lit; and the doors of the hall, a tab for each of its rooms."""

from __future__ import annotations

from typing import ClassVar

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given, Panel
from marki.console.drawing.theme import SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.io.rooms import ROOMS


class TabRow(Panel):
    """A row of tabs."""

    kind: ClassVar[str]
    """Kind of the targets that the tabs are; their words are the strings ``timeline.KIND.NAME``."""

    numbered: ClassVar[bool] = False

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._places: list[pygame.Rect] = []
        self._names: tuple[str, ...] = ()
        self._shown: tuple[object, ...] | None = None

    def tabs(self, scene: Scene) -> tuple[str, ...]:
        """Return the names of the tabs, in order."""
        raise NotImplementedError

    def lit(self, scene: Scene) -> str:
        """Return the name of the tab that is lit."""
        raise NotImplementedError

    def command(self, name: str) -> Given:
        """Return the command that a tab gives."""
        raise NotImplementedError

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Clear the row."""
        pygame.draw.rect(surface, self.theme.palette.room, self.rect)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the tabs if something about them has changed."""
        ui, px, palette, theme = scene.ui, self.theme.px, self.theme.palette, self.theme
        names, lit = self.tabs(scene), self.lit(scene)
        under = tuple(Target(self.kind, k) in (ui.hovered, ui.held, ui.focus) for k in range(len(names)))
        key = (names, lit, under)
        if key == self._shown:
            return []
        self._shown, self._names = key, names
        gap, count = px(5), max(1, len(names))
        width = (self.rect.w - gap * (count - 1)) // count
        self._places = [
            pygame.Rect(self.rect.x + k * (width + gap), self.rect.y, width, self.rect.h) for k in range(len(names))
        ]
        pygame.draw.rect(surface, palette.room, self.rect)
        for k, (name, place) in enumerate(zip(names, self._places, strict=True)):
            face = palette.focus if name == lit else (222, 220, 208) if under[k] else (196, 194, 182)
            pygame.draw.rect(surface, (22, 22, 22), place, border_radius=px(4))
            top = place.inflate(-2 * px(1), -2 * px(1))
            pygame.draw.rect(surface, face, top, border_radius=px(3))
            room = top.inflate(-px(8), 0)
            number = f"{k + 1}  " if self.numbered else ""
            forms = [f"{number}{text}" for text in theme.words.forms(f"timeline.{self.kind}.{name}")]
            text = next((form for form in forms if theme.fits(form, room, SMALL)), forms[-1])
            style = TextStyle(size=SMALL, face=TEXT, colour=palette.ink, align="centre")
            theme.write(surface, text, room, **style)
        return [self.rect]

    # -- hands ---------------------------------------------------------------------------------------------------------

    def given(self, part: Target) -> Given | None:
        """Return the command that a tab gives."""
        if part.kind != self.kind or not 0 <= part.number < len(self._names):
            return None
        return self.command(self._names[part.number])

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the tab under a place."""
        return next((Target(self.kind, k) for k, box in enumerate(self._places) if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a tab is."""
        return self._places[part.number] if part.kind == self.kind and part.number < len(self._places) else None

    def parts(self) -> list[Target]:
        """Return all tabs."""
        return [Target(self.kind, k) for k in range(len(self._places))]


class RoomsPanel(TabRow):
    """A tab for each room of the hall; the one in which the visitor stands is lit."""

    kind = "room"
    numbered = True

    def tabs(self, scene: Scene) -> tuple[str, ...]:
        """Return the rooms."""
        return tuple(room.name for room in ROOMS)

    def lit(self, scene: Scene) -> str:
        """Return the room in which the visitor stands."""
        return scene.ui.room

    def command(self, name: str) -> Given:
        """Return the command that goes into a room."""
        return Given("room", {"name": name})
