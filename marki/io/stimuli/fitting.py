"""From a picture to a card: the ink of a foreign picture found, and laid on the retina as the shipped decks are.

Every door for people's own pictures leads through `fit_card`. What it decides is judged from the picture, or told by
the settings; the record says which, and in a sentence what was done.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from marki.config import Config, setting
from marki.errors import StimulusError
from marki.io.stimuli import CARD, POINTS_PER_CELL
from marki.io.stimuli.ink_segmentation import (
    amount_of_ink,
    extreme,
    figure_mask,
    is_dark_ink,
    levels,
    resized,
    working_copy,
)
from marki.io.stimuli.picture_light import luminance, turned_light
from marki.language import Words

if TYPE_CHECKING:
    from PIL import Image as PILImage

BOXES = MappingProxyType({"letter": (0.9, 0.8), "digit": (1.0, 1.0)})
"""Width and height of the box that the ink is fitted to, as shares of the card: those of the shipped decks."""

LEAST_CONTRAST = 0.1
"""Difference of ink and ground, as a share of the ground's light, below which a picture has no contrast."""

MOST_SENTENCES = 3
"""Sentences about the pictures of a folder."""

_STROKES = (1.5, 3.0)  # widths of strokes on a card that are let be, cells
_MOST_INK = 0.5  # share of the picture above which it shows no figure on a ground


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


def no_contrast(share: float, where: object) -> NoContrast:
    """Return the refusal of a picture whose ink and ground differ by a share of full light."""
    return NoContrast(
        f"has no contrast: ink and ground differ by {100 * share:.0f} % of full light",
        where=where,
        remedy="Give a picture with darker ink and more even light, or cut out the part with the figure",
        code="picture.flat",
        share=f"{100 * share:.0f}",
    )


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
        near = extreme(self.mask, 3, np.maximum)
        return np.where(near, self.ink, np.float32(0))[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _look(light: np.ndarray, frame: tuple[float, ...], how: Fitting, *, judged: bool, where: object) -> _Found:
    """Find the ink in a part of a picture."""
    height, width = light.shape
    part, (x0, y0, x1, y1) = _part_of(light, frame)
    work = working_copy(part)
    dark = how.invert == "yes" if how.invert != "judge" else is_dark_ink(work)
    ink, evened = amount_of_ink(work, dark, even=how.even)
    level, low, high = levels(ink)
    contrast = high - low
    if contrast < LEAST_CONTRAST:
        raise no_contrast(contrast, where)
    mask = figure_mask(ink > level, judged=judged)
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
    return resized(cut, max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))


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
            figure = extreme(figure, 1, most) if k % 2 else _cross(figure, most)
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
