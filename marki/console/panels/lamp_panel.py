"""A panel of lamps, one for each unit of a layer."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Grid, Panel
from marki.console.drawing.sprites import GHOST, Lamps
from marki.console.drawing.theme import Colour, Theme
from marki.console.state.lamp_glow import LEVELS, levels
from marki.console.state.scene import Scene
from marki.console.state.snapshot import Snapshot
from marki.console.state.targets import Target


def lit(now: np.ndarray, share: np.ndarray, before: np.ndarray | None, still: bool) -> np.ndarray:
    """Return the levels of lamps: as bright as they were on in this frame; dim if they were on at the last reading."""
    out = now.astype(np.int8) * (LEVELS - 1) if still else levels(share)
    if before is not None:
        out[before & (out == 0)] = GHOST
    return out


def cross(surface: pygame.Surface, place: pygame.Rect, colour: Colour) -> None:
    """Cross out what is broken."""
    d = max(1, min(place.w, place.h) // 5)
    box = place.inflate(-2 * d, -2 * d)
    width = max(1, min(place.w, place.h) // 8)
    pygame.draw.line(surface, colour, box.topleft, (box.right - 1, box.bottom - 1), width)
    pygame.draw.line(surface, colour, (box.right - 1, box.y), (box.x, box.bottom - 1), width)


class LampPanel(Panel):
    """A black panel of lamps, with the number of those that are lit; base class of those of S- and A-units."""

    dark = True
    kind = ""
    """Kind of the targets."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        rows, columns, pitch, left, top = self.lamps()
        self.grid = Grid(self.kind, left, top, rows, columns, pitch)
        self.regions = (self.grid,)
        self._lamps = Lamps(left, top, rows, columns, pitch)
        self._count = self.note(colour=theme.palette.ivory)
        self._broken: frozenset[int] = frozenset()

    def parts(self) -> list[Target]:
        """Return the first lamp."""
        return [Target(self.kind, 0)]

    def lamps(self) -> tuple[int, int, tuple[int, int], int, int]:
        """Return rows, columns, pitch, left and top of the lamps."""
        raise NotImplementedError

    def relays(self, snapshot: Snapshot) -> np.ndarray:
        """Return the relays that the lamps show, (n,) bool."""
        raise NotImplementedError

    def lit_fraction(self, scene: Scene) -> np.ndarray:
        """Return for which fraction of the frame each lamp was on, (n,)."""
        raise NotImplementedError

    def broken(self, scene: Scene) -> frozenset[int]:
        """Return the units that are broken, from 0."""
        return frozenset()

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Light the lamps whose relays are closed, and cross out what is broken."""
        past = scene.last
        now, before = self.relays(scene.snapshot), None if past is None else self.relays(past)
        broken = self.broken(scene)
        if broken != self._broken:
            self._broken = broken
            self._lamps.forget()
        dirty = self._lamps.update(surface, lit(now, self.lit_fraction(scene), before, self.theme.profile.still))
        if dirty and broken:
            for unit in broken:
                cross(surface, self.grid.cell(unit), self.theme.palette.wrong_lit)
        words, count = self.theme.words, int(np.count_nonzero(now if before is None else before))
        text, *shorter = words.forms("count.on" if before is None else "count.last", count=count)
        colour = self.theme.palette.ivory if past is None else self.theme.palette.dim
        return dirty + self._count.update(surface, text, colour, shorter=shorter)

    def note_sample(self) -> str:
        """Return the longest short count."""
        return "512"
