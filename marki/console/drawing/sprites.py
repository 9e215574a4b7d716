"""Sprites: lamps, dials, marks and the signs on buttons, drawn once and used many times."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from marki.console.drawing.theme import Colour, Palette, distance, mix, to_surface
from marki.console.state.lamp_glow import LEVELS

GHOST = LEVELS  # the sprite after those of the levels: a lamp that was lit at the last reading
STEP_DEG = 3
SWING_DEG = 135


def lamp(w: int, h: int, level: int, *, ground: Colour = (17, 17, 18)) -> pygame.Surface:
    """Return an incandescent lamp in a cell of w × h, at a level from 0, dark, to 15, or lit a moment ago (`GHOST`)."""
    r, _, _ = distance(w, h, w / 2, h / 2)
    bulb = max(1.5, 0.36 * min(w, h))
    power = 0.0 if level == GHOST else level / (LEVELS - 1)
    picture = np.empty((w, h, 3))
    picture[:] = ground
    picture = mix(picture, (255, 190, 92), 0.5 * power * np.exp(-((r / (1.25 * bulb)) ** 2)))
    edge = bulb + 0.5 - r
    dark, lit = np.array((48, 40, 33)), np.array((255, 206, 120))
    glass = (134, 92, 40) if level == GHOST else tuple(dark + (lit - dark) * power)
    picture = mix(picture, (78, 72, 64), edge)
    picture = mix(picture, glass, edge - (1 if bulb > 3 else 0))
    picture = mix(picture, (255, 250, 226), 1.4 * power * np.exp(-((r / (0.55 * bulb)) ** 2)))
    if bulb > 3 and power < 0.5:
        spot, _, _ = distance(w, h, w / 2 - bulb * 0.3, h / 2 - bulb * 0.3)
        picture = mix(picture, (150, 140, 124), 0.5 * np.exp(-((spot / (0.3 * bulb)) ** 2)))
    return to_surface(picture)


class Lamps:
    """A grid of lamps that redraws those that changed.

    Parameters
    ----------
    left, top, rows, columns : int
    pitch : (int, int)
        Width and height of a cell.
    """

    def __init__(self, left: int, top: int, rows: int, columns: int, pitch: tuple[int, int]):
        self.rect = pygame.Rect(left, top, columns * pitch[0], rows * pitch[1])
        self._sprites = [lamp(*pitch, level) for level in range(LEVELS + 1)]
        k = np.arange(rows * columns)
        self._places: list[tuple[int, int]] = list(
            zip((left + k % columns * pitch[0]).tolist(), (top + k // columns * pitch[1]).tolist(), strict=True)
        )
        self._levels = np.full(rows * columns, -1, np.int8)

    def forget(self) -> None:
        """Draw all of them again at the next update."""
        self._levels = np.full_like(self._levels, -1)

    def update(self, surface: pygame.Surface, levels: np.ndarray) -> list[pygame.Rect]:
        """Show `levels` (rows × columns), 0 to 15 or GHOST."""
        levels = levels.reshape(-1)
        changed = np.flatnonzero(levels != self._levels).tolist()
        if not changed:
            return []
        sprites, places = self._sprites, self._places
        to: list[int] = levels.tolist()
        surface.fblits([(sprites[to[k]], places[k]) for k in changed])
        self._levels = levels.copy()
        return [self.rect]


class Dials:
    """Faces of a potentiometer for every position of its wiper, made when first needed.

    The wedge from zero to the wiper shows the value by its size, its side and its colour: right and amber above zero,
    left and blue below. A bright rim between four dots marks a motor that turns.
    """

    def __init__(self, pitch: int, palette: Palette | None = None):
        self.pitch, self.palette = pitch, palette or Palette()
        self.face = lru_cache(maxsize=None)(self._face)

    def _face(self, step: int, turning: bool) -> pygame.Surface:
        p = self.pitch
        radius = p / 2 - max(0.8, 0.06 * p)
        angle = np.radians(step * STEP_DEG)
        r, dx, dy = distance(p, p, p / 2, p / 2)
        picture = np.empty((p, p, 3))
        picture[:] = self.palette.black
        rim = (255, 250, 220) if turning else (84, 82, 76)
        width = max(1.0, 0.075 * p) * (1.5 if turning else 1)
        if turning:
            corner = np.hypot(abs(dx) - 0.42 * p, abs(dy) - 0.42 * p)
            picture = mix(picture, (255, 250, 220), 0.09 * p + 0.5 - corner)
        picture = mix(picture, rim, radius + 0.5 - r)
        inner = radius - width
        picture = mix(picture, (40, 39, 37), inner + 0.5 - r)
        if step:
            bearing = np.arctan2(dx, -dy)  # from the top, clockwise
            within = np.minimum(bearing, angle - bearing) if step > 0 else np.minimum(-bearing, bearing - angle)
            colour = self.palette.positive if step > 0 else self.palette.negative
            tint = 0.12 + 0.4 * abs(step * STEP_DEG) / SWING_DEG
            picture = mix(picture, colour, np.minimum(inner + 0.5 - r, 1) * tint)
            picture = mix(picture, colour, np.minimum(within * r + 0.5, inner + 0.5 - r))
        along = dx * np.sin(angle) - dy * np.cos(angle)
        across = abs(dx * np.cos(angle) + dy * np.sin(angle))
        needle = np.minimum(np.minimum(along + 0.5, inner + 0.5 - r), max(0.6, 0.055 * p) + 0.5 - across)
        return to_surface(mix(picture, (255, 252, 240) if step else self.palette.dim, needle))


@lru_cache(maxsize=64)
def sign(name: str, size: int, colour: Colour) -> pygame.Surface:
    """Return the sign of a verdict or a button, smooth, in a square of `size`."""
    fine = 4 * size
    big = pygame.Surface((fine, fine), pygame.SRCALPHA)
    big.fill((*colour, 0))

    def at(*points: float) -> list[tuple[float, float]]:
        return [(points[k] * fine, points[k + 1] * fine) for k in range(0, len(points), 2)]

    def stroke(*points: float, width: float = 0.13) -> None:
        ends = at(*points)
        pygame.draw.lines(big, colour, False, ends, round(width * fine))
        for end in ends:
            pygame.draw.circle(big, colour, end, width * fine / 2)

    def shape(*points: float) -> None:
        pygame.draw.polygon(big, colour, at(*points))

    def bar(x: float, y: float, w: float, h: float) -> None:
        pygame.draw.rect(big, colour, (x * fine, y * fine, w * fine, h * fine))

    match name:
        case "right":
            stroke(0.16, 0.55, 0.4, 0.78, 0.84, 0.24, width=0.15)
        case "wrong":
            stroke(0.2, 0.2, 0.8, 0.8, width=0.15)
            stroke(0.8, 0.2, 0.2, 0.8, width=0.15)
        case "plus":
            bar(0.16, 0.42, 0.68, 0.16)
            bar(0.42, 0.16, 0.16, 0.68)
        case "minus":
            bar(0.16, 0.42, 0.68, 0.16)
        case "dot":
            pygame.draw.circle(big, colour, (0.5 * fine, 0.5 * fine), 0.2 * fine)
        case "play":
            shape(0.24, 0.14, 0.86, 0.5, 0.24, 0.86)
        case "pause":
            bar(0.22, 0.16, 0.2, 0.68)
            bar(0.58, 0.16, 0.2, 0.68)
        case "to_start":
            shape(0.9, 0.2, 0.56, 0.5, 0.9, 0.8)
            shape(0.56, 0.2, 0.22, 0.5, 0.56, 0.8)
            bar(0.1, 0.18, 0.12, 0.64)
        case "to_end":
            shape(0.1, 0.2, 0.44, 0.5, 0.1, 0.8)
            shape(0.44, 0.2, 0.78, 0.5, 0.44, 0.8)
            bar(0.78, 0.18, 0.12, 0.64)
        case "back_event":
            shape(0.8, 0.2, 0.4, 0.5, 0.8, 0.8)
            pygame.draw.circle(big, colour, (0.22 * fine, 0.5 * fine), 0.11 * fine)
        case "view":
            pygame.draw.rect(big, colour, (0.1 * fine, 0.16 * fine, 0.34 * fine, 0.68 * fine), fine // 11)
            pygame.draw.circle(big, colour, (0.76 * fine, 0.26 * fine), 0.12 * fine, fine // 11)
            pygame.draw.circle(big, colour, (0.76 * fine, 0.74 * fine), 0.12 * fine, fine // 11)
            stroke(0.44, 0.5, 0.7, 0.34, width=0.07)
            stroke(0.44, 0.5, 0.7, 0.66, width=0.07)
        case "menu":
            for y in (0.26, 0.5, 0.74):
                bar(0.14, y - 0.06, 0.72, 0.12)
        case "step_event":
            shape(0.2, 0.2, 0.6, 0.5, 0.2, 0.8)
            pygame.draw.circle(big, colour, (0.78 * fine, 0.5 * fine), 0.11 * fine)
        case "step_trial":
            shape(0.16, 0.18, 0.62, 0.5, 0.16, 0.82)
            bar(0.68, 0.18, 0.14, 0.64)
        case "back_trial":
            shape(0.84, 0.18, 0.38, 0.5, 0.84, 0.82)
            bar(0.18, 0.18, 0.14, 0.64)
        case "to_mistake":
            shape(0.04, 0.22, 0.4, 0.5, 0.04, 0.78)
            stroke(0.54, 0.3, 0.92, 0.7, width=0.12)
            stroke(0.92, 0.3, 0.54, 0.7, width=0.12)
        case "slower":
            shape(0.5, 0.2, 0.08, 0.5, 0.5, 0.8)
            shape(0.92, 0.2, 0.5, 0.5, 0.92, 0.8)
        case "faster":
            shape(0.5, 0.2, 0.92, 0.5, 0.5, 0.8)
            shape(0.08, 0.2, 0.5, 0.5, 0.08, 0.8)
        case "reset":
            pygame.draw.arc(big, colour, (0.16 * fine, 0.16 * fine, 0.68 * fine, 0.68 * fine), -2.4, 2.0, fine // 8)
            shape(0.1, 0.2, 0.46, 0.06, 0.44, 0.46)
        case "strip":
            bar(0.08, 0.7, 0.24, 0.18)
            bar(0.38, 0.7, 0.24, 0.18)
            bar(0.68, 0.7, 0.24, 0.18)
            pygame.draw.arc(big, colour, (0.2 * fine, 0.16 * fine, 0.62 * fine, 0.9 * fine), 0.2, 2.94, fine // 11)
        case "hall":
            for x in (0.08, 0.38, 0.68):
                for y in (0.1, 0.4, 0.7):
                    bar(x, y, 0.24, 0.2)
        case "editor":
            pygame.draw.rect(big, colour, (0.12 * fine, 0.12 * fine, 0.6 * fine, 0.76 * fine), fine // 11)
            bar(0.24, 0.3, 0.3, 0.08)
            bar(0.24, 0.46, 0.22, 0.08)
            stroke(0.5, 0.7, 0.88, 0.32, width=0.1)
        case "help":
            pygame.draw.circle(big, colour, (0.5 * fine, 0.5 * fine), 0.42 * fine, fine // 11)
            stroke(0.38, 0.38, 0.44, 0.29, 0.56, 0.29, 0.61, 0.39, 0.5, 0.51, 0.5, 0.58, width=0.08)
            pygame.draw.circle(big, colour, (0.5 * fine, 0.72 * fine), 0.055 * fine)
        case _:
            pass  # a button without a sign shows its text alone
    return pygame.transform.smoothscale(big, (size, size))
