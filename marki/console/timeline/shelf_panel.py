"""What is drawn many times: the shelf of tries with its curve pass@k, and the sieve that chooses what is handed in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, Theme
from marki.console.state.scene import Scene
from marki.console.state.timeline_view import SystemView
from marki.console.timeline.activation_panel import system_at
from marki.console.timeline.heatmaps import coloured, tones
from marki.io.program_orders import WrittenPrograms
from marki.pen.interpreter import drawings, field
from marki.pen.tries import pass_at_k

SHELF, SIEVED = 100, 1_000
"""Programs for which shelf and sieve have room, see `timeline_view.tried`."""
INPUT = 4
"""The n for which tries are drawn."""
A_FRAME = 10
"""Tries that are drawn in one frame at most."""
RIGHT_RIM: Colour = (94, 214, 168)


class TriesPanel(Panel):
    """What shelf and sieve have in common: the programs as they come."""

    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._note = self.note(colour=theme.palette.ivory)
        self._tries: tuple[WrittenPrograms, ...] = ()
        self._texts: list[str] = []
        self._right: list[bool] = []

    def _gather(self, system_view: SystemView) -> bool:
        """Take what has come; return whether it is other tries than before."""
        tries = system_view.tries
        fresh = tries[:1] != self._tries[:1]
        if fresh:
            self._texts, self._right = [], []
        for part in tries[0 if fresh else len(self._tries) :]:
            self._texts += part.texts
            self._right += part.right
        self._tries = tries
        return fresh

    def _tell(self, surface: pygame.Surface, text: str) -> None:
        """Write one sentence in the middle."""
        area, row = self.inner, self.theme.row(SMALL)
        lines = self.theme.wrap(text, area.w - self.theme.px(20), SMALL)
        for k, line in enumerate(lines):
            box = pygame.Rect(area.x, area.centery + (k - len(lines) // 2) * row, area.w, row)
            self.theme.write(surface, line, box, size=SMALL, face=TEXT, colour=self.theme.palette.dim, align="centre")

    def _picture(self, program: str, side: int) -> pygame.Surface:
        """Return what a program draws, in a square; what is no program is crossed out."""
        palette = self.theme.palette
        drawn = drawings(program, [INPUT])
        if drawn is None:
            surface = pygame.Surface((side, side))
            surface.fill(palette.black)
            pygame.draw.line(surface, palette.faded, (2, 2), (side - 3, side - 3))
            pygame.draw.line(surface, palette.faded, (side - 3, 2), (2, side - 3))
            return surface
        small = pygame.surfarray.make_surface(coloured(field(drawn[0]).T, tones(palette)))
        return pygame.transform.scale(small, (side, side))


def grid(width: int, height: int, count: int) -> tuple[int, int]:
    """Return columns, and the side of the largest squares of which so many fit a rectangle."""
    best = max(range(1, count + 1), key=lambda c: min(width // c, height // -(-count // c)))
    return best, max(1, min(width // best, height // -(-count // best)))


class ShelfPanel(TriesPanel):
    """A hundred tries, those that are right with a rim, and the curve of pass@k that grows with them."""

    title = "timeline.shelf"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        area, px = self.inner, theme.px
        self._columns, self._side = grid(area.w * 62 // 100, area.h, SHELF)
        self._shelf = pygame.Rect(area.x, area.y, self._columns * self._side, area.h)
        self._paper = pygame.Rect(self._shelf.right + px(8), area.y, area.right - self._shelf.right - px(8), area.h)
        row, axis = theme.row(SMALL - 1), theme.width("100", SMALL - 1, FIGURES) + px(8)
        self._plot = pygame.Rect(
            self._paper.x + axis, self._paper.y + row + px(4), self._paper.w - axis - px(10),
            self._paper.h - 2 * row - px(10),
        )  # fmt: skip
        self._drawn = 0
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Lay what has come on the shelf, some of it in each frame, and let the curve grow."""
        system_view = system_at(scene.timeline, "first")
        if system_view is None:
            return []
        if self._gather(system_view) or self._shown is None:
            self._drawn, self._shown = 0, None
            pygame.draw.rect(surface, self.theme.palette.black, self.inner)
        words = self.theme.words
        note = self._note.update(surface, words("timeline.temperature", degree=f"{scene.ui.temperature:g}"))
        key = (len(self._texts), bool(self._right))
        if key == self._shown and self._drawn == len(self._texts):
            return note
        if not self._texts:
            self._tell(surface, words("timeline.tries_wait"))
        for number in range(self._drawn, min(len(self._texts), self._drawn + A_FRAME)):
            self._lay(surface, number)
            self._drawn = number + 1
        self._shown = key
        if self._texts:
            self._curve(surface)
        return [self.inner, *note]

    def _lay(self, surface: pygame.Surface, number: int) -> None:
        px, side = self.theme.px, self._side
        place = pygame.Rect(
            self._shelf.x + number % self._columns * side, self._shelf.y + number // self._columns * side, side, side
        )
        inner = place.inflate(-2 * px(2), -2 * px(2))
        right = number < len(self._right) and self._right[number]
        rim = RIGHT_RIM if right else self.theme.palette.frame
        pygame.draw.rect(surface, self.theme.palette.black, place)
        surface.blit(self._picture(self._texts[number], inner.w), inner)
        pygame.draw.rect(surface, rim, inner.inflate(2, 2), max(2, px(2)) if right else 1)

    def _curve(self, surface: pygame.Surface) -> None:
        theme, palette, plot, px = self.theme, self.theme.palette, self._plot, self.theme.px
        row, words = theme.row(SMALL - 1), theme.words
        pygame.draw.rect(surface, palette.paper, self._paper)
        head = pygame.Rect(self._paper.x + px(6), self._paper.y, self._paper.w - px(12), row)
        if not self._right:
            theme.write(surface, words("timeline.tries_unjudged"), head, size=SMALL - 1, face=TEXT)
            return
        n, c = self._drawn, sum(self._right[: self._drawn])
        text, *shorter = words.forms("timeline.tries_right", right=c, count=n)
        theme.write(surface, text, head, size=SMALL - 1, face=TEXT, shorter=shorter)
        for k in range(5):
            y = plot.bottom - plot.h * k // 4
            pygame.draw.line(surface, palette.ruling, (plot.x, y), (plot.right, y))
            if k in (0, 4):
                box = pygame.Rect(self._paper.x + px(2), y - row // 2, plot.x - self._paper.x - px(5), row)
                theme.write(surface, f"{25 * k}", box, size=SMALL - 1, face=FIGURES, align="right")
        for k in (1, 10, SHELF):
            x = self._x(k)
            pygame.draw.line(surface, palette.ruling, (x, plot.y), (x, plot.bottom))
            wide = theme.width("100", SMALL - 1, FIGURES)
            box = pygame.Rect(x - wide // 2, plot.bottom + px(2), wide, row)
            box.right = min(box.right, self._paper.right)
            theme.write(surface, f"{k}", box, size=SMALL - 1, face=FIGURES, align="centre")
        points = [(self._x(k), plot.bottom - round(plot.h * pass_at_k(n, c, k))) for k in range(1, n + 1)]
        if len(points) > 1:
            pygame.draw.lines(surface, palette.trace, False, points, theme.line(2))

    def _x(self, k: int) -> int:
        """Return where k stands on the axis, which is logarithmic."""
        return self._plot.x + round(self._plot.w * np.log(k) / np.log(SHELF))


class SievePanel(TriesPanel):
    """A thousand programs as dots; those that draw the example; these in clusters; and the ten that are handed in."""

    title = "timeline.sieve"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the four stages as far as they are known."""
        system_view = system_at(scene.timeline, "first")
        if system_view is None:
            return []
        self._gather(system_view)
        sieve = self._tries[-1].sieve if self._tries else None
        key = (self._tries[:1], len(self._texts), sieve is not None)
        if key == self._shown:
            return []
        self._shown = key
        theme, px = self.theme, self.theme.px
        pygame.draw.rect(surface, theme.palette.black, self.inner)
        if not self._texts:
            self._tell(surface, theme.words("timeline.tries_wait"))
            return [self.inner]
        gap = px(14)
        width = (self.inner.w - 3 * gap) // 4
        boxes = [pygame.Rect(self.inner.x + k * (width + gap), self.inner.y, width, self.inner.h) for k in range(4)]
        passed = range(len(self._texts)) if sieve is None else sieve.passed
        groups = () if sieve is None else sieve.groups
        handed = () if sieve is None else sieve.handed
        counts = (len(self._texts), None if sieve is None else len(passed), len(groups), len(handed))
        for stage, (box, count) in enumerate(zip(boxes, counts, strict=True)):
            told = "…" if sieve is None and stage else f"{count:,}"
            text, *shorter = theme.words.forms(f"timeline.sieve_{stage}", count=told)
            head = pygame.Rect(box.x, box.y, box.w, theme.row(SMALL))
            theme.write(surface, text, head, size=SMALL, face=TEXT, colour=theme.palette.ivory, shorter=shorter)
            boxes[stage] = pygame.Rect(box.x, head.bottom + px(4), box.w, box.bottom - head.bottom - px(4))
        through = frozenset(passed if sieve is not None else ())
        self._dots(surface, boxes[0], range(len(self._texts)), through)
        if sieve is not None:
            self._dots(surface, boxes[1], sieve.passed, through)
            self._stacks(surface, boxes[2], groups)
            self._handed(surface, boxes[3], handed)
        return [self.inner]

    def _dots(self, surface: pygame.Surface, box: pygame.Rect, numbers: Sequence[int], through: frozenset[int]) -> None:
        """Draw a dot for each program, at the place of its number; those that draw the example are bright."""
        columns, side = grid(box.w, box.h, SIEVED)
        size = max(1, side - 1)
        for number in numbers:
            right = number < len(self._right) and self._right[number]
            bright = RIGHT_RIM if right else self.theme.palette.lamp
            colour = bright if number in through else self.theme.palette.frame
            place = (box.x + number % columns * side, box.y + number // columns * side)
            pygame.draw.rect(surface, colour, (*place, size, size))

    def _stacks(self, surface: pygame.Surface, box: pygame.Rect, groups: Sequence[Sequence[int]]) -> None:
        """Draw the clusters as stacks, the greatest first, each as high as it has programs."""
        if not groups:
            return
        shown = groups[:20]
        wide = max(3, box.w // max(10, len(shown)))
        for k, group in enumerate(shown):
            high = max(2, (box.h - 2) * len(group) // len(groups[0]))
            right = group[0] < len(self._right) and self._right[group[0]]
            colour = RIGHT_RIM if right else self.theme.palette.lamp
            pygame.draw.rect(surface, colour, (box.x + k * wide, box.bottom - high, wide - 1, high))

    def _handed(self, surface: pygame.Surface, box: pygame.Rect, handed: Sequence[int]) -> None:
        """Draw what the programs that are handed in draw; a right one has a rim."""
        columns, side = grid(box.w, box.h, 10)
        for k, number in enumerate(handed):
            place = pygame.Rect(box.x + k % columns * side, box.y + k // columns * side, side, side)
            inner = place.inflate(-2 * self.theme.px(2), -2 * self.theme.px(2))
            right = number < len(self._right) and self._right[number]
            surface.blit(self._picture(self._texts[number], inner.w), inner)
            rim = RIGHT_RIM if right else self.theme.palette.frame
            pygame.draw.rect(surface, rim, inner.inflate(2, 2), max(2, self.theme.px(2)) if right else 1)
