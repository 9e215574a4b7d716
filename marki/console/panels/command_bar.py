"""The row of push-buttons, made from the table of commands."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Theme
from marki.console.panels.hints import barred
from marki.console.state.scene import Scene
from marki.console.state.targets import Target


class ControlBar(Panel):
    """The playback's buttons and a few more."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        gap = theme.px(5)
        self.commands = barred(scene)
        n = len(self.commands)
        lines = 2 if theme.profile.plain else 1
        across = -(-n // lines)
        width = (self.rect.w - gap * (across - 1)) / across
        top = self.rect.y + theme.px(4)
        high = (self.rect.bottom - top - gap * lines) // lines
        self.buttons = [
            pygame.Rect(
                round(self.rect.x + k % across * (width + gap)), top + k // across * (high + gap), int(width), high
            )
            for k in range(n)
        ]
        self._shown: list[tuple[bool, bool, bool] | None] = [None] * n

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Clear the bar."""
        pygame.draw.rect(surface, self.theme.palette.room, self.rect)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the buttons whose state has changed."""
        ui = scene.ui
        dirty: list[pygame.Rect] = []
        for k, command in enumerate(self.commands):
            lit = (
                (command.name == "play" and scene.state == "running")
                or (command.name == "to_mistake" and scene.state == "searching")
                or (command.name == "strip" and ui.strip)
                or (command.name == "hall" and ui.hall and not ui.editing)
                or (command.name == "editor" and ui.editing)
            )
            part = Target("button", k)
            state = (lit, part == ui.hovered, part == ui.held)
            if state != self._shown[k]:
                self._shown[k] = state
                self._draw(surface, k, *state)
                dirty.append(self.buttons[k].inflate(4, 4))
        return dirty

    def _draw(self, surface: pygame.Surface, k: int, lit: bool, hovered: bool, held: bool) -> None:
        px, rect, command, palette = self.theme.px, self.buttons[k], self.commands[k], self.theme.palette
        words, plain = self.theme.words, self.theme.profile.plain
        low, high = ((236, 186, 96), (255, 214, 138)) if lit else ((196, 194, 182), (222, 220, 208))
        face = high if hovered and not held else (170, 168, 156) if held else low
        pygame.draw.rect(surface, palette.room, rect)
        pygame.draw.rect(surface, (22, 22, 22), rect, border_radius=px(4))
        top = rect.inflate(-2 * px(1.5), -2 * px(1.5)).move(0, px(1) if held else 0)
        pygame.draw.rect(surface, face, top, border_radius=px(3))
        icon = "pause" if command.name == "play" and lit else command.name
        label = words("command.stop") if icon == "pause" else command.label_in(words)
        room = rect.w - px(18 if plain else 9)
        if command.label is None and icon != "pause" and self.theme.width(label, SMALL - 1) > room:
            label = words.forms(f"command.{command.name}")[-1]
        cap = "".join(command.caps_in(words)[:1])
        if plain:
            self._draw_words(surface, top, icon, label, cap)
            return
        text = max(px(17), self.theme.row(SMALL - 1))
        size = min(px(24), top.h - text)
        surface.blit(sign(icon, size, palette.ink), (top.x + px(5), top.y + px(3)))
        box = pygame.Rect(top.x + size + px(7), top.y + px(3), top.w - size - px(12), size)
        if self.theme.width(cap, SMALL - 1, FIGURES) <= box.w:
            self.theme.write(surface, cap, box, size=SMALL - 1, face=FIGURES, colour=(58, 56, 50), align="right")
        line = pygame.Rect(top.x + px(3), top.bottom - text - px(1), top.w - px(6), text)
        self.theme.write(surface, label, line, size=SMALL - 1, face=TEXT, align="centre")

    def _draw_words(self, surface: pygame.Surface, top: pygame.Rect, icon: str, label: str, cap: str) -> None:
        """Draw what is on a button to be read from afar: the word first; sign and key where there is room for them."""
        px, theme, palette = self.theme.px, self.theme, self.theme.palette
        left, right = top.x + px(6), top.right - px(6)
        word, key = theme.width(label, SMALL), theme.width(cap, SMALL - 3, FIGURES) + px(8)
        size = min(px(22), top.h - px(6))
        if word + key <= right - left:
            box = pygame.Rect(right - key, top.y, key, top.h)
            theme.write(surface, cap, box, size=SMALL - 3, face=FIGURES, colour=palette.faded, align="right")
            right -= key
        if word + size + px(6) <= right - left:
            surface.blit(sign(icon, size, palette.ink), (left, top.centery - size // 2))
            left += size + px(6)
        box = pygame.Rect(left, top.y, right - left, top.h)
        theme.write(surface, label, box, size=SMALL, face=TEXT)

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the button under a place."""
        return next((Target("button", k) for k, rect in enumerate(self.buttons) if rect.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a button is."""
        return self.buttons[part.number] if part.kind == "button" else None

    def parts(self) -> list[Target]:
        """Return all buttons."""
        return [Target("button", k) for k in range(len(self.buttons))]


PANEL = Declared(name="playback", panel=ControlBar, views=("frame",))
