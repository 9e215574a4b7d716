"""Rows of push-buttons of the editor."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import SMALL, TEXT, Theme
from marki.console.state.editor_keys import EDITOR_KEYS, EditorKey
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.pen.tokens import DIRECTIONS

MARGIN, GAP = 5, 4


class KeyPanel(Panel):
    """Push-buttons in rows that fill the panel; those of a row are as wide as their words want.

    Parameters
    ----------
    box : Box
    theme : Theme
    scene : Scene
    rows : sequence of sequences of EditorKey
    """

    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene, *, rows: Sequence[Sequence[EditorKey]]):
        super().__init__(box, theme, scene)
        area, gap = self.rect.inflate(-2 * theme.px(MARGIN), -2 * theme.px(MARGIN)), theme.px(GAP)
        self._places: dict[int, pygame.Rect] = {}
        self._texts: dict[int, str] = {}
        high = (area.h - gap * (len(rows) - 1)) / len(rows)
        for k, row in enumerate(rows):
            room = area.w - gap * (len(row) - 1)
            forms = [self._forms(key) for key in row]
            texts, wanted = theme.row_of(forms, room, theme.px(8), SMALL)
            spare = max(0, room - sum(wanted)) / len(row)
            scale = min(1.0, room / max(1, sum(wanted)))
            x = float(area.x)
            for key, text, want in zip(row, texts, wanted, strict=True):
                wide = want * scale + spare
                number = EDITOR_KEYS.index(key)
                top = round(area.y + k * (high + gap))
                self._places[number] = pygame.Rect(round(x), top, int(wide), int(high))
                self._texts[number] = text
                x += wide + gap
        self._shown: dict[int, tuple[bool, bool, bool]] = {}

    def _forms(self, key: EditorKey) -> tuple[str, ...]:
        """Return what may stand on a button, the longest first; an arrow is as wide as two letters."""
        if key.word:
            return ("mm" if key.word in DIRECTIONS else key.word,)
        return self.theme.words.forms(f"editor.key.{key.name}")

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the buttons whose state has changed."""
        ui, dirty = scene.ui, list[pygame.Rect]()
        for number, place in self._places.items():
            part, key = Target("key", number), EDITOR_KEYS[number]
            lit = key.name == "run" and ui.desk.going
            state = (lit, part == ui.hovered, part == ui.held)
            if state != self._shown.get(number):
                self._shown[number] = state
                self._draw(surface, number, place, *state)
                dirty.append(place)
        return dirty

    def _draw(
        self, surface: pygame.Surface, number: int, place: pygame.Rect, lit: bool, under: bool, held: bool
    ) -> None:
        px, palette, key = self.theme.px, self.theme.palette, EDITOR_KEYS[number]
        face = palette.focus if lit or held else (222, 220, 208) if under else (196, 194, 182)
        pygame.draw.rect(surface, (22, 22, 22), place, border_radius=px(4))
        top = place.inflate(-2 * px(1), -2 * px(1))
        pygame.draw.rect(surface, face, top, border_radius=px(3))
        if key.word in DIRECTIONS:
            self._arrow(surface, top, *DIRECTIONS[key.word])
            return
        text = self._texts[number]
        if key.name == "run" and lit:
            text = self.theme.words.forms("editor.key.stop")[-1]
        self.theme.write(surface, text, top.inflate(-px(2), 0), size=SMALL, face=TEXT, align="centre")

    def _arrow(self, surface: pygame.Surface, place: pygame.Rect, down: int, right: int) -> None:
        """Draw an arrow in a direction, of one length in all of them."""
        size = 0.34 * min(place.w, place.h)
        norm = (down * down + right * right) ** 0.5
        dx, dy = right / norm * size, down / norm * size
        x, y = place.center
        ink, thick = self.theme.palette.ink, max(2, self.theme.line(2))
        pygame.draw.line(surface, ink, (x - dx, y - dy), (x + dx * 0.6, y + dy * 0.6), thick)
        tip = (x + dx, y + dy)
        sides = [(x + 0.25 * dx + s * 0.55 * dy, y + 0.25 * dy - s * 0.55 * dx) for s in (1, -1)]
        pygame.draw.polygon(surface, ink, [tip, *sides])

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the button under a place."""
        return next((Target("key", number) for number, box in self._places.items() if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a button is."""
        return self._places.get(part.number) if part.kind == "key" else None

    def parts(self) -> list[Target]:
        """Return the buttons."""
        return [Target("key", number) for number in self._places]
