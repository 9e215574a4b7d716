"""The 512 values as dials, a band for each source-set: the sum over a band is that of the R-unit at its right."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box, bands
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.sprites import Dials
from marki.console.drawing.theme import SMALL, TEXT, Theme
from marki.console.panels.lamp_panel import cross
from marki.console.panels.needles import LAST, Needles
from marki.console.state.scene import Scene
from marki.console.state.targets import Target


def shared_bands(dials: Box, scene: Scene, theme: Theme) -> tuple[int, list[Box]]:
    """Return the pitch of the dials and the band of each R-unit in use; the R-panel lines its rows up with these."""
    sizes = np.bincount(scene.source_set, minlength=scene.units).tolist()
    return bands(dials, sizes, theme.px(5), max(theme.px(26), theme.row(SMALL)))


def store_room(panel: Panel, theme: Theme, scene: Scene) -> Box:
    """Return where the dials are or, while a lesson hides them, would be."""
    values = panel if isinstance(panel, ValuePanel) else ValuePanel(Box(*panel.rect), theme, scene)
    return values.room


def foot_height(theme: Theme) -> int:
    """Return the height of the space under the bands."""
    return max(theme.px(22), theme.row(SMALL))


class ValuePanel(Panel):
    """A dial for each potentiometer."""

    title = "panel.values"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        room = self.room
        pitch, self._bands = shared_bands(room, scene, theme)
        self._places = [(0, 0)] * 512
        self._dials = Dials(pitch, theme.palette)
        self._pitch = pitch
        columns = max(1, room.w // pitch)
        for unit, band in enumerate(self._bands):
            members = np.flatnonzero(scene.source_set == unit)
            rows = -(-len(members) // columns)
            across = -(-len(members) // rows) if rows else 0
            left = band.x + (band.w - across * pitch) // 2
            top = band.y + (band.h - rows * pitch) // 2
            for k, a in enumerate(members.tolist()):
                self._places[a] = (left + k % across * pitch, top + k // across * pitch)
        self._area = pygame.Rect(room)
        self._scale = (0, 0)
        self._shown = np.full(512, -1, np.int64)
        self._needles = Needles(scene, still=theme.profile.still)
        self._stuck: tuple[int, ...] = ()
        self._note = self.note(colour=theme.palette.ivory)

    @property
    def room(self) -> Box:
        """Where the dials are."""
        label, area = self._label(), self.inner
        return Box(area.x + label, area.y, area.w - label, area.h - self._lines() * foot_height(self.theme))

    def _lines(self) -> int:
        """Return the number of lines of the legend."""
        return 1 if self.inner.w > 9.5 * self.theme.points(SMALL) else 2

    def _label(self) -> int:
        return max(self.theme.px(28), round(1.7 * self.theme.points(SMALL)))

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the names of the R-units, the lines between the bands, and the legend."""
        super().dress(surface, scene)
        px, area, palette = self.theme.px, self.inner, self.theme.palette
        for unit, band in enumerate(self._bands):
            tag = pygame.Rect(area.x, band.y, self._label(), band.h)
            self.theme.write(surface, f"R{unit + 1}", tag, face=TEXT, colour=palette.ivory)
            if unit:
                y = band.y - px(3)
                pygame.draw.line(surface, (74, 72, 66), (area.x, y), (area.right, y), 1)
        self._legend(surface)

    def _legend(self, surface: pygame.Surface) -> None:
        """Explain the dials under the bands."""
        px, area, words, palette = self.theme.px, self.inner, self.theme.words, self.theme.palette
        size = max(14, min(px(22), foot_height(self.theme)))
        dials = Dials(size, palette)
        signs = (
            (15, False, "value.above", palette.positive),
            (-15, False, "value.below", palette.negative),
            (0, False, "value.zero", palette.dim),
            (6, True, "value.turning", palette.ivory),
        )
        lines = self._lines()
        each = len(signs) // lines
        for line in range(lines):
            mine = signs[line * each : (line + 1) * each]
            forms = [words.forms(name) for _, _, name, _ in mine]
            texts, widths = self.theme.row_of(forms, area.w, size + px(10), SMALL)
            x, y = area.x, area.bottom - size + px(3) - (lines - 1 - line) * foot_height(self.theme)
            for (step, turning, _, colour), text, width in zip(mine, texts, widths, strict=True):
                surface.blit(dials.face(step, turning), (x, y))
                box = pygame.Rect(x + size + px(5), y, width - size - px(4), size)
                self.theme.write(surface, text, box, size=SMALL, face=TEXT, colour=colour)
                x += width + max(0, area.w - sum(widths)) // each

    def note_sample(self) -> str:
        """Return the shortest scale."""
        return self.theme.words.forms("value.scale", deg=300)[-1]

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Turn the needles that have moved."""
        needles = self._needles
        dirty: list[pygame.Rect] = []
        needles.read(scene)
        if (needles.scale, needles.beyond) != self._scale:
            self._scale = (needles.scale, needles.beyond)
            name = "value.clipped" if needles.beyond else "value.scale"
            text, *shorter = self.theme.words.forms(name, deg=needles.scale, count=needles.beyond)
            dirty += self._note.update(surface, text, shorter=shorter)
        key = (needles.steps + LAST) * 2 + needles.moving
        stuck = scene.config.faults.stuck_motors
        if stuck != self._stuck:
            self._stuck, self._shown = stuck, np.full_like(self._shown, -1)
        changed = np.flatnonzero(key != self._shown).tolist()
        if not changed:
            return dirty
        self._shown = key
        faces, places, face = key.tolist(), self._places, self._dials.face
        surface.fblits([(face(faces[k] // 2 - LAST, bool(faces[k] & 1)), places[k]) for k in changed])
        for unit in stuck:
            cross(surface, pygame.Rect(places[unit - 1], (self._pitch, self._pitch)), self.theme.palette.wrong_lit)
        return [*dirty, self._area]

    # -- hands -------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the potentiometer under a place."""
        if not self._area.collidepoint(place):
            return None
        p = self._pitch
        for unit, (x, y) in enumerate(self._places):
            if x <= place[0] < x + p and y <= place[1] < y + p:
                return Target("value", unit)
        return None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a potentiometer is."""
        if part.kind != "value":
            return None
        return pygame.Rect(self._places[part.number], (self._pitch, self._pitch))

    def parts(self) -> list[Target]:
        """Return the first potentiometer."""
        return [Target("value", 0)]


PANEL = Declared(name="values", panel=ValuePanel)
