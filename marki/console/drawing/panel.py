"""A panel: a rectangle of the window that draws one thing, from one scene, and only what has changed."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.theme import LETTERING, NORMAL, SMALL, TEXT, Colour, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target


class Readout:
    """One line of lettering that changes; it repaints its own background."""

    def __init__(
        self,
        theme: Theme,
        rect: pygame.Rect,
        *,
        size: float = NORMAL,
        face: str = LETTERING,
        colour: Colour | None = None,
        align: str = "left",
        optional: bool = False,
    ):
        self.theme, self.rect = theme, rect
        self.style = dict(size=size, face=face, align=align, optional=optional)
        self.colour = theme.palette.ink if colour is None else colour
        self._ground: pygame.Surface | None = None
        self._shown: tuple | None = None

    def update(self, surface: pygame.Surface, text: str, colour: Colour | None = None) -> list[pygame.Rect]:
        """Show `text`."""
        wanted = (text, colour or self.colour)
        if wanted == self._shown or self.rect.w <= 0 or self.rect.h <= 0:
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
    """Name of its heading in the string table; "" for a panel without one."""

    dark = False

    def __init__(self, box: Box, theme: Theme):
        self.rect, self.theme = pygame.Rect(box), theme
        px = theme.px
        margin = px(10)
        height = max(px(20), theme.row(SMALL))
        self.heading = pygame.Rect(self.rect.x + px(16), self.rect.y + px(5), self.rect.w - px(32), height)
        top = self.heading.bottom + px(3) if self.title else self.rect.y + px(5)
        self.inner = pygame.Rect(self.rect.x + margin, top, self.rect.w - 2 * margin, self.rect.bottom - px(8) - top)

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw what does not change."""
        self.theme.plate(surface, self.rect, dark=self.dark)
        if self.title:
            words, palette = self.theme.words, self.theme.palette
            title = words(self.title)
            face = LETTERING if title.isascii() else TEXT
            colour = palette.dim if self.dark else palette.ink
            self.theme.write(surface, title, self.heading, size=SMALL, face=face, colour=colour, optional=True)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw what has changed; return where."""
        return []

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return what lies under a place of the window."""
        return None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a part lies, if it is this panel's."""
        return None

    def parts(self) -> list[Target]:
        """Return the parts at which the keyboard's focus stops, one of each kind or group."""
        return []

    def readout(self, rect: pygame.Rect, **style) -> Readout:
        """Return a line of lettering within this panel."""
        return Readout(self.theme, rect.clip(self.rect), **style)

    def title_width(self) -> int:
        """Return the width of the heading's lettering, px."""
        return self.theme.width(self.theme.words(self.title), SMALL, LETTERING) if self.title else 0

    def note(self, **style) -> Readout:
        """Return a line at the right of the heading, beside the title."""
        left = self.heading.x + self.title_width() + self.theme.px(10)
        rect = pygame.Rect(left, self.heading.y, max(0, self.heading.right - left), self.heading.h)
        return self.readout(rect, **{"size": SMALL, "face": TEXT, "align": "right", "optional": True, **style})


class Grid:
    """Equal cells in rows and columns, each a part of one kind."""

    def __init__(self, kind: str, left: int, top: int, rows: int, columns: int, pitch: tuple[int, int]):
        self.kind, self.rows, self.columns, self.pitch = kind, rows, columns, pitch
        self.rect = pygame.Rect(left, top, columns * pitch[0], rows * pitch[1])

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the part under a place."""
        if not self.rect.collidepoint(place):
            return None
        column, row = (place[0] - self.rect.x) // self.pitch[0], (place[1] - self.rect.y) // self.pitch[1]
        return Target(self.kind, row * self.columns + column)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return the cell of a part."""
        if part.kind != self.kind or not 0 <= part.number < self.rows * self.columns:
            return None
        row, column = divmod(part.number, self.columns)
        return pygame.Rect(self.rect.x + column * self.pitch[0], self.rect.y + row * self.pitch[1], *self.pitch)
