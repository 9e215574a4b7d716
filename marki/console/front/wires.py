"""Wires of the plugboard: their curves, the mat that they form, and single ones drawn boldly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from marki.console.drawing.theme import Colour

PIECES = 16  # straight pieces of a wire
Place = tuple[float, float]


def chance(number: int, salt: int) -> float:
    """Return a fraction that looks random but follows from two numbers: for the picture only, never the machine."""
    mixed = (number * 2654435761 + salt * 40503 + 12345) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 2246822519) & 0xFFFFFFFF
    return ((mixed ^ (mixed >> 13)) & 0xFFFF) / 0x10000


def curve(a: Place, b: Place, number: int, bow: float) -> list[Place]:
    """Return the places along a loose wire from `a` to `b`, bent by up to `bow` px as its number will have it."""
    t = np.linspace(0, 1, PIECES)[:, None]
    start, end = np.array(a), np.array(b)
    spread = [np.array([chance(number, 2 * k) - 0.5, chance(number, 2 * k + 1) - 0.5]) for k in (1, 2)]
    one = start + (end - start) * 0.3 + 2 * bow * spread[0] + (0, 0.5 * bow)
    two = start + (end - start) * 0.7 + 2 * bow * spread[1] + (0, 0.5 * bow)
    way = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * one + 3 * (1 - t) * t * t * two + t**3 * end
    return [tuple(p) for p in way.tolist()]


@lru_cache(maxsize=4)
def mat(w: int, h: int, pins: tuple[Place, ...], wiring: bytes, light: Colour) -> pygame.Surface:
    """Return the mat of wires on a clear ground: a sample of those that are really plugged.

    Parameters
    ----------
    w, h : int
        Of the board, px.
    pins : tuple of (float, float)
        Places of the S-units' pins, then of the A-units'.
    wiring : bytes
        The wiring, (512, 400) int8.
    light : Colour
        Of the insulation.
    """
    plugged = np.argwhere(np.frombuffer(wiring, np.int8).reshape(512, 400))
    most = int(np.clip(w * h / 85, 300, 1800))
    sample = plugged[np.linspace(0, len(plugged) - 1, min(most, len(plugged))).astype(int)] if len(plugged) else plugged
    order = sorted(sample.tolist(), key=lambda wire: chance(wire[0] * 400 + wire[1], 9))
    surface = pygame.Surface((w, h), pygame.SRCALPHA)
    width = max(1, round(h / 700))
    for depth, (a, s) in enumerate(order):
        share = 0.34 + 0.66 * depth / max(1, len(order)) * (0.5 + 0.5 * chance(a * 400 + s, 5))
        tone = tuple(round(c * share) for c in light)
        points = curve(pins[s], pins[400 + a], s * 512 + a, 0.3 * w)
        if width > 1:
            under = [(x + 1, y + width) for x, y in points]
            pygame.draw.lines(surface, (8, 8, 9), False, under, width)
            pygame.draw.lines(surface, tone, False, points, width)
        else:
            pygame.draw.aalines(surface, tone, False, points)
    return surface


def bold(surface: pygame.Surface, points: list[Place], width: int, colour: Colour, *, dashed: bool) -> None:
    """Draw one wire that is meant to be followed by eye, with a dark edge."""
    pygame.draw.lines(surface, (0, 0, 0), False, points, width + 2)
    if not dashed:
        pygame.draw.lines(surface, colour, False, points, width)
        return
    # The dashes are equally long, however the wire runs.
    way = np.array(points)
    length = np.concatenate([[0], np.hypot(*np.diff(way, axis=0).T).cumsum()])
    dash = 5 * width + 2
    for start in np.arange(0, length[-1], 1.7 * dash):
        at = np.linspace(start, min(start + dash, length[-1]), 3)
        piece = np.stack([np.interp(at, length, way[:, 0]), np.interp(at, length, way[:, 1])], -1)
        pygame.draw.lines(surface, colour, False, piece.tolist(), width)
