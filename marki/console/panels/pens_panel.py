"""The pens beside the stimulus, and what the machine as it stands would answer to the card that is drawn."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Dock, Panel
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target

PENS = {2: "wide", 1: "thin", 0: "eraser"}
"""Words of the pens, by their number in the ui state, in order."""


class PensPanel(Panel):
    """Three push-buttons for pens, and an answer that follows the stroke."""

    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        gap, area = theme.px(3), self.rect.inflate(-2 * theme.px(5), -2 * theme.px(2))
        width = (area.w * 76 // 100 - 2 * gap) // 3
        self._places = {
            pen: pygame.Rect(area.x + k * (width + gap), area.y, width, area.h) for k, pen in enumerate(PENS)
        }
        left = area.x + 3 * (width + gap)
        self._answer = self.readout(
            pygame.Rect(left, area.y, area.right - left, area.h),
            size=NORMAL, face=TEXT, align="right", colour=theme.palette.ivory,
        )  # fmt: skip
        self._shown: tuple[tuple[bool, bool], ...] = ()

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Press in the pen in hand, and say what the machine would answer."""
        words, ui = self.theme.words, scene.ui
        said = scene.draft_answer
        dirty = self._answer.update(surface, "" if said is None else f"→ {said or words('trainer.none')}")
        key = tuple((ui.pen == pen, ui.hovered == Target("pen", pen)) for pen in PENS)
        if key == self._shown:
            return dirty
        self._shown = key
        px, palette = self.theme.px, self.theme.palette
        for (pen, name), (lit, under) in zip(PENS.items(), key, strict=True):
            place = self._places[pen]
            face = palette.focus if lit else (222, 220, 208) if under else (196, 194, 182)
            pygame.draw.rect(surface, face, place, border_radius=px(3))
            style = TextStyle(size=SMALL - 1, face=TEXT, colour=palette.ink, align="centre")
            self.theme.write(surface, words(f"timeline.knob_short.{name}"), place.inflate(-px(2), 0), **style)
            dirty.append(place)
        return dirty

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the pen under a place."""
        return next((Target("pen", pen) for pen, box in self._places.items() if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a pen lies."""
        return self._places.get(part.number) if part.kind == "pen" else None

    def parts(self) -> list[Target]:
        """Return the pens."""
        return [Target("pen", pen) for pen in PENS]


PANEL = Declared(
    name="pens", panel=PensPanel, dock=Dock(beside="stimulus", edge="bottom", fraction=0.11), hidden_with="stimulus"
)
