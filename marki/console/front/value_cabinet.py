"""The glazed cabinet: eight layers of 64 potentiometers, each turned by its motor; one layer is in sight."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.sprites import Dials
from marki.console.drawing.theme import TEXT, Colour, Theme
from marki.console.front.metal import Cabinet, Pen, blend, cross, darker, inked, lighter, satin
from marki.console.front.wires import chance, curve
from marki.console.panels.needles import LAST, Needles
from marki.console.state.scene import Scene
from marki.console.state.targets import Target

LAYERS, ROWS, COLUMNS = 8, 8, 8
PHASES = 8  # positions of the stripes on a motor


@lru_cache(maxsize=64)
def motor(w: int, h: int, phase: int, turning: bool, metal: Colour, ground: Colour) -> pygame.Surface:
    """Return a motor in its bracket: an upright can whose stripes turn with it, bright while it turns."""
    fine = 4 if h < 60 else 3
    big = pygame.Surface((w * fine, h * fine))
    big.fill(ground)
    pen = Pen(big, (0, 0), fine)
    can = lighter(metal, 0.3) if turning else darker(metal, 0.42)
    x, half = 0.5 * w, 0.3 * w
    pen.box(x - 0.07 * w, 0, 0.14 * w, 0.2 * h, lighter(can, 0.2))  # the shaft
    pen.slope(x - half, 0.16 * h, 2 * half, 0.56 * h,
              (darker(can, 0.7), can, lighter(can, 0.5), can, darker(can, 0.75)), across=True)  # fmt: skip
    for k in range(4):
        angle = np.pi / 2 * (k + phase / PHASES) - np.pi
        if np.cos(angle) > 0.1:
            at, thick = x + half * np.sin(angle) * 0.94, max(0.5, 0.16 * half * np.cos(angle) + 0.3)
            pen.box(at - thick / 2, 0.2 * h, thick, 0.48 * h, darker(can, 0.85))
    pen.box(x - half, 0.16 * h, 2 * half, 0.05 * h, darker(can, 0.5))
    # A bright bracket with the gear case under it, as in the photographs.
    bright = lighter(metal, 0.25) if turning else darker(metal, 0.36)
    pen.box(x - 0.4 * w, 0.62 * h, 0.8 * w, 0.07 * h, bright)
    pen.box(x - 0.4 * w, 0.4 * h, 0.07 * w, 0.29 * h, bright)
    pen.box(x + 0.33 * w, 0.4 * h, 0.07 * w, 0.29 * h, bright)
    pen.slope(x - 0.36 * w, 0.7 * h, 0.72 * w, 0.22 * h,
              (darker(metal, 0.75), darker(metal, 0.25), darker(metal, 0.75)), across=True)  # fmt: skip
    return pygame.transform.smoothscale(big, (w, h)).convert()


class ValueCabinet(Cabinet):
    """Bay 3. A-unit 64·layer + 8·row + column, from 0, stands at each place; the order is assumed."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        r = self.rect
        self._glass = glass = self.area(0.018, 0.01, 0.964, 0.98)
        wall = 0.03 * r.w
        self._foot = foot = max(theme.row(13) + theme.px(6), round(0.1 * r.h))
        self._inside = inner = pygame.Rect(round(glass.x + wall), glass.y, round(glass.w - wall), glass.h - foot)
        self._pitch = pitch = inner.w // COLUMNS, (inner.h - round(0.02 * r.h)) // ROWS
        self._upright = upright = max(2, round(0.2 * pitch[0]))
        self._cell = cell = (pitch[0] - upright, pitch[1] - max(1, pitch[1] // 24))
        left, top = inner.right - COLUMNS * pitch[0], inner.y + round(0.015 * r.h)
        self._places = [
            (left + upright + column * pitch[0], top + row * pitch[1])
            for row in range(ROWS)
            for column in range(COLUMNS)
        ]
        tall = max(theme.row(13), round(0.036 * r.h))
        self._bar = bar = pygame.Rect(
            glass.x + round(0.04 * r.w), glass.bottom - tall - theme.px(2), round(0.88 * r.w), tall
        )
        self._tabs = [
            pygame.Rect(bar.x + k * bar.w // 8, bar.y, bar.w // 8 - max(1, bar.w // 90), tall) for k in range(8)
        ]
        self._dial = min(cell[0], round(0.58 * cell[1]))
        self._dials = Dials(self._dial, theme.palette)
        self._area = pygame.Rect(left, top, COLUMNS * pitch[0], ROWS * pitch[1])
        self._veils: list[pygame.Surface | None] = [None] * (ROWS * COLUMNS)
        self._layer = -1
        self._shown = np.full(64, -1, np.int64)
        self._needles = Needles(scene, still=theme.profile.still)
        self._stuck: tuple[int, ...] = ()

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the dark interior behind the glass, the uprights, and the loose cable at the foot."""
        r, palette, theme, glass, inner = self.rect, self.theme.palette, self.theme, self._glass, self._inside
        metal = blend(palette.frame, palette.plate, 0.3)
        pygame.draw.rect(surface, palette.frame, r)
        satin(surface, r, darker(palette.frame, 0.1), fall=6)
        pygame.draw.rect(surface, palette.black, glass)
        with inked(surface, r) as pen:
            self._draw_interior(pen, metal)
            self._draw_foot(pen, pygame.Rect(glass.x, inner.bottom, glass.w, self._foot), metal)
        bar = self._bar
        label = pygame.Rect(bar.x, bar.y - theme.row(12), bar.w, theme.row(12))
        if label.y > inner.bottom + 0.3 * self._foot:
            pygame.draw.rect(surface, palette.black, label)
            self.caption(surface, theme.words("front.layers"), label, size=12, colour=palette.dim)
        self._draw_glare(surface)

    def _draw_interior(self, pen: Pen, metal: Colour) -> None:
        """Draw the wall at the left, and the uprights with their plates."""
        black, glass, inner = self.theme.palette.black, self._glass, self._inside
        left, pitch, upright = self._area.x, self._pitch, self._upright
        pen.slope(glass.x, glass.y, left - glass.x, glass.h, (darker(metal, 0.1), darker(metal, 0.5)), across=True)
        for k in range(COLUMNS):
            x = left + k * pitch[0]
            pen.slope(x, inner.y, upright, inner.h, (darker(metal, 0.45), metal, darker(metal, 0.25)), across=True)
            pen.box(x + upright, inner.y, 0.12 * upright + 0.5, inner.h, darker(black, 0.7))
            for row in range(ROWS):
                y = inner.y + row * pitch[1] + 0.3 * pitch[1]
                pen.box(x + 0.28 * upright, y, 0.44 * upright, 0.34 * pitch[1], darker(metal, 0.6))
                for end in (0.04, 0.27):
                    pen.disc(x + 0.5 * upright, y + end * pitch[1] + 1, 0.12 * upright, lighter(metal, 0.5))

    def _draw_foot(self, pen: Pen, box: pygame.Rect, metal: Colour) -> None:
        """Draw the rail, the open space under it, and the cable that lies there."""
        rail = 0.26 * box.h
        pen.slope(box.x, box.y, box.w, rail, (lighter(metal, 0.1), darker(metal, 0.2), darker(metal, 0.45)))
        floor = darker(metal, 0.62)
        pen.slope(box.x, box.y + rail, box.w, box.h - rail, (self.theme.palette.black, floor))
        pen.box(box.x + 0.49 * box.w, box.y + rail, 0.03 * box.w, box.h - rail, darker(metal, 0.3))
        pale = self.theme.palette.dim
        for k in range(26):
            side = 0.24 if k < 17 else 0.78
            x = box.x + box.w * (side + 0.3 * (chance(k, 1) - 0.5))
            x1 = box.x + box.w * (side + 0.34 * (chance(k, 2) - 0.5))
            y = box.y + box.h * (0.4 + 0.4 * chance(k, 3))
            y1 = box.y + box.h * (0.5 + 0.45 * chance(k, 4))
            pen.path(
                curve((x, y), (x1, y1), k, 0.22 * box.h),
                max(0.6, box.w / 330),
                darker(pale, 0.7 - 0.6 * chance(k, 7) ** 3),
            )

    def _draw_glare(self, surface: pygame.Surface) -> None:
        """Draw the faint reflection on the glass, and keep that of each cell to draw it again over what moves."""
        r = self.rect
        x, y = np.arange(r.w)[:, None] / r.w, np.arange(r.h)[None, :] / r.h
        slant = x + 0.42 * y
        alpha = 13 * ((slant > 0.3) & (slant < 0.62)) + 8 * ((slant > 0.68) & (slant < 0.76))
        veil = pygame.Surface(r.size, pygame.SRCALPHA)
        veil.fill((*lighter(self.steel, 0.5), 0))
        pixels = pygame.surfarray.pixels_alpha(veil)
        pixels[:] = alpha.astype(np.uint8)
        del pixels
        surface.blit(veil, r)
        for k, (px, py) in enumerate(self._places):
            cell = pygame.Rect(px - r.x, py - r.y, *self._cell)
            lit = bool(alpha[cell.x : cell.right, cell.y : cell.bottom].any())
            self._veils[k] = veil.subsurface(cell) if lit else None

    # -- what changes ------------------------------------------------------------------------------------------------

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Turn the needles and the motors that move, and show another layer if one is picked."""
        layer = scene.ui.layer
        dirty: list[pygame.Rect] = []
        if layer != self._layer:
            self._layer = layer
            self._shown = np.full(64, -1, np.int64)
            self._draw_tabs(surface)
            dirty += self._tabs
        needles, mine = self._needles, slice(64 * layer, 64 * layer + 64)
        needles.read(scene)
        values, moving, steps = needles.values[mine], needles.moving[mine], needles.steps[mine]
        phase = np.zeros(64, np.int64)
        if not self.theme.profile.still:
            # The can turns with its wiper, geared so that the motion is visible: half a stripe in four frames.
            gear = 15 / scene.config.potentiometers.speed_deg_per_s
            phase = np.floor(values * gear).astype(np.int64) % PHASES
        key = ((steps + LAST) * 2 + moving) * PHASES + phase
        stuck = scene.config.faults.stuck_motors
        if stuck != self._stuck:
            self._stuck, self._shown = stuck, np.full(64, -1, np.int64)
        changed = np.flatnonzero(key != self._shown).tolist()
        if not changed:
            return dirty
        self._shown = key
        self._draw(surface, changed, steps.tolist(), moving.tolist(), phase.tolist())
        return [*dirty, self._area]

    def _draw(self, surface: pygame.Surface, changed: list[int], steps: list[int], moving: list[bool],
              phase: list[int]) -> None:  # fmt: skip
        palette, (w, h), d = self.theme.palette, self._cell, self._dial
        face, black, metal = self._dials.face, palette.black, palette.plate
        can = {(p, m): motor(w, h - d, p, m, metal, black) for p in set(phase) for m in (False, True)}
        blits: list[tuple[pygame.Surface, tuple[int, int]]] = []
        for k in changed:
            x, y = self._places[k]
            blits.append((face(steps[k], moving[k]), (x + (w - d) // 2, y)))
            blits.append((can[phase[k], moving[k]], (x, y + d)))
            if (veil := self._veils[k]) is not None:
                blits.append((veil, (x, y)))
        if d < w:
            for k in changed:
                pygame.draw.rect(surface, black, (self._places[k], (w, d)))
        surface.fblits(blits)
        stuck = {n - 1 - 64 * self._layer for n in self._stuck}
        for k in changed:
            x, y = self._places[k]
            if k in stuck:
                cross(surface, pygame.Rect(x, y + d, w, h - d), palette.wrong_lit, self.theme.line(1.4))
        if w > 3.4 * self.theme.least:
            for k in changed:
                x, y = self._places[k]
                tag = pygame.Rect(x, y, (w - d) // 2 + d // 6, self.theme.row(10))
                self.caption(surface, f"{64 * self._layer + k + 1}", tag, size=10, colour=palette.dim)

    def _draw_tabs(self, surface: pygame.Surface) -> None:
        """Draw the tabs of the layers, that in sight pulled up and lit."""
        palette = self.theme.palette
        for k, tab in enumerate(self._tabs):
            chosen = k == self._layer
            colour = palette.focus if chosen else darker(palette.plate, 0.26)
            pygame.draw.rect(surface, darker(palette.black, 0.3), tab)
            face = tab if chosen else pygame.Rect(tab.x, tab.y + tab.h // 5, tab.w, tab.h - tab.h // 5)
            corner = max(2, tab.h // 5)
            pygame.draw.rect(surface, colour, face, border_top_left_radius=corner, border_top_right_radius=corner)
            pygame.draw.line(surface, lighter(colour, 0.4), (face.x + corner, face.y), (face.right - corner, face.y))
            self.caption(surface, f"{k + 1}", face, size=13, face=TEXT, colour=palette.ink, align="centre")

    # -- hands -------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the potentiometer or the layer's tab under a place."""
        for k, tab in enumerate(self._tabs):
            if tab.collidepoint(place):
                return Target("layer", k)
        if self._area.collidepoint(place):
            for k, corner in enumerate(self._places):
                if pygame.Rect(corner, self._cell).collidepoint(place):
                    return Target("value", 64 * max(0, self._layer) + k)
        return None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a tab is, or a potentiometer of the layer in sight."""
        if part.kind == "layer" and 0 <= part.number < LAYERS:
            return self._tabs[part.number]
        if part.kind == "value" and part.number // 64 == self._layer:
            return pygame.Rect(self._places[part.number % 64], self._cell)
        return None

    def parts(self) -> list[Target]:
        """Return the first potentiometer in sight and the tab of its layer."""
        return [Target("value", 64 * max(0, self._layer)), Target("layer", max(0, self._layer))]
