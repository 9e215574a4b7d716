"""The row of push-buttons, made from the table of commands."""

from __future__ import annotations

import pygame

from marki.console.drawing.panel import Panel
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import FIGURES, SMALL, TEXT
from marki.console.state.targets import Target


class ControlBar(Panel):
    """The playback's buttons and a few more."""

    def dress(self, surface, scene):
        """Lay out the buttons."""
        palette = self.theme.palette
        pygame.draw.rect(surface, palette.room, self.rect)
        gap = self.theme.px(5)
        self.commands = [
            c for c in scene.commands if c.button and (c.group != "timeline" or scene.timeline is not None)
        ]
        n = len(self.commands)
        width = (self.rect.w - gap * (n - 1)) / n
        top = self.rect.y + self.theme.px(4)
        self.buttons = [
            pygame.Rect(round(self.rect.x + k * (width + gap)), top, int(width), self.rect.bottom - top - gap)
            for k in range(n)
        ]
        self._shown: list[tuple | None] = [None] * n

    def update(self, surface, scene):
        """Draw the buttons whose state has changed."""
        dirty, ui = [], scene.ui
        for k, command in enumerate(self.commands):
            lit = (
                (command.name == "play" and scene.state == "running")
                or (command.name == "to_mistake" and scene.state == "searching")
                or (command.name == "strip" and ui.strip)
                or (command.name == "hall" and ui.hall)
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
        cap = "".join(command.caps[:1])
        if plain:
            text = max(px(16), self.theme.row(SMALL))
            size = max(8, top.h - text - px(2))
            image = sign(icon, size, palette.ink)
            surface.blit(image, image.get_rect(midtop=(top.centerx, top.y + px(1))))
            box = pygame.Rect(top.x + 1, top.bottom - text, top.w - 2, text)
            self.theme.write(surface, cap, box, size=SMALL, face=TEXT, align="centre")
            return
        text = max(px(17), self.theme.row(SMALL - 1))
        size = min(px(24), top.h - text)
        surface.blit(sign(icon, size, palette.ink), (top.x + px(5), top.y + px(3)))
        box = pygame.Rect(top.x + size + px(7), top.y + px(3), top.w - size - px(12), size)
        if self.theme.width(cap, SMALL - 1, FIGURES) <= box.w:
            self.theme.write(surface, cap, box, size=SMALL - 1, face=FIGURES, colour=(58, 56, 50), align="right")
        line = pygame.Rect(top.x + px(3), top.bottom - text - px(1), top.w - px(6), text)
        self.theme.write(surface, label, line, size=SMALL - 1, face=TEXT, align="centre")

    def part_at(self, place):
        """Return the button under a place."""
        return next((Target("button", k) for k, rect in enumerate(self.buttons) if rect.collidepoint(place)), None)

    def place_of(self, part):
        """Return where a button lies."""
        return self.buttons[part.number] if part.kind == "button" else None

    def parts(self):
        """Return all buttons."""
        return [Target("button", k) for k in range(len(self.buttons))]
