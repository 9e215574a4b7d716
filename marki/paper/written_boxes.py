"""The boxes of a page that was found: cut out, the light evened, empty ones told from written ones, doubts named."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Literal

import numpy as np

from marki.io.stimuli.fitting import Fitting, fit_card
from marki.paper.page_finder import FoundPage, projected, sampled
from marki.paper.sheet_layout import BOX, COLUMNS, MARK, RING, boxes, marks

Doubt = Literal["", "faint", "smudged", "touching"]

INSIDE = 0.9
"""Millimetres from the middle of a box's line to what is cut out."""
POINTS = 160
"""Points on a side of what is cut out."""

_EMPTY = 0.005  # share of a box that ink covers, below which it is empty
_INK = 0.25  # share of the printed black's darkness from which a point is ink
_FAINT = 0.45  # darkness of the strokes below which they are faint
_SMUDGE = 0.06  # share of a box, away from its strokes, that is grey, from which it is smudged or shaded
_GREY = 0.88  # light over that of the paper, below which it is grey
_HALO = 23  # points about a stroke in which grey is its edge
_REACH, _FINE = 1.6, 0.1  # how far from its place a line is sought, and how finely, mm


@dataclass(frozen=True, kw_only=True, eq=False)
class WrittenBox:
    """A box of a page.

    Parameters
    ----------
    label : str
        The class that was to be written.
    corners : ndarray of float64, shape (4, 2)
        Middles of the box's corners in the picture, from the upper left one, clockwise on the page.
    ink : ndarray of float32, shape (POINTS, POINTS)
        Darkness over that of the paper, 1 for the black that is printed.
    empty : bool
    doubt : {"", "faint", "smudged", "touching"}
        Why its card may be a bad one.
    """

    label: str
    corners: np.ndarray
    ink: np.ndarray
    empty: bool
    doubt: Doubt

    def card(self) -> np.ndarray:
        """Return the card of the box's ink, light on dark, (CARD, CARD) uint8; not of an empty one.

        Figures are fitted as cards of digits are, everything else as letters.
        """
        from PIL import Image

        paper = np.rint(255 * (1 - np.clip(self.ink, 0, 1))).astype(np.uint8)
        # The light is evened already, and the ink is known to be the darker.
        fit = "digit" if self.label in string.digits else "letter"
        return fit_card(Image.fromarray(paper), Fitting(invert="yes", even=False, fit=fit), where=self.label).card


def written_boxes(picture: np.ndarray, found: FoundPage) -> list[WrittenBox]:
    """Return all boxes of a page, in the order in which they stand on it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w)
    found : FoundPage
        Where the page lies in it.
    """
    plan = found.plan
    labels = plan.page_classes(found.page)
    places = boxes(plan)[: len(labels)]
    black = _printed_black(picture, found)
    edges = _edges(picture, found, places)
    cut = []
    for label, place, edge in zip(labels, places, edges, strict=True):
        low, high = place + edge[:2], place + BOX + edge[2:]
        corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
        across, down = (np.linspace(low[k] + INSIDE, high[k] - INSIDE, POINTS) for k in (0, 1))
        light = sampled(picture, projected(found.to_picture, np.stack(np.meshgrid(across, down), axis=-1)))
        ink = np.clip((1 - light / _ground(light)) / black, 0, 1.2).astype(np.float32)
        empty, doubt = _judged(light, ink)
        at = projected(found.to_picture, corners)
        cut.append(WrittenBox(label=label, corners=at, ink=ink, empty=empty, doubt=doubt))
    return cut


def _printed_black(picture: np.ndarray, found: FoundPage) -> float:
    """Return the share of the paper's light that is missing where it is printed black: the median over the marks."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    places = marks(found.plan.paper).reshape(-1, 1, 2)
    inner = sampled(picture, projected(found.to_picture, places + 0.4 * RING * ways)).mean(axis=1)
    outer = sampled(picture, projected(found.to_picture, places + (MARK + 1.3) * ways)).mean(axis=1)
    return float(np.clip(np.median(1 - inner / np.maximum(outer, 1)), 0.2, 1))


def _edges(picture: np.ndarray, found: FoundPage, places: np.ndarray) -> np.ndarray:
    """Return how far each box's left, upper, right and lower line lies from its place, in mm, (n, 4).

    Paper is not flat, so that the lines themselves are looked for; what is found is smoothed over the neighbours.
    """
    shift = np.arange(-_REACH, _REACH + _FINE / 2, _FINE)
    along = np.linspace(2.0, BOX - 2.0, 33)
    seen = np.full((len(places), 4), np.nan)
    for n, place in enumerate(places):
        for side in range(4):
            axis, far = side % 2, side >= 2
            points = np.empty((len(shift), len(along), 2))
            points[..., axis] = place[axis] + BOX * far + shift[:, None]
            points[..., 1 - axis] = place[1 - axis] + along
            light = sampled(picture, projected(found.to_picture, points))
            # A line is dark along most of its length; what is written crosses it or stands beside a part of it.
            profile = np.percentile(light, 65, axis=1)
            paper = np.median(profile)
            depth = np.clip(paper - profile - 0.03 * paper, 0, None)
            peak = int(depth.argmax())
            if depth[peak] > 0.05 * paper:
                near = slice(max(0, peak - 4), peak + 5)
                seen[n, side] = (depth[near] * shift[near]).sum() / depth[near].sum()
    rows = -(-len(places) // COLUMNS)
    grid = np.full((rows + 2, COLUMNS + 2, 4), np.nan)
    inner = grid[1:-1, 1:-1].reshape(-1, 4)
    inner[: len(places)] = seen
    grid[1:-1, 1:-1] = inner.reshape(rows, COLUMNS, 4)
    around = np.stack([grid[r : r + rows, c : c + COLUMNS] for r in range(3) for c in range(3)])
    counted = np.isfinite(around).sum(axis=0)
    around = np.where(counted > 0, around, 0)
    smooth = np.nanmedian(around, axis=0).reshape(-1, 4)
    return smooth[: len(places)]


def _ground(light: np.ndarray) -> np.ndarray:
    """Return the light of the paper of a box: a high percentile of each of its parts, smoothed between them."""
    from PIL import Image

    parts = 5
    tiles = light.reshape(parts, POINTS // parts, parts, POINTS // parts).swapaxes(1, 2).reshape(parts, parts, -1)
    bright = np.percentile(tiles, 80, axis=2)
    bright = np.maximum(bright, 0.75 * np.median(bright)).astype(np.float32)
    smooth = Image.fromarray(bright).resize((POINTS, POINTS), Image.Resampling.BICUBIC)
    return np.maximum(np.asarray(smooth), 1)


def _judged(light: np.ndarray, ink: np.ndarray) -> tuple[bool, Doubt]:
    """Return whether a box is empty, and what is doubtful about it."""
    from PIL import Image, ImageFilter

    strokes = ink > _INK
    if strokes.mean() < _EMPTY:
        return True, ""
    rim = np.ones_like(strokes)
    rim[3:-3, 3:-3] = False
    if (strokes & rim).sum() > 8:
        return False, "touching"
    if np.percentile(ink[strokes], 80) < _FAINT:
        return False, "faint"
    near = np.asarray(Image.fromarray(strokes).convert("L").filter(ImageFilter.MaxFilter(_HALO))) > 0
    if ((light < _GREY * np.percentile(light, 95)) & ~near).mean() > _SMUDGE:
        return False, "smudged"
    return False, ""
