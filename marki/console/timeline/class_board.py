"""The board of classes: a key for each digit and letter that a machine can be asked to draw."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given, Panel
from marki.console.drawing.paragraphs import paragraphs
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.timeline.activation_panel import system_at
from marki.io.exhibits import HALL

CLASSES = (*HALL["digits"], *HALL["letters"])
"""What can be named, in the order of the keys."""

ACROSS = (1, 2, 4, 5, 6, 9, 12, 13)
"""Keys in a row."""


def learned(scene: Scene) -> tuple[str, ...]:
    """Return what the keys name: what the machine that stands here has learned to draw, in the hall what any has."""
    timeline = scene.timeline
    if timeline is None:
        return ()
    shown = timeline.exhibits if scene.ui.hall else (timeline.first.exhibit,)
    known = {name for exhibit in shown for name in exhibit.asked}
    if scene.ui.hall:
        known |= {n for e in shown for subject in e.hall.get(timeline.room.name, ()) for n in HALL.get(subject, ())}
    return tuple(name for name in CLASSES if name in known)


class ClassBoard(Panel):
    """A square of keys, one for each class that was learned; the one that was named last is lit."""

    title = "timeline.board"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._note = self.note(colour=theme.palette.ivory)
        self._classes: tuple[str, ...] = ()
        self._places: list[pygame.Rect] = []
        self._shown: list[tuple[bool, bool] | None] = []
        self._lay(learned(scene))

    def _lay(self, classes: tuple[str, ...]) -> None:
        """Give each class its key."""
        area, gap, count = self.inner, self.theme.px(4), max(1, len(classes))

        def side(across: int) -> float:
            down = -(-count // across)
            return min((area.w - gap * (across - 1)) / across, 1.2 * (area.h - gap * (down - 1)) / down)

        across = max((n for n in ACROSS if count % n == 0), key=side)  # all rows are full
        down = -(-count // across)
        wide, high = (area.w - gap * (across - 1)) / across, (area.h - gap * (down - 1)) / down
        self._classes, self._shown = classes, [None] * len(classes)
        self._places = [
            pygame.Rect(
                round(area.x + k % across * (wide + gap)),
                round(area.y + k // across * (high + gap)),
                int(wide),
                int(high),
            )
            for k in range(len(classes))
        ]

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the plate, and the reason why there are no keys if there are none."""
        super().dress(surface, scene)
        self._explain(surface)

    def _explain(self, surface: pygame.Surface) -> None:
        if not self._classes:
            text = self.theme.words("timeline.board_empty")
            paragraphs(surface, self.theme, self.inner, [(text, self.theme.palette.ivory)], NORMAL, SMALL)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the keys whose state has changed."""
        ui, palette, px = scene.ui, self.theme.palette, self.theme.px
        dirty: list[pygame.Rect] = []
        if (classes := learned(scene)) != self._classes:
            pygame.draw.rect(surface, palette.black, self.inner)
            dirty.append(self.inner)
            self._lay(classes)
            self._explain(surface)
        system_view = system_at(scene.timeline, "first")
        reply = None if ui.hall or system_view is None else system_view.reply
        told = reply is None or reply.sheet is None or reply.sheet.told
        name = "timeline.drawing_number" if told else "timeline.not_told"
        note, *shorter = self.theme.words.forms(name, number=ui.studio.again + 1)
        dirty += self._note.update(surface, note, shorter=shorter)
        under = (ui.hovered, ui.held, ui.focus)
        for k, (name, place) in enumerate(zip(self._classes, self._places, strict=True)):
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
        if part.kind != "class" or not 0 <= part.number < len(self._classes):
            return None
        return Given("name_class", {"text": self._classes[part.number]})

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the key under a place."""
        return next((Target("class", k) for k, box in enumerate(self._places) if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a key is."""
        return self._places[part.number] if part.kind == "class" and part.number < len(self._places) else None

    def parts(self) -> list[Target]:
        """Return the first key, if there is one."""
        return [Target("class", 0)] if self._classes else []
