"""The stimulus before the camera, and the 20×20 lamps of the S-units."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.layout import Box, square_grid
from marki.console.look import Look
from marki.console.panel import Panel
from marki.console.scene import Scene
from marki.console.sprites import GHOST, ON, Lamps
from marki.console.theme import DIM, IVORY, SMALL, TEXT
from marki.io.frame import SIDE


def levels(now: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """Return the levels of lamps that are on, or were on at the last reading."""
    out = now.astype(np.int8) * ON
    if before is not None:
        out[before & ~now] = GHOST
    return out


def count_of(lamps: np.ndarray, before: np.ndarray | None) -> str:
    """Return how many lamps are lit, or were at the last reading."""
    return f"{np.count_nonzero(lamps)} on" if before is None else f"last: {np.count_nonzero(before)}"


def last_lit(scene: Scene) -> Look | None:
    """Return the look whose lamps are still to be seen dimly: only while the lens is covered."""
    return None if scene.look.open else scene.held


class StimulusPanel(Panel):
    """What is before the camera, as grey as the cells receive it; darkened while the lens is covered."""

    title = "STIMULUS"
    dark = True

    def dress(self, surface, scene):
        """Draw the frame."""
        super().dress(surface, scene)
        box, self._pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        self._square = pygame.Rect(box)
        pygame.draw.rect(surface, (70, 68, 62), self._square.inflate(4, 4), 1)
        name = self.heading.copy()
        name.x, name.w = name.x + self.theme.px(80), name.w - self.theme.px(74)
        self._name = self.readout(name, size=SMALL, face=TEXT, colour=IVORY, align="right")
        self._drawn: bytes | None = None

    def update(self, surface, scene):
        """Show the card and its name."""
        look = scene.look
        shown = look.presentation
        light = look.view.light
        if not look.open and shown is not None:
            light = shown.frame * 0.3
        grey = np.clip(light * 255, 0, 255).astype(np.uint8)
        dirty = self._name.update(surface, shown.name if shown else "no card yet")
        if grey.tobytes() != self._drawn:
            self._drawn = grey.tobytes()
            tone = grey.T.repeat(self._pitch, 0).repeat(self._pitch, 1)
            picture = tone[..., None] * np.array([1.0, 0.98, 0.92])
            pygame.surfarray.blit_array(surface.subsurface(self._square), picture.astype(np.uint8))
            dirty.append(self._square)
        return dirty


class LampPanel(Panel):
    """A black panel of lamps, with their number."""

    dark = True

    def dress(self, surface, scene):
        """Set the lamps into the panel."""
        super().dress(surface, scene)
        self._lamps = self.lamps()
        count = self.heading.copy()
        count.x, count.w = count.x + self.theme.px(60), count.w - self.theme.px(56)
        self._count = self.readout(count, size=SMALL, face=TEXT, colour=IVORY, align="right")

    def lamps(self) -> Lamps:
        """Return the lamps, set into the panel."""
        raise NotImplementedError

    def relays(self, look: Look) -> np.ndarray:
        """Return the relays that the lamps show."""
        raise NotImplementedError

    def update(self, surface, scene):
        """Light the lamps whose relays are closed."""
        lit = last_lit(scene)
        now, before = self.relays(scene.look), None if lit is None else self.relays(lit)
        dirty = self._lamps.update(surface, levels(now, before))
        return dirty + self._count.update(surface, count_of(now, before), IVORY if lit is None else DIM)


class RetinaPanel(LampPanel):
    """A lamp for each S-unit."""

    title = "S-UNITS"

    def lamps(self):
        """Return 20×20 lamps."""
        box, pitch = square_grid(Box(*self.inner), SIDE, SIDE)
        return Lamps(box.x, box.y, SIDE, SIDE, (pitch, pitch))

    def relays(self, look):
        """Return the relays of the S-units."""
        return look.view.s
