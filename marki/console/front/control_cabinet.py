"""The control cabinet: eight rows of R-units, knobs and a meter; below, a door with clips, cable and connectors."""

from __future__ import annotations

import math

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Backdrop
from marki.console.drawing.theme import FIGURES, TEXT, Colour, Theme
from marki.console.front.metal import Cabinet, Pen, blend, darker, inked, jewel, lighter, meter, shadow
from marki.console.front.sensory_cabinet import toggle
from marki.console.panels.needles import sum_scale
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.io.responses import R_UNITS

CLIPS = 8
KNOBS = (
    (0.235, {0: 1, 1: 2, 2: 2, 3: 2, 4: 2}),
    (0.45, {1: 2, 2: 2, 3: 2}),
    (0.66, {0: 0, 1: 1, 2: 2, 3: 2}),
)
"""Groups of knobs as on the photograph: height, and at each column the plates above its knob."""


def mean_colour(surface: pygame.Surface, rect: pygame.Rect) -> Colour:
    """Return the mean colour of a rectangle."""
    r, g, b, *_ = pygame.transform.average_color(surface, rect)
    return r, g, b


class ControlCabinet(Cabinet):
    """Bay 4. That there are eight R rows, knobs and one meter is seen; which control did what is not known.

    Assumed here: each row's switch forces its R-unit up (1) or down (0), and the meter, its zero in the middle, shows
    the sum of the R-unit that is picked, or the largest of them.
    """

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        if self.wide:
            self._panel, self._door = self.area(0, 0, 0.66, 1), self.area(0.66, 0, 0.34, 1)
        else:
            self._panel, self._door = self.area(0, 0, 1, 0.345), self.area(0, 0.345, 1, 0.655)
        p, px = self._panel, theme.px
        self._head = theme.row() if self.wide else 0
        self._body = b = pygame.Rect(p.x, p.y + self._head, p.w, p.h - self._head)
        left, right = b.x + round(0.42 * b.w), b.right - round(0.03 * b.w)
        top, room = b.y + round(0.045 * b.h), round(0.62 * b.h)
        self._rows: list[pygame.Rect] = []
        self._force: list[pygame.Rect] = []
        self._lamp: list[pygame.Rect] = []
        self._tag: list[pygame.Rect] = []
        for k in range(R_UNITS):
            row = pygame.Rect(left, top + k * room // R_UNITS, right - left, room // R_UNITS)
            size = max(5, min(row.h - max(1, px(1)), round(0.24 * row.w)))
            force = pygame.Rect(0, 0, max(5, round(0.8 * size)), row.h - 1)
            force.midleft = (row.x + round(0.02 * row.w), row.centery)
            lamp = pygame.Rect(0, 0, size, size)
            lamp.midright = (row.right - round(0.03 * row.w), row.centery)
            self._rows.append(row)
            self._force.append(force)
            self._lamp.append(lamp)
            self._tag.append(pygame.Rect(force.right + 2, row.y, lamp.x - force.right - 4, row.h))
        size = min(round(0.26 * b.w), round(0.25 * b.h))
        self._gauge = pygame.Rect(0, 0, size, size)
        self._gauge.center = (left + round(0.34 * (right - left)), b.y + round(0.83 * b.h))
        x = self._gauge.right + px(3)
        self._legend = Backdrop(pygame.Rect(x, self._gauge.y, max(1, right - x), self._gauge.h))
        self._bare = [Backdrop(lamp) for lamp in self._lamp]
        self._tones: list[Colour] = []
        self._shown: list[tuple[bool, bool, int, bool] | None] = [None] * R_UNITS
        self._needle: tuple[int, str] | None = None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the panel and the door."""
        p = self._panel
        self.sheet(surface, self._door, darker(self.steel, 0.06))
        self.sheet(surface, p, self.steel, glance=9)
        self._draw_door(surface)
        with inked(surface, p) as pen:
            self._draw_panel(pen, scene)
        self._draw_texts(surface, scene)
        for backdrop in (self._legend, *self._bare):
            backdrop.keep(surface)
        # The background of a switch is the mean colour of the panel below it.
        below = [pygame.Rect(force.x, force.bottom + 1, force.w, 2).clip(p) for force in self._force]
        self._tones = [mean_colour(surface, rect) for rect in below]

    def _draw_panel(self, pen: Pen, scene: Scene) -> None:
        """Draw what is fixed: plates nobody can read, knobs, and the dark window above them."""
        b, steel, palette = self._body, self.steel, self.theme.palette
        black, ivory = palette.black, palette.ivory
        w, h = b.w, b.h
        unit = min(w, 1.1 * h) / 74
        column = [b.x + (0.07 + 0.078 * k) * w for k in range(8)]

        def plate(x: float, y: float) -> None:
            pen.plate(x - 0.032 * w, b.y + y * h, 0.064 * w, 0.026 * h, steel, ivory)

        for x in column:  # seven, and that of the dark lamp
            plate(x, 0.014)
        pen.box(column[0] - 0.03 * w, b.y + 0.066 * h, 0.06 * w, 0.055 * h, palette.frame)
        for y, knobs in KNOBS:
            ends = [(column[k], b.y + y * h) for k in (min(knobs), max(knobs))]
            pen.line(ends[0], ends[1], 0.5 * unit, darker(steel, 0.4))
            for n, (k, plates) in enumerate(knobs.items()):
                for above in (0.083, 0.115)[:plates]:
                    plate(column[k], y - above)
                turned = (n * 97 + y * 400) % 270 - 135
                pen.button(column[k], b.y + y * h, 1.75 * unit, black, ivory, steel, turned=turned)
        for y in (0.575, 0.605):
            pen.box(column[0] - 0.035 * w, b.y + y * h, 0.07 * w, 0.024 * h, palette.header)
        pen.button(column[0], b.y + 0.79 * h, 1.5 * unit, black, ivory, steel, turned=90)
        for x, y in ((0.018, 0.02), (0.982, 0.02), (0.018, 0.975), (0.982, 0.975), (0.4, 0.975)):
            pen.screw(b.x + x * w, b.y + y * h, 0.8 * unit, steel)
        pen.button(self._gauge.centerx, b.y + 0.985 * h - unit, 0.9 * unit, palette.frame, ivory, steel, turned=90)
        for k, row in enumerate(self._rows):
            used = k < scene.units
            # Beyond those in use the engraving is pale.
            line = darker(steel, 0.5 if used else 0.14)
            ends, numbered = (self._force[k].centerx, self._lamp[k].centerx), self._has_number(k)
            # The line of a row leaves room for its number.
            room = 0.5 * self._number(k).w if numbered else 0.0
            middle = self._tag[k].centerx
            for left, right in ((ends[0], middle - room), (middle + room, ends[1])):
                pen.line((left, row.centery), (right, row.centery), 0.5 * unit, line)
            if not numbered:
                tag = self._tag[k]
                pen.plate(tag.centerx - 0.3 * tag.w, row.centery - 0.26 * row.h, 0.6 * tag.w, 0.52 * row.h,
                          steel if used else lighter(steel, 0.5), ivory)  # fmt: skip

    def _has_number(self, unit: int) -> bool:
        """Return whether a row has room for its number."""
        tag, theme = self._tag[unit], self.theme
        return tag.h >= theme.least and theme.fits(f"R{unit + 1}", tag, 15, TEXT)

    def _size(self, tag: pygame.Rect) -> float:
        return min(24, 0.72 * tag.h / self.theme.unit)

    def _number(self, unit: int) -> pygame.Rect:
        """Return where the number of a row is written."""
        tag = self._tag[unit]
        w = min(tag.w, self.theme.width("R8", self._size(tag), TEXT) + 6)
        return pygame.Rect(tag.centerx - w // 2, tag.y, w, tag.h)

    def _draw_texts(self, surface: pygame.Surface, scene: Scene) -> None:
        """Write the numbers of the rows, and in the close view say that the use of the controls is assumed."""
        palette, p = self.theme.palette, self._panel
        for k, tag in enumerate(self._tag):
            if self._has_number(k):
                colour = palette.ink if k < scene.units else blend(self.steel, palette.faded, 0.55)
                self.caption(surface, f"R{k + 1}", self._number(k), size=self._size(tag), colour=colour, align="centre")
        if self._head:
            box = pygame.Rect(p.x + self.theme.px(12), p.y + self.theme.px(4), p.w - self.theme.px(24), self._head)
            self.caption(surface, self.theme.words("front.rows"), box, align="centre")

    def _draw_door(self, surface: pygame.Surface) -> None:
        """Draw the door: clips with the cable they hold, small controls, the handle, the connectors."""
        d, steel, palette = self._door, darker(self.steel, 0.06), self.theme.palette
        u = (d.h / 178) if not self.wide else min(d.w / 60, d.h / 178)
        handle = pygame.Rect(d.x + round(0.9 * d.w - 3 * u), d.y + round(0.21 * d.h), round(5 * u), round(17 * u))
        shadow(surface, handle.move(-round(4 * u), round(1.5 * u)), max(1, round(3 * u)), 0.5)
        x = d.x + 0.34 * d.w
        with inked(surface, d) as pen:
            for k in range(12):  # the heads of bolts along the frame behind
                for place in (0.05, 0.2):
                    pen.disc(d.x + place * d.w, d.y + (0.03 + 0.082 * k) * d.h, 0.42 * u, darker(steel, 0.45))
            ys = [d.y + d.h * (0.012 + 0.112 * k) for k in range(CLIPS)]
            ends = [*ys, d.y + 0.84 * d.h]
            along: list[float] = np.linspace(0, CLIPS, 8 * CLIPS + 1).tolist()
            rope = [
                (x - 0.5 * u + 0.9 * u * abs(math.sin(math.pi * t)), float(np.interp(t, range(CLIPS + 1), ends)))
                for t in along
            ]
            pen.path([(a + 0.7 * u, b + 0.6 * u) for a, b in rope], 0.7 * u, darker(steel, 0.2))
            pen.path(rope, 0.5 * u, darker(palette.frame, 0.1))
            for y in ys:
                pen.path([(x - 5.5 * u, y + 1.9 * u), (x + 1.5 * u, y + 1.1 * u)], 1.2 * u, darker(steel, 0.28))
                pen.path([(x - 4 * u, y + 0.7 * u), (x + 4 * u, y)], 1.1 * u, darker(steel, 0.6))
                pen.path([(x - 3.4 * u, y + 0.3 * u), (x + 3 * u, y - 0.2 * u)], 0.5 * u, lighter(steel, 0.5))
            for k, y in enumerate((0.042, 0.092, 0.142)):
                cy = d.y + y * d.h
                pen.line((d.x + 0.64 * d.w, cy), (d.x + 0.86 * d.w, cy), 0.8 * u, darker(steel, 0.5))
                pen.button(
                    d.x + (0.66 + 0.04 * (k > 0)) * d.w, cy, (2.4, 1.8, 1.2)[k] * u, palette.frame, palette.ivory, steel
                )
                pen.plate(d.x + 0.81 * d.w, cy - 1.2 * u, 5 * u, 2.4 * u, steel, palette.ivory)
            for place in (0.7, 0.79):
                pen.disc(d.x + place * d.w, d.y + 0.195 * d.h, 0.8 * u, darker(steel, 0.7))
            self._handle(pen, handle, u)
            self._connectors(pen, x, u)

    def _handle(self, pen: Pen, box: pygame.Rect, u: float) -> None:
        steel = self.steel
        pen.box(box.x, box.y, box.w, box.h, darker(steel, 0.55), round_by=2 * u)
        pen.box(
            box.x + 0.4 * u, box.y + 0.4 * u, box.w - 0.8 * u, box.h - 0.8 * u, lighter(steel, 0.25), round_by=1.8 * u
        )
        pen.box(box.x + 1.2 * u, box.y + 2.6 * u, 1.6 * u, box.h - 5.2 * u, darker(steel, 0.4), round_by=0.8 * u)
        pen.slope(box.x + 2.6 * u, box.y + u, 1.9 * u, box.h - 2 * u,
                  (darker(steel, 0.3), lighter(steel, 0.9), darker(steel, 0.35)), across=True)  # fmt: skip

    def _connectors(self, pen: Pen, x: float, u: float) -> None:
        d, steel, black = self._door, darker(self.steel, 0.06), self.theme.palette.black
        for y, size in ((0.852, 3.4), (0.888, 2.6)):
            cy = d.y + y * d.h
            side = size * u
            shade = [
                (x - side, cy + side),
                (x + 2.2 * side, cy + side),
                (x + 2.8 * side, cy + 0.2 * u),
                (x + side, cy - side),
            ]
            pen.shape(shade, darker(steel, 0.3))
            pen.raised(x - size * u, cy - size * u, 2 * size * u, 2 * size * u, lighter(steel, 0.1), 0.5 * u)
            pen.disc(x, cy, 0.8 * size * u, darker(steel, 0.6))
            pen.disc(x, cy, 0.55 * size * u, black)
        for y in (0.925, 0.948):
            for side in (-1.6, 1.6):
                pen.disc(x + (side + 0.4) * u, d.y + y * d.h + 0.5 * u, 1.5 * u, darker(steel, 0.35))
                pen.disc(x + side * u, d.y + y * d.h, 1.3 * u, black)
                pen.disc(x + (side - 0.3) * u, d.y + y * d.h - 0.3 * u, 0.4 * u, lighter(steel, 0.3))

    # -- what changes ------------------------------------------------------------------------------------------------

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Light the lamps, set the switches and move the needle."""
        dirty: list[pygame.Rect] = []
        for k in range(R_UNITS):
            used, on = k < scene.units, bool(scene.snapshot.view.r[k])
            key = (used, on, int(scene.r_forced[k]), scene.ui.covered and used)
            if key != self._shown[k]:
                self._shown[k] = key
                self._draw_row(surface, k, *key)
                dirty += [self._lamp[k], self._force[k]]
        return dirty + self._draw_meter(surface, scene)

    def _draw_row(self, surface: pygame.Surface, unit: int, used: bool, on: bool, forced: int, covered: bool) -> None:
        palette, lamp, force = self.theme.palette, self._lamp[unit], self._force[unit]
        tone = self._tones[unit]
        mark = {0: tone, 1: palette.positive, -1: palette.negative}[forced]
        surface.blit(toggle(force.w, force.h, forced, tone, mark), force)
        self._bare[unit].restore(surface)
        if not used:
            pale = blend(self.steel, palette.dim, 0.35)
            surface.blit(jewel(lamp.w, lighter(pale, 0.2), self.steel, 6), lamp)
            return
        surface.blit(jewel(lamp.w, palette.lamp, self.steel, 15 * on), lamp)
        if covered:
            pygame.draw.rect(surface, darker(palette.frame, 0.3), lamp, border_radius=lamp.w // 6)
            pygame.draw.rect(surface, palette.frame, lamp.inflate(-2, -2), border_radius=lamp.w // 6)
            if not self.caption(
                surface, "?", lamp, size=0.7 * lamp.h / self.theme.unit, colour=palette.ivory, align="centre"
            ):
                pygame.draw.circle(surface, palette.ivory, lamp.center, max(1, lamp.w // 6))
            return
        if lamp.h >= 1.3 * self.theme.least:
            colour = darker(palette.lamp, 0.85) if on else palette.ivory
            text = "1" if on else "0"
            self.caption(
                surface, text, lamp, size=0.62 * lamp.h / self.theme.unit, face=FIGURES, colour=colour, align="centre"
            )

    def _draw_meter(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show a sum; zero while the lamps are covered, since it would give them away."""
        palette, sums = self.theme.palette, scene.snapshot.view.u_r[: scene.units]
        picked = scene.ui.picked
        unit = int(np.abs(sums).argmax()) if len(sums) else 0
        if picked is not None and picked.kind in ("r", "force") and picked.number < scene.units:
            unit = picked.number
        value = 0.0 if scene.ui.covered else float(sums[unit])
        step = 12 + round(12 * min(1.0, max(-1.0, value / sum_scale(sums))))
        text = "" if scene.ui.covered else self.theme.words("front.sum", unit=unit + 1, deg=f"{value:+.0f}")
        key = (step, text)
        if key == self._needle:
            return []
        self._needle = key
        g = self._gauge
        surface.blit(meter(g.w, g.h, step, palette.black, palette.paper, palette.ink, False), g)
        self._legend.restore(surface)
        self.caption(surface, text, self._legend.rect, size=14)
        return [g, self._legend.rect]

    # -- hands -------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the forcing switch, the R-unit, the meter or else the knobs under a place."""
        for k, row in enumerate(self._rows):
            if row.collidepoint(place):
                return Target("force", k) if self._force[k].inflate(2, 0).collidepoint(place) else Target("r", k)
        if not self.rect.collidepoint(place):
            return None
        return Target("gauge" if self._gauge.collidepoint(place) else "controls")

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a forcing switch is, or the lamp and the number of an R-unit."""
        if not 0 <= part.number < R_UNITS:
            return None
        if part.kind == "force":
            return self._force[part.number]
        if part.kind == "r":
            row, force = self._rows[part.number], self._force[part.number]
            return pygame.Rect(force.right + 1, row.y, row.right - force.right - 1, row.h)
        return None

    def parts(self) -> list[Target]:
        """Return the first R-unit and its switch."""
        return [Target("r", 0), Target("force", 0)]
