"""The cabinet of meters and supplies at the right-hand end."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Backdrop
from marki.console.drawing.theme import Colour, Theme
from marki.console.front.metal import Cabinet, Pen, blend, darker, inked, jewel, lighter, meter, shadow
from marki.console.panels.needles import sum_scale
from marki.console.state.scene import Scene

ROWS = (0.078, 0.2, 0.345, 0.465, 0.61, 0.73)
COLUMNS = (0.174, 0.347, 0.637, 0.81)
FULL_A, FULL_MOTORS = 32, 24  # units of a layer of 64 that swing a meter fully
SUPPLIES = ("dark", "dark", "light", "light")


class PowerCabinet(Cabinet):
    """Bay 5. What its 24 meters showed is not known. Assumed here, for each pair of rows from above:

    the sums of R1 to R8, zero in the middle; how many A-units of each of the eight layers of 64 are on; how many motors
    of each layer turn. The dark supplies' four show the lit share of the S-units, of the A-units and of the R-units,
    and the share of motors that turn. The supplies' own voltages are not part of the simulation: the light ones rest.
    """

    about = "power"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        if self.wide:
            self._top = self.area(0, 0, 0.52, 1)
            column, heights = (0.52, 0.48), (0.1, 0.1, 0.2, 0.2, 0.2, 0.2)
        else:
            self._top = self.area(0, 0, 1, 0.4)
            column, heights = (0, 1), (0.1,) * 6
        y = 0.0 if self.wide else 0.4
        plates: list[pygame.Rect] = []
        for height in heights:
            plates.append(self.area(column[0], y, column[1], height))
            y += height
        self._plain, self._supplies = plates[:2], plates[2:]
        self._head = theme.row() if self.wide else 0
        self._meters = self._place_meters(self._top, self._head)
        self._dials = self._place_dials()
        self._pilots = [Backdrop(place) for place in self._place_pilots()]
        self._shown: list[int | None] = [None] * (len(self._meters) + len(self._dials))
        self._lit: bool | None = None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the panels."""
        steel, palette, t, head = self.steel, self.theme.palette, self._top, self._head
        dull, dark = darker(steel, 0.22), blend(palette.frame, steel, 0.28)
        self.sheet(surface, self._top, steel, glance=9)
        for plate in self._plain:
            self.sheet(surface, plate, dull, glance=16)
        for kind, plate in zip(SUPPLIES, self._supplies, strict=True):
            self.sheet(surface, plate, dark if kind == "dark" else lighter(steel, 0.06), fall=6)
        for place in (*self._meters, *self._dials):
            shadow(surface, place.move(max(1, place.w // 12), max(1, place.w // 10)), max(1, place.w // 8), 0.45)
        with inked(surface, self.rect) as pen:
            self._draw_top(pen, t, head)
            self._draw_plates(pen, dull)
            for k, plate in enumerate(self._supplies):
                self._draw_supply(pen, plate, k, dark if k < 2 else lighter(steel, 0.06))
        if head:
            box = pygame.Rect(t.x + self.theme.px(8), t.y + self.theme.px(4), t.w - self.theme.px(16), head)
            self.caption(surface, self.theme.words("front.meters"), box, align="centre")
        for pilot in self._pilots:
            pilot.keep(surface)

    def _place_meters(self, t: pygame.Rect, head: int) -> list[pygame.Rect]:
        size = max(6, min(round(0.162 * t.w), round(0.114 * t.h)))
        places: list[pygame.Rect] = []
        for y in ROWS:
            for x in COLUMNS:
                place = pygame.Rect(0, 0, size, size)
                place.center = (t.x + round(x * t.w), t.y + head + round(y * (t.h - head)))
                places.append(place)
        return places

    def _place_dials(self) -> list[pygame.Rect]:
        places: list[pygame.Rect] = []
        for k, plate in enumerate(self._supplies):
            height = round(0.6 * plate.h)
            for x in (0.205, 0.795):
                place = pygame.Rect(0, 0, min(round(0.25 * plate.w), round(1.25 * height)), height)
                place.center = (plate.x + round(x * plate.w), plate.y + round((0.4 if k < 2 else 0.43) * plate.h))
                places.append(place)
        return places

    def _place_pilots(self) -> list[pygame.Rect]:
        t = self._top
        size = max(4, round(0.055 * min(t.w, t.h)))
        return [pygame.Rect(t.x + round(x * t.w) - size // 2, t.y + round(0.83 * t.h) - size // 2, size, size)
                for x in (0.43, 0.56)]  # fmt: skip

    def _draw_top(self, pen: Pen, t: pygame.Rect, head: int) -> None:
        """Draw the plates between the meters, the two lever switches and the knobs under them."""
        steel, palette = self.steel, self.theme.palette
        u = min(t.w / 75, t.h / 109)
        for n, y in enumerate(ROWS):
            at = t.y + head + y * (t.h - head)
            colour = palette.header if n == 4 else palette.frame
            pen.box(t.x + 0.492 * t.w - 3 * u, at - 1.3 * u, 6 * u, 2.6 * u, colour)
            pen.disc(t.x + 0.492 * t.w - 1.2 * u, at, 0.5 * u, lighter(colour, 0.5))
            pen.disc(t.x + 0.492 * t.w + 1.2 * u, at, 0.5 * u, lighter(colour, 0.5))
        for y in np.linspace(0.05, 0.95, 4):
            for x in (0.022, 0.978):
                pen.screw(t.x + x * t.w, t.y + y * t.h, 0.9 * u, steel)
        for y in (0.885, 0.95):
            pen.button(t.x + 0.25 * t.w, t.y + y * t.h, 2.6 * u, palette.black, palette.ivory, steel, turned=90)
            pen.button(t.x + 0.335 * t.w, t.y + y * t.h, 1.2 * u, palette.black, palette.ivory, steel)
            pen.button(t.x + 0.66 * t.w, t.y + y * t.h, 2.0 * u, palette.black, palette.ivory, steel, turned=-90)
        for x in (0.435, 0.565):
            self._lever(pen, t.x + x * t.w, t.y + 0.925 * t.h, u)

    def _lever(self, pen: Pen, x: float, y: float, u: float) -> None:
        """Draw a big lever switch, thrown up."""
        steel, black = self.steel, self.theme.palette.black
        pen.shape([(x - 3 * u, y + 6 * u), (x + 1 * u, y + 6 * u), (x + 3 * u, y - 3 * u), (x - 1 * u, y - 3 * u)],
                  darker(steel, 0.25))  # fmt: skip
        pen.raised(x - 2.2 * u, y - 5 * u, 4.4 * u, 10 * u, darker(steel, 0.72), 0.5 * u)
        pen.box(x - 0.6 * u, y - 4 * u, 1.2 * u, 8 * u, darker(steel, 0.9))
        pen.shape(
            [(x - 0.8 * u, y + u), (x + 0.8 * u, y + u), (x + 1.6 * u, y - 5.4 * u), (x - 1.6 * u, y - 5.4 * u)], black
        )
        pen.slope(x - 1.3 * u, y - 5.4 * u, 2.6 * u, 1.6 * u, (lighter(steel, 0.5), darker(steel, 0.4)))

    def _draw_plates(self, pen: Pen, dull: Colour) -> None:
        """Draw the plain panels with their name plates."""
        palette = self.theme.palette
        for plate in self._plain:
            u = plate.w / 75
            w, h = 13 * u, min(5 * u, 0.3 * plate.h)
            pen.box(plate.centerx - w / 2 + 0.5 * u, plate.centery - h / 2 + 0.5 * u, w, h, darker(dull, 0.4))
            pen.raised(plate.centerx - w / 2, plate.centery - h / 2, w, h, darker(palette.frame, 0.3), 0.4 * u)
            for k in (0.28, 0.5, 0.72):
                for x, length in ((-0.42, 0.36), (0.06, 0.34)):
                    pen.box(
                        plate.centerx + x * w, plate.centery + (k - 0.56) * h, length * w, 0.1 * h, darker(dull, 0.1)
                    )
            self._corners(pen, plate, dull, u)

    def _corners(self, pen: Pen, plate: pygame.Rect, metal: Colour, u: float) -> None:
        for x in (plate.x + 2 * u, plate.right - 2.4 * u):
            for y in (plate.y + 0.2 * plate.h, plate.y + 0.8 * plate.h):
                pen.screw(x, y, 0.9 * u, metal)

    def _draw_supply(self, pen: Pen, plate: pygame.Rect, number: int, metal: Colour) -> None:
        palette = self.theme.palette
        u = min(plate.w / 75, plate.h / 27)
        x, y = plate.centerx, plate.y + 0.45 * plate.h
        self._corners(pen, plate, metal, u)
        if SUPPLIES[number] == "dark":
            pen.line(
                (x - 2 * u, plate.y + 0.09 * plate.h), (x + 2.5 * u, plate.y + 0.09 * plate.h), 0.7 * u, palette.ivory
            )
            pen.button(x, y, 4.6 * u, palette.black, palette.ivory, metal, turned=-50 + 70 * number)
            low = plate.y + 0.84 * plate.h
            pen.button(x - 1.6 * u, low, 1.5 * u, palette.header, palette.frame, metal)
            pen.button(x + 2 * u, low, 1.1 * u, palette.black, palette.ivory, metal)
            for side in (-1, 1):
                pen.line((x + side * 24 * u, low), (x + side * 30 * u, low), 0.6 * u, darker(metal, 0.5))
                for k in (24, 27, 30):
                    pen.disc(x + side * k * u, low, 1.05 * u if k == 27 else 0.7 * u, palette.black)
            return
        # The dial of a transformer, with a scale all around.
        pen.disc(x + 0.8 * u, y + u, 8 * u, darker(metal, 0.34))
        pen.disc(x, y, 7.8 * u, palette.black)
        for angle in np.linspace(-2.4, 2.4, 21):
            a = (x + 6.2 * u * np.sin(angle), y - 6.2 * u * np.cos(angle))
            b = (x + 7.1 * u * np.sin(angle), y - 7.1 * u * np.cos(angle))
            pen.line(a, b, 0.4 * u, palette.dim)
        pen.button(x, y, 3 * u, palette.frame, palette.ivory, palette.black, turned=-40 + 50 * number)
        pen.plate(x - 5 * u, plate.y + 0.79 * plate.h, 10 * u, 0.14 * plate.h, metal, palette.ivory)
        low = plate.y + 0.86 * plate.h
        for k, radius in ((-17, 1.1), (-9, 0.9), (9, 1.4), (17, 1.2), (25, 1.6), (28, 1.2)):
            pen.button(x + k * u, low, radius * u, palette.black, palette.ivory, metal)

    # -- what changes ------------------------------------------------------------------------------------------------

    def readings(self, scene: Scene) -> list[int]:
        """Return the position of every needle, 0 to 24: the 24 meters, then two on each supply."""
        view, covered = scene.snapshot.view, scene.ui.covered
        sums = np.zeros(8) if covered else view.u_r  # the sums would give away what the covered lamps show
        on = view.a.reshape(8, 64).sum(1)
        motors = (scene.turning != 0).reshape(8, 64).sum(1)
        shares = np.array([view.s.mean(), view.a.mean(), 0.0 if covered else view.r.mean(), motors.sum() / 512])
        needles = np.concatenate([12 + 12 * sums / sum_scale(sums), 24 * on / FULL_A, 24 * motors / FULL_MOTORS,
                                  24 * shares, np.zeros(4)])  # fmt: skip
        return np.clip(np.rint(needles), 0, 24).astype(int).tolist()

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Move the needles; light the pilots while the machine runs."""
        palette = self.theme.palette
        dirty: list[pygame.Rect] = []
        light = lighter(self.steel, 0.12)
        for k, (step, place) in enumerate(zip(self.readings(scene), (*self._meters, *self._dials), strict=True)):
            if step != self._shown[k]:
                self._shown[k] = step
                case = palette.black if k < 28 else light
                surface.blit(meter(*place.size, step, case, palette.paper, palette.ink, k >= 24), place)
                dirty.append(place)
        running = scene.state != "stopped"
        if running != self._lit:
            self._lit = running
            for pilot in self._pilots:
                pilot.restore(surface)
                surface.blit(jewel(pilot.rect.w, palette.lamp, self.steel, 13 if running else 2), pilot.rect)
                dirty.append(pilot.rect)
        return dirty
