"""The pens beside the stimulus, and what the machine as it stands would answer to the card that is drawn."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Dock, Panel
from marki.console.drawing.theme import SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target

PENS = {2: "wide", 1: "thin", 0: "eraser"}
"""Words of the pens, by their number in the ui state, in order."""

LEAST = 6
"""Least height of a pen, units."""


class PensPanel(Panel):
    """Three push-buttons for pens, and an answer that follows the stroke."""

    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        gap, area = theme.px(3), self.rect.inflate(-2 * theme.px(5), -2 * theme.px(2))
        width = (area.w * 76 // 100 - 2 * gap) // 3
        pens = PENS if area.h >= theme.px(LEAST) else ()  # lower ones could neither be read nor hit
        self._places = {
            pen: pygame.Rect(area.x + k * (width + gap), area.y, width, area.h) for k, pen in enumerate(pens)
        }
        left = area.x + 3 * (width + gap)
        answer = pygame.Rect(left, area.y, area.right - left, area.h)
        self._answer = self.readout(answer, size=SMALL, face=TEXT, align="right", colour=theme.palette.ivory)
        self._words = {pen: theme.words(f"timeline.knob_short.{name}") for pen, name in PENS.items()}
        room = pygame.Rect(0, 0, width - theme.px(2), area.h)
        self._high = theme.points(SMALL - 1) <= area.h
        self._lettered = self._high and all(theme.fits(word, room, SMALL - 1) for word in self._words.values())
        self._shown: tuple[tuple[bool, bool], ...] = ()

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Press in the pen in hand, and say what the machine would answer."""
        ui, said = scene.ui, scene.draft_answer
        forms = () if said is None or not self._high else (f"→ {said or self.theme.words('trainer.none')}", said or "–")
        text = next((form for form in forms if self.theme.fits(form, self._answer.rect, SMALL)), "")
        dirty = self._answer.update(surface, text)
        key = tuple((ui.pen == pen, ui.hovered == Target("pen", pen)) for pen in self._places)
        if key == self._shown:
            return dirty
        self._shown = key
        px, palette = self.theme.px, self.theme.palette
        for (pen, place), (lit, under) in zip(self._places.items(), key, strict=True):
            face = palette.focus if lit else (222, 220, 208) if under else (196, 194, 182)
            pygame.draw.rect(surface, face, place, border_radius=px(3))
            if self._lettered:
                style = TextStyle(size=SMALL - 1, face=TEXT, colour=palette.ink, align="centre")
                self.theme.write(surface, self._words[pen], place.inflate(-px(2), 0), **style)
            else:
                self._sign(surface, pen, place)
            dirty.append(place)
        return dirty

    def _sign(self, surface: pygame.Surface, pen: int, place: pygame.Rect) -> None:
        """Draw what a pen leaves, where there is no room for its word: a wide or a thin dot, or an empty square."""
        radius = max(2, place.h // 2 - 1)
        if pen:
            pygame.draw.circle(
                surface, self.theme.palette.ink, place.center, radius if pen > 1 else max(1, radius // 2)
            )
        else:
            square = pygame.Rect(0, 0, 2 * radius, 2 * radius)
            square.center = place.center
            pygame.draw.rect(surface, self.theme.palette.ink, square, 1)

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the pen under a place."""
        return next((Target("pen", pen) for pen, box in self._places.items() if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a pen lies."""
        return self._places.get(part.number) if part.kind == "pen" else None

    def parts(self) -> list[Target]:
        """Return the pens."""
        return [Target("pen", pen) for pen in self._places]


PANEL = Declared(
    name="pens", panel=PensPanel, dock=Dock(beside="stimulus", edge="bottom", fraction=0.11), hidden_with="stimulus"
)
