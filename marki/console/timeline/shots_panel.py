"""Few-shot: examples stand before a question and are added and taken away; the answer changes, and no weight moves."""

from __future__ import annotations

from itertools import pairwise

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, LARGE, NORMAL, SMALL, TEXT, Colour, TextStyle, Theme
from marki.console.state.code_book import CodeBook, Told
from marki.console.state.scene import Scene
from marki.console.timeline.activation_panel import system_at, waiting_for
from marki.console.timeline.buttons import ButtonRow
from marki.io.responses import R_UNITS

KNOBS = ("shots_fewer", "shots_more", "shots_none", "shots_all", "shots_next")


class ShotsPanel(Panel):
    """The strip of pairs, the certainty of each lamp, and the curve of the right one against the ideal learner."""

    title = "timeline.shots"
    dark = True
    about = "shots"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, inner = theme.px, self.inner
        row = max(px(26), theme.row(SMALL))
        self.buttons = ButtonRow(theme, pygame.Rect(inner.x, inner.bottom - row, inner.w, row), fill=1)
        self.regions = (self.buttons,)
        high = min(inner.h // 4, px(110))
        self._strip = pygame.Rect(inner.x, inner.y, inner.w, high)
        line = theme.row(NORMAL)
        self._said = pygame.Rect(inner.x, self.buttons.box.y - px(6) - 2 * line, inner.w, 2 * line)
        top = self._strip.bottom + px(10)
        low = self._said.y - px(8) - top
        self._lamps = pygame.Rect(inner.x, top, inner.w * 34 // 100, low)
        left = self._lamps.right + px(20)
        self._curve = pygame.Rect(left, top, inner.right - left, low)
        self._note = self.note(colour=theme.palette.ivory)
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw what has changed: the pairs shown, or what was told of them."""
        ui, timeline = scene.ui, scene.timeline
        system_view = system_at(timeline, "first")
        if timeline is None or system_view is None:
            return []
        book, count, reply = ui.book, ui.shots, system_view.reply
        digest = "" if reply is None else reply.weights
        told = None if book is None else book.told.get(count)
        key = (book, count, len(book.told) if book is not None else 0, told, digest, system_view.serial == 0)
        dirty: list[pygame.Rect] = []
        if key != self._shown:
            self._shown = key
            pygame.draw.rect(surface, self.theme.palette.black, self.inner)
            self.buttons.forget()
            if book is None:
                style = TextStyle(size=NORMAL, face=TEXT, colour=self.theme.palette.dim, align="centre")
                self.theme.write(surface, waiting_for(system_view, timeline, self.theme), self._curve, **style)
            else:
                self._draw_strip(surface, book, count)
                self._draw_lamps(surface, book, told)
                self._draw_curve(surface, book, count)
                self._tell(surface, book, count, told, digest)
            dirty.append(self.inner)
        exhibit, words = system_view.exhibit, self.theme.words
        state = words("timeline.untrained") if exhibit.score is None else words("timeline.by_heart")
        dirty += self._note.update(surface, f"{exhibit.label}, {exhibit.year}: {state}", shorter=(exhibit.label,))
        return [*dirty, *self.buttons.update(surface, scene, list(KNOBS))]

    def _draw_strip(self, surface: pygame.Surface, book: CodeBook, count: int) -> None:
        """Draw a card for each pair, those that are shown lit; the last asks."""
        theme, px, palette, area = self.theme, self.theme.px, self.theme.palette, self._strip
        cards = len(book.pairs) + 1
        pitch = min(area.w // cards, px(96))
        gap = px(5)
        for k in range(cards):
            last = k == len(book.pairs)
            box = pygame.Rect(area.x + k * pitch + (px(8) if last else 0), area.y, pitch - gap, area.h)
            letter, lamp = (book.asked, "?") if last else book.pairs[k]
            lit = last or k < count
            face = palette.focus if last else palette.paper if lit else (36, 36, 37)
            pygame.draw.rect(surface, face, box, border_radius=px(4))
            if not lit:
                pygame.draw.rect(surface, palette.frame, box, 1, border_radius=px(4))
            colour = palette.ink if lit else (96, 94, 88)
            upper = pygame.Rect(box.x, box.y, box.w, box.h // 2)
            theme.write(surface, letter, upper, size=LARGE, face=FIGURES, colour=colour, align="centre")
            theme.write(
                surface, lamp, upper.move(0, box.h // 2), size=LARGE, face=FIGURES, colour=colour, align="centre"
            )

    def _draw_lamps(self, surface: pygame.Surface, book: CodeBook, told: Told | None) -> None:
        """Draw a bar for each lamp as high as the system is certain of it; the one that it tells is lit."""
        theme, px, palette, area = self.theme, self.theme.px, self.theme.palette, self._lamps
        row = theme.row(SMALL)
        head = pygame.Rect(area.x, area.y, area.w, row)
        forms = theme.words.forms("timeline.shots_lamps")
        theme.write(surface, forms[0], head, size=SMALL, face=TEXT, colour=palette.dim, shorter=forms[1:])
        foot = area.bottom - row
        top = head.bottom + px(4)
        pitch = area.w // R_UNITS
        for k in range(R_UNITS):
            share = told.shares[k] if told is not None and k < len(told.shares) else 0.0
            bar = pygame.Rect(area.x + k * pitch + px(3), 0, pitch - px(6), max(1, round(share * (foot - top))))
            bar.bottom = foot
            lit = told is not None and told.lamp == f"{k + 1}"
            pygame.draw.rect(surface, (30, 30, 31), (bar.x, top, bar.w, foot - top))
            pygame.draw.rect(surface, palette.lamp if lit else palette.dim, bar)
            if book.wanted == f"{k + 1}":
                pygame.draw.rect(
                    surface, palette.ivory, (bar.x - px(2), top, bar.w + 2 * px(2), foot - top), theme.line()
                )
            box = pygame.Rect(area.x + k * pitch, foot, pitch, row)
            colour = palette.lamp if lit else palette.ivory
            theme.write(surface, f"{k + 1}", box, size=SMALL, face=FIGURES, colour=colour, align="centre")

    def _draw_curve(self, surface: pygame.Surface, book: CodeBook, count: int) -> None:
        """Draw how certain of the right lamp the system was after each number of pairs, and the ideal learner."""
        theme, px, palette, area = self.theme, self.theme.px, self.theme.palette, self._curve
        row = theme.row(SMALL)
        lines = theme.wrap(theme.words("timeline.shots_curve"), area.w, SMALL, most=2)
        for k, line in enumerate(lines):
            box = pygame.Rect(area.x, area.y + k * row, area.w, row)
            theme.write(surface, line, box, size=SMALL, face=TEXT, colour=palette.dim)
        left = theme.width("100 %", SMALL, FIGURES) + px(6)
        head = len(lines) * row + row // 2 + px(4)
        plot = pygame.Rect(area.x + left, area.y + head, area.w - left - px(14), area.h - row - head)
        pygame.draw.rect(surface, (24, 24, 25), plot)
        most = max(1, len(book.pairs))

        def at(pairs: int, share: float) -> tuple[int, int]:
            return plot.x + round(pairs * plot.w / most), plot.bottom - 1 - round(share * (plot.h - 1))

        for share in (0.0, 0.5, 1.0):
            y = at(0, share)[1]
            pygame.draw.line(surface, (58, 58, 58), (plot.x, y), (plot.right, y))
            top = min(y - row // 2, plot.bottom - row)  # above the figures of the other axis
            box = pygame.Rect(area.x, top, left - px(6), row)
            theme.write(
                surface, f"{100 * share:.0f} %", box, size=SMALL, face=FIGURES, colour=palette.dim, align="right"
            )
        ideal = [at(k, book.ideal(k)) for k in range(most + 1)]
        for one, other in pairwise(ideal):
            _dashed(surface, palette.negative, one, other, px(5), theme.line())
        known = sorted(k for k, told in book.told.items() if told.shares)
        points = [at(k, book.told[k].shares[int(book.wanted) - 1]) for k in known]
        if len(points) > 1:
            pygame.draw.lines(surface, palette.lamp, False, points, theme.line(2))
        for k, point in zip(known, points, strict=True):
            pygame.draw.circle(surface, palette.lamp, point, px(6 if k == count else 4))
            if k == count:
                pygame.draw.circle(surface, palette.ivory, point, px(8), theme.line())
        every = max(1, -(-3 * theme.width("00", SMALL, FIGURES) * most // (2 * max(1, plot.w))))
        for k in range(0, most + 1, every):
            box = pygame.Rect(at(k, 0)[0] - px(20), plot.bottom, px(40), row)
            theme.write(surface, f"{k}", box, size=SMALL, face=FIGURES, colour=palette.dim, align="centre")

    def _tell(self, surface: pygame.Surface, book: CodeBook, count: int, told: Told | None, digest: str) -> None:
        """Write what was told, and that the weights are those of before."""
        theme, words, palette, box = self.theme, self.theme.words, self.theme.palette, self._said
        lines: list[tuple[tuple[str, ...], Colour]] = [((words("timeline.asking"),), palette.dim)]
        if told is not None:
            right = told.lamp == book.wanted
            name = "timeline.shots_right" if right else "timeline.shots_wrong"
            colour = palette.lamp if right else palette.wrong_lit
            forms = words.forms(name, pairs=count, letter=book.asked, lamp=told.lamp or "–", wanted=book.wanted)
            lines = [(forms, colour)]
        if digest:
            lines.append((words.forms("timeline.shots_weights", digest=digest), palette.ivory))
        for k, (forms, colour) in enumerate(lines):
            line = pygame.Rect(box.x, box.y + k * box.h // 2, box.w, box.h // 2)
            size = SMALL if k else NORMAL
            theme.write(surface, forms[0], line, size=size, face=TEXT, colour=colour, shorter=forms[1:])


def _dashed(
    surface: pygame.Surface, colour: Colour, start: tuple[int, int], end: tuple[int, int], dash: int, width: int
) -> None:
    """Draw a dashed line."""
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for begun in range(0, length, 2 * dash):
        a, b = begun / length, min(length, begun + dash) / length
        one = (start[0] + (end[0] - start[0]) * a, start[1] + (end[1] - start[1]) * a)
        other = (start[0] + (end[0] - start[0]) * b, start[1] + (end[1] - start[1]) * b)
        pygame.draw.line(surface, colour, one, other, width)
