"""A panel: a rectangle of the window that draws one thing, from one scene, and only what has changed."""

from __future__ import annotations

import pygame

from marki.console.layout import Box
from marki.console.scene import Scene
from marki.console.theme import DIM, INK, LETTERING, NORMAL, SMALL, Colour, Theme


class Readout:
    """One line of lettering that changes; it repaints its own background."""

    def __init__(
        self,
        theme: Theme,
        rect: pygame.Rect,
        *,
        size: float = NORMAL,
        face: str = LETTERING,
        colour: Colour = INK,
        align: str = "left",
    ):
        self.theme, self.rect = theme, rect
        self.style = dict(size=size, face=face, align=align)
        self.colour = colour
        self._ground: pygame.Surface | None = None
        self._shown: tuple | None = None

    def update(self, surface: pygame.Surface, text: str, colour: Colour | None = None) -> list[pygame.Rect]:
        """Show `text`."""
        wanted = (text, colour or self.colour)
        if wanted == self._shown:
            return []
        if self._ground is None:
            self._ground = surface.subsurface(self.rect).copy()
        surface.blit(self._ground, self.rect)
        surface.set_clip(self.rect)
        self.theme.write(surface, text, self.rect, colour=wanted[1], **self.style)
        surface.set_clip(None)
        self._shown = wanted
        return [self.rect]


class Panel:
    """A panel of the front.

    A new one is made when the window changes its size, so what it keeps is only what it has drawn.

    Parameters
    ----------
    box : Box
    theme : Theme
    """

    title = ""
    dark = False

    def __init__(self, box: Box, theme: Theme):
        self.rect, self.theme = pygame.Rect(box), theme
        px = theme.px
        margin = px(10)
        self.heading = pygame.Rect(self.rect.x + px(16), self.rect.y + px(5), self.rect.w - px(32), px(20))
        top = self.heading.bottom + px(3) if self.title else self.rect.y + px(5)
        self.inner = pygame.Rect(self.rect.x + margin, top, self.rect.w - 2 * margin, self.rect.bottom - px(8) - top)

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw what does not change."""
        self.theme.plate(surface, self.rect, dark=self.dark)
        if self.title:
            self.theme.write(surface, self.title, self.heading, size=SMALL, colour=DIM if self.dark else INK)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw what has changed; return where."""
        return []

    def readout(self, rect: pygame.Rect, **style) -> Readout:
        """Return a line of lettering within this panel."""
        return Readout(self.theme, rect.clip(self.rect), **style)
