"""The page at the side: renders the blocks of whatever page is open."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import FIGURES, NORMAL, SMALL, TEXT, TextStyle, Theme
from marki.console.state.blocks import Card, CountTable, FramedPicture, Heading, PageBlock, PageRow, Text
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.state.ui_state import UIState
from marki.io.frame import SIDE

SIZE = NORMAL - 1


class PagePanel(Panel):
    """A sheet of paper with text, lines that can be pressed, tables and cards."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px = theme.px
        self._paper = self.rect.inflate(-2 * px(2), -2 * px(2))
        size = max(px(22), theme.points(SMALL))
        self._close = pygame.Rect(self._paper.right - size - px(6), self._paper.y + px(6), size, size)
        top = self._close.bottom + px(4)
        self._body = pygame.Rect(self._paper.x + px(14), top, self._paper.w - px(34), self._paper.bottom - px(8) - top)
        self._shown: tuple[tuple[PageBlock, ...], str, int, Target | None, Target | None] | None = None
        self._rows: list[tuple[pygame.Rect, PageRow]] = []
        self._picture: tuple[pygame.Rect, FramedPicture] | None = None
        self._tops: list[int] = []  # where the blocks begin, and the last one ends
        self.blocks: tuple[PageBlock, ...] = ()
        self.name = ""
        self.height = 0

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the frame."""
        pygame.draw.rect(surface, self.theme.palette.frame, self.rect)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the page when it has changed."""
        ui = scene.ui
        most = max(0, self.height - self._body.h)
        ui.scroll = min(ui.scroll, most)
        focus = ui.focus if ui.focus is not None and ui.focus.kind in ("row", "close") else None
        hovered = ui.hovered if ui.hovered is not None and ui.hovered.kind in ("row", "close") else None
        key = (self.blocks, self.name, ui.scroll, focus, hovered)
        if key == self._shown:
            return []
        fresh = self._shown is None or self._shown[1] != self.name
        grown = None if self._shown is None or self.name != "lesson" or fresh else put_in(self._shown[0], self.blocks)
        self._shown = key
        self._draw(surface, ui.scroll, focus, hovered)
        if grown is not None and self._follow(ui, *grown):
            self._draw(surface, ui.scroll, focus, hovered)
        if fresh and ui.scroll > max(0, self.height - self._body.h):
            ui.scroll = 0
        return [self.rect]

    def _follow(self, ui: UIState, first: int, last: int) -> bool:
        """Scroll until new blocks can be seen, their beginning above all; return whether that was needed."""
        top, bottom = self._tops[first], self._tops[last + 1]
        was = ui.scroll
        if bottom > ui.scroll + self._body.h:
            ui.scroll = min(top, bottom - self._body.h)
        return ui.scroll != was

    def _draw(self, surface: pygame.Surface, scroll: int, focus: Target | None, hovered: Target | None) -> None:
        p, px, body = self.theme.palette, self.theme.px, self._body
        pygame.draw.rect(surface, p.paper, self._paper)
        title = pygame.Rect(body.x, self._close.y, self._close.x - body.x - px(6), self._close.h)
        self.theme.write(surface, self.theme.words(f"page.{self.name}"), title, size=NORMAL + 1, face=TEXT)
        if focus == Target("close"):
            pygame.draw.rect(surface, p.focus, self._close.inflate(4, 4), px(2))
        surface.blit(sign("wrong", self._close.w, p.faded), self._close)
        pygame.draw.line(surface, p.ruling, (body.x, body.y - px(3)), (body.right, body.y - px(3)), self.theme.line())
        self._rows, self._picture = [], None
        sheet = surface.subsurface(body)
        y = -scroll
        self._tops = []
        for block in self.blocks:
            self._tops.append(y + scroll)
            y = self._block(sheet, block, y, focus, hovered)
        self.height = y + scroll
        self._tops.append(self.height)
        if self.height > body.h:
            track = pygame.Rect(self._paper.right - px(12), body.y, px(6), body.h)
            pygame.draw.rect(surface, p.ruling, track, border_radius=px(3))
            top, high = track.h * scroll // self.height, track.h * body.h // self.height
            thumb = pygame.Rect(track.x, track.y + top, track.w, high)
            pygame.draw.rect(surface, p.faded, thumb, border_radius=px(3))

    def _block(
        self, sheet: pygame.Surface, block: PageBlock, y: int, focus: Target | None, hovered: Target | None
    ) -> int:
        """Draw one block at `y` of the sheet; return where the next begins."""
        theme, p, px, width = self.theme, self.theme.palette, self.theme.px, sheet.get_width()
        match block:
            case Heading(text):
                y += px(8)
                for line in theme.wrap(text, width, SIZE + 1):
                    y = self._line(sheet, line, pygame.Rect(0, y, width, theme.row(SIZE + 1)), size=SIZE + 1, bold=True)
            case PageRow():
                return self._row(sheet, block, y, focus, hovered)
            case Text(text):
                for line in theme.wrap(text, width, SIZE):
                    box = pygame.Rect(0, y, width, theme.row(SIZE))
                    y = self._line(sheet, line, box, size=SIZE, colour=p.faded if block.dim else p.ink)
                y += px(5)
            case CountTable():
                y = self._table(sheet, block, y)
            case Card():
                y = self._card(sheet, block, y)
            case FramedPicture():
                y = self._framed(sheet, block, y)
            case _:
                raise NotImplementedError(type(block).__name__)
        return y

    def _line(
        self, sheet: pygame.Surface, text: str, box: pygame.Rect, *, bold: bool = False, **style: Unpack[TextStyle]
    ) -> int:
        style.setdefault("face", TEXT)
        if -box.h < box.y < sheet.get_height():
            self.theme.write(sheet, text, box, **style)
            if bold and text:
                self.theme.write(sheet, text, box.move(1, 0), **style)
        return box.bottom

    def _row(self, sheet: pygame.Surface, row: PageRow, y: int, focus: Target | None, hovered: Target | None) -> int:
        theme, p, px, width = self.theme, self.theme.palette, self.theme.px, sheet.get_width()
        number = len(self._rows)
        high, pad = theme.row(SIZE), px(3)
        left = high + px(4) if row.mark or row.command or row.turn else 0
        values = theme.wrap(row.right, width - px(8), SIZE, FIGURES) if row.right else []
        right_w = min(max(theme.width(value, SIZE, FIGURES) for value in values), width - px(8)) if values else 0
        room = width - left - right_w - px(12) if right_w else width - left - px(4)
        below = len(values) if right_w and (room < width // 4 or theme.width(row.text, SIZE) > 2 * room) else 0
        if below:  # the value gets lines of its own
            room = width - left - px(4)
        lines = theme.wrap(row.text, room, SIZE) or [""]
        bar = px(7) if row.share is not None else 0
        box = pygame.Rect(0, y, width, high * (len(lines) + below) + 2 * pad + bar)
        seen = -box.h < y < sheet.get_height()
        if row.command or row.turn:
            part = Target("row", number)
            self._rows.append((box.move(self._body.topleft), row))
            if seen:
                face = p.focus if row.lit else (250, 246, 232) if part == hovered else None
                if face:
                    pygame.draw.rect(sheet, face, box, border_radius=px(4))
                edge, width_ = (p.ink, 2) if part == focus else (p.ruling, 1)
                pygame.draw.rect(sheet, edge, box, theme.line(width_), border_radius=px(4))
        if not seen:
            return box.bottom + px(3)
        at = y + pad
        if row.mark:
            colour = {"right": p.right, "wrong": p.wrong}.get(row.mark, p.ink)
            sheet.blit(sign(row.mark, high - px(4), colour), (px(4), at + px(2)))
        for line in lines:
            theme.write(sheet, line, pygame.Rect(left or px(2), at, room, high), size=SIZE, face=TEXT)
            at += high
        for k, value in enumerate(values):
            box_r = pygame.Rect(width - right_w - px(6), (at if below else y + pad) + k * high, right_w, high)
            theme.write(sheet, value, box_r, size=SIZE, face=FIGURES, align="right")
        at += high * below
        if row.share is not None:
            track = pygame.Rect(left + px(2), at, width - left - px(8), max(theme.profile.line, bar - px(2)))
            pygame.draw.rect(sheet, p.ruling, track)
            pygame.draw.rect(sheet, p.trace, (track.x, track.y, round(abs(row.share) * track.w), track.h))
        return box.bottom + px(3)

    def _table(self, sheet: pygame.Surface, table: CountTable, y: int) -> int:
        """Draw counts as a square of tones; the diagonal is what went right."""
        theme, p, px = self.theme, self.theme.palette, self.theme.px
        n = len(table.names)
        margin = theme.row(SMALL)
        pitch = max(4, min(px(40), (sheet.get_width() - margin) // (n + 1)))
        named = pitch >= theme.width("W", theme.least / theme.unit)
        most = max((c for row in table.counts for c in row), default=0) or 1
        for k, name in enumerate((*table.names, "–")):
            if named:
                box = pygame.Rect(margin + k * pitch, y, pitch, margin)
                theme.write(sheet, name[:2], box, size=SMALL, face=TEXT, align="centre")
        y += margin
        for i, row in enumerate(table.counts):
            if named:
                theme.write(sheet, table.names[i][:2], pygame.Rect(0, y, margin, pitch), size=SMALL, face=TEXT)
            for j, count in enumerate(row):
                box = pygame.Rect(margin + j * pitch, y, pitch - 1, pitch - 1)
                tone = np.array(p.ruling, float)
                if count:
                    to = np.array(p.right if i == j else p.wrong, float)
                    tone = tone + (to - tone) * (0.35 + 0.65 * count / most)
                pygame.draw.rect(sheet, [int(v) for v in tone], box)
                if i == j and not count:
                    pygame.draw.rect(sheet, p.faded, box, 1)
                if count and pitch >= theme.points(SMALL) * 1.4:
                    style = TextStyle(size=SMALL, face=FIGURES, colour=(255, 255, 255), align="centre")
                    theme.write(sheet, f"{count}", box, **style)
            y += pitch
        return y + px(8)

    def _card(self, sheet: pygame.Surface, card: Card, y: int) -> int:
        px, p = self.theme.px, self.theme.palette
        pitch = max(2, min(px(9), sheet.get_width() // SIDE))
        cells = np.frombuffer(card.cells, np.int8).reshape(SIDE, SIDE).T / 127
        picture = np.empty((SIDE, SIDE, 3))
        picture[:] = p.black
        for side, colour in ((cells > 0, p.positive if card.signed else p.ivory), (cells < 0, p.negative)):
            share = np.where(side, np.abs(cells), 0)[..., None]
            picture += (np.array(colour) - picture) * share
        image = pygame.surfarray.make_surface(picture.astype(np.uint8).repeat(pitch, 0).repeat(pitch, 1))
        left, top = (sheet.get_width() - SIDE * pitch) // 2, y + px(4)
        sheet.blit(image, (left, top))
        if card.signed and pitch > 5:  # a sign beside each colour
            arm = max(1, pitch // 4)
            for column, row in np.argwhere(np.abs(cells) > 0.2).tolist():
                x, middle = left + column * pitch + pitch // 2, top + row * pitch + pitch // 2
                pygame.draw.line(sheet, p.black, (x - arm, middle), (x + arm, middle))
                if cells[column, row] > 0:
                    pygame.draw.line(sheet, p.black, (x, middle - arm), (x, middle + arm))
        y += SIDE * pitch + px(8)
        for line in self.theme.wrap(card.text, sheet.get_width(), SMALL):
            box = pygame.Rect(0, y, sheet.get_width(), self.theme.row(SMALL))
            y = self._line(sheet, line, box, size=SMALL, colour=p.faded, align="centre")
        return y + px(4)

    def _framed(self, sheet: pygame.Surface, block: FramedPicture, y: int) -> int:
        """Draw a picture with its frame at the left, and the card at the right, as high as each other."""
        px, p = self.theme.px, self.theme.palette
        gap, width = px(8), sheet.get_width()
        high = max(SIDE, min(px(200), sheet.get_height() * 2 // 5, (width - gap) // 2))
        pitch = max(1, high // SIDE)
        side = pitch * SIDE
        room = width - side - gap
        scale = min(room / block.size[0], side / block.size[1])
        size = max(1, round(block.size[0] * scale)), max(1, round(block.size[1] * scale))
        place = pygame.Rect((room - size[0]) // 2, y + px(4) + (side - size[1]) // 2, *size)
        light = np.frombuffer(block.light, np.uint8).reshape(block.size[1], block.size[0])
        image = pygame.surfarray.make_surface(np.repeat(light.T[..., None], 3, axis=2))
        sheet.blit(pygame.transform.smoothscale(image, size), place)
        left, top, right, bottom = block.frame
        frame = pygame.Rect(
            place.x + round(left * size[0]),
            place.y + round(top * size[1]),
            max(2, round((right - left) * size[0])),
            max(2, round((bottom - top) * size[1])),
        )
        pygame.draw.rect(sheet, p.wrong, frame, self.theme.line(2))
        for corner in (frame.topleft, frame.topright, frame.bottomleft, frame.bottomright):
            mark = pygame.Rect(0, 0, px(7), px(7))
            mark.center = corner
            pygame.draw.rect(sheet, p.wrong, mark)
        card = pygame.Rect(width - side, y + px(4), side, side)
        pygame.draw.rect(sheet, p.black, card)
        if block.cells:
            cells = np.frombuffer(block.cells, np.uint8).reshape(SIDE, SIDE).T
            tone = np.array(p.black, float) + cells[..., None] / 255 * (
                np.array(p.ivory, float) - np.array(p.black, float)
            )
            picture = pygame.surfarray.make_surface(tone.astype(np.uint8).repeat(pitch, 0).repeat(pitch, 1))
            sheet.blit(picture, card)
        self._picture = place.move(self._body.topleft), block
        return y + side + px(12)

    # -- hands -------------------------------------------------------------------------------------------------------

    def row(self, number: int) -> PageRow | None:
        """Return the line with a number."""
        return self._rows[number][1] if 0 <= number < len(self._rows) else None

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """The frame on the picture that is shown: left, top, right, bottom, as shares of it."""
        return self._picture[1].frame if self._picture is not None else (0.0, 0.0, 1.0, 1.0)

    def share_at(self, place: tuple[int, int]) -> tuple[float, float]:
        """Return a place of the window as shares of the width and height of the picture that is shown."""
        box = self._picture[0] if self._picture is not None else self._body
        return (place[0] - box.x) / max(1, box.w), (place[1] - box.y) / max(1, box.h)

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of the picture that is shown, px."""
        return self._picture[0].size if self._picture is not None else (1, 1)

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the line, the closing sign, or the paper under a place."""
        if self._close.inflate(8, 8).collidepoint(place):
            return Target("close")
        if not self._body.collidepoint(place):
            return None
        if self._picture is not None and self._picture[0].inflate(8, 8).collidepoint(place):
            return Target("picture")
        return next((Target("row", k) for k, (box, _) in enumerate(self._rows) if box.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a line is."""
        if part == Target("close"):
            return self._close
        if part.kind == "picture":
            return self._picture[0] if self._picture is not None else None
        return self._rows[part.number][0] if part.kind == "row" and part.number < len(self._rows) else None

    def parts(self) -> list[Target]:
        """Return the lines and the closing sign."""
        return [*(Target("row", k) for k in range(len(self._rows))), Target("close")]

    def reveal(self, part: Target, ui: UIState) -> None:
        """Scroll until a line is visible."""
        place = self.place_of(part)
        if place is None or part.kind != "row":
            return
        if place.bottom > self._body.bottom:
            ui.scroll += place.bottom - self._body.bottom
        elif place.y < self._body.y:
            ui.scroll = max(0, ui.scroll - (self._body.y - place.y))


def put_in(before: tuple[PageBlock, ...], now: tuple[PageBlock, ...]) -> tuple[int, int] | None:
    """Return the first and the last of the blocks that a page has gained, as a lesson gains an answer; None for none.

    A page that begins otherwise is another one.
    """
    if len(now) <= len(before) or before[:1] != now[:1]:
        return None
    fresh = [k for k, block in enumerate(now) if block not in before]
    return (fresh[0], fresh[-1]) if fresh else None


PANEL = Declared(name="page", panel=PagePanel, views=("frame",))
