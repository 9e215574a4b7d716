"""The camera on its pedestal, with the card before it; the card is also what the operator draws on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Backdrop, Grid
from marki.console.drawing.theme import SMALL, TEXT, Colour, Theme
from marki.console.front.metal import Cabinet, Pen, blend, darker, inked, lighter, shadow
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.io.card_names import card_name
from marki.io.frame import SIDE

COVERED = 0.32  # light of the card while the lens is covered
ASIDE, UP = 0.8, 0.15  # how far to the left, and how high, what lies farther off is seen
WIDE, HIGH = 2.66, 1.53  # size of the camera and its pedestal as seen, in its own unit
FOLDS, MID = 8, 0.79  # folds of the bellows, and height of its axis
Solid = tuple[float, float, float, float, float, float]


class CardView:
    """An oblique projection from behind: what is farther off lies to the left and higher.

    Parameters
    ----------
    pen : Pen
    x, y, unit : float
        Where the middle of the floor's near edge is, and the length of one, px.
    """

    def __init__(self, pen: Pen, x: float, y: float, unit: float):
        self.pen, self.x, self.y, self.unit = pen, x, y, unit

    def at(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Project a point: to the right, up and away."""
        return self.x + self.unit * (x - ASIDE * z), self.y - self.unit * (y + UP * z)

    def face(self, corners: list[tuple[float, float, float]], colour: Colour) -> None:
        """Draw a flat face."""
        self.pen.shape([self.at(*c) for c in corners], colour)

    def solid(self, box: Solid, colour: Colour, *, taper: float = 0.0) -> None:
        """Draw a box of x, y, z, width, height, depth; `taper` draws its top in, from the right."""
        x, y, z, w, h, d = box
        x1, y1, z1, top = x + w, y + h, z + d, x + w - taper
        self.face([(x, y, z), (x, y1, z), (x, y1, z1), (x, y, z1)], darker(colour, 0.42))
        self.face([(x, y1, z), (top, y1, z), (top, y1, z1), (x, y1, z1)], lighter(colour, 0.3))
        self.face([(x, y, z), (x1, y, z), (top, y1, z), (x, y1, z)], colour)
        thin = max(0.6, 0.006 * self.unit)
        self.pen.line(self.at(x, y1, z), self.at(top, y1, z), thin, lighter(colour, 0.5))
        self.pen.line(self.at(x, y, z), self.at(x, y1, z), thin, lighter(colour, 0.2))


class CameraStand(Cabinet):
    """A view camera with its bellows, standards and box back, on a heavy pedestal, as in the photograph of 1960."""

    about = "camera"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        r, line = self.rect, theme.row(SMALL)
        pitch = max(2, min((r.w - theme.px(12)) // SIDE, (round(0.62 * r.h) - line) // SIDE))
        size = pitch * SIDE
        frame = max(2, pitch // 3)
        spare = r.h - size - 2 * frame - line
        self._unit = unit = min(r.w / WIDE, spare / HIGH)
        # The card is as low as the camera before it permits.
        top = r.bottom - round(HIGH * unit) - size - 2 * frame - line
        top = max(r.y + frame + line, min(top, r.y + round(0.24 * r.h)))  # but not far above the rest
        card = pygame.Rect(r.centerx - size // 2, top + frame, size, size)
        self.grid = Grid("cell", card.x, card.y, SIDE, SIDE, (pitch, pitch))
        self.regions = (self.grid,)
        self._board = board = pygame.Rect(card.x - frame, card.y - frame, size + 2 * frame, 0)
        self._ground = r.bottom - max(2, round(0.06 * unit))
        board.h = max(size + 2 * frame, self._ground - round(0.3 * unit) - board.y)
        self._name = self.readout(pygame.Rect(r.x, board.y - line, r.w, line), size=SMALL, face=TEXT,
                                  colour=theme.palette.dim, align="centre", free=True)  # fmt: skip
        self._frame = frame
        self._backdrop = Backdrop(card.inflate(2 * frame, 2 * frame).clip(r))
        self._shown: tuple[bytes, bool] | None = None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the board, the camera, and the floor they stand on."""
        r, palette, theme, board, frame = self.rect, self.theme.palette, self.theme, self._board, self._frame
        unit, ground = self._unit, self._ground
        self._floor(surface, ground - round(0.46 * unit))
        shadow(surface, board.move(theme.px(4), theme.px(3)).clip(r), theme.px(5), 0.5)
        slate = darker(palette.black, 0.1)
        pygame.draw.rect(surface, blend(palette.frame, palette.plate, 0.25), board)
        pygame.draw.rect(surface, slate, board.inflate(-max(2, frame // 2), -max(2, frame // 2)))
        shadow(surface, pygame.Rect(r.centerx - round(0.9 * unit), ground - round(0.2 * unit), round(1.9 * unit),
                                    round(0.2 * unit)).clip(r), max(2, round(0.08 * unit)), 0.6)  # fmt: skip
        with inked(surface, r) as pen:
            self._camera(CardView(pen, r.centerx + 0.53 * unit, ground, unit))
        self._backdrop.keep(surface)

    def _floor(self, surface: pygame.Surface, horizon: int) -> None:
        """Draw the floor, lighter near us, fading into the room."""
        r, room = self.rect, np.array(self.theme.palette.room, float)
        area = pygame.Rect(r.x, horizon, r.w, r.bottom - horizon).clip(r)
        if area.w <= 0 or area.h <= 0:
            return
        x, y = np.linspace(-1, 1, area.w)[:, None], np.linspace(0, 1, area.h)[None, :]
        share = np.clip(1.15 - x * x * 1.15, 0, 1) * np.clip(y * 3, 0, 1) * np.clip((1 - y) * 5, 0, 1)
        picture = room + (np.array(lighter(self.theme.palette.room, 0.13), float) - room) * share[..., None]
        pygame.surfarray.blit_array(surface.subsurface(area), np.clip(picture, 0, 255).astype(np.uint8))

    def _camera(self, v: CardView) -> None:
        """Draw the camera from its far end to its near one."""
        palette = self.theme.palette
        grey, metal, black = blend(palette.frame, palette.plate, 0.5), palette.plate, lighter(palette.black, 0.07)
        v.solid((-0.62, 0, 0.0, 1.24, 0.13, 1.0), darker(grey, 0.1))
        v.solid((-0.34, 0.13, 0.2, 0.68, 0.1, 0.75), darker(grey, 0.35))
        v.solid((-0.08, 0.36, 0.1, 0.16, 0.09, 1.54), metal)  # the bed along which the standards slide
        v.solid((-0.16, 0.23, 0.5, 0.32, 0.16, 0.3), darker(grey, 0.25))
        v.solid((0.5, 0.13, 0.42, 0.16, 0.72, 0.4), grey)
        self._standard(v, 1.56, 0.3, black, metal)
        self._bellows(v, 1.54, 0.84, black)
        self._standard(v, 0.78, 0.36, black, metal)
        # The closed box at the back, where the film would be.
        v.solid((-0.42, 0.42, 0.28, 0.84, 0.76, 0.44), blend(palette.frame, grey, 0.2))
        v.solid((-0.36, 0.49, 0.27, 0.72, 0.62, 0.02), blend(palette.frame, grey, 0.34))
        for x, y in ((-0.39, 0.45), (0.39, 0.45), (-0.39, 1.15), (0.39, 1.15)):
            v.pen.disc(*v.at(x, y, 0.28), 0.014 * v.unit, metal)
        # The heavy uprights of the pedestal, and a thick cable from the box to the cabinets.
        rope = [v.at(0.3 + 0.5 * t, 0.5 - 0.46 * t + 0.1 * np.sin(3 * t), 0.26) for t in np.linspace(0, 1.1, 14)]
        v.pen.path(rope, 0.045 * v.unit, darker(palette.black, 0.5))
        v.pen.path([(x - 0.008 * v.unit, y - 0.008 * v.unit) for x, y in rope], 0.014 * v.unit, palette.frame)
        v.solid((-0.68, 0.13, 0.12, 0.24, 0.74, 0.34), lighter(grey, 0.12), taper=0.07)
        for x, y in ((-0.64, 0.83), (-0.55, 0.83)):
            v.pen.disc(*v.at(x, y, 0.12), 0.013 * v.unit, darker(grey, 0.6))
        for z in (0.2, 0.38):
            v.pen.disc(*v.at(-0.6, 0.87, z), 0.016 * v.unit, darker(grey, 0.5))

    def _standard(self, v: CardView, z: float, half: float, black: Colour, metal: Colour) -> None:
        """Draw a standard: a frame between two geared posts with black knobs."""
        low, high = 0.46, 0.46 + 2 * half + 0.06
        for x in (half + 0.07, -half - 0.12):
            v.solid((x, low - 0.06, z, 0.05, high - low + 0.14, 0.05), metal)
        v.solid((-half - 0.04, low, z, 2 * half + 0.08, high - low, 0.07), black)
        v.solid((-half + 0.03, low + 0.06, z - 0.02, 2 * half - 0.06, high - low - 0.12, 0.02), lighter(black, 0.08))
        for y in (low + 0.08, low + 0.34):
            x0, y0 = v.at(-half - 0.14, y, z)
            radius = 0.075 * v.unit
            v.pen.disc(x0, y0, radius, darker(metal, 0.5))
            v.pen.disc(x0 - 0.1 * radius, y0 - 0.1 * radius, 0.92 * radius, black)
            v.pen.disc(x0 - 0.1 * radius, y0 - 0.1 * radius, 0.46 * radius, lighter(black, 0.18))
            v.pen.disc(x0 - 0.1 * radius, y0 - 0.1 * radius, 0.2 * radius, metal)

    def _bellows(self, v: CardView, far: float, near: float, black: Colour) -> None:
        """Draw the bellows, fold by fold, wider towards us."""
        edges = np.linspace(far, near, 2 * FOLDS + 1).tolist()
        for k, (z0, z1) in enumerate(pairwise(edges)):
            a, b = (0.2 + 0.06 * n / (2 * FOLDS) + 0.05 * (n % 2) for n in (k, k + 1))
            # The two sides of a fold catch the light differently.
            tone = lighter(black, 0.3 if k % 2 else 0.08)
            v.face([(-a, MID - a, z0), (-a, MID + a, z0), (-b, MID + b, z1), (-b, MID - b, z1)], tone)
            v.face([(-a, MID + a, z0), (a, MID + a, z0), (b, MID + b, z1), (-b, MID + b, z1)], lighter(tone, 0.16))

    # -- what changes ------------------------------------------------------------------------------------------------

    def parts(self) -> list[Target]:
        """Return the first cell of the card."""
        return [Target("cell", 0)]

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the card: that before the lens, darker while the lens is covered, or the operator's own."""
        draft, shown = scene.ui.draft, scene.snapshot.presentation
        light = self._light(scene)
        grey = np.clip(light * 255, 0, 255).astype(np.uint8)
        key = (grey.tobytes(), draft is not None)
        words = self.theme.words
        text = words("front.draft") if draft is not None else card_name(shown.name, words) if shown is not None else ""
        known = draft is None and shown is not None and 0 <= shown.kind < len(scene.classes)
        shorter = (words.class_name(scene.classes[shown.kind]),) if known and shown is not None else ()
        colour = self.theme.palette.focus if draft is not None else self.theme.palette.dim
        dirty = self._name.update(surface, text, colour, shorter=shorter)
        if key == self._shown:
            return dirty
        was, self._shown = self._shown, key
        if was is None or was[1] != key[1]:
            self._mark(surface, draft is not None)
            dirty.append(self._backdrop.rect)
        palette, area = self.theme.palette, self.grid.rect
        share = grey.T[..., None] / 255
        low, high = np.array(lighter(palette.black, 0.03), float), np.array(palette.paper, float)
        small = pygame.surfarray.make_surface((low + (high - low) * share).astype(np.uint8)).convert()
        pygame.transform.scale(small, area.size, surface.subsurface(area))
        if draft is not None:
            self._rule(surface)
        return [*dirty, area]

    def _light(self, scene: Scene) -> np.ndarray:
        draft, shown = scene.ui.draft, scene.snapshot.presentation
        if draft is not None:
            return draft / 255
        if shown is None:
            return np.zeros((SIDE, SIDE))
        return shown.frame * (1.0 if scene.snapshot.open else COVERED)

    def _mark(self, surface: pygame.Surface, draft: bool) -> None:
        """Frame the card while it is the operator's own."""
        edge = self._backdrop.rect
        self._backdrop.restore(surface)
        if draft:
            pygame.draw.rect(surface, self.theme.palette.focus, edge, max(2, (edge.w - self.grid.rect.w) // 2))

    def _rule(self, surface: pygame.Surface) -> None:
        """Draw lines between the cells."""
        area, pitch, palette = self.grid.rect, self.grid.pitch[0], self.theme.palette
        for k in range(1, SIDE):
            colour = darker(palette.focus, 0.25 if k % 5 == 0 else 0.68)
            x, y = area.x + k * pitch, area.y + k * pitch
            pygame.draw.line(surface, colour, (x, area.y), (x, area.bottom - 1))
            pygame.draw.line(surface, colour, (area.x, y), (area.right - 1, y))
