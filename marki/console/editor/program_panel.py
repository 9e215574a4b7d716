"""The sheet on which a program is written: coloured words, cursor, selection, and what is wrong under its line."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.pen.pen_error import PenError
from marki.pen.tokens import PenToken

SELECTED, AT_WORK = (196, 210, 236), (255, 222, 150)
AMOUNT: Colour = (112, 52, 0)
SIZE = 20
"""Of the text, in units."""
DIGITS = 3
"""Figures of a number of a line, for which there is room."""
BLINK_FRAMES = 30


class Row(NamedTuple):
    """A row of the sheet: the part of the text that stands on it, or a line of a refusal.

    Attributes
    ----------
    start, stop : int
        Of the text.
    line : int
        The line of the text that it belongs to, from 1.
    first : bool
        Whether the line begins here.
    told : str
        Part of a refusal, "" for a row of the text.
    """

    start: int
    stop: int
    line: int
    first: bool
    told: str = ""


class ProgramPanel(Panel):
    """The sheet of the editor.

    Parameters
    ----------
    box : Box
    theme : Theme
    scene : Scene
    """

    title = "editor.program"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._note = self.note()
        foot = theme.row(SMALL)
        self._paper = pygame.Rect(self.inner.x, self.inner.y, self.inner.w, self.inner.h - foot)
        line = pygame.Rect(self.inner.x, self._paper.bottom, self.inner.w, foot)
        self._aid = self.readout(line, size=SMALL, face=TEXT)
        self._high = theme.row(SIZE)
        self._points = min(theme.points(SIZE), self._high)
        self._cell = theme.font(FIGURES, self._points).size("0")[0]
        self.advance = lru_cache(maxsize=4096)(self._advance)
        left = self._paper.x + theme.px(6) + (DIGITS + 1) * self._cell
        top = self._paper.y + theme.px(4)
        room = self._paper.right - theme.px(8) - left
        self._fit = max(1, (self._paper.bottom - theme.px(4) - top) // self._high)
        self._area = pygame.Rect(left, top, max(1, room), self._fit * self._high)
        self._rows: list[Row] = []
        self._laid: tuple[object, ...] | None = None
        self._shown: tuple[object, ...] | None = None
        self._caret_seen = -1
        self.caret_place = pygame.Rect(self._area.topleft, (1, self._high))
        """Where the cursor is, for an input method."""

    # -- laying out ----------------------------------------------------------------------------------------------------

    def _advance(self, sign: str) -> int:
        """Return the width of a sign, px."""
        return self._cell if sign.isascii() else self.theme.face(sign, FIGURES, self._points).size(sign)[0]

    def _width(self, text: str) -> int:
        return len(text) * self._cell if text.isascii() else sum(map(self.advance, text))

    def _lay(self, text: str, refusal: PenError | None) -> None:
        """Break the text into rows, and put a refusal under its line."""
        told = "" if refusal is None else self.theme.words.error(refusal)
        key = (text, told)
        if key == self._laid:
            return
        self._laid = key
        at = refusal.line if refusal is not None else 0
        rows: list[Row] = []
        start = 0
        for number, line in enumerate(text.split("\n"), 1):
            begun = start
            for stop in self._breaks(line):
                rows.append(Row(begun, start + stop, number, begun == start))
                begun = start + stop
            start += len(line) + 1
            if number == at:
                small = self.theme.wrap(told, self._area.w - self._cell, SMALL)
                rows += [Row(rows[-1].stop, rows[-1].stop, number, False, part) for part in small]
        self._rows = rows

    def _breaks(self, line: str) -> list[int]:
        """Return where the rows of a line end."""
        if self._width(line) <= self._area.w:
            return [len(line)]
        found: list[int] = []
        wide = 0
        for k, sign in enumerate(line):
            wide += self.advance(sign)
            if wide > self._area.w and (not found or k > found[-1]):
                found.append(k)
                wide = self.advance(sign)
        return [*found, len(line)]

    def _row_of(self, place: int) -> int:
        """Return the row on which a place of the text stands."""
        rows = [k for k, row in enumerate(self._rows) if not row.told and row.start <= place <= row.stop]
        return rows[-1] if rows else 0

    # -- drawing -------------------------------------------------------------------------------------------------------

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the sheet, if anything on it has changed."""
        desk, still = scene.ui.desk, self.theme.profile.still
        refusal = desk.refusal
        self._lay(desk.text, refusal)
        self._reveal(scene)
        writing = desk.writing and scene.ui.focus is None
        blink = writing and (still or scene.beat // BLINK_FRAMES % 2 == 0)
        at_work = desk.state.line if desk.state is not None else 0
        marked = (0, 0) if refusal is None else refusal.span
        ghost = scene.timeline.aid.offer if scene.timeline is not None else ""
        seen = (desk.selection, desk.caret, desk.top)
        key = (self._laid, *seen, desk.composing, writing, blink, at_work, marked, ghost)
        name = desk.name or self.theme.words("editor.unnamed")
        told = self.theme.words("editor.open" if desk.unsaved else "editor.kept", name=name)
        note = [*self._note.update(surface, told), *self._tell_aid(surface, scene)]
        if key == self._shown:
            return note
        self._shown = key
        pygame.draw.rect(surface, self.theme.palette.paper, self._paper)
        clip = surface.get_clip()
        surface.set_clip(self._paper)
        for k, row in enumerate(self._rows[desk.top : desk.top + self._fit]):
            y = self._area.y + k * self._high
            if row.told:
                self._write(surface, row.told, self._area.x, y, self.theme.palette.wrong, size=SMALL, face=TEXT)
            else:
                self._draw_row(surface, row, y, desk.tokens, desk.selection, at_work, marked)
        self._draw_caret(surface, scene, blink, ghost)
        surface.set_clip(clip)
        return [self._paper, *note]

    def _tell_aid(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Say at the foot of the sheet who helps, and how that goes."""
        words = self.theme.words
        if scene.timeline is None or not scene.timeline.aid.known:
            forms: tuple[str, ...] = ("",)
        elif (aid := scene.timeline.aid).untrained:
            forms = words.forms("editor.no_weights", names=", ".join(aid.untrained))
        elif aid.offer:
            forms = words.forms("editor.offer", sure=f"{100 * aid.sure:.0f}", ms=f"{aid.ms:.0f}")
        else:
            forms = words.forms("editor.saved", shown=aid.shown, taken=aid.taken, saved=aid.saved)
        return self._aid.update(surface, forms[0], self.theme.palette.faded, shorter=forms[1:])

    def _reveal(self, scene: Scene) -> None:
        """Scroll so that the cursor is seen, if it has moved; and no further than the text goes."""
        desk = scene.ui.desk
        if desk.caret != self._caret_seen:
            self._caret_seen = desk.caret
            row = self._row_of(desk.caret)
            below = sum(1 for r in self._rows[row + 1 :] if r.told and r.line == self._rows[row].line)
            desk.top = max(min(desk.top, row), row + below - self._fit + 1)
        desk.top = max(0, min(desk.top, len(self._rows) - self._fit))

    def _x(self, row: Row, place: int) -> int:
        text = self._laid[0] if self._laid else ""
        return self._area.x + self._width(str(text)[row.start : place])

    def _draw_row(
        self, surface: pygame.Surface, row: Row, y: int, found: tuple[PenToken, ...], selection: tuple[int, int],
        at_work: int, marked: tuple[int, int],
    ) -> None:  # fmt: skip
        palette, text = self.theme.palette, str(self._laid[0]) if self._laid else ""
        if row.line == at_work:
            band = pygame.Rect(self._paper.x, y, self._paper.w, self._high)
            pygame.draw.rect(surface, AT_WORK, band)
        if row.first:
            number = pygame.Rect(self._paper.x + self.theme.px(4), y, DIGITS * self._cell, self._high)
            colour = palette.ink if row.line == at_work else palette.faded
            self.theme.write(surface, f"{row.line}", number, size=SMALL, face=FIGURES, colour=colour, align="right")
        first, last = (max(row.start, min(row.stop, end)) for end in selection)
        if first < last or (selection[0] <= row.stop < selection[1]):
            left = self._x(row, first)
            wide = self._x(row, last) - left + (self._cell // 2 if selection[1] > row.stop else 0)
            pygame.draw.rect(surface, SELECTED, (left, y, wide, self._high))
        k = max(0, bisect_right(found, row.start, key=lambda token: token.stop))
        at = row.start
        while at < row.stop:
            token = found[k] if k < len(found) and found[k].start < row.stop else None
            begun = row.stop if token is None else max(at, token.start)
            if token is None:
                break
            ended = min(row.stop, token.stop)
            self._draw_piece(surface, text[begun:ended], self._x(row, begun), y, self._colour(token))
            at, k = ended, k + 1
        if marked[0] < row.stop and marked[1] > row.start:
            left, right = self._x(row, max(row.start, marked[0])), self._x(row, min(row.stop, marked[1]))
            thick = self.theme.line(2)
            pygame.draw.rect(surface, palette.wrong, (left, y + self._high - thick, right - left, thick))

    def _draw_piece(self, surface: pygame.Surface, piece: str, x: int, y: int, colour: Colour) -> None:
        """Draw a piece of the text, what is not ASCII sign by sign."""
        if piece.isascii():
            self._write(surface, piece, x, y, colour)
            return
        run = ""
        for sign in piece:
            if run and sign.isascii() != run.isascii():
                self._write(surface, run, x, y, colour)
                x, run = x + self._width(run), ""
            run += sign
        self._write(surface, run, x, y, colour)

    def _write(
        self, surface: pygame.Surface, text: str, x: int, y: int, colour: Colour, *, size: float = SIZE,
        face: str = FIGURES,
    ) -> None:  # fmt: skip
        wide = self.theme.width(text, size, face) + 1
        place = pygame.Rect(x, y, wide, self._high)
        self.theme.write(surface, text, place, size=size, face=face, colour=colour, free=True)

    def _colour(self, token: PenToken) -> Colour:
        palette = self.theme.palette
        match token.kind:
            case "verb" | "open" | "close":
                return palette.right
            case "amount":
                return AMOUNT
            case "comment":
                return palette.faded
            case "unknown" | "hole":
                return palette.wrong
            case _:
                return palette.ink

    def _draw_caret(self, surface: pygame.Surface, scene: Scene, blink: bool, ghost: str) -> None:
        desk, palette = scene.ui.desk, self.theme.palette
        at = self._row_of(desk.caret)
        row = self._rows[at]
        x, y = self._x(row, desk.caret), self._area.y + (at - desk.top) * self._high
        if desk.composing:
            wide = self._width(desk.composing)
            pygame.draw.rect(surface, palette.paper, (x, y, wide, self._high))
            self._draw_piece(surface, desk.composing, x, y, palette.trace)
            thick = self.theme.line(1)
            pygame.draw.rect(surface, palette.trace, (x, y + self._high - thick, wide, thick))
            x += wide
        if ghost:
            self._draw_piece(surface, ghost, x, y, palette.ghost)
        self.caret_place = pygame.Rect(x, y, max(1, self.theme.line(2)), self._high)
        if blink:
            pygame.draw.rect(surface, palette.ink, self.caret_place)

    # -- hands ---------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the place in the text that is nearest to a place on the sheet."""
        if not self._paper.collidepoint(place) or not self._rows:
            return None
        at = max(0, min(len(self._rows) - 1, self._top + (place[1] - self._area.y) // self._high))
        row = self._rows[at]
        if row.told:
            return Target("letter", row.stop)
        best = min(range(row.start, row.stop + 1), key=lambda k: abs(self._x(row, k) - place[0]))
        return Target("letter", best)

    @property
    def _top(self) -> int:
        return int(self._shown[3]) if self._shown is not None and isinstance(self._shown[3], int) else 0

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return the sheet, for any place of the text."""
        return self._paper if part.kind == "letter" else None

    def parts(self) -> list[Target]:
        """Return the beginning of the text, at which the keyboard's focus comes to the sheet."""
        return [Target("letter", 0)]
