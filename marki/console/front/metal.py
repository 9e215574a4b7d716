"""Materials of the cabinets: antialiased shapes, satin metal, shadows, and small parts such as knobs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Unpack

import numpy as np
import pygame

from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import SMALL, TEXT, Colour, TextStyle, distance, mix, to_surface

WHITE, NIGHT = (255, 255, 255), (0, 0, 0)


def blend(a: Colour, b: Colour, share: float) -> Colour:
    """Interpolate between two colours: 0 is `a`, 1 is `b`."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    """Blend a colour with black."""
    return blend(colour, NIGHT, share)


def lighter(colour: Colour, share: float) -> Colour:
    """Blend a colour with white."""
    return blend(colour, WHITE, share)


class Pen:
    """Draws smooth shapes: in window coordinates, which may be fractions, on a picture several times as fine.

    Parameters
    ----------
    surface : pygame.Surface
    origin : (float, float)
        What lies at the upper left corner of the surface.
    fine : int
        Pixels of the surface for one of the window.
    """

    def __init__(self, surface: pygame.Surface, origin: tuple[float, float], fine: int):
        self.surface, self.origin, self.fine = surface, origin, fine

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return a place on the fine picture."""
        return (x - self.origin[0]) * self.fine, (y - self.origin[1]) * self.fine

    def box(self, x: float, y: float, w: float, h: float, colour: Colour, *, round_by: float = 0) -> None:
        """Draw a filled rectangle."""
        (left, top), (right, bottom) = self.at(x, y), self.at(x + w, y + h)
        rect = pygame.Rect(round(left), round(top), max(1, round(right - left)), max(1, round(bottom - top)))
        pygame.draw.rect(self.surface, colour, rect, border_radius=round(round_by * self.fine))

    def raised(
        self, x: float, y: float, w: float, h: float, colour: Colour, edge: float, *, depth: float = 0.3
    ) -> None:
        """Draw a plate lit from the upper left, its edges `edge` wide; negative `depth` sinks it."""
        light, dark = (lighter, darker) if depth > 0 else (darker, lighter)
        self.box(x, y, w, h, dark(colour, abs(depth)))
        self.box(x, y, w - edge, h - edge, light(colour, abs(depth)))
        self.box(x + edge, y + edge, w - 2 * edge, h - 2 * edge, colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a filled circle."""
        pygame.draw.circle(self.surface, colour, self.at(x, y), max(1, radius * self.fine))

    def line(self, a: tuple[float, float], b: tuple[float, float], width: float, colour: Colour) -> None:
        """Draw a straight line with round ends."""
        self.path([a, b], width, colour)

    def path(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """Draw a line through several places with round joints."""
        places = [self.at(*p) for p in points]
        thick = max(1, round(width * self.fine))
        pygame.draw.lines(self.surface, colour, False, places, thick)
        if thick > 2:
            for place in places:
                pygame.draw.circle(self.surface, colour, place, thick / 2)

    def shape(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """Draw a filled polygon."""
        pygame.draw.polygon(self.surface, colour, [self.at(*p) for p in points])

    def slope(self, x: float, y: float, w: float, h: float, colours: Sequence[Colour], *, across: bool = False) -> None:
        """Draw a rectangle that passes from colour to colour downwards, or from left to right if `across`."""
        (left, top), (right, bottom) = self.at(x, y), self.at(x + w, y + h)
        rect = pygame.Rect(round(left), round(top), max(1, round(right - left)), max(1, round(bottom - top)))
        rect = rect.clip(self.surface.get_rect())
        if not rect.w or not rect.h:
            return
        count = rect.w if across else rect.h
        places = np.linspace(0, 1, len(colours))
        tone = np.stack([np.interp(np.linspace(0, 1, count), places, [c[k] for c in colours]) for k in range(3)], -1)
        tone = tone[:, None, :] if across else tone[None, :, :]
        pygame.surfarray.blit_array(
            self.surface.subsurface(rect), np.broadcast_to(tone, (rect.w, rect.h, 3)).astype(np.uint8)
        )

    def screw(self, x: float, y: float, radius: float, metal: Colour) -> None:
        """Draw the head of a screw with its slot."""
        self.disc(x + 0.3 * radius, y + 0.4 * radius, 1.15 * radius, darker(metal, 0.34))
        self.disc(x, y, radius, lighter(metal, 0.24))
        self.line((x - 0.6 * radius, y + 0.4 * radius), (x + 0.6 * radius, y - 0.4 * radius), 0.34 * radius,
                  darker(metal, 0.5))  # fmt: skip

    def button(
        self, x: float, y: float, radius: float, colour: Colour, mark: Colour, ground: Colour, *, turned: float = 0.0
    ) -> None:
        """Draw a knob with its shadow on the ground and its mark, `turned` from the top, degrees."""
        for k in range(5):
            share = 0.12 + 0.09 * k
            reach = 0.62 * (1 - k / 4)
            self.disc(x + reach * radius, y + 1.1 * reach * radius, radius * (1.1 - 0.03 * k), darker(ground, share))
        self.disc(x, y, radius, darker(colour, 0.3))
        self.disc(x - 0.06 * radius, y - 0.08 * radius, 0.88 * radius, lighter(colour, 0.16))
        self.disc(x, y, 0.72 * radius, colour)
        self.disc(x - 0.22 * radius, y - 0.26 * radius, 0.26 * radius, lighter(colour, 0.22))
        angle = np.radians(turned)
        far = (x + 0.86 * radius * np.sin(angle), y - 0.86 * radius * np.cos(angle))
        near = (x + 0.2 * radius * np.sin(angle), y - 0.2 * radius * np.cos(angle))
        self.line(near, far, max(0.8, 0.2 * radius), mark)

    def plate(self, x: float, y: float, w: float, h: float, ground: Colour, ink: Colour) -> None:
        """Draw a small engraved plate whose text is too small to be read."""
        self.box(x, y, w, h, darker(ground, 0.55))
        for k in (0.3, 0.62):
            self.box(x + 0.12 * w, y + k * h, 0.76 * w, 0.1 * h, ink)


@contextmanager
def inked(surface: pygame.Surface, rect: pygame.Rect) -> Generator[Pen]:
    """Yield a pen for a part of a surface; what it draws is antialiased and copied to the surface at the end."""
    rect = rect.clip(surface.get_rect())
    if not rect.w or not rect.h:
        yield Pen(pygame.Surface((1, 1)), rect.topleft, 1)
        return
    fine = 4 if rect.w * rect.h < 160_000 else 3 if rect.w * rect.h < 500_000 else 2
    big = pygame.transform.scale(surface.subsurface(rect), (rect.w * fine, rect.h * fine))
    yield Pen(big, rect.topleft, fine)
    surface.blit(pygame.transform.smoothscale(big, rect.size), rect)


def satin(
    surface: pygame.Surface, rect: pygame.Rect, colour: Colour, *, fall: float = 10.0, glance: float = 6.0
) -> None:
    """Fill a rectangle with brushed metal: a little lighter above, with a broad faint glance of light across it."""
    rect = rect.clip(surface.get_rect())
    if not rect.w or not rect.h:
        return
    surface.blit(_satin(*rect.size, colour, fall, glance), rect)


@lru_cache(maxsize=48)
def _satin(w: int, h: int, colour: Colour, fall: float, glance: float) -> pygame.Surface:
    k, row = np.arange(w), np.linspace(-1, 1, h)[None, :]
    grain = 1.5 * np.sin(k * 12.9898) * np.sin(k * 0.37 + 1)
    slant = np.linspace(-1, 1, w)[:, None] * 0.5 + row * 0.7
    tone = grain[:, None] - fall * row + glance * np.exp(-(((slant + 0.2) / 0.34) ** 2))
    return to_surface(np.array(colour, float) + tone[..., None])


def shadow(surface: pygame.Surface, rect: pygame.Rect, blur: int, strength: float) -> None:
    """Darken a surface under a rectangle, softly over `blur` px around its edges."""
    veil = _veil(rect.w, rect.h, max(1, blur), round(255 * strength))
    surface.blit(veil, rect.move(-max(1, blur), -max(1, blur)))


@lru_cache(maxsize=48)
def _veil(w: int, h: int, blur: int, most: int) -> pygame.Surface:
    def ramp(length: int) -> np.ndarray:
        k = np.arange(length + 2 * blur) + 0.5
        t = np.clip(np.minimum(k, length + 2 * blur - k) / (2 * blur), 0, 1)
        return t * t * (3 - 2 * t)

    veil = pygame.Surface((w + 2 * blur, h + 2 * blur), pygame.SRCALPHA)
    alpha = pygame.surfarray.pixels_alpha(veil)
    alpha[:] = (most * ramp(w)[:, None] * ramp(h)[None, :]).astype(np.uint8)
    del alpha
    return veil


@lru_cache(maxsize=512)
def meter(w: int, h: int, step: int, case: Colour, paper: Colour, ink: Colour, flat: bool) -> pygame.Surface:
    """Return a square meter whose needle stands at `step` from 0 to 24; a `flat` one has a wide scale window."""
    fine = 4 if max(w, h) < 90 else 3
    big = pygame.Surface((w * fine, h * fine))
    big.fill(case)
    pen = Pen(big, (0, 0), fine)
    edge = max(0.5, 0.035 * min(w, h))
    pen.raised(0, 0, w, h, case, edge, depth=0.28)
    if flat:
        pen.box(0.09 * w, 0.1 * h, 0.82 * w, 0.56 * h, paper)
        centre, radius = (0.5 * w, 0.86 * h), 0.62 * h
    else:
        centre, radius = (0.5 * w, 0.66 * h), 0.41 * w
        pen.disc(*centre, radius + edge, darker(paper, 0.55))
        pen.disc(*centre, radius, paper)
        pen.box(0, centre[1], w, h - centre[1], case)
        pen.box(edge, centre[1], w - 2 * edge, 0.5 * edge, lighter(case, 0.2))

    def reach(angle: float, length: float) -> tuple[float, float]:
        return centre[0] + length * np.sin(angle), centre[1] - length * np.cos(angle)

    swing = 0.62 if flat else 1.0
    fine_line = max(0.45, 0.018 * w)
    pen.path([reach(t, 0.8 * radius) for t in np.linspace(-swing, swing, 17)], fine_line, ink)
    for t in np.linspace(-swing, swing, 7 if w > 26 else 3):
        pen.line(reach(t, 0.72 * radius), reach(t, 0.88 * radius), fine_line, ink)
    angle = -swing + 2 * swing * step / 24
    pen.line(reach(angle, 0.2 * radius if flat else 0), reach(angle, 0.92 * radius), max(0.8, 0.034 * w), ink)
    if flat:
        pen.box(edge, 0.66 * h, w - 2 * edge, 0.34 * h - edge, case)
        pen.disc(0.5 * w, 0.82 * h, 0.05 * w, darker(case, 0.5))
    else:
        pen.disc(0.5 * w, 0.7 * h, 0.09 * w, lighter(case, 0.08))
        pen.disc(0.5 * w, 0.86 * h, 0.035 * w, lighter(case, 0.3))
    return pygame.transform.smoothscale(big, (w, h)).convert()


@lru_cache(maxsize=96)
def jewel(size: int, colour: Colour, ground: Colour, level: int) -> pygame.Surface:
    """Return a round pilot lamp in its bezel, at a level from 0, dark, to 15."""
    r, dx, dy = distance(size, size, size / 2, size / 2)
    rim = size / 2 - 0.5
    picture = np.empty((size, size, 3))
    picture[:] = ground
    picture = mix(picture, darker(ground, 0.55), rim + 0.5 - r)
    inner = rim - max(1.0, 0.1 * size)
    power = level / 15
    dark = blend(darker(colour, 0.78), (40, 38, 36), 0.5)
    picture = mix(picture, blend(dark, colour, power), inner + 0.5 - r)
    picture = mix(picture, (255, 248, 224), power * np.exp(-((r / (0.55 * inner)) ** 2)) * (r < inner))
    spot = np.hypot(dx + 0.3 * inner, dy + 0.35 * inner)
    picture = mix(picture, WHITE, (0.3 - 0.2 * power) * np.exp(-((spot / (0.3 * inner)) ** 2)) * (r < inner))
    image = to_surface(picture).convert_alpha()
    alpha = pygame.surfarray.pixels_alpha(image)
    alpha[:] = np.clip((rim + 0.5 - r) * 255, 0, 255).astype(np.uint8)
    del alpha
    return image


def cross(surface: pygame.Surface, place: pygame.Rect, colour: Colour, width: int) -> None:
    """Cross out what is broken."""
    d = max(1, min(place.w, place.h) // 6)
    box = place.inflate(-2 * d, -2 * d)
    pygame.draw.line(surface, colour, box.topleft, (box.right - 1, box.bottom - 1), width)
    pygame.draw.line(surface, colour, (box.right - 1, box.y), (box.x, box.bottom - 1), width)


class Cabinet(Panel):
    """A panel of the front: a bay of the machine, laid out in fractions of its width and height."""

    def area(self, x: float, y: float, w: float, h: float) -> pygame.Rect:
        """Return the rectangle at fractions of this panel's width and height."""
        r = self.rect
        left, top = r.x + round(x * r.w), r.y + round(y * r.h)
        return pygame.Rect(left, top, r.x + round((x + w) * r.w) - left, r.y + round((y + h) * r.h) - top)

    @property
    def wide(self) -> bool:
        """Whether this is the close view, for which a narrow bay is laid out differently."""
        return self.rect.w > 0.7 * self.rect.h

    @property
    def steel(self) -> Colour:
        """The pale metal of the panels."""
        return self.theme.palette.plate

    def sheet(self, surface: pygame.Surface, rect: pygame.Rect, colour: Colour, **style: float) -> None:
        """Draw a panel of sheet metal: satin, with a bright upper and a dark lower edge, in a dark joint."""
        joint = max(1, self.theme.px(1))
        pygame.draw.rect(surface, darker(colour, 0.62), rect)
        face = rect.inflate(-joint, -joint)
        face.topleft = rect.topleft
        satin(surface, face, colour, **style)
        if face.w > 6 and face.h > 6:
            bright, dull = lighter(colour, 0.34), darker(colour, 0.2)
            pygame.draw.line(surface, bright, face.topleft, (face.right - 1, face.y))
            pygame.draw.line(surface, bright, face.topleft, (face.x, face.bottom - 1))
            pygame.draw.line(surface, dull, (face.x, face.bottom - 1), (face.right - 1, face.bottom - 1))
            pygame.draw.line(surface, dull, (face.right - 1, face.y), (face.right - 1, face.bottom - 1))

    def caption(self, surface: pygame.Surface, text: str, rect: pygame.Rect, **style: Unpack[TextStyle]) -> bool:
        """Write a caption if it fits, else leave it out; return whether it was written."""
        size, face = style.setdefault("size", SMALL), style.setdefault("face", TEXT)
        if rect.h < self.theme.least or not self.theme.fits(text, rect, size, face):
            return False
        self.theme.write(surface, text, rect, **style)
        return True
