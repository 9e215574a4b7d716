"""The value store: 512 dials, a band for each source-set, so that a band adds up to the R-unit at its right.

Or, at the operator's wish, as they stand in the cabinet: 8 × 8 places, 8 layers deep (which A-unit stands where is
assumed).
"""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.layout import Box, bands
from marki.console.panel import Panel
from marki.console.scene import Scene
from marki.console.sprites import STEP_DEG, SWING_DEG, Dials
from marki.console.theme import DIM, IVORY, NEGATIVE, POSITIVE, SMALL, TEXT, Theme

SCALES_DEG = (5, 10, 20, 50, 100, 150, 300, 600, 1200, 2000)
LINGER = 8  # frames for which a dial stays marked after its motor stopped: a turn may be shorter than a frame


def shared_bands(dials: Box, scene: Scene, theme: Theme) -> tuple[int, list[Box]]:
    """Return the pitch of the dials and the band of each R-unit in use; the R-panel lines its rows up with these."""
    sizes = np.bincount(scene.source_set, minlength=scene.units).tolist()
    return bands(dials, sizes, theme.px(5), theme.px(26))


def foot_height(theme: Theme) -> int:
    """Return the height of the strip under the bands."""
    return theme.px(22)


class StorePanel(Panel):
    """A dial for each potentiometer."""

    title = "VALUES OF THE A-UNITS"
    dark = True
    as_cabinet = False

    @property
    def room(self) -> Box:
        """Where the dials stand."""
        label, area = self.theme.px(28), self.inner
        return Box(area.x + label, area.y, area.w - label, area.h - foot_height(self.theme))

    def dress(self, surface, scene):
        """Set the dials into the rack, grouped by source-set."""
        super().dress(surface, scene)
        self._places: list[tuple[int, int]] = [(0, 0)] * 512
        if self.as_cabinet:
            self._set_layers(surface)
        else:
            self._set_bands(surface, scene)
        room = self.inner if self.as_cabinet else self.room
        self._area = pygame.Rect(room)
        self._legend(surface)
        self._scale = 0
        self._key = np.full(512, -1, np.int32)
        self._before, self._trial = scene.values, scene.look.trial
        self._linger = np.zeros(512, np.int8)
        half = self.heading.w // 2
        self._note = self.readout(
            pygame.Rect(self.heading.right - half, self.heading.y, half, self.heading.h),
            size=SMALL, face=TEXT, colour=IVORY, align="right",
        )  # fmt: skip

    def _set_bands(self, surface: pygame.Surface, scene: Scene) -> None:
        px, area, room = self.theme.px, self.inner, self.room
        pitch, boxes = shared_bands(room, scene, self.theme)
        self._dials = Dials(pitch)
        columns = room.w // pitch
        for unit, band in enumerate(boxes):
            members = np.flatnonzero(scene.source_set == unit)
            rows = -(-len(members) // columns)
            across = -(-len(members) // rows) if rows else 0
            left = band.x + (band.w - across * pitch) // 2
            y = band.y + (band.h - rows * pitch) // 2
            for k, a in enumerate(members.tolist()):
                self._places[a] = (left + k % across * pitch, y + k // across * pitch)
            tag = pygame.Rect(area.x, band.y, px(28), band.h)
            self.theme.write(surface, f"R{unit + 1}", tag, face=TEXT, colour=IVORY)
            if unit:
                y = band.y - px(3)
                pygame.draw.line(surface, (74, 72, 66), (area.x, y), (area.right, y), 1)

    def _set_layers(self, surface: pygame.Surface) -> None:
        area, title = self.inner, self.theme.px(18)
        height = area.h - foot_height(self.theme)
        width, depth = area.w // 4, height // 2
        pitch = min((width - self.theme.px(10)) // 8, (depth - title) // 8)
        self._dials = Dials(pitch)
        for layer in range(8):
            x = area.x + layer % 4 * width + (width - 8 * pitch) // 2
            y = area.y + layer // 4 * depth + (depth - title - 8 * pitch) // 2
            tag = pygame.Rect(x, y, 8 * pitch, title)
            self.theme.write(surface, f"layer {layer + 1}", tag, size=SMALL, face=TEXT, colour=IVORY)
            for k in range(64):
                self._places[64 * layer + k] = (x + k % 8 * pitch, y + title + k // 8 * pitch)

    def _legend(self, surface: pygame.Surface) -> None:
        """Explain the faces under the rack."""
        px, area = self.theme.px, self.inner
        size = max(14, min(px(22), foot_height(self.theme)))
        dials = Dials(size)
        x, y = area.x, area.bottom - size + px(3)
        width = area.w // 4
        signs = (
            (15, False, "above zero", POSITIVE),
            (-15, False, "below zero", NEGATIVE),
            (0, False, "zero", DIM),
            (6, True, "motor turns", IVORY),
        )
        for step, turning, text, colour in signs:
            surface.blit(dials.face(step, turning), (x, y))
            box = pygame.Rect(x + size + px(5), y, width - size - px(8), size)
            self.theme.write(surface, text, box, size=SMALL, colour=colour)
            x += width

    def update(self, surface, scene):
        """Turn the needles that have moved."""
        values = scene.values
        most = float(np.abs(values).max())
        if not most:
            self._scale = 0  # a new run
        dirty = []
        scale = next((s for s in SCALES_DEG if s >= max(most, self._scale)), SCALES_DEG[-1])
        if scale != self._scale:
            self._scale = scale
            dirty += self._note.update(surface, f"full swing {scale} deg")
        moved = scene.turning != 0
        if scene.look.trial != self._trial:
            self._trial, self._before = scene.look.trial, values
            self._linger[:] = 0  # no mark of the last trial beside the next card
        if scene.fast:
            self._linger = moved.astype(np.int8)
        else:
            moved = moved | (values != self._before)
            self._linger = np.where(moved, LINGER, np.maximum(self._linger - 1, 0)).astype(np.int8)
        self._before = values
        last = SWING_DEG // STEP_DEG
        steps = np.clip(np.rint(values * (last / scale)), -last, last).astype(np.int32)
        # A value just off zero still shows its side.
        steps = np.where((steps == 0) & (np.abs(values) > 0.02 * scale), np.sign(values).astype(np.int32), steps)
        key = (steps + last) * 2 + (self._linger > 0)
        changed = np.flatnonzero(key != self._key).tolist()
        if not changed:
            return dirty
        self._key = key
        faces, places, face = key.tolist(), self._places, self._dials.face
        surface.fblits([(face(faces[k] // 2 - last, bool(faces[k] & 1)), places[k]) for k in changed])
        return [*dirty, self._area]
