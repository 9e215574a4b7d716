"""The duel: drawings of the forger beside real cards, the bank's verdict on each, and the losses of both."""

from __future__ import annotations

import math

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.timeline.activation_panel import system_at
from marki.console.timeline.canvas_panel import draw_light, sheet_of
from marki.console.timeline.tool_panel import ToolPanel
from marki.io.drawing_orders import Picture, Tool
from marki.io.exhibits import Progress

GOOD = (94, 214, 168)


class DuelPanel(ToolPanel):
    """A row of forged pictures over a row of real ones, how sure the bank is that each is real, and the course."""

    tool = Tool.DUEL

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._rows = self._course = self.area
        self._shown: tuple[object, ...] | None = None
        self._told: tuple[object, ...] | None = None

    def draw(self, surface: pygame.Surface, scene: Scene, *, fresh: bool) -> list[pygame.Rect]:
        """Lay the pictures out anew when the bank has looked again."""
        system_view = system_at(scene.timeline, "first")
        sheet = sheet_of(system_view, Tool.DUEL)
        if sheet is None or system_view is None:
            return []
        dirty: list[pygame.Rect] = []
        progress = system_view.progress
        fights = progress is not None and bool(progress.duel)
        key = (system_view.serial, fights)
        if fresh or key != self._shown:
            fresh = fresh or self._shown is None or key[1] != self._shown[1]
            self._lay_out(fights=fights)
            self._shown = key
            pygame.draw.rect(surface, self.theme.palette.black, self._rows)
            half = self._rows.h // 2
            for k, kind in enumerate(("made", "real")):
                row = pygame.Rect(self._rows.x, self._rows.y + k * half, self._rows.w, half)
                self._row(surface, row, kind, [p for p in sheet.pictures if p.kind == kind])
            dirty.append(self._rows)
        told = (None if progress is None else progress.steps, system_view.learning)
        if fresh or told != self._told:
            self._told = told
            if self._course.h == 0:
                pass
            elif progress is None or not fights:
                self.say(surface, self.theme.words("timeline.duel_begin"), self._course)
            else:
                self._draw_course(surface, progress)
            dirty.append(self._course)
        return dirty

    def _lay_out(self, *, fights: bool) -> None:
        """Give the pictures the room that the course of a training leaves, or a line of words in its place."""
        row, area, gap = self.theme.row(SMALL), self.area, self.theme.px(4)
        scarce = area.h < 13 * row
        course = max(area.h * 32 // 100, 3 * row) if fights else 0 if scarce else 2 * row
        self._rows = pygame.Rect(area.x, area.y, area.w, area.h - course - gap)
        self._course = pygame.Rect(area.x, area.bottom - course, area.w, course)

    def _row(self, surface: pygame.Surface, row: pygame.Rect, kind: str, pictures: list[Picture]) -> None:
        theme, palette, px = self.theme, self.theme.palette, self.theme.px
        line = theme.row(SMALL - 1)
        head = pygame.Rect(row.x, row.y, row.w, line)
        caught = sum((p.share < 0.5) == (kind == "made") for p in pictures)
        forms = theme.words.forms(f"timeline.bank_{kind}", right=caught, count=len(pictures))
        text = next((t for t in forms if theme.width(t, SMALL - 1) <= head.w), forms[-1])
        theme.write(surface, text, head, size=SMALL - 1, face=TEXT, colour=palette.ivory)
        wide = row.w // max(1, len(pictures))
        for k, picture in enumerate(pictures):
            cell = pygame.Rect(row.x + k * wide, head.bottom, wide - px(4), row.bottom - head.bottom - px(3))
            bar = pygame.Rect(cell.x, cell.bottom - line, cell.w, line)
            draw_light(surface, theme, picture.field, pygame.Rect(cell.x, cell.y, cell.w, bar.y - cell.y - px(2)))
            right = (picture.share < 0.5) == (kind == "made")
            colour: Colour = GOOD if right else palette.wrong_lit
            if math.isnan(picture.share):
                continue
            figure = f"{100 * picture.share:.0f} %"
            style = TextStyle(size=SMALL - 1, face=FIGURES, colour=colour, align="centre")
            theme.write(surface, figure, bar, **style)

    def _draw_course(self, surface: pygame.Surface, progress: Progress) -> None:
        """Draw both losses over the steps, and how often the bank has been right lately."""
        theme, palette, px, area = self.theme, self.theme.palette, self.theme.px, self._course
        pygame.draw.rect(surface, palette.paper, area)
        line = theme.row(SMALL - 1)
        plot = pygame.Rect(area.x + px(6), area.y + px(4), area.w - px(12), area.h - line - px(8))
        last = max(1, progress.steps)
        most = max((v for row in progress.duel for v in row[1:3] if v == v), default=1.0)
        for column, colour in ((1, palette.trace), (2, palette.wrong)):
            at = [
                (plot.x + plot.w * row[0] / last, plot.bottom - plot.h * min(1.0, row[column] / most))
                for row in progress.duel
                if row[column] == row[column]
            ]
            if len(at) > 1:
                for dy in range(theme.line(1.6)):
                    pygame.draw.aalines(surface, colour, False, [(x, y - dy) for x, y in at])
        _, critic, creator, told = progress.duel[-1]
        foot = pygame.Rect(area.x + px(6), area.bottom - line - px(2), area.w - px(12), line)
        parts = (
            (theme.words("timeline.loss_bank", loss=f"{critic:.2f}"), palette.trace),
            (theme.words("timeline.loss_forger", loss=f"{creator:.2f}"), palette.wrong),
            (theme.words("timeline.bank_right", share=f"{100 * told:.0f}"), palette.ink),
        )
        x = foot.x
        for text, colour in parts:
            wide = theme.width(text, SMALL - 1) + px(12)
            if x + wide - px(12) > foot.right:
                break
            box = pygame.Rect(x, foot.y, wide, line)
            theme.write(surface, text, box, size=SMALL - 1, face=TEXT, colour=colour)
            x += wide
