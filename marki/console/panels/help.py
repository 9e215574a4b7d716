"""The key map, made from the bindings themselves."""

from __future__ import annotations

import pygame

from marki.console.controls import BINDINGS
from marki.console.theme import DIM, FIGURES, IVORY, LARGE, NORMAL, SMALL, TEXT, Theme


def draw(surface: pygame.Surface, theme: Theme) -> list[str]:
    """Lay the key map over the window; return its lines."""
    px = theme.px
    row = px(28)
    width, height = px(620), px(96) + row * len(BINDINGS)
    rect = pygame.Rect(0, 0, width, height)
    rect.center = surface.get_rect().center
    shade = pygame.Surface(surface.get_size(), pygame.SRCALPHA)
    shade.fill((0, 0, 0, 150))
    surface.blit(shade, (0, 0))
    theme.plate(surface, rect, dark=True)
    pygame.draw.rect(surface, IVORY, rect, px(1.5))
    left = rect.x + px(28)
    theme.write(surface, "KEYS", pygame.Rect(left, rect.y + px(12), px(200), px(30)), size=LARGE, colour=IVORY)
    y, lines = rect.y + px(50), []
    for binding in BINDINGS:
        keys = "  ".join(binding.caps)
        theme.write(
            surface, keys, pygame.Rect(left, y, px(120), row), size=NORMAL, face=FIGURES, colour=(255, 206, 120)
        )
        theme.write(
            surface,
            binding.help,
            pygame.Rect(left + px(130), y, width - px(186), row),
            size=NORMAL,
            face=TEXT,
            colour=IVORY,
        )
        lines.append(f"{keys} {binding.help}")
        y += row
    foot = pygame.Rect(left, rect.bottom - px(36), width - px(56), px(24))
    theme.write(
        surface, "Esc closes this page. Looking never changes the run.", foot, size=SMALL, face=TEXT, colour=DIM
    )
    return lines
