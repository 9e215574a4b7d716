"""Paragraphs: texts below one another, as large as there is room for; what is left out is replaced by an ellipsis."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from marki.console.drawing.theme import TEXT, Colour, Theme

Line = tuple[str, Colour]
"""A text and the colour in which it is written."""


def paragraphs(surface: pygame.Surface, theme: Theme, area: pygame.Rect, texts: Sequence[Line], *sizes: float) -> None:
    """Write texts below one another, in the first of some sizes in which there is room for all of them."""
    size = next((size for size in sizes if fit(theme, area, [text for text, _ in texts], size)), sizes[-1])
    row = theme.row(size)
    lines = [(line, colour) for text, colour in texts for line in theme.wrap(text, area.w, size)]
    most = max(1, area.h // row)
    if len(lines) > most:
        line, colour = lines[most - 1]
        lines[most - 1 :] = [(theme.broken_off(line, area.w, size), colour)]
    for k, (line, colour) in enumerate(lines):
        place = pygame.Rect(area.x, area.y + k * row, area.w, row)
        theme.write(surface, line, place, size=size, face=TEXT, colour=colour)


def fit(theme: Theme, area: pygame.Rect, texts: Sequence[str], size: float) -> bool:
    """Return whether there is room for some texts below one another, in one size."""
    return sum(len(theme.wrap(text, area.w, size)) for text in texts) * theme.row(size) <= area.h
