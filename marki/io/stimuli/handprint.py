"""Letters and figures printed by hand: single strokes, drawn with a pen by as many writers as there are seeds.

The strokes are those that A. V. Hershey digitised for plotters (*Calligraphy for Computers*, U. S. Naval Weapons
Laboratory, 1967). A writer's slant, size, pen and unsteadiness are ours.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from marki.errors import StimulusError, unknown
from marki.files import asset
from marki.io.stimuli import CARD, POINTS_PER_CELL, Stimulus
from marki.io.stimuli.letters import LETTERS, WIDEST
from marki.reading import read_json

STYLES = ("simplex", "roman", "script", "double")
"""Ways to form the letters."""

_LIMITS = {
    "pen": (2.0, 40.0),
    "slant_deg": (-45.0, 45.0),
    "wobble": (0.0, 20.0),
    "size": (0.1, 1.0),
    "width": (0.3, 2.0),
}
_STEP = 11.0  # card points between the points at which a stroke can bend
_WAVES = 4  # waves in the unsteadiness of a hand


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How one writer prints.

    Parameters
    ----------
    style : str
        One of `STYLES`.
    pen : float
        Width of the pen, in card points (8 a cell), 2 to 40.
    slant_deg : float
        Lean to the right, in degrees, -45 to 45.
    wobble : float
        Root mean square displacement of a stroke by an unsteady hand, along each axis, in card points, 0 to 20.
    size : float
        Height of capitals as a share of the card's side, 0.1 to 1.
    width : float
        Width of the letters relative to the style's own, 0.3 to 2.

    Raises
    ------
    UnknownName
        If there is no such style.
    StimulusError
        If a value is out of range.
    """

    style: str = "simplex"
    pen: float = 14.0
    slant_deg: float = 0.0
    wobble: float = 4.0
    size: float = 0.75
    width: float = 1.0

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise unknown("style of handprint", self.style, STYLES, where="handprint")
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise StimulusError(
                    f"{value!r} is not from {low:g} to {high:g}", where=f"hand {name}", remedy="Give a value in range"
                )


def writer(seed: int) -> Hand:
    """Return the hand of the writer with this number.

    Parameters
    ----------
    seed : int
        0 or above.

    Returns
    -------
    Hand
    """
    rng = np.random.default_rng([_seed(seed), 0])
    return Hand(
        style=("simplex", "roman")[int(rng.integers(2))],
        pen=float(rng.uniform(11, 18)),
        slant_deg=float(np.clip(rng.normal(5, 7), -15, 20)),
        wobble=float(rng.uniform(3.0, 7.0)),
        size=float(rng.uniform(0.65, 0.82)),
        width=float(rng.uniform(0.75, 1.15)),
    )


def hand_letter(
    char: str,
    *,
    rng: np.random.Generator,
    hand: Hand | None = None,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Stimulus:
    """Print one letter or figure by hand.

    The strokes are slanted, bent by a smooth displacement of `_WAVES` long waves with random direction and phase,
    placed by the middle of their extent, and drawn with a round pen, anti-aliased.

    Parameters
    ----------
    char : str
        A to Z, a to z or 0 to 9.
    rng : numpy.random.Generator
        Source of the unsteadiness.
    hand : Hand, optional
        How the writer prints.
    shift : (float, float)
        Displacement to the right and downward, in cells.

    Returns
    -------
    Stimulus
        Its label is the character.

    Raises
    ------
    StimulusError
        If there are no strokes for the character.
    """
    hand = Hand() if hand is None else hand
    strokes, unit = _strokes(hand.style).get(char), _unit(hand)
    if not strokes:
        raise StimulusError(
            f"no strokes for {char!r}",
            where="handprint",
            remedy="Give A to Z, a to z or 0 to 9",
            code="stimulus.strokes",
            char=repr(char),
        )
    lean = math.tan(math.radians(hand.slant_deg))
    lines = [_divide(np.stack([hand.width * s[:, 0] - lean * s[:, 1], s[:, 1]], axis=1) * unit) for s in strokes]
    waves = _waves(rng, hand.wobble)
    lines = [line + _bend(line, waves) for line in lines]
    every = np.concatenate(lines)
    middle = (every.min(axis=0) + every.max(axis=0)) / 2
    offset = CARD / 2 + np.asarray(shift, float) * POINTS_PER_CELL - middle
    card = _ink([line + offset for line in lines], hand.pen / 2)
    return Stimulus(name=f"{char} by hand", label=char, card=card)


def hand_alphabet(seed: int, hand: Hand | None = None, letters: Iterable[str] = LETTERS) -> list[Stimulus]:
    """Return the letters of one writer.

    Parameters
    ----------
    seed : int
        The writer, 0 or above: the same letters for the same number, whichever are asked for together.
    hand : Hand, optional
        How the writer prints; `writer(seed)` if left out.
    letters : iterable of str
        The characters; A to Z if left out.

    Returns
    -------
    list of Stimulus
        One a character, in the order given.

    Raises
    ------
    StimulusError
        If the seed is not a whole number of 0 or above, or there are no strokes for a character.
    """
    seed = _seed(seed)
    hand = writer(seed) if hand is None else hand
    cards = []
    for char in letters:
        drawn = hand_letter(char, rng=np.random.default_rng([seed, *map(ord, char)]), hand=hand)
        cards.append(Stimulus(name=f"{char} by writer {seed}", label=char, card=drawn.card))
    return cards


def _seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise StimulusError(f"{seed!r} is not a writer's number", where="handprint seed", remedy="Give 0 or above")
    return int(seed)


@functools.cache
def _strokes(style: str) -> dict[str, list[np.ndarray]]:
    """Return each character's strokes as arrays (n, 2); capitals are 1 high and stand on 0."""
    stored = read_json(asset("strokes.json"))
    tall, base = stored["base"] - stored["cap"], stored["base"]
    return {
        char: [(np.array(stroke, float) - (0, base)) / tall for stroke in strokes]
        for char, strokes in stored["styles"][style].items()
    }


@functools.lru_cache(maxsize=256)
def _unit(hand: Hand) -> float:
    """Return the height of a capital between the middles of its strokes, in card points; less, if a W would not fit."""
    lean = math.tan(math.radians(hand.slant_deg))
    wide = 0.0
    for char in LETTERS:
        across = np.concatenate([hand.width * s[:, 0] - lean * s[:, 1] for s in _strokes(hand.style)[char]])
        wide = max(wide, float(np.ptp(across)))
    return max(min(hand.size * CARD - hand.pen, (WIDEST * CARD - hand.pen) / wide), 1.0)


def _divide(line: np.ndarray) -> np.ndarray:
    """Return a polyline with points no more than `_STEP` apart."""
    parts = [line[:1]]
    for a, b in itertools.pairwise(line):
        steps = max(1, math.ceil(math.hypot(*(b - a)) / _STEP))
        parts.append(a + (b - a) * (np.arange(1, steps + 1) / steps)[:, None])
    return np.concatenate(parts)


def _waves(rng: np.random.Generator, wobble: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return wave vectors (2, k, 2), phases (2, k) and amplitudes (2, k): one set for x and one for y."""
    direction = rng.uniform(0, 2 * math.pi, (2, _WAVES))
    length = rng.uniform(0.6, 1.6, (2, _WAVES)) * CARD
    vectors = 2 * math.pi / length[..., None] * np.stack([np.cos(direction), np.sin(direction)], axis=-1)
    phases = rng.uniform(0, 2 * math.pi, (2, _WAVES))
    heights = rng.normal(0, 1, (2, _WAVES))
    heights *= math.sqrt(2) * wobble / np.sqrt((heights**2).sum(axis=1, keepdims=True))
    return vectors, phases, heights


def _bend(line: np.ndarray, waves: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the displacement (n, 2) of each point."""
    vectors, phases, heights = waves
    angle = np.einsum("np,dkp->ndk", line, vectors) + phases
    return (heights * np.sin(angle)).sum(axis=2)


def _ink(lines: list[np.ndarray], radius: float) -> np.ndarray:
    """Return the card on which a round pen has followed the lines."""
    reach = radius + 1
    nearest = np.full((CARD, CARD), np.float32(reach**2), np.float32)
    centres = (np.arange(CARD) + 0.5).astype(np.float32)
    for line in lines:
        for (ax, ay), (bx, by) in itertools.pairwise(line.tolist()):
            columns = slice(max(0, int(min(ax, bx) - reach)), max(0, math.ceil(max(ax, bx) + reach)))
            rows = slice(max(0, int(min(ay, by) - reach)), max(0, math.ceil(max(ay, by) + reach)))
            x, y = centres[columns] - ax, (centres[rows] - ay)[:, None]
            ex, ey = bx - ax, by - ay
            square = max(ex * ex + ey * ey, 1e-9)
            along = x * (ex / square) + y * (ey / square)
            np.maximum(np.minimum(along, 1, out=along), 0, out=along)
            across, down = x - ex * along, y - ey * along
            across *= across
            down *= down
            across += down
            part = nearest[rows, columns]
            np.minimum(part, across, out=part)
    cover = np.clip(radius + 0.5 - np.sqrt(nearest), 0, 1)
    return np.rint(cover * 255).astype(np.uint8)
