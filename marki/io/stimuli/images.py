"""Pictures of the user's own: any PNG, JPEG, GIF, BMP or WebP becomes a card."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from marki.errors import StimulusError, reason
from marki.io.stimuli import CARD, POINTS_PER_CELL, Stimulus, picture_files
from marki.io.stimuli.picture_files import PictureFolder

if TYPE_CHECKING:
    from PIL import Image as PILImage

MOST_POINTS = 50_000_000
"""Points of the largest picture that is decoded."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
"""Picture formats that are read."""

_REMEDY = f"Give a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture"


def image(path: Path | str, *, label: str | None = None) -> Stimulus:
    """Make a card from a picture file.

    The picture is laid upright as its EXIF says, its transparent parts are shown on black, colours become luminance
    (ITU-R 601-2), and it is fitted undistorted in the square card by the mean over each point's area; the margins take
    the median luminance of the picture's border. Of an animation the first picture is taken.

    Parameters
    ----------
    path : Path or str
        A PNG, JPEG, GIF, BMP or WebP file.
    label : str, optional
        The class of the card. If left out, the file's name without its running number.

    Returns
    -------
    Stimulus
        Its name is the file's name without suffix.

    Raises
    ------
    StimulusError
        If the file is missing, empty, truncated, no picture, or has more than `MOST_POINTS` points.
    """
    path = Path(path)
    if path.is_dir():
        raise StimulusError(
            "is a folder, not a picture", where=path, remedy="Use folder() for folders", code="picture.is_folder"
        )
    try:
        if path.stat().st_size == 0:
            raise StimulusError("is empty", where=path, remedy=_REMEDY, code="picture.empty")
    except OSError as error:
        raise StimulusError(
            f"cannot be read ({error.strerror or error})",
            where=path,
            remedy=_REMEDY,
            code=reason("picture", error),
            reason=error.strerror or error,
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a decoder's remarks on odd but readable files
        luminance = _luminance(path)
    name = path.stem
    return Stimulus(name=name, label=picture_files.label_of(name) if label is None else label, card=_fit(luminance))


def folder(path: Path | str) -> list[Stimulus]:
    """Make cards from a folder of pictures.

    Parameters
    ----------
    path : Path or str
        A folder with one sub-folder a class, named after it; or a flat folder, in which the file's name without its
        running number is the class (``cat_01.png``, ``dog3.jpg``). What is no picture by its content is passed over;
        `survey` says what that was.

    Returns
    -------
    list of Stimulus
        In natural order of the names: 2 before 10.

    Raises
    ------
    StimulusError
        If there is no such folder, no picture in it, pictures both in it and in its sub-folders, or one that cannot be
        read.
    """
    return [image(file, label=label) for file, label in survey(path).pictures]


def survey(path: Path | str) -> PictureFolder:
    """Return the pictures of a folder with their classes, and what is passed over; see `folder`."""
    return picture_files.survey(path, FORMATS)


def is_picture(path: Path) -> bool:
    """Return whether a file is, by its content, a picture that `image` reads."""
    return picture_files.kind(path) in FORMATS


def _luminance(path: Path) -> np.ndarray:
    """Return the picture upright, on black, as (h, w) uint8."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # our own limit, below, names the sizes
    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_POINTS:
                raise StimulusError(
                    f"has {width} by {height} points, above the limit of {MOST_POINTS // 1_000_000} million",
                    where=path,
                    remedy="Make it smaller first",
                    code="picture.too_large",
                    width=width,
                    height=height,
                    limit=MOST_POINTS // 1000000,
                )
            return np.asarray(_grey(ImageOps.exif_transpose(picture)))
    except StimulusError:
        raise
    except UnidentifiedImageError as error:
        raise StimulusError(
            "is no picture of a known kind", where=path, remedy=_REMEDY, code="picture.unknown"
        ) from error
    except Exception as error:  # decoders raise anything on broken files, SyntaxError and struct.error included
        raise StimulusError(
            f"is broken or cut off ({error})", where=path, remedy=_REMEDY, code="picture.broken"
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _grey(picture: PILImage.Image) -> PILImage.Image:
    """Return a picture of any mode as luminance (mode L), transparent parts on black."""
    from PIL import Image

    clear = picture.info.get("transparency")
    if picture.mode.startswith(("I", "F")):  # 16 bits a point
        depth = np.asarray(picture).astype(np.int64)
        shade = np.clip(depth // 257, 0, 255).astype(np.uint8)
        if isinstance(clear, int):
            shade[depth == clear] = 0
        return Image.fromarray(shade)
    if clear is not None or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        coloured = picture.convert("RGBA")
        black = Image.new("RGBA", coloured.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, coloured).convert("RGB").convert("L")
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    return picture.convert("RGB").convert("L")


def _fit(luminance: np.ndarray) -> np.ndarray:
    """Return the card: the picture as large as fits, in the middle, on the median of its border."""
    from PIL import Image

    height, width = luminance.shape
    longer = max(height, width)
    size = max(1, round(width * CARD / longer)), max(1, round(height * CARD / longer))
    small = np.asarray(Image.fromarray(luminance).resize(size, Image.Resampling.BOX))
    border = np.concatenate([luminance[0], luminance[-1], luminance[:, 0], luminance[:, -1]])
    card = np.full((CARD, CARD), int(np.median(border)), np.uint8)
    top, left = (CARD - size[1]) // 2, (CARD - size[0]) // 2
    card[top : top + size[1], left : left + size[0]] = small
    return card


def cells_png(levels: np.ndarray) -> bytes:
    """Return a card of 20 × 20 cells as a PNG picture; `image` reads it back.

    Parameters
    ----------
    levels : (20, 20) array_like
        Light of each cell, 0 to 255.
    """
    from PIL import Image

    cells = np.asarray(levels, np.uint8).repeat(POINTS_PER_CELL, 0).repeat(POINTS_PER_CELL, 1)
    memory = io.BytesIO()
    Image.fromarray(cells).save(memory, "PNG")
    return memory.getvalue()
