"""The board of classes: a key for each digit and letter that a machine can be asked to draw."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given, Panel
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.timeline.activation_panel import system_at
from marki.io.exhibits import HALL

CLASSES = (*HALL["digits"], *HALL["letters"])
"""What can be named, in the order of the keys."""


class ClassBoard(Panel):
    """A square of keys; the one that was named last is lit."""

    title = "timeline.board"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        area, gap, count = self.inner, theme.px(4), len(CLASSES)

        def side(across: int) -> float:
            down = -(-count // across)
            return min((area.w - gap * (across - 1)) / across, 1.2 * (area.h - gap * (down - 1)) / down)

        across = max((4, 6, 9, 12), key=side)  # all rows are full
        down = -(-count // across)
        wide, high = (area.w - gap * (across - 1)) / across, (area.h - gap * (down - 1)) / down
        self._places = [
            pygame.Rect(
                round(area.x + k % across * (wide + gap)),
                round(area.y + k // across * (high + gap)),
                int(wide),
                int(high),
            )
            for k in range(count)
        ]
        self._note = self.note(colour=theme.palette.ivory)
        self._shown: list[tuple[bool, bool] | None] = [None] * count

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the keys whose state has changed."""
        ui, palette, px = scene.ui, self.theme.palette, self.theme.px
        system_view = system_at(scene.timeline, "first")
        reply = None if ui.hall or system_view is None else system_view.reply
        told = reply is None or reply.sheet is None or reply.sheet.told
        name = "timeline.drawing_number" if told else "timeline.not_told"
        dirty = self._note.update(surface, self.theme.words(name, number=ui.studio.again + 1))
        under = (ui.hovered, ui.held, ui.focus)
        for k, (name, place) in enumerate(zip(CLASSES, self._places, strict=True)):
            state = (name == ui.studio.named, Target("class", k) in under)
            if state == self._shown[k]:
                continue
            self._shown[k] = state
            lit, hovered = state
            face = palette.focus if lit else (222, 220, 208) if hovered else (196, 194, 182)
            pygame.draw.rect(surface, face, place, border_radius=px(3))
            size = NORMAL if place.h >= self.theme.row(NORMAL) and place.w >= self.theme.row(NORMAL) else SMALL - 1
            style = TextStyle(size=size, face=TEXT, colour=palette.ink, align="centre")
            self.theme.write(surface, name, place, **style)
            dirty.append(place)
        return dirty

    # -- hands ---------------------------------------------------------------------------------------------------------

    def given(self, part: Target) -> Given | None:
        """Return the command that names the class of a key."""
        if part.kind != "class" or not 0 <= part.number < len(CLASSES):
            return None
        return Given("name_class", {"text": CLASSES[part.number]})

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the key under a place."""
        return next((Target("class", k) for k, box in enumerate(self._places) if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a key is."""
        return self._places[part.number] if part.kind == "class" and part.number < len(self._places) else None

    def parts(self) -> list[Target]:
        """Return the key that is lit, or the first."""
        return [Target("class", 0)]
