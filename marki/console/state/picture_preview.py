"""The preview: a picture of somebody's own on its way to becoming a card, and what was told about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from marki.errors import StimulusError
from marki.io.stimuli.fitting import AS_IT_IS, FittedCard, Fitting, fit_light
from marki.io.stimuli.images import light_of
from marki.io.stimuli.picture_light import turned_light

SHOWN = 240
"""Points on the longer side of the picture as the page shows it, at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Preview:
    """A picture and the card that it makes.

    Attributes
    ----------
    path : Path
    light : ndarray of uint8, shape (h, w)
        The picture, upright.
    cleared : str
        The ground on which transparent parts were laid.
    how : Fitting
        What was told.
    done : FittedCard or StimulusError
        The card; or why none can be made of it as told.
    shown : ndarray of uint8
        The picture as told to be turned, small.
    """

    path: Path
    light: np.ndarray
    cleared: str
    how: Fitting
    done: FittedCard | StimulusError
    shown: np.ndarray

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """The frame that was told, or else the one that was found: left, top, right, bottom, as shares."""
        found = self.done.frame if isinstance(self.done, FittedCard) else (0.0, 0.0, 1.0, 1.0)
        left, top, right, bottom = self.how.frame or found
        return left, top, right, bottom

    def again(self, how: Fitting) -> Preview:
        """Return the preview with something else told."""
        done = _fitted(self.path, self.light, self.cleared, how)
        return replace(self, how=how, done=done, shown=_small(turned_light(self.light, how.turn_deg)))


def look(path: Path, how: Fitting) -> Preview:
    """Return the preview of a picture file; a card that was saved here is taken as it is.

    Raises
    ------
    StimulusError
        If it cannot be read.
    """
    light, cleared, own = light_of(path)
    how = AS_IT_IS if own else how
    done = _fitted(path, light, cleared, how)
    return Preview(path=path, light=light, cleared=cleared, how=how, done=done, shown=_small(light))


def _fitted(path: Path, light: np.ndarray, cleared: str, how: Fitting) -> FittedCard | StimulusError:
    """Return the card, or why there is none: there may be contrast where a frame is drawn."""
    try:
        return fit_light(light, how, cleared=cleared, where=path)
    except StimulusError as error:
        return error


def _small(light: np.ndarray) -> np.ndarray:
    from PIL import Image

    picture = Image.fromarray(light)
    picture.thumbnail((SHOWN, SHOWN))
    return np.asarray(picture)
