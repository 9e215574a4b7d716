"""Heatmaps: each rendering of a register as a picture of cells, fitted into a box."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from marki.console.drawing.theme import FIGURES, SMALL, Palette, TextStyle, Theme
from marki.io.exhibits import ActivationView, Rendering
from marki.language import Words

LEVELS = 33  # of the tones on each side of zero
GROUND = (34, 33, 31)
CHIP = (64, 60, 50)
BLACK = 14  # of the panel, between maps


@lru_cache(maxsize=4)
def tones(palette: Palette) -> np.ndarray:
    """Return the colour map from the lowest to the greatest value, (2 LEVELS - 1, 3) uint8."""
    ground = np.array(GROUND, float)
    share = np.linspace(0, 1, LEVELS)[:, None] ** 0.8
    up = ground + (np.array(palette.positive) - ground) * share
    down = ground + (np.array(palette.negative) - ground) * share
    bright = np.clip(share - 0.75, 0, None) * 4
    up += (np.array((255, 244, 214)) - up) * bright * 0.8
    return np.concatenate([down[:0:-1], up]).astype(np.uint8)


def coloured(values: np.ndarray, table: np.ndarray, most: float | None = None) -> np.ndarray:
    """Return values as colours, scaled by the greatest of them.

    Parameters
    ----------
    values : ndarray
    table : (m, 3) uint8
        As from `tones`.
    most : float, optional
        What is drawn brightest; the greatest of the values if it is not given.
    """
    values = np.nan_to_num(np.asarray(values, np.float32))
    most = float(np.abs(values).max(initial=0)) if most is None else most
    level = np.rint(values * ((LEVELS - 1) / most if most else 0)).astype(np.int16)
    return table[np.clip(level, 1 - LEVELS, LEVELS - 1) + LEVELS - 1]


def tiling(count: int, high: int, wide: int, w: int, h: int) -> tuple[int, int, int, int]:
    """Return how maps are arranged side by side in w × h px.

    Returns
    -------
    columns, rows, pitch, shown : int
        Pitch of a cell, px, and how many of the maps there is room for.
    """
    best = (0, 1, 1, 1, 1)
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        pitch = min((w - columns + 1) // (columns * wide), (h - rows + 1) // (rows * high))
        if pitch > best[0]:
            best = (pitch, columns, rows, pitch, count)
    if best[0]:
        return best[1], best[2], best[3], count
    columns, rows = max(1, (w + 1) // (wide + 1)), max(1, (h + 1) // (high + 1))
    return columns, rows, 1, min(count, columns * rows)


def tiled(maps: np.ndarray, w: int, h: int, table: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Return maps (n, h, w) as one picture of colours (x, y, 3), between dark lines; its pitch; and how many."""
    n, high, wide = maps.shape
    columns, rows, pitch, shown = tiling(n, high, wide, w, h)
    most = float(np.abs(np.nan_to_num(maps)).max(initial=0))
    cells = coloured(maps[:shown], table, most)
    cells = cells.repeat(pitch, 1).repeat(pitch, 2) if pitch > 1 else cells
    high, wide = cells.shape[1:3]
    rows = -(-shown // columns)
    sheet = np.full((rows * columns, high + 1, wide + 1, 3), BLACK, np.uint8)
    sheet[:shown, :high, :wide] = cells
    sheet = sheet.reshape(rows, columns, high + 1, wide + 1, 3).transpose(1, 3, 0, 2, 4)
    return sheet.reshape(columns * (wide + 1), rows * (high + 1), 3)[:-1, :-1], pitch, shown


def shape_of(view: ActivationView) -> str:
    """Return the size of a register as it is written: channels and sides."""
    return "×".join(map(str, view.array.shape))


def told_of(view: ActivationView, words: Words) -> str:
    """Return the size of a register in words; "" where its rendering does not say what is counted."""
    if view.rendering is Rendering.ROWS:
        exposures, units = view.array.shape
        return words("timeline.size_rows", exposures=exposures, units=units)
    if view.rendering is Rendering.MAPS:
        maps, high, wide = view.array.shape
        return words("timeline.size_maps", maps=maps, high=high, wide=wide)
    return ""


def draw(surface: pygame.Surface, theme: Theme, view: ActivationView, box: pygame.Rect, until: float = 1.0) -> None:
    """Draw a register into a box.

    Parameters
    ----------
    surface : pygame.Surface
    theme : Theme
    view : ActivationView
    box : pygame.Rect
    until : float
        Fraction of the exposures that have been shown yet; what comes later stays dark.
    """
    if box.w < 4 or box.h < 4:
        return
    array = view.array
    match view.rendering:
        case Rendering.MAPS | Rendering.ATTENTION:
            _blit(surface, tiled(array, box.w, box.h, tones(theme.palette))[0], box)
        case Rendering.ROWS:
            _rows(surface, array, box, tones(theme.palette), until)
        case Rendering.BARS:
            _bars(surface, np.nan_to_num(array.reshape(-1)), box, theme.palette)
        case Rendering.TOKENS:
            _tokens(surface, theme, [str(t) for t in array.tolist()], box)


def _blit(surface: pygame.Surface, picture: np.ndarray, box: pygame.Rect) -> None:
    """Draw a picture in the middle of a box."""
    w, h = picture.shape[:2]
    if w > box.w or h > box.h:  # a single map larger than its box
        step = max(-(-w // box.w), -(-h // box.h))
        picture = picture[::step, ::step]
        w, h = picture.shape[:2]
    place = pygame.Rect(box.x + (box.w - w) // 2, box.y + (box.h - h) // 2, w, h)
    pygame.surfarray.blit_array(surface.subsurface(place), picture)


def _rows(surface: pygame.Surface, rows: np.ndarray, box: pygame.Rect, table: np.ndarray, until: float) -> None:
    """Draw units as lines, exposures from left to right."""
    t, k = rows.shape
    most = float(np.abs(np.nan_to_num(rows)).max(initial=0))
    cells = coloured(rows, table, most)
    cells[round(t * until) :] = 0
    across, down = max(1, min(box.w // t, round(box.h * 0.4))), max(1, min(box.h // k, round(box.w * 0.2)))
    if k > box.h:
        cells = cells[:, :: -(-k // box.h)]
    if t > box.w:
        cells = cells[:: -(-t // box.w)]
    _blit(surface, cells.repeat(across, 0).repeat(down, 1), box)


def _bars(surface: pygame.Surface, values: np.ndarray, box: pygame.Rect, palette: Palette) -> None:
    """Draw units as bars from a line at zero; of too many, the greatest of each few."""
    if len(values) > box.w // 2:
        every = -(-len(values) // max(1, box.w // 2))
        padded = np.zeros(-(-len(values) // every) * every, np.float32)
        padded[: len(values)] = values
        few = padded.reshape(-1, every)
        values = few[np.arange(len(few)), np.abs(few).argmax(1)]
    n = len(values)
    low, high = min(0.0, float(values.min(initial=0))), max(0.0, float(values.max(initial=0)))
    span = high - low or 1.0
    zero = box.y + round(box.h * high / span)
    zero = min(max(zero, box.y), box.bottom - 1)
    pitch = min(box.w / n, box.h * 0.5)
    left = box.x + (box.w - pitch * n) / 2
    pygame.draw.line(surface, CHIP, (round(left), zero), (round(left + pitch * n) - 1, zero))
    for k, value in enumerate(values.tolist()):
        length = round(abs(value) / span * box.h)
        if length:
            x, w = (
                round(left + k * pitch),
                max(1, round(left + (k + 1) * pitch) - round(left + k * pitch) - (pitch > 3)),
            )
            colour = palette.positive if value > 0 else palette.negative
            top = zero - length if value > 0 else zero
            pygame.draw.rect(surface, colour, pygame.Rect(x, top, w, length).clip(box))


def _tokens(surface: pygame.Surface, theme: Theme, tokens: list[str], box: pygame.Rect) -> None:
    """Draw pieces of text as chips, one after the other, in lines; the last ones if there are too many."""
    px, row = theme.px, theme.row(SMALL)
    gap = px(3)
    widths = [theme.width(t or " ", SMALL, FIGURES) + px(6) for t in tokens]
    lines: list[list[int]] = [[]]
    x = 0
    for k, width in enumerate(widths):
        if x + width > box.w and lines[-1]:
            lines.append([])
            x = 0
        lines[-1].append(k)
        x += width + gap
    fit = max(1, (box.h + gap) // (row + gap))
    y = box.y
    for line in lines[-fit:]:
        x = box.x
        for k in line:
            chip = pygame.Rect(x, y, min(widths[k], box.w), row)
            pygame.draw.rect(surface, CHIP, chip, border_radius=px(3))
            style = TextStyle(size=SMALL, face=FIGURES, colour=theme.palette.ivory, align="centre")
            theme.write(surface, tokens[k], chip.inflate(-px(2), 0), **style)
            x += widths[k] + gap
        y += row + gap
