"""Photographs of sheets: any picture as luminance, large ones at the smaller size in which they are decoded quickly."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from marki.errors import StimulusError
from marki.io.stimuli.fitting import luminance
from marki.io.stimuli.images import FORMATS

MOST_POINTS = 100_000_000
"""Points of the largest photograph that is decoded."""
WANTED = 2000
"""Points of the shorter side below which a photograph is not made smaller."""

_REMEDY = f"Give a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture"


def photograph(path: Path | str) -> np.ndarray:
    """Return a photograph's luminance, upright as its EXIF says.

    Parameters
    ----------
    path : Path or str
        A picture of one of `FORMATS`. A JPEG is decoded at a half, a quarter or an eighth of its size if its shorter
        side then has at least `WANTED` points.

    Returns
    -------
    ndarray of uint8, shape (h, w)

    Raises
    ------
    StimulusError
        If the file cannot be read, is no picture, is broken, or has too many points.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # our own limit, below, names the sizes
    try:
        with warnings.catch_warnings(), Image.open(path, formats=FORMATS) as picture:
            warnings.simplefilter("ignore")  # a decoder's remarks on odd but readable files
            width, height = picture.size
            if width * height > MOST_POINTS:
                raise StimulusError(
                    f"has {width} by {height} points, above the limit of {MOST_POINTS // 1_000_000} million",
                    where=path,
                    remedy="Make it smaller first",
                )
            picture.draft("L", (WANTED, WANTED))
            step = max(1, min(picture.size) // WANTED)
            small = picture.reduce(step) if step > 1 and picture.mode in ("L", "RGB", "RGBA") else picture
            return luminance(ImageOps.exif_transpose(small))[0]
    except StimulusError:
        raise
    except UnidentifiedImageError as error:
        raise StimulusError("is no picture of a known kind", where=path, remedy=_REMEDY) from error
    except OSError as error:
        raise StimulusError(f"cannot be read ({error.strerror or error})", where=path, remedy=_REMEDY) from error
    except Exception as error:  # decoders raise anything on broken files, SyntaxError and struct.error included
        raise StimulusError(f"is broken or cut off ({error})", where=path, remedy=_REMEDY) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit
