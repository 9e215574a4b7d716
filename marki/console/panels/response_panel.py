"""The R-units: for each the sum of its source-set, its two-state lamp, and the correct response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pygame

from marki.console.drawing.layout import Box, bands
from marki.console.drawing.panel import Backdrop, Declared, Panel
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import FIGURES, LARGE, SMALL, TEXT, TextStyle, Theme, distance, mix, to_surface
from marki.console.panels.needles import SUM_SCALES_DEG, scale_for
from marki.console.panels.value_panel import ValuePanel, foot_height, shared_bands, store_room
from marki.console.state.lamp_glow import levels
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.io.responses import R_UNITS


def round_lamp(size: int, lit: bool) -> pygame.Surface:
    """Return a large round lamp on a pale plate, without its figure."""
    r, _, _ = distance(size, size, size / 2, size / 2)
    picture = np.zeros((size, size, 3))
    picture[:] = (64, 63, 60)
    inner = size / 2 - max(1.5, size * 0.08)
    picture = mix(picture, (255, 190, 80) if lit else (40, 34, 30), inner + 0.5 - r)
    if lit:
        picture = mix(picture, (255, 244, 206), np.exp(-((r / (0.6 * inner)) ** 2)) * (r < inner))
    face = to_surface(picture).convert_alpha()
    alpha = pygame.surfarray.pixels_alpha(face)
    alpha[:] = np.clip((size / 2 - r) * 255, 0, 255).astype(np.uint8)
    del alpha
    return face


class RowState(NamedTuple):
    """What a row shows: `wanted` is the correct response, None if nobody knows it; `level` that of the lamp.

    `held` says that the sum is too small to move the relay.
    """

    on: bool
    total: float
    wanted: bool | None
    answered: bool
    scale: int
    covered: bool
    level: int
    held: bool


class ResponseRow:
    """One R-unit's row: its number, lamp, meter of the sum, correct response and verdict."""

    def __init__(self, theme: Theme, unit: int, box: pygame.Rect, columns: dict[str, pygame.Rect]):
        self.unit, px = unit, theme.px
        self.band = box
        height = min(box.h, px(110))
        self.rect = pygame.Rect(box.x, box.centery - height // 2, box.w, height)
        at = {name: pygame.Rect(c.x, self.rect.y, c.w, height) for name, c in columns.items()}
        self.name, self.at = at["name"], at
        plain = theme.profile.plain
        size = max(8, min(px(60) if height > px(90) or plain else px(40), height - 2, at["answer"].w - px(4)))
        self.lamp = pygame.Rect(0, 0, size, size)
        self.lamp.center = at["answer"].center
        size = max(9, size if plain else size * 2 // 3)
        self.wanted = pygame.Rect(0, 0, size, size)
        self.wanted.center = at["wanted"].center
        size = min(px(24), at["mark"].w)
        self.mark = pygame.Rect(0, 0, size, size)
        self.mark.center = at["mark"].center
        meter = at["sum"]
        figures = max(min(px(24), height // 2), theme.row(SMALL) if theme.profile.least else 0)
        bar = min(px(22), height - figures - px(3))
        bar, space = (bar, px(3)) if bar >= 5 else (0, 0)  # where there is no room for both, the figure says it alone
        top = meter.centery - (bar + figures + space) // 2
        self.bar = pygame.Rect(meter.x, top, meter.w, bar)
        self.figure = pygame.Rect(meter.x, self.bar.bottom + space, meter.w, figures)
        self.shown: RowState | None = None


class ResponsePanel(Panel):
    """The eight R-units; those in use stand beside their source-sets."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, area = theme.px, self.inner
        widths = {"name": 66, "answer": 54, "sum": 70, "wanted": 54, "mark": 24}
        part, x = area.w / sum(widths.values()), area.x
        self._columns: dict[str, pygame.Rect] = {}
        for name, width in widths.items():
            self._columns[name] = pygame.Rect(round(x), self.heading.y, round(width * part), self.heading.h)
            x += width * part
        self._columns["sum"] = self._columns["sum"].inflate(-px(4), 0)
        self._rows: list[ResponseRow] = []
        self._lamps: dict[tuple[int, bool], pygame.Surface] = {}
        self._backdrop = Backdrop(self.rect)
        self._scale = SUM_SCALES_DEG[0]

    def connect(self, panels: Mapping[str, Panel], scene: Scene) -> None:
        """Place the rows beside the bands of the dials, or evenly while these are hidden."""
        px, area, theme = self.theme.px, self.inner, self.theme
        room = store_room(panels["values"], theme, scene)
        if isinstance(panels["values"], ValuePanel):
            boxes = shared_bands(room, scene, theme)[1]
        else:
            boxes = bands(room, [1] * scene.units, px(5), max(px(26), theme.row(SMALL)))[1]
        self._rows = [
            ResponseRow(theme, unit, pygame.Rect(area.x, band.y, area.w, band.h), self._columns)
            for unit, band in enumerate(boxes)
        ]
        sizes = {size for row in self._rows for size in (row.lamp.w, row.wanted.w)}
        self._lamps = {(size, lit): round_lamp(size, lit) for size in sizes for lit in (False, True)}

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the heads of the columns and what is fixed of the rows."""
        super().dress(surface, scene)
        px, area, words, palette = self.theme.px, self.inner, self.theme.words, self.theme.palette
        for name in ("name", "answer", "sum", "wanted"):
            head = self._columns[name] if name == "name" else self._columns[name].inflate(-px(5), 0)
            text, *shorter = words.forms("panel.r_units" if name == "name" else f"response.{name}")
            self.theme.write(surface, text, head, size=SMALL, face=TEXT, align="centre", shorter=shorter)
        for row in self._rows:
            self.theme.write(surface, f"R{row.unit + 1}", row.name, size=LARGE, face=TEXT)
            if row.unit:
                y = row.band.y - px(3)
                pygame.draw.line(surface, (150, 150, 142), (area.x, y), (area.right, y), 1)
        foot = pygame.Rect(area.x, area.bottom - foot_height(self.theme) + px(3), area.w, foot_height(self.theme))
        if scene.units < R_UNITS:
            first, last = scene.units + 1, R_UNITS
            name = "response.unused" if first < last else "response.unused_one"
            text, *shorter = words.forms(name, first=first, last=last, r=last)
            style = TextStyle(size=SMALL, face=TEXT, colour=palette.faded, align="centre", shorter=shorter)
            self.theme.write(surface, text, foot, **style)
        self._backdrop.keep(surface)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show sums, responses and verdicts."""
        look = scene.snapshot
        target = look.presentation.target if look.presentation is not None else None
        most = float(np.abs(look.view.u_r).max())
        scale = scale_for(most, SUM_SCALES_DEG, self._scale)
        self._scale = scale
        dirty: list[pygame.Rect] = []
        for row in self._rows:
            k = row.unit
            # After another world was opened, the card of the last one may want fewer R-units than are in use.
            wanted = bool(target[k]) if target is not None and k < len(target) else None
            covered = scene.ui.covered
            level = 0 if self.theme.profile.still else int(levels(scene.brightness.r[k : k + 1])[0])
            answered = look.answered and not covered
            on, total = bool(look.view.r[k]), float(look.view.u_r[k])
            state = RowState(on, total, wanted, answered, scale, covered, level, scene.holds(k))
            if state != row.shown:
                row.shown = state
                self._draw(surface, row, state, scene.dead_zone)
                dirty.append(row.rect)
        return dirty

    def _draw(self, surface: pygame.Surface, row: ResponseRow, state: RowState, dead_zone: float) -> None:
        on, total, wanted, answered, scale, covered, _, held = state
        theme, px, palette = self.theme, self.theme.px, self.theme.palette
        right = row.at["answer"].x
        area = pygame.Rect(right, row.rect.y, self.inner.right - right, row.rect.h)
        self._backdrop.restore(surface, area)
        if covered:
            pygame.draw.rect(surface, palette.frame, row.lamp, border_radius=px(4))
            theme.write(surface, "?", row.lamp, size=LARGE, face=TEXT, colour=palette.ivory, align="centre")
            return
        surface.blit(self._lamps[row.lamp.w, on], row.lamp)
        self._number(surface, row.lamp, on, LARGE)

        if row.bar.h:
            self._meter(surface, row.bar, total / scale, dead_zone / scale)
        figure = f"{total:+.0f}"
        forms = [f"({figure})"] * held + [figure]
        theme.write(surface, forms[0], row.figure, size=18, face=FIGURES, align="centre", shorter=forms[1:])
        if wanted is None:
            return
        surface.blit(self._lamps[row.wanted.w, wanted], row.wanted)
        self._number(surface, row.wanted, wanted, 18)
        if answered:
            agree = on == wanted
            name, colour = ("right", palette.right) if agree else ("wrong", palette.wrong)
            surface.blit(sign(name, row.mark.w, colour), row.mark)

    def _meter(self, surface: pygame.Surface, bar: pygame.Rect, total: float, dead_zone: float) -> None:
        """Draw a sum as a bar from the middle; it and the dead zone are shares of the full scale."""
        pygame.draw.rect(surface, (34, 34, 33), bar)
        dead = round(bar.w / 2 * min(1.0, dead_zone))
        if dead:
            pygame.draw.rect(surface, (74, 72, 68), (bar.centerx - dead, bar.y, 2 * dead, bar.h))
        length = round((bar.w / 2 - 1) * min(1.0, abs(total)))
        if length:
            x = bar.centerx if total > 0 else bar.centerx - length
            colour = self.theme.palette.positive if total > 0 else self.theme.palette.negative
            pygame.draw.rect(surface, colour, (x, bar.y + bar.h // 6, length, bar.h - bar.h // 3))
        pygame.draw.line(
            surface, (230, 226, 210), (bar.centerx, bar.y), (bar.centerx, bar.bottom - 1), self.theme.px(1.5)
        )

    def _number(self, surface: pygame.Surface, lamp: pygame.Rect, lit: bool, size: int) -> None:
        """Write 1 or 0 on a lamp; on one that is smaller than a figure, its light says it alone."""
        if lamp.h >= self.theme.least:
            figure = (40, 22, 0) if lit else (226, 220, 206)
            self.theme.write(surface, "1" if lit else "0", lamp, size=size, face=FIGURES, colour=figure, align="centre")

    # -- hands -------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the R-unit under a place."""
        return next((Target("r", row.unit) for row in self._rows if row.rect.collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return the row of an R-unit."""
        return next((row.rect for row in self._rows if part == Target("r", row.unit)), None)

    def parts(self) -> list[Target]:
        """Return the first R-unit."""
        return [Target("r", 0)]


PANEL = Declared(name="response", panel=ResponsePanel)
