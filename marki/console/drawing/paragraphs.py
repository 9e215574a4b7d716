"""Paragraphs: texts below one another, as large as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from marki.console.drawing.theme import TEXT, Colour, Theme

Line = tuple[str, Colour]
"""A text and the colour in which it is written."""


def paragraphs(surface: pygame.Surface, theme: Theme, area: pygame.Rect, texts: Sequence[Line], *sizes: float) -> None:
    """Write texts below one another, in the first of some sizes in which there is room for all of them."""

    def lines_of(size: float) -> list[Line]:
        return [(line, colour) for text, colour in texts for line in theme.wrap(text, area.w, size)]

    size = next((size for size in sizes if len(lines_of(size)) * theme.row(size) <= area.h), sizes[-1])
    lines, row = lines_of(size), theme.row(size)
    for k, (line, colour) in enumerate(lines[: max(1, area.h // row)]):
        place = pygame.Rect(area.x, area.y + k * row, area.w, row)
        theme.write(surface, line, place, size=size, face=TEXT, colour=colour)
