"""The retina: the signals of the photocells for a card, and how unsteadily it was held."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from marki.config import Config, setting
from marki.io.camera import STEPS, Camera, Optics
from marki.io.frame import expose
from marki.io.worlds import Handling


@dataclass(frozen=True, kw_only=True)
class Exposure(Config):
    """How long the lens is open before the photocells are read; the values are those of the simulated Mark I."""

    after_us: int = setting(
        1_000_000, "From the opening of the lens to the reading", unit="us", low=1, high=600_000_000
    )
    rise_us: int = setting(30_000, "Time constant of a cell towards more light", unit="us", low=1, high=10_000_000)
    decay_us: int = setting(60_000, "Time constant of a cell towards less light", unit="us", low=1, high=10_000_000)


@dataclass(frozen=True, kw_only=True)
class RetinaConfig(Config):
    """Base of the settings of all tasks: the camera, the exposure and the noise."""

    optics: Optics = field(default_factory=Optics)
    exposure: Exposure = field(default_factory=Exposure)
    noise: float = setting(
        0.0, "Standard deviation of noise on each cell's signal", unit="share of full light", low=0, high=1
    )


@dataclass(frozen=True, kw_only=True)
class Unsteady(RetinaConfig):
    """Settings of the tasks whose cards are held unsteadily before the camera."""

    shift: float = setting(0.0, "Each card is shifted at random by up to this much", unit="cells", low=0, high=10)
    turn_deg: float = setting(0.0, "Each card is turned at random by up to this angle", unit="deg", low=0, high=180)
    zoom: float = setting(0.0, "Each card is scaled at random by up to this share", unit="share", low=0, high=0.9)

    @property
    def handling(self) -> Handling:
        """How the cards are held."""
        return Handling(shift=self.shift, turn_deg=self.turn_deg, zoom=self.zoom)


@lru_cache(maxsize=16)
def camera(optics: Optics) -> Camera:
    """Return the camera with these optics."""
    return Camera(optics)


def signals(light: np.ndarray, exposure: Exposure, noise: np.ndarray | None = None) -> np.ndarray:
    """Return the signals of initially dark photocells for each frame.

    Before every exposure the lens is covered until the cells are dark, as on the machine between two cards; so it is
    between the exposures of a reel too. The signals are rounded to 1/1024, as the camera rounds its light: float32
    and the files of the cache then hold them exactly, and last-bit differences between processors go no further.

    Parameters
    ----------
    light : ndarray of float32, shape (n, 20, 20)
        Light on the cells, 0…1.
    exposure : Exposure
        The lens and the time constants.
    noise : ndarray of float64, shape (n, 20, 20), optional
        Added to the signals, which are then cut to 0…1.

    Returns
    -------
    ndarray of float32, shape (n, 20, 20)
    """
    seen = expose(light, exposure.after_us, exposure.rise_us, exposure.decay_us)
    if noise is not None:
        seen = np.clip(seen + noise, 0.0, 1.0)
    return (np.rint(seen * STEPS) / STEPS).astype(np.float32)
