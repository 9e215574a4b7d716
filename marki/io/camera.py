"""The camera: from a card to the light on the 20×20 photocells."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.errors import ConfigError, StimulusError
from marki.io.frame import SIDE
from marki.io.stimuli import CARD, POINTS_PER_CELL, Stimulus

# Light is rounded to this many steps, exact in float32, so that last-bit differences of exp, cos or the order of a sum
# between processors never reach the machine.
STEPS = 1024

_SAMPLES = 4  # points on a side of a cell when the card is not held straight
_CHUNK = 64  # cards sampled at a time: keeps the work arrays within the processor's cache


@dataclass(frozen=True, kw_only=True)
class Optics(Config):
    """How the camera stands to the card and how well it draws; by default, perfectly.

    Light becomes ``exposure · ((1 - stray) · light + stray)``, and the cells saturate at 1. None of this is documented
    for the Mark I's camera: all is assumed, and off by default.
    """

    blur: float = setting(0.0, "Standard deviation of the point spread; 0 is sharp", unit="cells", low=0, high=10)
    shift_x: float = setting(0.0, "Displacement of the picture to the right", unit="cells", low=-20, high=20)
    shift_y: float = setting(0.0, "Displacement of the picture downward", unit="cells", low=-20, high=20)
    turn_deg: float = setting(0.0, "Turn about the retina's centre, counter-clockwise", unit="deg", low=-360, high=360)
    scale: float = setting(1.0, "Size relative to a picture that fills the retina", unit="times", low=0.05, high=20)
    stray: float = setting(0.0, "Share of uniform stray light", unit="share of full light", low=0, high=1)
    exposure: float = setting(1.0, "Gain of all light, stray light included", unit="times", low=0, high=100)
    invert: bool = setting(False, "Show each card as a dark figure on light ground")


class Camera:
    """Forms the picture of a card on the photocells.

    Parameters
    ----------
    optics : Optics, optional
        Perfect optics if left out.
    """

    def __init__(self, optics: Optics | None = None):
        self.optics = Optics() if optics is None else optics
        self._spread = _spread(self.optics.blur)

    def frame(
        self,
        card: np.ndarray | Stimulus,
        *,
        shift: tuple[float, float] = (0.0, 0.0),
        turn_deg: float = 0.0,
        scale: float = 1.0,
    ) -> np.ndarray:
        """Return the light on the photocells while `card` is held before the camera.

        Parameters
        ----------
        card : ndarray of uint8, shape (CARD, CARD), or Stimulus
            Luminance.
        shift : (float, float)
            The card held further to the right and further down, in cells; added to the optics' own.
        turn_deg : float
            The card held turned counter-clockwise, in degrees; added to the optics' own.
        scale : float
            The card held nearer; multiplies the optics' own.

        Returns
        -------
        ndarray of float32, shape (20, 20)
            Light, 0 to 1, in multiples of 1/1024.

        Raises
        ------
        StimulusError
            If the card has another shape or dtype.
        ConfigError
            If shift, turn or scale is out of range.
        """
        card = card.card if isinstance(card, Stimulus) else np.asarray(card)
        return self.frames(card[None], shift=shift, turn_deg=turn_deg, scale=scale)[0]

    def frames(
        self,
        cards: np.ndarray | Iterable[Stimulus],
        *,
        shift: tuple[float, float] = (0.0, 0.0),
        turn_deg: float = 0.0,
        scale: float = 1.0,
    ) -> np.ndarray:
        """Return what `frame` gives for each of many cards, all held alike.

        Parameters
        ----------
        cards : ndarray of uint8, shape (n, CARD, CARD), or iterable of Stimulus
            Luminance.
        shift, turn_deg, scale
            As for `frame`.

        Returns
        -------
        ndarray of float32, shape (n, 20, 20)
            Equal, bit for bit, to the frames taken one at a time.

        Raises
        ------
        StimulusError
            If the cards have another shape or dtype.
        ConfigError
            If shift, turn or scale is out of range.
        """
        cards = _as_cards(cards)
        optics = self.optics
        try:
            held = np.array([*shift, turn_deg, scale], float)
        except (TypeError, ValueError):
            held = np.array([np.nan])
        if held.shape != (4,) or not np.isfinite(held).all() or not 0.05 <= scale <= 20 or np.abs(held[:2]).max() > 40:
            raise ConfigError(
                f"shift {shift!r}, turn {turn_deg!r}, scale {scale!r}",
                where="camera",
                remedy="Give a shift (x, y) in cells, a turn in degrees and a scale from 0.05 to 20",
            )
        x, y = optics.shift_x + held[0], optics.shift_y + held[1]
        turn, size = math.fmod(optics.turn_deg + held[2], 360.0), optics.scale * held[3]
        straight = (x, y, turn, size) == (0.0, 0.0, 0.0, 1.0)
        grid = None if straight else _Grid(x, y, turn, size)

        frames = np.empty((len(cards), SIDE, SIDE), np.float32)
        for start in range(0, len(cards), _CHUNK):
            part = cards[start : start + _CHUNK]
            light = _box_mean(part) if grid is None else grid.sample(part)
            if optics.blur > 0:
                light = self._spread @ light @ self._spread.T
            if optics.invert:
                light = 1.0 - light
            if optics.stray > 0:
                light = light * (1.0 - optics.stray) + optics.stray
            if optics.exposure != 1.0:
                light = light * optics.exposure
            frames[start : start + _CHUNK] = np.clip(np.rint(light * STEPS) / STEPS, 0.0, 1.0)
        return frames


def _as_cards(cards: np.ndarray | Iterable[Stimulus]) -> np.ndarray:
    """Return `cards` as one checked array (n, CARD, CARD) of uint8."""
    if not isinstance(cards, np.ndarray):
        found = [c.card if isinstance(c, Stimulus) else np.asarray(c) for c in cards]
        if any(c.shape != (CARD, CARD) for c in found):
            raise StimulusError(
                "cards of several shapes", where="camera", remedy=f"Give cards of {CARD} by {CARD} points"
            )
        cards = np.stack(found) if found else np.empty((0, CARD, CARD), np.uint8)
    if cards.dtype != np.uint8 or cards.shape[1:] != (CARD, CARD):
        raise StimulusError(
            f"the camera takes cards of uint8 and shape ({CARD}, {CARD}), not {cards.dtype} {cards.shape[1:]}",
            where="camera",
            remedy="Use marki.io.stimuli.images for pictures of other sizes",
        )
    return cards


def _box_mean(cards: np.ndarray) -> np.ndarray:
    """Return the mean light (n, 20, 20) over each cell's 8×8 points; the sum is exact, being one of integers."""
    n, k = len(cards), POINTS_PER_CELL
    rows = cards.reshape(n, SIDE, k, CARD).sum(axis=2, dtype=np.uint16)
    return rows.reshape(n, SIDE, SIDE, k).sum(axis=3, dtype=np.int64) / (255.0 * k * k)


def _spread(blur: float) -> np.ndarray:
    """Return the (20, 20) matrix that blurs one axis of a frame; light that leaves the retina is lost."""
    if blur <= 0:
        return np.eye(SIDE)
    reach = SIDE
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / blur) ** 2)
    weight /= weight.sum()
    offset = np.arange(SIDE)[:, None] - np.arange(SIDE)[None, :]
    return weight[offset + reach]


class _Grid:
    """Where on the card the retina's sample points look, with bilinear weights; outside the card is ground (0)."""

    def __init__(self, x: float, y: float, turn_deg: float, scale: float):
        points = SIDE * _SAMPLES
        at = (np.arange(points) + 0.5) / _SAMPLES - SIDE / 2
        right = at[None, :] - x
        down = at[:, None] - y
        cos, sin = _cos_sin(turn_deg)
        # A picture turned counter-clockwise (y points down) is looked up at the point turned back clockwise.
        column = (cos * right - sin * down) / scale
        row = (sin * right + cos * down) / scale
        column = (column + SIDE / 2) * POINTS_PER_CELL - 0.5
        row = (row + SIDE / 2) * POINTS_PER_CELL - 0.5
        # One point of ground is laid round the card, so every look-up outside lands on ground.
        side = CARD + 2
        self._side = side
        column = np.clip(column + 1, 0, side - 1 - 1e-9)
        row = np.clip(row + 1, 0, side - 1 - 1e-9)
        left, top = np.floor(column).astype(np.intp), np.floor(row).astype(np.intp)
        u, v = column - left, row - top
        self._corner = (top * side + left).ravel()
        self._weights = [
            (0, ((1 - u) * (1 - v)).ravel()),
            (1, (u * (1 - v)).ravel()),
            (side, ((1 - u) * v).ravel()),
            (side + 1, (u * v).ravel()),
        ]

    def sample(self, cards: np.ndarray) -> np.ndarray:
        """Return the mean light (n, 20, 20) of float64 over each cell's 4×4 sample points."""
        n, side = len(cards), self._side
        padded = np.zeros((n, side, side), np.uint8)
        padded[:, 1:-1, 1:-1] = cards
        flat = padded.reshape(n, -1)
        light = np.zeros((n, len(self._corner)))
        for step, weight in self._weights:
            light += np.take(flat, self._corner + step, axis=1) * weight
        return light.reshape(n, SIDE, _SAMPLES, SIDE, _SAMPLES).mean(axis=(2, 4)) / 255.0


def _cos_sin(turn_deg: float) -> tuple[float, float]:
    """Return cosine and sine, exact at quarter turns."""
    quarter = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}
    exact = quarter.get(turn_deg % 360.0)
    if exact:
        return exact
    angle = math.radians(turn_deg)
    return math.cos(angle), math.sin(angle)
