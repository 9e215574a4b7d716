"""Overlays: frames about targets, drawn over the panels and removed again; and dialogs over the window."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from marki.console.drawing.theme import FIGURES, LARGE, NORMAL, SMALL, TEXT, Theme
from marki.console.state.commands import CommandSpec


class Frames:
    """Frames about targets; the pixels under them are kept and restored."""

    def __init__(self) -> None:
        self._kept: list[tuple[pygame.Surface, pygame.Rect]] = []

    def lift(self, surface: pygame.Surface) -> list[pygame.Rect]:
        """Restore the pixels under the frames."""
        dirty: list[pygame.Rect] = []
        for piece, place in reversed(self._kept):
            dirty.append(surface.blit(piece, place))
        self._kept.clear()
        return dirty

    def lay(self, surface: pygame.Surface, theme: Theme, frames: list[tuple[pygame.Rect, str]]) -> list[pygame.Rect]:
        """Draw frames of a style: ``focus``, ``picked`` or ``watched``."""
        dirty: list[pygame.Rect] = []
        for place, style in frames:
            width = max(2, theme.line(3 if style == "watched" else 2))
            outer = place.inflate(2 * width + 2, 2 * width + 2).clip(surface.get_rect())
            if outer.w <= 0 or outer.h <= 0:
                continue
            for edge in _edges(outer, width + 2):
                edge = edge.clip(surface.get_rect())
                if edge.w > 0 and edge.h > 0:
                    self._kept.append((surface.subsurface(edge).copy(), edge))
            colour = theme.palette.negative if style == "picked" else theme.palette.focus
            pygame.draw.rect(surface, (0, 0, 0), outer, width + 1, border_radius=width)
            pygame.draw.rect(surface, colour, outer.inflate(-1, -1), width, border_radius=width)
            dirty.append(outer)
        return dirty


def _edges(rect: pygame.Rect, width: int) -> list[pygame.Rect]:
    """Return the four sides of a frame; of a small one the whole rectangle."""
    if rect.w <= 4 * width or rect.h <= 4 * width:
        return [rect.copy()]
    return [
        pygame.Rect(rect.x, rect.y, rect.w, 2 * width), pygame.Rect(rect.x, rect.bottom - 2 * width, rect.w, 2 * width),
        pygame.Rect(rect.x, rect.y + 2 * width, 2 * width, rect.h - 4 * width),
        pygame.Rect(rect.right - 2 * width, rect.y + 2 * width, 2 * width, rect.h - 4 * width),
    ]  # fmt: skip


def key_map(surface: pygame.Surface, theme: Theme, commands: Sequence[CommandSpec]) -> list[str]:
    """Draw the key map over the window, made from the table of commands; return its lines."""
    px, words, palette = theme.px, theme.words, theme.palette
    groups: dict[str, list[CommandSpec]] = {}
    for command in (with_keys := [c for c in commands if c.keys]):
        groups.setdefault(command.group, []).append(command)
    size = 14
    row = round(theme.points(size) * 1.42)
    keys = max(theme.width("  ".join(c.caps_in(words)), size, FIGURES) for c in with_keys) + px(10)
    text = max(theme.width(c.help_in(words), size) for c in with_keys) + px(10)
    whole = surface.get_rect()
    columns = next((n for n in (3, 2, 1) if n * (keys + text) + (n + 1) * px(22) <= whole.w), 1)
    total = sum(len(g) + 2 for g in groups.values())
    pages: list[list[tuple[str, str, bool]]] = [[]]
    for group, rows in groups.items():
        if len(pages[-1]) + len(rows) + 1 > -(-total // columns) and len(pages) < columns and pages[-1]:
            pages.append([])
        pages[-1].append(("", words(f"group.{group}"), True))
        pages[-1] += [("  ".join(c.caps_in(words)), c.help_in(words), False) for c in rows]
    while max(map(len, pages)) * row + px(110) > whole.h and row > round(theme.points(9) * 1.3):
        row -= 1
        size = min(size, row / 1.36 / theme.unit)
    rect = pygame.Rect(0, 0, min(whole.w, columns * (keys + text) + (columns + 1) * px(22)),
                       min(whole.h, max(map(len, pages)) * row + px(96)))  # fmt: skip
    rect.center = whole.center
    _shade(surface)
    theme.plate(surface, rect, dark=True)
    pygame.draw.rect(surface, palette.ivory, rect, theme.line(1.5))
    title = pygame.Rect(rect.x + px(24), rect.y + px(10), rect.w - px(48), px(32))
    theme.write(surface, words("page.help"), title, size=LARGE, face=TEXT, colour=palette.ivory)
    wide = (rect.w - px(44)) // columns
    lines: list[str] = []
    for column, page in enumerate(pages):
        x, y = rect.x + px(22) + column * wide, rect.y + px(46)
        for caps, line, heading in page:
            if heading:
                box = pygame.Rect(x, y, wide - px(12), row)
                theme.write(surface, line, box, size=size, face=TEXT, colour=palette.focus)
            else:
                box = pygame.Rect(x, y, keys - px(6), row)
                theme.write(surface, caps, box, size=size, face=FIGURES, colour=palette.positive)
                box = pygame.Rect(x + keys, y, wide - keys - px(8), row)
                theme.write(surface, line, box, size=size, face=TEXT, colour=palette.ivory)
                lines.append(f"{caps} {line}")
            y += row
    foot = pygame.Rect(rect.x + px(24), rect.bottom - max(px(34), row), rect.w - px(48), max(px(26), row))
    text, *shorter = words.forms("help.foot")
    theme.write(surface, text, foot, size=SMALL, face=TEXT, colour=palette.dim, shorter=shorter)
    return lines


def ask(surface: pygame.Surface, theme: Theme, text: str) -> dict[bool, pygame.Rect]:
    """Draw a question over the window; return the places of yes and no."""
    px, words, palette = theme.px, theme.words, theme.palette
    width = min(surface.get_width() - px(40), max(px(460), round(22 * theme.points(NORMAL))))
    lines = theme.wrap(text, width - px(48), NORMAL)
    row = theme.row(NORMAL)
    rect = pygame.Rect(0, 0, width, row * (len(lines) + 2) + px(56))
    rect.center = surface.get_rect().center
    theme.plate(surface, rect, dark=True)
    pygame.draw.rect(surface, palette.focus, rect, theme.line(2))
    for k, line in enumerate(lines):
        box = pygame.Rect(rect.x + px(24), rect.y + px(14) + k * row, width - px(48), row)
        theme.write(surface, line, box, size=NORMAL, face=TEXT, colour=palette.ivory)
    half = (width - px(60)) // 2
    places: dict[bool, pygame.Rect] = {}
    for k, (yes, name) in enumerate(((True, "ask.yes"), (False, "ask.no"))):
        box = pygame.Rect(rect.x + px(24) + k * (half + px(12)), rect.bottom - row - px(26), half, row + px(12))
        pygame.draw.rect(surface, palette.plate, box, border_radius=px(4))
        theme.write(surface, words(name), box.inflate(-px(8), 0), size=NORMAL, face=TEXT, align="centre")
        places[yes] = box
    return places


def _shade(surface: pygame.Surface) -> None:
    shade = pygame.Surface(surface.get_size(), pygame.SRCALPHA)
    shade.fill((0, 0, 0, 170))
    surface.blit(shade, (0, 0))
