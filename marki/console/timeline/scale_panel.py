"""The scale bar: the weights of all systems as areas that share a corner, from the Mark I's 512 to 540 billion.

A weight has the same area whosever it is. The picture is as wide as the square of so many weights, and can be zoomed;
named is what is large enough to be seen in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.state.ui_state import DECADES
from marki.console.timeline.buttons import ButtonRow
from marki.console.timeline.counts import spoken
from marki.console.timeline.strip_panel import loading
from marki.io.exhibits import MARK1, Exhibit

SEEN = 0.025
"""Side of a square, as a share of the picture, from which it is named."""

GRID = 5
"""Side of a single weight from which it is drawn by itself, units."""

LARGE, SMALLER = (44, 66, 92), (176, 108, 44)
"""Colours of the largest area and of the smallest, apart from the Mark I's; those between lie between."""


class WeightArea(NamedTuple):
    """A system with as many weights as are told of it."""

    exhibit: Exhibit
    weights: int


def weight_areas(exhibits: Sequence[Exhibit]) -> list[WeightArea]:
    """Return the systems whose weights are counted, the largest first: as published, and the Mark I's own."""
    found = [
        WeightArea(e, e.parameters if e.name == MARK1 else e.published or 0)
        for e in exhibits
        if e.name == MARK1 or e.published
    ]
    return sorted(found, key=lambda area: (-area.weights, area.exhibit.year))


def uncounted(exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """Return the systems of which no number of weights is published."""
    return [e for e in exhibits if e.name != MARK1 and not e.published]


def across(decade: float, areas: Sequence[WeightArea]) -> float:
    """Return the weights that fill the picture: ten to the power of `decade`, or all of the largest system for 0."""
    return 10**decade if decade else 1.04 * max((area.weights for area in areas), default=10 ** DECADES[0])


def kept_apart(wanted: Sequence[int], first: int, last: int, row: int) -> list[int]:
    """Return places for lines of text, in rising order and `row` apart: as near as may be to those wanted.

    Parameters
    ----------
    wanted : sequence of int
        In rising order.
    first, last : int
        The places between which all have to lie; there is room for them.
    row : int
    """
    places: list[int] = []
    for at in wanted:
        places.append(max(at, first, places[-1] + row if places else first))
    below = last
    for k in range(len(places) - 1, -1, -1):
        places[k] = min(places[k], below)
        below = places[k] - row
    return places


class ScalePanel(Panel):
    """Weights as areas."""

    title = "timeline.scale"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, inner = theme.px, self.inner
        row = max(px(24), theme.row(SMALL))
        column = max(round(inner.w * 0.36), round(17 * theme.least))
        side = min(inner.w - column - px(26), inner.h)
        self._square = pygame.Rect(inner.x, inner.bottom - side, side, side)
        self._column = pygame.Rect(
            inner.x + side + px(26), inner.y, min(inner.w - side - px(26), max(column, px(430))), inner.h - row - px(8)
        )
        foot = pygame.Rect(self._column.x, inner.bottom - row, self._column.w, row)
        self.buttons = ButtonRow(theme, foot)
        self.regions = (self.buttons,)
        self._note = self.note(colour=theme.palette.ivory)
        self._areas: list[WeightArea] = []
        self._places: list[tuple[int, pygame.Rect]] = []  # number of an area, and its square, the smallest last
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the areas when the picture is another, or another one is pointed at."""
        timeline, ui = scene.timeline, scene.ui
        if timeline is None:
            return []
        under = ui.hovered if ui.hovered is not None and ui.hovered.kind == "area" else None
        key = (timeline.exhibits, ui.decade, under, timeline.ready)
        dirty = [] if key == self._shown else [self.inner]
        if dirty:
            self._shown = key
            self._areas = weight_areas(timeline.exhibits)
            number = None if under is None or under.number >= len(self._areas) else under.number
            self._draw(surface, timeline.exhibits, ui.decade, number)
            self.buttons.forget()
            said = self._said(number, ui.decade, scene)
            dirty += self._note.update(surface, said[0], shorter=said[1:])
        return [*dirty, *self.buttons.update(surface, scene, ["scale_in", "scale_out", "scale_whole"])]

    def _said(self, number: int | None, decade: float, scene: Scene) -> Sequence[str]:
        """Return what stands beside the title: the area that is pointed at, or how much the picture holds."""
        words = self.theme.words
        if scene.timeline is not None and not scene.timeline.ready:
            return (loading(words, scene.timeline),)
        if number is None:
            return words.forms("timeline.scale_across", count=spoken(across(decade, self._areas), words, 2))
        area = self._areas[number]
        own = next((a.weights for a in self._areas if a.exhibit.name == MARK1), area.weights)
        times = spoken(area.weights / own, words, 3)
        return words.forms("timeline.scale_times", name=area.exhibit.label, times=times, own=own)

    def _draw(self, surface: pygame.Surface, exhibits: Sequence[Exhibit], decade: float, under: int | None) -> None:
        theme, palette, square = self.theme, self.theme.palette, self._square
        pygame.draw.rect(surface, palette.black, self.inner)
        pygame.draw.rect(surface, (30, 30, 31), square)
        whole = across(decade, self._areas)
        each = square.w / whole**0.5  # side of a weight, px
        self._places = []
        named: list[tuple[int, pygame.Rect]] = []
        beyond: list[WeightArea] = []
        for number, area in enumerate(self._areas):
            side = each * area.weights**0.5
            place = pygame.Rect(square.x, 0, min(square.w, round(side)), min(square.h, round(side)))
            place.bottom = square.bottom
            if place.w:
                self._fill(surface, number, place, whole=side > square.w, lit=number == under)
                self._places.append((number, place))
            if side > square.w:
                beyond.append(area)
            elif side >= SEEN * square.w:
                named.append((number, place))
        if each >= theme.px(GRID):
            self._rule(surface, each)
        pygame.draw.rect(surface, palette.dim, square, theme.line())
        self._label(surface, named, beyond, under, exhibits)
        self._measure(surface, each)

    def _fill(self, surface: pygame.Surface, number: int, place: pygame.Rect, *, whole: bool, lit: bool) -> None:
        theme = self.theme
        pygame.draw.rect(surface, self._colour(number), place)
        if not whole:
            edge = theme.palette.focus if lit else theme.palette.black
            pygame.draw.rect(surface, edge, place, theme.line(2 if lit else 1))

    def _rule(self, surface: pygame.Surface, each: float) -> None:
        """Part the picture into single weights."""
        square, black = self._square, self.theme.palette.black
        for k in range(1, int(square.w / each) + 1):
            at = round(k * each)
            x, y = square.x + at, square.bottom - 1 - at
            pygame.draw.line(surface, black, (x, square.y), (x, square.bottom - 1))
            pygame.draw.line(surface, black, (square.x, y), (square.right - 1, y))

    def _colour(self, number: int) -> Colour:
        """Return the colour of an area: the Mark I's is its lamps', those of others go from `LARGE` to `SMALLER`."""
        if self._areas[number].exhibit.name == MARK1:
            return self.theme.palette.lamp
        share = number / max(1, len(self._areas) - 1)
        lighter = 14 * (number % 2)  # neighbours stay apart
        red, green, blue = (round(a + (b - a) * share) + lighter for a, b in zip(LARGE, SMALLER, strict=True))
        return red, green, blue

    def _label(
        self, surface: pygame.Surface, named: list[tuple[int, pygame.Rect]], beyond: list[WeightArea],
        under: int | None, exhibits: Sequence[Exhibit],
    ) -> None:  # fmt: skip
        """Write the names beside the square, each at the height of the upper edge of its area."""
        theme, px, palette, column = self.theme, self.theme.px, self.theme.palette, self._column
        row, words = theme.row(SMALL), theme.words
        top, foot = column.y, column.bottom
        if beyond:
            text = words.count("timeline.scale_beyond", len(beyond), name=beyond[0].exhibit.label)
            for line in theme.wrap(text, column.w, SMALL, most=2):
                box = pygame.Rect(column.x, top, column.w, row)
                theme.write(surface, line, box, size=SMALL, face=TEXT, colour=palette.dim)
                top += row
        left_out = uncounted(exhibits)
        measure = max(round(0.18 * self._square.w), row) + px(6)
        foot -= measure
        shown = named[: max(0, (foot - 2 * row - top - px(4)) // row)]
        lines: list[str] = []
        if smaller := len(self._areas) - len(beyond) - len(shown):
            lines += theme.wrap(words.count("timeline.scale_smaller", smaller), column.w, SMALL)
        if left_out:
            lines += theme.wrap(words.count("timeline.scale_none", len(left_out)), column.w, SMALL)
        for line in reversed(lines):
            foot -= row
            box = pygame.Rect(column.x, foot, column.w, row)
            theme.write(surface, line, box, size=SMALL, face=TEXT, colour=palette.dim)
        shown = shown[: max(0, (foot - top - px(4)) // row)]
        places = kept_apart([place.y - row // 2 for _, place in shown], top, foot - row - px(2), row)
        edge = self._square.right
        for (number, place), y in zip(shown, places, strict=True):
            area, lit = self._areas[number], number == under
            colour = palette.focus if lit else palette.ivory
            corner = (place.right, place.y)
            middle = y + row // 2
            line = palette.focus if lit else palette.ghost
            pygame.draw.lines(surface, line, False, [corner, (edge + px(4), place.y), (column.x - px(6), middle)])
            box = pygame.Rect(column.x, y, column.w, row)
            chip = pygame.Rect(box.x, box.y + row // 4, row // 2, row // 2)
            pygame.draw.rect(surface, self._colour(number), chip)
            count = spoken(area.weights, words)
            wide = theme.width(count, SMALL, FIGURES)
            theme.write(surface, count, box, size=SMALL, face=FIGURES, colour=colour, align="right")
            box = pygame.Rect(chip.right + px(6), y, column.right - wide - px(8) - chip.right - px(6), row)
            name = f"{area.exhibit.label}  {area.exhibit.year}"
            shorter = (area.exhibit.label, area.exhibit.short or area.exhibit.label)
            theme.write(surface, name, box, size=SMALL, face=TEXT, colour=colour, shorter=shorter)

    def _measure(self, surface: pygame.Surface, each: float) -> None:
        """Draw a square of a round number of weights, to measure by."""
        theme, px, column = self.theme, self.theme.px, self._column
        power = 0
        while each * 10 ** ((power + 1) / 2) <= 0.18 * self._square.w:
            power += 1
        side = max(2, round(each * 10 ** (power / 2)))
        row = theme.row(SMALL)
        place = pygame.Rect(column.x, column.bottom - side, side, side)
        pygame.draw.rect(surface, theme.palette.lamp, place, theme.line())
        text = theme.words.count("timeline.scale_measure", 10**power, weights=spoken(10**power, theme.words))
        box = pygame.Rect(place.right + px(8), column.bottom - row, column.right - place.right - px(8), row)
        theme.write(surface, text, box, size=SMALL, face=TEXT, colour=theme.palette.ivory)

    # -- hands -------------------------------------------------------------------------------------------------------

    def name_of(self, number: int) -> str:
        """Return the name of the system of an area, "" for none."""
        return self._areas[number].exhibit.name if 0 <= number < len(self._areas) else ""

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the button, or the smallest of the areas, at a place of the window."""
        if (found := super().part_at(place)) is not None:
            return found
        inside = [number for number, box in self._places if box.collidepoint(place)]
        return Target("area", inside[-1]) if inside else Target("scale") if self.rect.collidepoint(place) else None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a button or an area lies."""
        if part.kind == "area":
            return next((box for number, box in self._places if number == part.number), None)
        return super().place_of(part)

    def parts(self) -> list[Target]:
        """Return the buttons."""
        return self.buttons.parts()
