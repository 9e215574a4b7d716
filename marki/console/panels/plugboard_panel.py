"""The plugboard of the schematic: wires from the S-units to the A-units, and the signals that travel along them.

By default it draws a sample: for each A-unit that fires, wires from lit S-units. While a unit is picked, all its wires
are drawn instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Backdrop, Declared, Panel
from marki.console.drawing.theme import SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.hardware.faults import A_UNITS
from marki.io.frame import CELLS

MOST = 48  # wires drawn at a time: more cannot be told apart
STEPS = 14  # straight pieces of a wire
PULSES = 3  # on each wire
HOLD = 10  # frames for which the wires stand still at high speed
Wire = tuple[int, int, int]
"""S-unit, A-unit and sign."""


class PlugboardPanel(Panel):
    """Wires between the lamps of the S-units at the left and those of the A-units at the right."""

    title = "panel.plugboard"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px = theme.px
        foot = theme.row(SMALL)
        area = self.inner
        self._area = pygame.Rect(area.x - px(8), area.y, area.w + 2 * px(8), area.h - 2 * foot)
        self._backdrop = Backdrop(self._area)
        self._plus = self.readout(pygame.Rect(area.x, area.bottom - 2 * foot, area.w, foot), size=SMALL, face=TEXT,
                                  colour=theme.palette.positive, align="centre")  # fmt: skip
        self._minus = self.readout(pygame.Rect(area.x, area.bottom - foot, area.w, foot), size=SMALL, face=TEXT,
                                   colour=theme.palette.negative, align="centre")  # fmt: skip
        self._shown: tuple[tuple[Wire, ...], int, Target | None, bool] | None = None
        self._chosen: tuple[bytes, list[Wire]] = (b"", [])
        self._left, self._right = self._ends(None, "s", CELLS), self._ends(None, "a", A_UNITS)

    def connect(self, panels: Mapping[str, Panel], scene: Scene) -> None:
        """Let the wires end at the lamps of the S-units and of the A-units, if both are shown."""
        if not {"retina", "association"} & scene.ui.hidden:
            self._left = self._ends(panels["retina"], "s", CELLS)
            self._right = self._ends(panels["association"], "a", A_UNITS)

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the board."""
        super().dress(surface, scene)
        self._backdrop.keep(surface)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the wires in use, and the signals on them."""
        wires = self._wires(scene)
        travelling = bool(wires) and scene.snapshot.phase in ("look", "read") and not scene.fast
        beat = scene.beat if travelling and not self.theme.profile.still and scene.state != "stopped" else 0
        dim = scene.last is not None
        key = (tuple(wires), beat, scene.ui.picked, dim)
        if key == self._shown:
            return []
        self._shown = key
        self._backdrop.restore(surface)
        surface.set_clip(self._area)
        if wires:
            self._draw(surface, wires, beat, bold=scene.ui.picked is not None, dim=dim)
        surface.set_clip(None)
        plus = sum(sign > 0 for _, _, sign in wires)
        words = self.theme.words
        dirty = [self._area]
        dirty += self._plus.update(surface, words("plugboard.plus", count=plus) if wires else "")
        dirty += self._minus.update(surface, words("plugboard.minus", count=len(wires) - plus) if wires else "")
        return dirty

    def _wires(self, scene: Scene) -> list[Wire]:
        """Return the wires to draw."""
        picked = scene.ui.picked
        if picked is not None and picked.kind in ("a", "value"):
            return [(int(s), picked.number, int(scene.wiring[picked.number, s]))
                    for s in np.flatnonzero(scene.wiring[picked.number])]  # fmt: skip
        if picked is not None and picked.kind in ("s", "toggle", "cell"):
            return [(picked.number, int(a), int(scene.wiring[a, picked.number]))
                    for a in np.flatnonzero(scene.wiring[:, picked.number])]  # fmt: skip
        view = (scene.last or scene.snapshot).view
        s = view.s.reshape(-1)
        key = s.tobytes() + view.a.tobytes()
        if scene.fast and self._chosen[1] and scene.beat % HOLD:
            return self._chosen[1]  # a new card in every frame could not be followed
        if key != self._chosen[0]:
            self._chosen = (key, self._sample(scene.wiring, s, view.a))
        return self._chosen[1]

    def _sample(self, wiring: np.ndarray, s: np.ndarray, a: np.ndarray) -> list[Wire]:
        """Return wires from lit S-units: two for each A-unit that fires, one of each sign, spread over the board."""
        fires = np.flatnonzero(a)
        if fires.size > MOST:
            fires = fires[np.linspace(0, fires.size - 1, MOST).astype(int)]
        found: list[Wire] = []
        for unit in fires.tolist():
            for sign in (1, -1):
                ends = np.flatnonzero((wiring[unit] == sign) & s)
                if ends.size and len(found) < MOST:
                    found.append((int(ends[unit % ends.size]), unit, sign))
        return found

    def _draw(self, surface: pygame.Surface, wires: list[Wire], beat: int, *, bold: bool, dim: bool) -> None:
        palette, px, area = self.theme.palette, self.theme.px, self._area
        s, a, sign = np.array(wires).T
        t = np.linspace(0, 1, STEPS)
        source, goal = self._left[s][:, None], self._right[a][:, None]
        bend = (((s * 7 + a) % 5 - 2) * area.h * 0.03)[:, None]
        y = (source + (goal - source) * (t * t * (3 - 2 * t)) + bend * np.sin(np.pi * t)).tolist()
        x = (area.x + (area.w - 1) * t).tolist()
        width, share = self.theme.line(1.8 if bold else 1.3), 0.75 if bold else 0.26 if dim else 0.42
        for k, heights in enumerate(y):
            colour = palette.positive if sign[k] > 0 else palette.negative
            tone = [int(share * c) for c in colour]
            points = list(zip(x, heights, strict=True))
            if sign[k] > 0:
                pygame.draw.lines(surface, tone, False, points, width)
            else:
                for j in range(0, STEPS - 1, 2):  # inhibitory wires are dashed
                    pygame.draw.line(surface, tone, points[j], points[j + 1], width)
            if beat:
                for j in range(PULSES):
                    at = (beat / 45 + j / PULSES + wires[k][0] % 7 / 20) % 1 * (STEPS - 1)
                    low = int(at)
                    (x0, y0), (x1, y1) = points[low], points[min(low + 1, STEPS - 1)]
                    place = (x0 + (x1 - x0) * (at - low), y0 + (y1 - y0) * (at - low))
                    pygame.draw.circle(surface, colour, place, px(2.4))

    def _ends(self, lamps: Panel | None, kind: str, count: int) -> np.ndarray:
        """Return the heights at which wires end, (count,): those of the lamps, or evenly spread over the board."""
        area = self._area
        heights = area.y + np.arange(count) / count * area.h
        if lamps is not None:
            places = [place for k in range(count) if (place := lamps.place_of(Target(kind, k))) is not None]
            if len(places) == count:
                heights = np.array([place.centery for place in places], float)
        return np.clip(heights, area.y + 2, area.bottom - 2)

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the board itself."""
        return Target("plugboard") if self._area.collidepoint(place) else None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where the board is."""
        return self._area if part == Target("plugboard") else None

    def parts(self) -> list[Target]:
        """Return the board."""
        return [Target("plugboard")]


PANEL = Declared(name="plugboard", panel=PlugboardPanel)
