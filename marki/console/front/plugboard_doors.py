"""The double doors, and behind them the plugboard: pins of the S-units and the A-units, and the mat of wires."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Grid
from marki.console.drawing.theme import TEXT, Colour, Theme
from marki.console.front.metal import Cabinet, Pen, darker, inked, lighter, shadow
from marki.console.front.wires import Place, bold, curve, mat
from marki.console.state.scene import Scene
from marki.console.state.targets import Target

SIDE_A = (32, 16)  # rows and columns of the A-units' pins
HUNDREDS = (1, 101, 201, 301)  # the strips at the left of the board in the photograph are numbered by hundreds


DARK, BRIGHT, SEEN = range(3)
"""How the head of a pin is drawn: its unit is off, on, or was on at the last reading."""


@lru_cache(maxsize=8)
def spot(w: int, h: int, level: int, lamp: Colour, metal: Colour) -> pygame.Surface:
    """Return the head of an A-unit's pin, bright while the unit is on; clear around it."""
    fine = 6
    picture = pygame.Surface((w * fine, h * fine), pygame.SRCALPHA)
    colour = (metal, lamp, darker(lamp, 0.45))[level]
    picture.fill((*darker(colour, 0.5), 0))
    r = max(0.8, min(w, h) * (0.34 if level else 0.2)) * fine
    centre = (w * fine / 2, h * fine / 2)
    pygame.draw.circle(picture, (*darker(colour, 0.62), 255), centre, 1.35 * r)
    pygame.draw.circle(picture, (*colour, 255), centre, r)
    pygame.draw.circle(picture, (*lighter(colour, 0.6), 255), (centre[0] - 0.25 * r, centre[1] - 0.25 * r), 0.4 * r)
    return pygame.transform.smoothscale(picture, (w, h))


class PlugboardDoors(Cabinet):
    """Bay 2. That the plugboard stands behind these doors is known; how its pins are arranged there is assumed.

    The head of an A-unit's pin is drawn bright while the unit is on, which real pins do not do.
    """

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        r = self.rect
        self._board = self.area(0.075, 0.012, 0.85, 0.976)
        b = self._board
        self._strips = [pygame.Rect(0, 0, 0, 0)] * 4
        self._label = label = max(theme.row(12), round(0.028 * b.h))
        wide = round(0.27 * b.w)
        top, room = b.y + round(0.03 * b.h), round(0.93 * b.h)
        for k in range(4):
            y = top + round(room * k / 4)
            self._strips[k] = pygame.Rect(
                b.x + round(0.03 * b.w), y + label, wide, round(room / 4) - label - r.h // 120
            )
        left = self._strips[0].right + round(0.07 * b.w)
        w, h = (b.right - round(0.03 * b.w) - left) // SIDE_A[1], room // SIDE_A[0]
        left = b.right - round(0.03 * b.w) - w * SIDE_A[1]
        self._grid = Grid("a", left, top + (room - h * SIDE_A[0]) // 2, *SIDE_A, (max(1, w), max(1, h)))
        g = self._grid
        self._places = [(g.rect.x + k % SIDE_A[1] * g.pitch[0], g.rect.y + k // SIDE_A[1] * g.pitch[1])
                        for k in range(512)]  # fmt: skip
        self._open = scene.ui.open_doors
        self._wiring = scene.wiring
        self._picked: tuple[str, int] | None = None
        self._overlay: pygame.Surface | None = None
        self._was = np.zeros(512, np.int8)
        self._boards: list[pygame.Surface] = []  # with all pins dark, bright, and seen at last
        self._cells: list[list[pygame.Surface]] = []  # of these, each pin

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the doors as they stand."""
        self._open = scene.ui.open_doors
        self._wiring = scene.wiring.copy()
        self._picked = self._overlay = None
        self._was = np.zeros(512, np.int8)
        if self._open:
            self._draw_open(surface)
        else:
            self._draw_closed(surface)

    # -- closed ------------------------------------------------------------------------------------------------------

    def _draw_closed(self, surface: pygame.Surface) -> None:
        left, right = self.area(0, 0, 0.5, 1), self.area(0.5, 0, 0.5, 1)
        steel, r = self.steel, self.rect
        for leaf in (left, right):
            self.sheet(surface, leaf, steel, glance=9)
        u = r.w / 147
        for x, away in ((r.x + 0.425 * r.w, -1), (r.x + 0.575 * r.w, 1)):
            pull = pygame.Rect(round(x - 3 * u), round(r.y + 0.505 * r.h - 9 * u), round(6 * u), round(18 * u))
            shadow(surface, pull.move(round(away * 3.5 * u), round(1.5 * u)), round(4 * u), 0.5)
        with inked(surface, r) as pen:
            for x in (r.x + 0.425 * r.w, r.x + 0.575 * r.w):
                self._pull(pen, x, r.y + 0.505 * r.h, u)
            x, y = r.x + 0.537 * r.w, r.y + 0.505 * r.h
            pen.disc(x, y, 2.1 * u, lighter(steel, 0.3))
            pen.disc(x, y, 1.7 * u, darker(steel, 0.9))
            for share in (0.045, 0.5, 0.955):
                for x in (r.x + 0.4 * u, r.right - 2.4 * u):
                    pen.raised(x, r.y + share * r.h - 5.5 * u, 2 * u, 11 * u, darker(steel, 0.2), 0.4 * u)

    def _pull(self, pen: Pen, x: float, y: float, u: float) -> None:
        """Draw a chrome pull."""
        chrome = (self.steel, lighter(self.steel, 0.9), darker(self.steel, 0.5), darker(self.steel, 0.1))
        for end in (-1, 1):
            pen.box(x - 2.4 * u, y + end * 7.4 * u - 1.6 * u, 4.8 * u, 3.2 * u, darker(self.steel, 0.62), round_by=u)
        pen.box(x - 2 * u, y - 8.2 * u, 4 * u, 16.4 * u, darker(self.steel, 0.7), round_by=2 * u)
        pen.slope(x - 1.6 * u, y - 6.6 * u, 3.2 * u, 13.2 * u, chrome, across=True)
        pen.disc(x, y - 6.6 * u, 1.6 * u, lighter(self.steel, 0.5))
        pen.disc(x, y + 6.6 * u, 1.6 * u, darker(self.steel, 0.2))

    # -- open --------------------------------------------------------------------------------------------------------

    def _draw_open(self, surface: pygame.Surface) -> None:
        r, b, palette = self.rect, self._board, self.theme.palette
        pygame.draw.rect(surface, palette.black, r)
        self._leaves(surface)
        pygame.draw.rect(surface, lighter(palette.black, 0.05), b)
        with inked(surface, b) as pen:
            self._strip_pins(pen)
        area = pygame.Rect(b.x + 2, b.y + 2, b.w - 4, b.h - 4)
        surface.blit(mat(area.w, area.h, self._ends(area), self._wiring.tobytes(), palette.header), area)
        boxes = [pygame.Rect(s.x, s.y - self._label, s.w, self._label - 1) for s in self._strips]
        texts = [f"{first}-{first + 99}" for first in HUNDREDS]
        if self.theme.fits(texts[-1], boxes[-1], 12, TEXT):  # a plate without its text would only be in the way
            with inked(surface, b) as pen:
                for box in boxes:
                    pen.box(box.x, box.y, box.w, box.h, palette.ivory)
            for text, box in zip(texts, boxes, strict=True):
                self.caption(surface, text, box, size=12, face=TEXT, colour=palette.ink, align="centre")
        self._draw_pins(surface)

    def _leaves(self, surface: pygame.Surface) -> None:
        """Draw the two leaves, which stand out towards us, seen along their inner faces."""
        r, steel = self.rect, darker(self.steel, 0.25)
        left, right = self.area(0, 0, 0.07, 1), self.area(0.93, 0, 0.07, 1)
        with inked(surface, r) as pen:
            for leaf, inner in ((left, 1), (right, -1)):
                tones = (darker(steel, 0.62), darker(steel, 0.25), steel)
                pen.slope(leaf.x, leaf.y, leaf.w, leaf.h, tones[::inner], across=True)
                edge = leaf.right - 0.2 * leaf.w if inner > 0 else leaf.x
                pen.box(edge, leaf.y, 0.2 * leaf.w, leaf.h, lighter(self.steel, 0.35))
                pull = leaf.x + leaf.w * (0.52 if inner > 0 else 0.24)
                pen.box(pull, r.y + 0.47 * r.h, 0.24 * leaf.w, 0.07 * r.h, darker(self.steel, 0.66), round_by=1)
                pen.box(pull, r.y + 0.475 * r.h, 0.12 * leaf.w, 0.06 * r.h, lighter(self.steel, 0.6), round_by=1)

    def _strip_pins(self, pen: Pen) -> None:
        """Draw the strips with the S-units' pins, and comb strips above and below the field."""
        b, metal = self._board, self.theme.palette.dim
        base = lighter(self.theme.palette.black, 0.12)
        g = self._grid
        for column in range(g.columns):
            x = g.rect.x + column * g.pitch[0]
            pen.box(x + 0.3 * g.pitch[0], g.rect.y, 0.4 * g.pitch[0], g.rect.h, base)
        for y in (b.y + 0.004 * b.h, b.bottom - 0.028 * b.h):
            pen.box(b.x, y, b.w, 0.02 * b.h, lighter(base, 0.1))
            for x in np.arange(b.x + 2, b.right - 2, max(2.5, b.w / 90)):
                pen.box(x, y + 0.004 * b.h, max(0.8, b.w / 300), 0.014 * b.h, darker(metal, 0.3))
        for k in range(400):
            x, y = self._pin_s(k)
            pen.disc(x, y, max(0.7, 0.028 * self._strips[0].w), darker(metal, 0.45))

    def _pin_s(self, number: int) -> tuple[float, float]:
        """Return where the pin of an S-unit is, from 0: a strip for each hundred, ten in a row."""
        strip = self._strips[number // 100]
        row, column = divmod(number % 100, 10)
        return strip.x + (column + 0.5) * strip.w / 10, strip.y + (row + 0.5) * strip.h / 10

    def _pin_a(self, number: int) -> tuple[float, float]:
        row, column = divmod(number, SIDE_A[1])
        g = self._grid
        return g.rect.x + (column + 0.5) * g.pitch[0], g.rect.y + (row + 0.5) * g.pitch[1]

    def _ends(self, area: pygame.Rect) -> tuple[Place, ...]:
        """Return the places of all pins within the board: 400 of S-units, then 512 of A-units."""
        pins = [self._pin_s(k) for k in range(400)] + [self._pin_a(k) for k in range(512)]
        return tuple((x - area.x, y - area.y) for x, y in pins)

    def _draw_pins(self, surface: pygame.Surface) -> None:
        """Draw the heads of the A-units' pins, and keep the board with all of them dark, bright, and seen at last."""
        palette, g, b, places = self.theme.palette, self._grid, self._board, self._places
        self._boards = []
        bare = surface.subsurface(b).copy()
        for level in (DARK, BRIGHT, SEEN):
            sprite = spot(*g.pitch, level, palette.lamp, darker(palette.dim, 0.1))
            surface.blit(bare, b)
            surface.fblits([(sprite, place) for place in places])
            self._boards.append(surface.subsurface(b).copy())
        surface.blit(self._boards[0], b)
        cells = [pygame.Rect(x - b.x, y - b.y, *g.pitch) for x, y in places]
        self._cells = [[board.subsurface(cell) for cell in cells] for board in self._boards]

    # -- what changes ------------------------------------------------------------------------------------------------

    def _wanted(self, scene: Scene) -> tuple[str, int] | None:
        picked = scene.ui.picked
        if picked is None:
            return None
        if picked.kind in ("a", "value"):
            return "a", picked.number
        return ("s", picked.number) if picked.kind in ("s", "toggle", "cell") else None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Open or close the doors, show which A-units are on, and the wires of the unit that is picked."""
        if scene.ui.open_doors != self._open:
            self.dress(surface, scene)
            return [self.rect, *self.update(surface, scene)]
        if not self._open:
            return []
        dirty: list[pygame.Rect] = []
        if not np.array_equal(self._wiring, scene.wiring):
            self.dress(surface, scene)
            dirty.append(self.rect)
        now = scene.snapshot.view.a.astype(np.int8) * BRIGHT
        if scene.last is not None:
            now[scene.last.view.a.astype(bool) & (now == DARK)] = SEEN
        wanted = self._wanted(scene)
        if wanted != self._picked:
            surface.blit(self._boards[0], self._board)
            self._was = np.zeros(512, np.int8)
            self._picked, self._overlay = wanted, None
            dirty.append(self._board)
        elif np.array_equal(now, self._was):
            return dirty
        changed = np.flatnonzero(now != self._was).tolist()
        cells, places = self._cells, self._places
        if wanted is not None:
            # The wires lie over the pins, so everything under them is drawn again.
            surface.blit(self._boards[0], self._board)
            changed = np.flatnonzero(now).tolist()
        surface.fblits([(cells[int(now[k])][k], places[k]) for k in changed])
        if wanted is not None:
            if self._overlay is None:
                self._overlay = self._draw_wires(wanted)
            surface.blit(self._overlay, self._board)
        self._was = now.copy()
        return [*dirty, self._board]

    def _draw_wires(self, wanted: tuple[str, int]) -> pygame.Surface:
        """Return the board darkened, with the wires of one unit and the numbers at their far ends."""
        b, theme, palette = self._board, self.theme, self.theme.palette
        layer = pygame.Surface(b.size, pygame.SRCALPHA)
        layer.fill((*palette.black, 150))
        kind, number = wanted
        line = self._wiring[number] if kind == "a" else self._wiring[:, number]
        width = theme.line(1.6)
        tags: list[tuple[Place, str, Colour]] = []
        for end in np.flatnonzero(line).tolist():
            s, a = (end, number) if kind == "a" else (number, end)
            (x0, y0), (x1, y1) = self._pin_s(s), self._pin_a(a)
            points = curve((x0 - b.x, y0 - b.y), (x1 - b.x, y1 - b.y), s * 512 + a, 0.1 * b.w)
            colour = palette.positive if line[end] > 0 else palette.negative
            bold(layer, points, width, colour, dashed=line[end] < 0)
            tags.append((points[0] if kind == "a" else points[-1], f"{end + 1}", colour))
        own = self._pin_a(number) if kind == "a" else self._pin_s(number)
        place = (own[0] - b.x, own[1] - b.y)
        pygame.draw.circle(layer, palette.focus, place, max(4, theme.px(5)), theme.line(1.5))
        tags.insert(0, (place, f"{'A' if kind == 'a' else 'S'}{number + 1}", palette.focus))
        taken = [pygame.Rect(s.x - b.x, s.y - b.y - self._label, s.w, self._label) for s in self._strips]
        for (x, y), text, colour in tags:
            w, h = theme.width(text, 12, TEXT) + 4, theme.row(12)
            away = theme.px(8) if colour == palette.focus else 4  # clear of the ring
            for dx, dy in ((away, -h / 2), (-w - away, -h / 2), (-w / 2, -h - away), (-w / 2, away)):
                box = pygame.Rect(round(x + dx), round(y + dy), w, h)
                if layer.get_rect().contains(box) and box.collidelist(taken) < 0:
                    pygame.draw.rect(layer, palette.black, box)
                    theme.write(layer, text, box, size=12, face=TEXT, colour=colour, align="centre")
                    taken.append(box)
                    break
        return layer

    # -- hands -------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the doors, or with the doors open an A-unit's pin."""
        if not self.rect.collidepoint(place):
            return None
        if not self._open or not self._board.collidepoint(place):
            return Target("door")
        return self._grid.part_at(place) or self._s_unit_at(place)

    def _s_unit_at(self, place: tuple[int, int]) -> Target | None:
        """Return the S-unit whose pin is nearest, on one of the strips."""
        for k, strip in enumerate(self._strips):
            if strip.collidepoint(place):
                pins = np.array([self._pin_s(100 * k + n) for n in range(100)])
                return Target("s", 100 * k + int(np.hypot(*(pins - place).T).argmin()))
        return None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where the doors are, or with the doors open an A-unit's pin."""
        if part == Target("door"):
            return self.area(0, 0, 0.07, 1) if self._open else self.rect
        if not self._open:
            return None
        if part.kind == "s":
            x, y = self._pin_s(part.number)
            d = max(2, self._strips[0].w // 24)
            return pygame.Rect(round(x) - d, round(y) - d, 2 * d + 1, 2 * d + 1)
        return self._grid.place_of(part)

    def parts(self) -> list[Target]:
        """Return the doors, and with the doors open the first A-unit's pin."""
        return [Target("door"), Target("a", 0)] if self._open else [Target("door")]
