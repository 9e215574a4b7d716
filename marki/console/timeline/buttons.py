"""Rows of small push-buttons on panels of the timeline."""

from __future__ import annotations

from collections.abc import Callable

import pygame

from marki.console.drawing.theme import SMALL, TEXT, TextStyle, Theme
from marki.console.state.push_buttons import BUTTONS, NUMBER
from marki.console.state.scene import Scene
from marki.console.state.targets import Target


class ButtonRow:
    """Some push-buttons in a row, as wide as their words.

    Parameters
    ----------
    theme : Theme
    box : pygame.Rect
        They stand at its right end, or fill it.
    fill : int
        The lines in which they fill it, 0 for not at all.
    """

    def __init__(self, theme: Theme, box: pygame.Rect, *, fill: int = 0):
        self.theme, self.box, self.fill = theme, box, fill
        self.places: dict[int, pygame.Rect] = {}
        self._ground: pygame.Surface | None = None
        self._shown: tuple | None = None

    def forget(self) -> None:
        """Draw all of them again at the next update."""
        self._shown = None

    def update(
        self, surface: pygame.Surface, scene: Scene, names: list[str], lit: Callable[[str], bool] = lambda _: False
    ) -> list[pygame.Rect]:
        """Draw the buttons named, if they have changed; those that are `lit` are pressed in."""
        numbers = [NUMBER[n] for n in names]
        ui = scene.ui
        key = tuple((n, lit(BUTTONS[n].name), Target("knob", n) in (ui.hovered, ui.held)) for n in numbers)
        if key == self._shown:
            return []
        self._shown = key
        px, palette, words = self.theme.px, self.theme.palette, self.theme.words
        gap = px(5)
        if self._ground is None:
            self._ground = surface.subsurface(self.box).copy()
        surface.blit(self._ground, self.box)
        across = -(-len(numbers) // max(1, self.fill))
        rows = [range(first, min(first + across, len(numbers))) for first in range(0, len(numbers), across)]
        for kind in ("knob", "knob_short"):
            texts = [words(f"timeline.{kind}.{BUTTONS[n].name}") for n in numbers]
            wanted = [self.theme.width(t, SMALL - 1) + px(14) for t in texts]
            if all(sum(wanted[k] for k in row) + gap * (len(row) - 1) <= self.box.w for row in rows):
                break
        high = (self.box.h - gap * (len(rows) - 1)) // max(1, len(rows))
        self.places = {}
        for y, row in enumerate(rows):
            room = self.box.w - gap * (len(row) - 1)
            widths = self._widths([wanted[k] for k in row], room)
            x = self.box.x if self.fill else self.box.right - sum(widths) - gap * (len(row) - 1)
            for k, width in zip(row, widths, strict=True):
                self.places[numbers[k]] = pygame.Rect(x, self.box.y + y * (high + gap), width, high)
                x += width + gap
        for (n, on, under), text in zip(key, texts, strict=True):
            place = self.places[n]
            face = palette.focus if on else (222, 220, 208) if under else (196, 194, 182)
            pygame.draw.rect(surface, (22, 22, 22), place, border_radius=px(4))
            top = place.inflate(-2 * px(1), -2 * px(1))
            pygame.draw.rect(surface, face, top, border_radius=px(3))
            style = TextStyle(size=SMALL - 1, face=TEXT, colour=palette.ink, align="centre")
            self.theme.write(surface, text, top.inflate(-px(4), 0), **style)
        return [self.box]

    def _widths(self, wanted: list[int], room: int) -> list[int]:
        """Return the widths of a line's buttons: as their words want, with all of the room if it is to be filled."""
        if sum(wanted) > room:
            return [w * room // sum(wanted) for w in wanted]
        if not self.fill:
            return wanted
        equal = room // len(wanted)
        return (
            [equal] * len(wanted) if max(wanted) <= equal else [w + (room - sum(wanted)) // len(wanted) for w in wanted]
        )

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the button under a place."""
        return next((Target("knob", n) for n, rect in self.places.items() if rect.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a button is."""
        return self.places.get(part.number) if part.kind == "knob" else None

    def parts(self) -> list[Target]:
        """Return all buttons."""
        return [Target("knob", n) for n in self.places]
