"""From a picture to a card: the ink of a foreign picture found, and laid on the retina as the shipped decks are.

Every door for people's own pictures leads through `fit_card`. What it decides is judged from the picture, or told by
the settings; the record says which, and in a sentence what was done.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from marki.config import Config, setting
from marki.errors import StimulusError
from marki.io.stimuli import CARD, POINTS_PER_CELL
from marki.language import Words

if TYPE_CHECKING:
    from PIL import Image as PILImage

WORKING = 256
"""Points on the longer side of the picture in which the ink is looked for."""

BOXES = MappingProxyType({"letter": (0.9, 0.8), "digit": (1.0, 1.0)})
"""Width and height of the box that the ink is fitted to, as shares of the card: those of the shipped decks."""

LEAST_CONTRAST = 0.1
"""Difference of ink and ground, as a share of the ground's light, below which a picture has no contrast."""

MOST_SENTENCES = 3
"""Sentences about the pictures of a folder."""

_STROKES = (1.5, 3.0)  # widths of strokes on a card that are let be, cells
_MARGIN = 0.06  # share of a side that counts as border
FINEST = 2048
"""Points on the longer side above which a picture is made coarser before anything else."""

_ORIENTATION = 0x0112  # of EXIF
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda a: a[::-1, ::-1],
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
_MOST_INK = 0.5  # share of the picture above which it shows no figure on a ground
_SPECK = 0.04  # share of the largest part's area below which a part is a speck
_TWO_TONES = 45.0  # spread of the opaque part's light above which it has paper and ink of its own
_SAME = 0.05  # difference of light below which two points count as alike
_WINDOWS = (0.04, 0.08, 0.12, 0.18)  # sides of the windows by which ink is told from ground, as shares of a side
_REACH = 0.3  # side of the window of the morphological closing, as a share of the picture's shorter side


@dataclass(frozen=True, kw_only=True)
class Fitting(Config):
    """How a foreign picture is made a card; by default, all is judged from the picture."""

    invert: str = setting(
        "judge", "Show the picture inverted: yes for dark ink on light ground", choices=("judge", "yes", "no")
    )
    even: bool = setting(True, "Even out uneven light")
    fit: str = setting(
        "letter", "Fit the ink as a card of letters or of digits is fitted, or show the picture whole",
        choices=("letter", "digit", "none"),
    )  # fmt: skip
    strokes: bool = setting(True, "Make strokes that are too thin or too thick as wide as those of the shipped cards")
    straighten: bool = setting(False, "Turn the figure so that its slant is gone")
    turn_deg: float = setting(
        0.0, "Turn the picture by this angle first, counter-clockwise", unit="deg", low=-360, high=360
    )
    frame: tuple[float, ...] = setting(
        (), "Left, top, right and bottom of the part that is looked at, as shares of the picture; empty: judged",
        low=0, high=1,
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        box = self.frame
        if box and (len(box) != 4 or box[2] - box[0] < 0.01 or box[3] - box[1] < 0.01):
            raise StimulusError(
                f"{list(box)} is no frame",
                where="frame",
                remedy="Give left, top, right and bottom, from 0 to 1",
                code="picture.frame",
                value=list(box),
            )


class NoContrast(StimulusError):
    """Raised if ink and ground of a picture cannot be told apart."""


_JUDGED = Fitting()

AS_IT_IS = Fitting(invert="no", even=False, fit="none")
"""The picture as it is: nothing is looked for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedCard:
    """A card, and what was decided on the way to it.

    Attributes
    ----------
    card : ndarray of uint8, shape (CARD, CARD)
        Light figure on dark ground.
    dark_ink : bool
        Whether the ink is darker than its ground, so that the picture was inverted.
    evened : bool
        Whether uneven light was evened out.
    fitted : str
        "letter" or "digit", or "none" if the picture is shown whole.
    cleared : str
        "white", "black" or "paper": the ground on which transparent parts were laid; "" if there were none.
    widened : float
        Change of the width of strokes, in cells; 0 if they were let be.
    turned : float
        Degrees that the picture was turned, counter-clockwise.
    frame : (float, float, float, float)
        Left, top, right and bottom of the figure, as shares of the (turned) picture.
    contrast : float
        Difference of ink and ground, 0 to 1.
    told : frozenset of str
        Names of the settings that were told and not judged.
    """

    card: np.ndarray
    dark_ink: bool
    evened: bool
    fitted: str
    cleared: str
    widened: float
    turned: float
    frame: tuple[float, float, float, float]
    contrast: float
    told: frozenset[str]

    def sentence(self, words: Words) -> str:
        """Return what was done, in the language of `words`."""
        ink = words("fitting.dark" if self.dark_ink else "fitting.light")
        parts = [words("fitting.told", what=ink) if "invert" in self.told else ink]
        if self.cleared:
            parts.append(words(f"fitting.on_{self.cleared}"))
        if self.turned:
            parts.append(words("fitting.turned", deg=f"{self.turned:+.0f}"))
        if self.evened:
            parts.append(words("fitting.evened"))
        if self.widened:
            parts.append(words("fitting.widened" if self.widened > 0 else "fitting.thinned"))
        parts.append(words(f"fitting.fit_{self.fitted}"))
        return words("fitting.sentence", parts=words("fitting.comma").join(parts))


def sentence_of_all(done: Sequence[FittedCard], words: Words) -> str:
    """Return what was done to many pictures: what was done to most of them first, each with their number.

    Parameters
    ----------
    done : sequence of FittedCard
    words : Words
    """
    counts = Counter(card.sentence(words) for card in done).most_common()
    said = [words("fitting.many", count=count, sentence=sentence) for sentence, count in counts[:MOST_SENTENCES]]
    if rest := sum(count for _, count in counts[MOST_SENTENCES:]):
        said.append(words("fitting.others", count=rest))
    return " ".join(said)


def fit_card(picture: PILImage.Image, how: Fitting | None = None, *, where: object = None) -> FittedCard:
    """Make a card of a picture in memory.

    Parameters
    ----------
    picture : PIL.Image.Image
        Of any mode; it is laid upright as its EXIF says.
    how : Fitting, optional
        What is told; all is judged if left out.
    where : object, optional
        The file, for the message.

    Returns
    -------
    FittedCard

    Raises
    ------
    NoContrast
        If ink and ground cannot be told apart.
    """
    light, cleared = luminance(picture)
    return fit_light(light, how, cleared=cleared, where=where)


def fit_light(light: np.ndarray, how: Fitting | None = None, *, cleared: str = "", where: object = None) -> FittedCard:
    """Make a card of the light of a picture; see `fit_card`.

    Parameters
    ----------
    light : ndarray of uint8, shape (h, w)
        As `luminance` returns it.
    how : Fitting, optional
    cleared : str
        The ground on which transparent parts were laid.
    where : object, optional

    Returns
    -------
    FittedCard

    Raises
    ------
    NoContrast
        If ink and ground cannot be told apart.
    """
    how = how or Fitting()
    light = turned_light(light, how.turn_deg)
    if how.fit == "none" and not how.even and how.invert != "judge":
        dark = how.invert == "yes"
        card = _whole(_part_of(light, how.frame or _ALL)[0])
        return FittedCard(
            card=255 - card if dark else card,
            dark_ink=dark,
            evened=False,
            fitted="none",
            cleared=cleared,
            widened=0.0,
            turned=how.turn_deg,
            frame=_frame_of(how),
            contrast=float(np.ptp(card)) / 255,
            told=_told(how),
        )
    found = _look(light, _frame_of(how), how, judged=not how.frame, where=where)
    if how.fit != "none" and not how.frame and found.is_figure:
        # Look again at the figure and what is next to it, so that a small figure in a large picture is seen as finely.
        near = _wider(found.box, light.shape)
        if (near[2] - near[0]) * (near[3] - near[1]) < 0.7:
            sure = replace(how, invert="yes" if found.dark else "no")
            closer = _look(light, near, sure, judged=True, where=where)
            found = closer if closer.is_figure else found
    turned, widened, fitted, dark, evened = how.turn_deg, 0.0, how.fit, found.dark, found.evened
    if how.fit == "none" and how.even:
        card = _whole(np.rint(255 * found.ink).astype(np.uint8))
    elif how.fit == "none" or not found.is_figure:
        dark, evened, fitted = (found.dark if "invert" in _told(how) or found.is_figure else False), False, "none"
        card = _whole(_part_of(light, _frame_of(how))[0])
        card = 255 - card if dark else card
    else:
        cut = found.cut()
        if how.straighten:
            cut, lean = _straightened(cut)
            turned += lean
        if how.strokes:
            cut, widened = _plain_strokes(cut, how.fit)
        card = _laid(cut, how.fit)
    return FittedCard(
        card=card,
        dark_ink=dark,
        evened=evened,
        fitted=fitted,
        cleared=cleared,
        widened=widened,
        turned=turned,
        frame=found.box if fitted != "none" else _frame_of(how),
        contrast=found.contrast,
        told=_told(how),
    )


_ALL = (0.0, 0.0, 1.0, 1.0)


def _frame_of(how: Fitting) -> tuple[float, float, float, float]:
    left, top, right, bottom = how.frame or _ALL
    return left, top, right, bottom


def _part_of(light: np.ndarray, frame: tuple[float, ...]) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Return a part of a picture, and its left, top, right and bottom in points."""
    height, width = light.shape
    left, top, right, bottom = frame
    x0, y0 = min(int(left * width), width - 1), min(int(top * height), height - 1)
    x1, y1 = max(x0 + 1, round(right * width)), max(y0 + 1, round(bottom * height))
    return light[y0:y1, x0:x1], (x0, y0, x1, y1)


def _told(how: Fitting) -> frozenset[str]:
    """Return the names of the settings that are not left to be judged."""
    told = {name for name, value, _ in how.items() if name != "fit" and value != getattr(_JUDGED, name)}
    return frozenset(told | ({"fit"} if how.fit == "none" else set()))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """What was seen in a part of a picture."""

    plain: np.ndarray  # light, figure light on dark
    ink: np.ndarray  # 0 ground to 1 ink
    mask: np.ndarray  # where the figure is
    dark: bool
    evened: bool
    contrast: float
    box: tuple[float, float, float, float]  # of the figure, as shares of the whole picture
    is_figure: bool

    def cut(self) -> np.ndarray:
        """Return the ink in the box of the figure, specks left out."""
        rows, columns = (np.flatnonzero(self.mask.any(axis=axis)) for axis in (1, 0))
        near = _extreme(self.mask, 3, np.maximum)
        return np.where(near, self.ink, np.float32(0))[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _look(light: np.ndarray, frame: tuple[float, ...], how: Fitting, *, judged: bool, where: object) -> _Found:
    """Find the ink in a part of a picture."""
    height, width = light.shape
    part, (x0, y0, x1, y1) = _part_of(light, frame)
    work = _working(part)
    dark = how.invert == "yes" if how.invert != "judge" else _is_dark_ink(work)
    ink, evened = _ink(work, dark, even=how.even)
    level, low, high = _levels(ink)
    contrast = high - low
    if contrast < LEAST_CONTRAST:
        raise NoContrast(
            f"has no contrast: ink and ground differ by {100 * contrast:.0f} % of full light",
            where=where,
            remedy="Give a picture with darker ink and more even light, or cut out the part with the figure",
            code="picture.flat",
            share=f"{100 * contrast:.0f}",
        )
    mask = _figure(ink > level, judged=judged)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    share_x, share_y = (x1 - x0) / work.shape[1] / width, (y1 - y0) / work.shape[0] / height
    box = (
        x0 / width + float(columns[0]) * share_x,
        y0 / height + float(rows[0]) * share_y,
        x0 / width + float(columns[-1] + 1) * share_x,
        y0 / height + float(rows[-1] + 1) * share_y,
    )
    return _Found(
        plain=1 - work if dark else work,
        ink=np.clip((ink - low) / (high - low), 0, 1).astype(np.float32),
        mask=mask,
        dark=dark,
        evened=evened,
        contrast=contrast,
        box=box,
        is_figure=bool(mask.mean() < _MOST_INK),
    )


def _wider(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Return a frame that leaves a third of the figure's longer side round it."""
    height, width = shape
    room = 0.35 * max((box[2] - box[0]) * width, (box[3] - box[1]) * height)
    x, y = room / width, room / height
    return max(0.0, box[0] - x), max(0.0, box[1] - y), min(1.0, box[2] + x), min(1.0, box[3] + y)


def luminance(picture: PILImage.Image) -> tuple[np.ndarray, str]:
    """Return the light of a picture, (h, w) uint8, and the ground on which transparent parts were laid.

    That ground is the one that contrasts with what is not transparent: white for dark ink, black for light ink, and
    the paper's own light where the opaque part has paper and ink.

    Returns
    -------
    light : ndarray of uint8, shape (h, w)
    ground : str
        "white", "black" or "paper"; "" if nothing is transparent.
    """

    from PIL import Image

    orientation = picture.getexif().get(_ORIENTATION, 1)
    coarse, full = max(1, max(picture.size) // FINEST), _full_light(picture)
    shades, weights = [], []
    band = coarse * max(1, 1_000_000 // (coarse * picture.width)) if coarse > 1 else picture.height
    for top in range(0, picture.height, band):  # a large picture is converted band by band, for the sake of memory
        part = (
            picture
            if band >= picture.height
            else picture.crop((0, top, picture.width, min(top + band, picture.height)))
        )
        shade, opaque = _grey(part, full)
        if coarse > 1:
            shade, opaque = (np.asarray(Image.fromarray(a).reduce(coarse)) for a in (shade, opaque))
        shades.append(shade)
        weights.append(opaque)
    shade, opaque = (
        np.ascontiguousarray(_UPRIGHT.get(orientation, lambda a: a)(np.concatenate(a))) for a in (shades, weights)
    )
    if opaque.min(initial=255) == 255:
        return shade, ""
    weight = opaque / 255.0
    total = weight.sum()
    if total == 0:
        return np.zeros_like(shade), "black"
    mean = float((shade * weight).sum() / total)
    spread = math.sqrt(float((weight * (shade - mean) ** 2).sum() / total))
    if spread > _TWO_TONES and weight.mean() > 0.5:
        ground, name = float(np.median(shade[opaque > 127])), "paper"
    else:
        ground, name = (255.0, "white") if mean < 128 else (0.0, "black")
    return np.rint(shade * weight + ground * (1 - weight)).astype(np.uint8), name


def _full_light(picture: PILImage.Image) -> float:
    """Return what stands for full light: of whole numbers, the most that as many bits hold as are in use.

    What has 16 bits a point may come from a camera of 10 or 12.
    """
    if picture.mode[0] not in "IF":
        return 255.0
    values = np.asarray(picture)
    most = float(values.max(where=np.isfinite(values), initial=1))
    return 2.0 ** max(8, int(most).bit_length()) - 1 if picture.mode[0] == "I" else most


def _grey(picture: PILImage.Image, full: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of any mode as luminance and opacity, both (h, w) uint8; `full` stands for full light."""
    clear = picture.info.get("transparency")
    if picture.mode.startswith("I"):  # 16 bits a point
        depth = np.asarray(picture).astype(np.int64)
        shade = np.clip(255 * depth // int(full), 0, 255).astype(np.uint8)
        if isinstance(clear, int):
            return shade, np.where(depth == clear, 0, 255).astype(np.uint8)
    elif picture.mode.startswith("F"):  # measured values
        values = np.nan_to_num(np.asarray(picture))
        shade = np.clip(255 * (values / full), 0, 255).astype(np.uint8)
    elif clear is not None or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        coloured = picture.convert("RGBA")
        return np.asarray(coloured.convert("RGB").convert("L")), np.asarray(coloured.getchannel("A"))
    else:
        shade = np.asarray(picture.convert("L") if picture.mode in ("1", "L") else picture.convert("RGB").convert("L"))
    return shade, np.full_like(shade, 255)


def turned_light(light: np.ndarray, turn_deg: float) -> np.ndarray:
    """Return the light of a picture turned counter-clockwise, the corners filled with that of its border."""
    from PIL import Image

    if not turn_deg:
        return light
    border = int(np.median(np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])))
    picture = Image.fromarray(light).rotate(turn_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=border)
    return np.asarray(picture)


def _resized(a: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return an array of float32 at another size: the mean over each point's area, or a smooth curve between points."""
    from PIL import Image

    larger = width > a.shape[1] or height > a.shape[0]
    how = Image.Resampling.BICUBIC if larger else Image.Resampling.BOX
    return np.clip(np.asarray(Image.fromarray(np.asarray(a, np.float32)).resize((width, height), how)), 0, 1)


def _working(light: np.ndarray) -> np.ndarray:
    """Return light 0 to 1 at the size in which the ink is looked for."""
    height, width = light.shape
    scale = WORKING / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return _resized(light / np.float32(255), *size)


def _ring(a: np.ndarray) -> np.ndarray:
    """Return which points lie at the border."""
    deep = max(1, round(_MARGIN * min(a.shape)))
    ring = np.ones(a.shape, bool)
    ring[deep:-deep, deep:-deep] = False
    return ring


def _ground(work: np.ndarray) -> np.ndarray:
    """Return the ground's light as a surface of second degree through the border, what sticks out of it left out."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in work.shape)
    x, y = np.broadcast_arrays(x[None, :], y[:, None])
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    ring = _ring(work)
    a, b = terms[ring], work[ring]
    use = np.abs(b - np.median(b)) <= 0.25
    fit = np.array([float(np.median(b)), 0, 0, 0, 0, 0])
    for _ in range(3):
        if use.sum() < 60:
            break
        fit = np.linalg.lstsq(a[use].astype(np.float64), b[use].astype(np.float64), rcond=1e-6)[0]
        off = np.abs(a @ fit - b)
        use = off <= max(3 * float(np.median(off)), 0.02)
    return np.clip(terms @ fit, 0, 1).astype(np.float32)


def _is_dark_ink(work: np.ndarray) -> bool:
    """Return whether the figure is darker than its ground.

    Two witnesses are heard. What differs from the ground of the border is darker or lighter in all; and strokes are
    narrower than the spaces between them, so that the closing with small windows fills more of a picture of dark ink
    than the opening takes from it. The first speaks for solid figures, the second where a shadow falls on the border.
    """
    off = work - _ground(work)
    off[np.abs(off) < _SAME] = 0
    witness = -float(off.sum()) / (float(np.abs(off).sum()) + 1e-9)
    smooth = _blurred(work, 1)
    for share in _WINDOWS:
        reach = max(1, round(share * min(work.shape) / 2))
        closing = _extreme(_extreme(smooth, reach, np.maximum), reach, np.minimum) - smooth
        opening = smooth - _extreme(_extreme(smooth, reach, np.minimum), reach, np.maximum)
        filled, taken = (float(np.clip(part - _SAME, 0, None).sum()) for part in (closing, opening))
        witness += (filled - taken) / (filled + taken + 5)  # a few points say nothing
    return witness > 0


def _extreme(a: np.ndarray, reach: int, most: np.ufunc) -> np.ndarray:
    """Return the extreme of each window of 2 · reach + 1 points a side, the picture's edge repeated."""
    for axis in (0, 1):
        padded = np.pad(a, [(reach, reach) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        length, whole = a.shape[axis], 2 * reach + 1
        window = 1
        while 2 * window <= whole:  # windows of doubled length
            padded = most(_part(padded, axis, 0, -window), _part(padded, axis, window, None))
            window *= 2
        a = most(_part(padded, axis, 0, length), _part(padded, axis, whole - window, whole - window + length))
    return a


def _part(a: np.ndarray, axis: int, start: int, stop: int | None) -> np.ndarray:
    return a[start:stop] if axis == 0 else a[:, start:stop]


def _blurred(a: np.ndarray, reach: int) -> np.ndarray:
    """Return the mean of each window of 2 · reach + 1 points a side, the picture's edge repeated."""
    for axis in (0, 1):
        padded = np.pad(a, [(reach + 1, reach) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        sums = np.cumsum(padded, axis=axis, dtype=np.float64)
        whole = 2 * reach + 1
        a = ((_part(sums, axis, whole, None) - _part(sums, axis, 0, -whole)) / whole).astype(np.float32)
    return a


def _ink(work: np.ndarray, dark: bool, *, even: bool) -> tuple[np.ndarray, bool]:
    """Return how much each point differs from its ground towards ink, and whether the ground was evened out.

    Light falls on paper as a product, so dark ink is the share of light that is missing. The ground is the
    morphological closing of the picture (opening, for light ink), smoothed: every stroke narrower than its window is
    filled.
    """
    if not even:
        ground = np.full_like(work, float(np.median(work[_ring(work)])))
    else:
        smooth = _blurred(work, 1)
        reach = max(2, round(_REACH * min(work.shape) / 2))
        first, second = (np.maximum, np.minimum) if dark else (np.minimum, np.maximum)
        ground = _blurred(_extreme(_extreme(smooth, reach, first), reach, second), reach // 2)
        border = _ground(work)
        if _difference(work, ground, dark).sum() < 0.4 * _difference(work, border, dark).sum():
            ground = border  # a solid figure, wider than the window
    flat = float(np.ptp(ground)) < 0.06
    return _difference(work, ground, dark), even and not flat


def _difference(work: np.ndarray, ground: np.ndarray, dark: bool) -> np.ndarray:
    if dark:
        return np.clip(1 - work / np.maximum(ground, 0.02), 0, 1)
    return np.clip(work - ground, 0, 1)


def _levels(ink: np.ndarray) -> tuple[float, float, float]:
    """Return the threshold that parts ground and ink best (Otsu 1979), and the light of both."""
    counts, edges = np.histogram(ink, bins=128, range=(0, 1))
    middle = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    mass = np.cumsum(counts * middle)
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(
            (below > 0) & (above > 0), below * above * (mass / below - (mass[-1] - mass) / above) ** 2, 0.0
        )
    # Where nothing lies between ground and ink, every threshold there is as good: the middle one.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    level = float(edges[1 + int(best.mean())])
    over = ink > level
    if not over.any():
        return level, 0.0, 0.0
    low, high = float(np.median(ink[~over])), float(np.percentile(ink[over], 75))
    return (low + high) / 2, low, high


def _figure(mask: np.ndarray, *, judged: bool) -> np.ndarray:
    """Return the figure alone: specks dropped, and what touches the picture's edge if there is anything else."""
    labels, count = _components(mask)
    if count <= 1:
        return mask if mask.any() else ~mask
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    keep = sizes >= max(_SPECK * sizes.max(), 6)
    if judged:
        edge = np.zeros(count + 1, bool)
        edge[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
        free = np.where(edge, 0, sizes)
        if free.max() > 0.1 * sizes.max():
            keep = (free >= max(_SPECK * free.max(), 6)) & ~edge
    keep[0] = False
    return keep[labels]


def _components(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the connected parts of a mask (corners connect), numbered from 1, and how many there are."""
    parents = [0]

    def root(k: int) -> int:
        while parents[k] != k:
            parents[k] = parents[parents[k]]
            k = parents[k]
        return k

    labels = np.zeros(mask.shape, np.int32)
    previous: list[tuple[int, int, int]] = []
    for y, row in enumerate(mask):
        steps = np.flatnonzero(np.diff(np.concatenate([[0], row.view(np.int8), [0]])))
        runs: list[tuple[int, int, int]] = []
        above = 0  # the first run of the row before that may touch
        for start, stop in zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True):
            number = 0
            while above < len(previous) and previous[above][1] < start:
                above += 1
            for first, _, other in islice(previous, above, None):
                if first > stop:
                    break
                if number:
                    parents[root(other)] = root(number)
                number = number or other
            if not number:
                number = len(parents)
                parents.append(number)
            labels[y, start:stop] = number
            runs.append((start, stop, number))
        previous = runs
    roots = np.array([root(k) for k in range(len(parents))])
    kinds, numbers = np.unique(roots, return_inverse=True)
    return numbers[labels].astype(np.int32), len(kinds) - 1


def _straightened(cut: np.ndarray) -> tuple[np.ndarray, float]:
    """Return a figure sheared upright by its moments, and the angle of its slant in degrees."""
    from PIL import Image

    y, x = np.mgrid[: cut.shape[0], : cut.shape[1]]
    mass = cut.sum()
    x, y = x - (x * cut).sum() / mass, y - (y * cut).sum() / mass
    slant = float((x * y * cut).sum() / max(1e-9, (y * y * cut).sum()))
    slant = max(-0.7, min(0.7, slant))
    height = len(cut)
    room = math.ceil(abs(slant) * height)
    picture = Image.fromarray(np.pad(cut, ((0, 0), (room, room))))
    matrix = (1, slant, -slant * height / 2, 0, 1, 0)
    sheared = np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR))
    return _tight(sheared), math.degrees(math.atan(slant))


def _tight(cut: np.ndarray) -> np.ndarray:
    """Return the box of ink of half strength and more."""
    mask = cut > 0.5
    if not mask.any():
        return cut
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return cut[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _sized(cut: np.ndarray, fit: str) -> np.ndarray:
    """Return a figure as large as it is on the card."""
    wide, tall = (share * CARD for share in BOXES[fit])
    scale = min(wide / cut.shape[1], tall / cut.shape[0])
    return _resized(cut, max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))


def stroke_width(figure: np.ndarray) -> float:
    """Return the mean width of a figure's strokes, in points: twice its area over the length of its outline."""
    mask = np.pad(figure > 0.5, 1)
    steps = (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()
    return float(2 * mask.sum() / max(1.0, steps * math.pi / 4))


def _plain_strokes(cut: np.ndarray, fit: str) -> tuple[np.ndarray, float]:
    """Return a figure whose strokes are as wide as those of the shipped cards, and by how many cells they changed."""
    first = stroke_width(_sized(cut, fit)) / POINTS_PER_CELL
    width, (low, high) = first, _STROKES
    for _ in range(4):  # a figure that grows or shrinks is fitted anew, which changes the width again
        reach = round((min(max(width, low), high) - width) * POINTS_PER_CELL / 2)
        if reach == 0:
            break
        most = np.maximum if reach > 0 else np.minimum
        figure = np.pad(_sized(cut, fit), max(0, reach) + 1)
        for k in range(abs(reach)):  # alternately a square and a cross: an octagon, which is nearly round
            figure = _extreme(figure, 1, most) if k % 2 else _cross(figure, most)
        if not (figure > 0.5).any():
            break
        cut = _tight(figure)
        width = stroke_width(_sized(cut, fit)) / POINTS_PER_CELL
    return cut, width - first


def _cross(a: np.ndarray, most: np.ufunc) -> np.ndarray:
    """Return the extreme of each point and its four neighbours."""
    p = np.pad(a, 1, mode="edge")
    return most.reduce([a, p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:]])


def _laid(cut: np.ndarray, fit: str) -> np.ndarray:
    """Return the card with a figure in its middle."""
    figure = _sized(cut, fit)
    card = np.zeros((CARD, CARD), np.uint8)
    top, left = (CARD - figure.shape[0]) // 2, (CARD - figure.shape[1]) // 2
    card[top : top + figure.shape[0], left : left + figure.shape[1]] = np.rint(figure * 255)
    return card


def _whole(light: np.ndarray) -> np.ndarray:
    """Return the card: the picture as large as fits, in the middle, on the median of its border."""
    from PIL import Image

    height, width = light.shape
    longer = max(height, width)
    size = max(1, round(width * CARD / longer)), max(1, round(height * CARD / longer))
    small = np.asarray(Image.fromarray(light).resize(size, Image.Resampling.BOX))
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    card = np.full((CARD, CARD), int(np.median(border)), np.uint8)
    top, left = (CARD - size[1]) // 2, (CARD - size[0]) // 2
    card[top : top + size[1], left : left + size[0]] = small
    return card
