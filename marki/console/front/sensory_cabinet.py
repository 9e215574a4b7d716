"""The sensory cabinet: 400 lamps of the S-units on black, and under them 400 switches on a light panel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.sprites import GHOST, lamp
from marki.console.drawing.theme import Colour, Theme
from marki.console.front.metal import Cabinet, Pen, cross, darker, inked, lighter
from marki.console.state.lamp_glow import LEVELS, levels
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.io.frame import SIDE

lamps = lru_cache(maxsize=256)(lamp)


def lit(scene: Scene, still: bool) -> np.ndarray:
    """Return the levels of the lamps, (400,): dimly lit those that were on at the last reading."""
    look, held = scene.snapshot, scene.last
    out = look.view.s.reshape(-1).astype(np.int8) * (LEVELS - 1) if still else levels(scene.brightness.s)
    if held is not None:
        out[held.view.s.reshape(-1) & (out == 0)] = GHOST
    return out


class Field:
    """A grid of 20 × 20 cells, with a space for a line after each fifth, in whole pixels.

    Parameters
    ----------
    kind : str
        Of the parts in it.
    area : pygame.Rect
        It is as large as fits, in the middle.
    space : int
        px.
    shape : float
        Height of a cell over its width, at most.
    """

    def __init__(self, kind: str, area: pygame.Rect, space: int, shape: float = 1.0):
        self.kind = kind
        w = max(2, (area.w - 3 * space) // SIDE)
        h = max(2, min((area.h - 3 * space) // SIDE, round(w * shape)))
        if shape == 1.0:
            w = h = min(w, h)
        self.cell = (w, h)
        size = SIDE * w + 3 * space, SIDE * h + 3 * space
        self.rect = pygame.Rect(area.x + (area.w - size[0]) // 2, area.y + (area.h - size[1]) // 2, *size)
        k = np.arange(SIDE)
        self.x: list[int] = (self.rect.x + k * w + k // 5 * space).tolist()
        self.y: list[int] = (self.rect.y + k * h + k // 5 * space).tolist()
        self.places = [(x, y) for y in self.y for x in self.x]

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the part under a place."""
        if not self.rect.collidepoint(place):
            return None
        column = next(k for k in reversed(range(SIDE)) if place[0] >= self.x[k])
        row = next(k for k in reversed(range(SIDE)) if place[1] >= self.y[k])
        return Target(self.kind, row * SIDE + column)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return the cell of a part."""
        if part.kind != self.kind or not 0 <= part.number < SIDE * SIDE:
            return None
        return self.area(part.number)

    def area(self, number: int) -> pygame.Rect:
        """Return the cell of a number."""
        return pygame.Rect(self.places[number], self.cell)


@lru_cache(maxsize=128)
def toggle(w: int, h: int, state: int, plate: Colour, mark: Colour) -> pygame.Surface:
    """Return a small switch on its plate: the lever up (1), straight out (0) or down (-1); a mark where it forces."""
    fine = 6 if w < 24 else 4
    big = pygame.Surface((w * fine, h * fine))
    big.fill(plate)
    pen = Pen(big, (0, 0), fine)
    x, y, r = 0.5 * w, 0.5 * h, 0.3 * min(w, 0.8 * h)
    dark = darker(plate, 0.82)
    if not state:
        pen.disc(x + 0.25 * r, y + 0.4 * r, 1.02 * r, darker(plate, 0.3))
        pen.disc(x, y, r, darker(plate, 0.6))
        pen.disc(x - 0.1 * r, y - 0.1 * r, 0.62 * r, lighter(plate, 0.1))
    else:
        end = y - state * 0.4 * h
        pen.box(0, 0, w, h, mark)
        pen.box(0.06 * w, 0.04 * h, 0.88 * w, 0.92 * h, darker(mark, 0.16))
        pen.disc(x, y, 1.1 * r, darker(mark, 0.6))
        pen.line((x, y), (x, end + state * 0.05 * h), 1.0 * r, dark)
        pen.disc(x, end + state * 0.1 * h, 0.82 * r, dark)
        pen.disc(x, end + state * 0.1 * h, 0.42 * r, lighter(plate, 0.5))
    return pygame.transform.smoothscale(big, (w, h)).convert()


class SensoryCabinet(Cabinet):
    """Bay 1. Lit lamps show what the S-units report, whether from the camera or from their switches."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px = theme.px
        if self.wide:
            self._plates = [self.area(0, 0, 0.5, 1), self.area(0.5, 0, 0.5, 1)]
        else:
            self._plates = [self.area(0, 0, 1, 0.238), self.area(0, 0.238, 1, 0.392), self.area(0, 0.63, 1, 0.37)]
        black, light = self._plates[:2]
        self._space = space = px(0.8)  # in every profile: these lines only divide
        self._head = head = theme.row() + px(8) if self.wide else 0
        self._margin = margin = max(2, round(black.w * (0.05 if self.wide else 0.045)))
        self._lamps = Field("s", pygame.Rect(black.x + margin, black.y + head, black.w - 2 * margin,
                                             black.h - head - (margin if self.wide else 2)), space)  # fmt: skip
        foot = round(0.11 * light.h) if not self.wide else margin
        top = head or round(0.05 * light.h)
        inside = pygame.Rect(light.x + margin, light.y + top, light.w - 2 * margin, light.h - foot - top)
        self._toggles = Field("toggle", inside, 0, 1.8)
        self.regions = (self._lamps, self._toggles)
        self._drawn = np.full(SIDE * SIDE, -1, np.int8)
        self._stand = np.full(SIDE * SIDE, 9, np.int8)
        self._dead: tuple[int, ...] = ()

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the panel of lamps, that of switches and, under them, a blank one."""
        palette, px, words = self.theme.palette, self.theme.px, self.theme.words
        black, light, *blank = self._plates
        self.sheet(surface, black, palette.black, fall=5, glance=7)
        self.sheet(surface, light, self.steel)
        for plate in blank:
            self.sheet(surface, plate, darker(self.steel, 0.12))
        field, space, margin = self._lamps, self._space, self._margin
        pygame.draw.rect(surface, palette.black, field.rect)
        for k in (5, 10, 15):  # three white lines each way, as in the photograph of 1960
            x, y = field.x[k] - space, field.y[k] - space
            colour = palette.dim
            pygame.draw.rect(surface, colour, (x, field.rect.y - 2, space, field.rect.h + 4))
            pygame.draw.rect(surface, colour, (field.rect.x - 2, y, field.rect.w + 4, space))
        self._screws(surface)
        if self.wide:
            box = pygame.Rect(black.x + margin, black.y + px(4), black.w - 2 * margin, self._head - px(4))
            self.caption(surface, words("front.lamps"), box, colour=palette.ivory, align="centre")
            box = pygame.Rect(light.x + margin, box.y, light.w - 2 * margin, box.h)
            self.caption(surface, words("front.toggles"), box, colour=palette.ink, align="centre")
        else:
            plate = pygame.Rect(0, 0, round(0.2 * light.w), max(3, round(0.02 * light.h)))
            plate.center = (light.x + round(0.48 * light.w), light.bottom - round(0.05 * light.h))
            pygame.draw.rect(surface, palette.frame, plate)

    def _screws(self, surface: pygame.Surface) -> None:
        r = max(1.0, self.theme.unit * 1.5)
        with inked(surface, self.rect) as pen:
            for k, plate in enumerate(self._plates):
                metal = self.steel if k else self.theme.palette.frame
                for y in np.linspace(plate.y + 4 * r, plate.bottom - 4 * r, max(2, plate.h // round(36 * r))):
                    for x in (plate.x + 2.4 * r, plate.right - 3 * r):
                        pen.screw(x, y, r, metal)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Light the lamps and set the switches that changed."""
        palette = self.theme.palette
        dirty: list[pygame.Rect] = []
        dead = scene.config.faults.dead_cells
        if dead != self._dead:
            self._dead, self._drawn = dead, np.full(SIDE * SIDE, -1, np.int8)
        now = lit(scene, self.theme.profile.still)
        changed = np.flatnonzero(now != self._drawn).tolist()
        if changed:
            w, h = self._lamps.cell
            sprites = [lamps(w, h, level, ground=palette.black) for level in range(LEVELS + 1)]
            places = self._lamps.places
            to: list[int] = now.tolist()
            surface.fblits([(sprites[to[k]], places[k]) for k in changed])
            for unit in dead:
                cross(surface, self._lamps.area(unit - 1), palette.wrong_lit, max(1, w // 7))
            self._drawn = now
            dirty.append(self._lamps.rect)
        forced = scene.forced
        changed = np.flatnonzero(forced != self._stand).tolist()
        if changed:
            w, h = self._toggles.cell
            marks = {0: self.steel, 1: palette.positive, -1: palette.negative}
            sprites = {n: toggle(w, h, n, self.steel, marks[n]) for n in (-1, 0, 1)}
            places, to = self._toggles.places, forced.tolist()
            surface.fblits([(sprites[to[k]], places[k]) for k in changed])
            self._stand = forced.copy()
            dirty.append(self._toggles.rect)
        return dirty

    def parts(self) -> list[Target]:
        """Return the first lamp and the first switch."""
        return [Target("s", 0), Target("toggle", 0)]
