"""The stimulus before the camera, and the 20×20 lamps of the S-units."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box, square_grid
from marki.console.drawing.panel import Grid, Panel
from marki.console.drawing.sprites import GHOST, Lamps
from marki.console.drawing.theme import SMALL
from marki.console.state.lamp_glow import LEVELS, levels
from marki.console.state.scene import Scene
from marki.console.state.snapshot import Snapshot
from marki.console.state.targets import Target
from marki.io.frame import SIDE


def lit(now: np.ndarray, share: np.ndarray, before: np.ndarray | None, still: bool) -> np.ndarray:
    """Return the levels of lamps: as bright as they were on in this frame; dim if they were on at the last reading."""
    out = now.astype(np.int8) * (LEVELS - 1) if still else levels(share)
    if before is not None:
        out[before & (out == 0)] = GHOST
    return out


def last_lit(scene: Scene) -> Snapshot | None:
    """Return the look whose lamps are still to be seen dimly: only while the lens is covered, in slow motion."""
    return None if scene.snapshot.open or scene.fast else scene.held


class StimulusPanel(Panel):
    """What is before the camera, as grey as the cells receive it; darkened while the lens is covered.

    It is also the paper on which the operator draws a card.
    """

    title = "panel.stimulus"
    dark = True

    def dress(self, surface, scene):
        """Draw the frame."""
        super().dress(surface, scene)
        box, pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        self._grid = Grid("cell", box.x, box.y, SIDE, SIDE, (pitch, pitch))
        pygame.draw.rect(surface, (70, 68, 62), self._grid.rect.inflate(4, 4), 1)
        self._name = self.note(colour=self.theme.palette.ivory)
        self._drawn: tuple | None = None
        self.part_at, self.place_of = self._grid.part_at, self._grid.place_of

    def parts(self):
        """Return the first cell of the card."""
        return [Target("cell", 0)]

    def light(self, scene: Scene) -> np.ndarray:
        """Return the light of the card, (20, 20), 0…1."""
        look, draft = scene.snapshot, scene.ui.draft
        if draft is not None:
            return draft / 255
        return look.presentation.frame * 0.3 if not look.open and look.presentation is not None else look.view.light

    def update(self, surface, scene):
        """Show the card and its name; on one's own card, the ruling of the cells."""
        draft, shown = scene.ui.draft, scene.snapshot.presentation
        grey = np.clip(self.light(scene) * 255, 0, 255).astype(np.uint8)
        words = self.theme.words
        name = words("card.draft") if draft is not None else shown.name if shown else words("card.none")
        if shown is not None and shown.kind >= 0 and not self.theme.fits(name, self._name.rect, SMALL):
            name = scene.classes[shown.kind] if shown.kind < len(scene.classes) else name
        dirty = self._name.update(surface, name)
        key = (grey.tobytes(), draft is not None)
        if key != self._drawn:
            self._drawn = key
            pitch, area = self._grid.pitch[0], self._grid.rect
            tone = grey.T.repeat(pitch, 0).repeat(pitch, 1)
            picture = tone[..., None] * np.array([1.0, 0.98, 0.92])
            pygame.surfarray.blit_array(surface.subsurface(area), picture.astype(np.uint8))
            if draft is not None:
                for k in range(SIDE + 1):
                    colour = (96, 84, 52) if k % 5 else self.theme.palette.lamp
                    x, y = area.x + k * pitch, area.y + k * pitch
                    pygame.draw.line(surface, colour, (x, area.y), (x, area.bottom - 1))
                    pygame.draw.line(surface, colour, (area.x, y), (area.right - 1, y))
            dirty.append(area)
        return dirty


class LampPanel(Panel):
    """A black panel of lamps, with their number."""

    dark = True
    kind = ""

    def dress(self, surface, scene):
        """Set the lamps into the panel."""
        super().dress(surface, scene)
        rows, columns, pitch, left, top = self.lamps()
        self._lamps = Lamps(left, top, rows, columns, pitch)
        self._grid = Grid(self.kind, left, top, rows, columns, pitch)
        self.part_at, self.place_of = self._grid.part_at, self._grid.place_of
        self._count = self.note(colour=self.theme.palette.ivory)
        self._broken: frozenset[int] = frozenset()

    def parts(self):
        """Return the first lamp."""
        return [Target(self.kind, 0)]

    def lamps(self) -> tuple[int, int, tuple[int, int], int, int]:
        """Return rows, columns, pitch, left and top of the lamps."""
        raise NotImplementedError

    def relays(self, look: Snapshot) -> np.ndarray:
        """Return the relays that the lamps show, (n,) bool."""
        raise NotImplementedError

    def share(self, scene: Scene) -> np.ndarray:
        """Return for which share of the frame each lamp was on."""
        raise NotImplementedError

    def broken(self, scene: Scene) -> frozenset[int]:
        """Return the units that are broken, from 0."""
        return frozenset()

    def update(self, surface, scene):
        """Light the lamps whose relays are closed, and cross out what is broken."""
        past = last_lit(scene)
        now, before = self.relays(scene.snapshot), None if past is None else self.relays(past)
        broken = self.broken(scene)
        if broken != self._broken:
            self._broken = broken
            self._lamps.forget()
        dirty = self._lamps.update(surface, lit(now, self.share(scene), before, self.theme.profile.still))
        if dirty and broken:
            for unit in broken:
                cross(surface, self._grid.place_of(Target(self.kind, unit)), self.theme.palette.wrong_lit)
        words, count = self.theme.words, int(np.count_nonzero(now if before is None else before))
        text = words("count.on" if before is None else "count.last", count=count)
        palette = self.theme.palette
        return dirty + self._count.update(surface, text, palette.ivory if past is None else palette.dim)


def cross(surface: pygame.Surface, place: pygame.Rect, colour: tuple[int, int, int]) -> None:
    """Cross out what is broken."""
    d = max(1, min(place.w, place.h) // 5)
    box = place.inflate(-2 * d, -2 * d)
    width = max(1, min(place.w, place.h) // 8)
    pygame.draw.line(surface, colour, box.topleft, (box.right - 1, box.bottom - 1), width)
    pygame.draw.line(surface, colour, (box.right - 1, box.y), (box.x, box.bottom - 1), width)


class RetinaPanel(LampPanel):
    """A lamp for each S-unit."""

    title, kind = "panel.s_units", "s"

    def lamps(self):
        """Return 20×20 lamps."""
        box, pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        return SIDE, SIDE, (pitch, pitch), box.x, box.y

    def relays(self, look):
        """Return the relays of the S-units."""
        return look.view.s.reshape(-1)

    def share(self, scene):
        """Return the shares of the S-units."""
        return scene.brightness.s

    def broken(self, scene):
        """Return the dead cells."""
        return frozenset(n - 1 for n in scene.config.faults.dead_cells)
