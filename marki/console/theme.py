"""The look of the window: colours, lettering and plates, all derived from one unit of length."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from marki.files import asset
from marki.io.stimuli.letters import TYPEFACES

Colour = tuple[int, int, int]

ROOM: Colour = (30, 32, 33)
FRAME: Colour = (58, 60, 60)
PLATE: Colour = (200, 200, 190)
INK: Colour = (26, 26, 24)
FADED: Colour = (88, 88, 82)
BLACK: Colour = (17, 17, 18)
IVORY: Colour = (232, 226, 206)
DIM: Colour = (164, 160, 146)
LAMP: Colour = (255, 190, 92)
POSITIVE: Colour = (255, 172, 58)
NEGATIVE: Colour = (98, 178, 255)
RIGHT: Colour = (28, 110, 50)
WRONG: Colour = (178, 34, 24)
RIGHT_LIT: Colour = (110, 220, 130)
WRONG_LIT: Colour = (255, 108, 88)
PAPER: Colour = (238, 232, 212)
RULING: Colour = (206, 196, 168)
TRACE: Colour = (26, 44, 104)

LETTERING, FIGURES, TEXT = "routed-gothic", "b612-mono", "b612"
SMALL, NORMAL, LARGE, HUGE = 14, 17, 24, 66
LEAST = 9  # px; nothing is lettered smaller than this


class Theme:
    """Lettering and plates at one scale.

    Parameters
    ----------
    unit : float
        Length of one pixel of the 1280×800 window, px.
    """

    def __init__(self, unit: float):
        self.unit = unit
        self.clipped: list[tuple[str, pygame.Rect]] = []
        self.render = lru_cache(maxsize=1500)(self._render)
        self.font = lru_cache(maxsize=64)(self._font)

    def px(self, length: float) -> int:
        """Return a length of the 1280×800 window in pixels, at least 1."""
        return max(1, round(length * self.unit))

    def _font(self, face: str, size: int) -> pygame.font.Font:
        return pygame.font.Font(str(asset(f"fonts/{TYPEFACES[face].file}")), size)

    def _render(self, text: str, face: str, size: int, colour: Colour) -> pygame.Surface:
        return self.font(face, size).render(text, True, colour).convert_alpha()

    def fitted(self, text: str, box: pygame.Rect, size: float, face: str, colour: Colour) -> pygame.Surface:
        """Return `text` at `size` (in units), or smaller if it would not fit the box."""
        points = max(LEAST, min(round(size * self.unit), box.h))
        wide, high = self.font(face, points).size(text)
        if wide > box.w or high > box.h * 1.25:
            points = max(LEAST, int(points * min(box.w / max(wide, 1), box.h * 1.25 / high)))
            while points > LEAST and self.font(face, points).size(text)[0] > box.w:
                points -= 1
            if self.font(face, points).size(text)[0] > box.w:
                self.clipped.append((text, box.copy()))
        return self.render(text, face, points, colour)

    def write(
        self,
        surface: pygame.Surface,
        text: str,
        box: pygame.Rect,
        *,
        size: float = NORMAL,
        face: str = LETTERING,
        colour: Colour = INK,
        align: str = "left",
    ) -> None:
        """Letter one line into a box, upright in its middle; `align` is left, centre or right."""
        if not text:
            return
        ink = self.fitted(text, box, size, face, colour)
        place = ink.get_rect(centery=box.centery)
        if align == "left":
            place.left = box.left
        elif align == "right":
            place.right = box.right
        else:
            place.centerx = box.centerx
        surface.set_clip(box.inflate(0, box.h))
        surface.blit(ink, place)
        surface.set_clip(None)

    def plate(self, surface: pygame.Surface, rect: pygame.Rect, *, dark: bool = False) -> None:
        """Draw a panel: satin metal on its frame, or black lacquer."""
        pygame.draw.rect(surface, FRAME, rect)
        face = rect.inflate(-2 * self.px(2), -2 * self.px(2))
        if dark:
            pygame.draw.rect(surface, BLACK, face)
            return
        tone = np.linspace(8, -10, face.h)[None, :, None] + _grain(face.w)[:, None, None]
        satin = np.clip(np.array(PLATE)[None, None, :] + tone, 0, 255).astype(np.uint8)
        pygame.surfarray.blit_array(surface.subsurface(face), satin)
        r = self.px(2.5)
        for x in (face.left + 3 * r, face.right - 3 * r - 1):
            for y in (face.top + 3 * r, face.bottom - 3 * r - 1):
                if face.h > 20 * r:
                    pygame.draw.circle(surface, (150, 150, 142), (x, y), r)
                    pygame.draw.line(surface, (96, 96, 90), (x - r + 1, y + r // 2), (x + r - 1, y - r // 2))


@lru_cache(maxsize=16)
def _grain(width: int) -> np.ndarray:
    """Return the brushing of a satin plate, (width,); the same each time and no part of the machine's chance."""
    k = np.arange(width)
    return 1.6 * np.sin(k * 12.9898) * np.sin(k * 0.37)


def distance(w: int, h: int, x: float, y: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distance of each pixel's middle from (x, y), and its two parts; (w, h) each."""
    dx = np.arange(w)[:, None] + 0.5 - x
    dy = np.arange(h)[None, :] + 0.5 - y
    dx, dy = np.broadcast_arrays(dx, dy)
    return np.hypot(dx, dy), dx, dy


def mix(picture: np.ndarray, colour: Colour, share: np.ndarray) -> np.ndarray:
    """Lay a colour over a float picture (w, h, 3) with an opacity (w, h)."""
    return picture + (np.array(colour, float) - picture) * np.clip(share, 0, 1)[..., None]


def to_surface(picture: np.ndarray) -> pygame.Surface:
    """Return a float picture (w, h, 3) as a surface in the display's format."""
    return pygame.surfarray.make_surface(np.clip(picture, 0, 255).astype(np.uint8)).convert()
