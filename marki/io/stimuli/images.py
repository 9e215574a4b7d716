"""Pictures of the user's own: any PNG, JPEG, GIF, BMP or WebP becomes a card."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marki.errors import StimulusError, reason
from marki.files import writing
from marki.io.stimuli import CARD, POINTS_PER_CELL, Stimulus

if TYPE_CHECKING:
    from PIL import Image as PILImage

MOST_POINTS = 50_000_000
"""Points of the largest picture that is decoded."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
"""Picture formats that are read."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
"""Endings by which `folder` knows a picture."""

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
        The class of the card. If left out, the file's name up to the first digit or separator.

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
    return Stimulus(name=name, label=_label(name) if label is None else label, card=_fit(luminance))


def folder(path: Path | str) -> list[Stimulus]:
    """Make cards from a folder of pictures.

    Parameters
    ----------
    path : Path or str
        A folder with one sub-folder a class, named after it; or a flat folder, in which the file's name up to the first
        digit or separator is the class (``cat_01.png``, ``dog3.jpg``). Hidden files and files that do not end like a
        picture are passed over.

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
    path = Path(path)
    if not path.is_dir():
        raise StimulusError("is not a folder", where=path, remedy="Give a folder of pictures", code="folder.none")
    loose = _pictures(path)
    sorts = {sub.name: _pictures(sub) for sub in _natural(path.iterdir()) if sub.is_dir() and sub.name[0] != "."}
    sorts = {label: files for label, files in sorts.items() if files}
    if loose and sorts:
        raise StimulusError(
            f"has {len(loose)} pictures beside sub-folders of pictures, so their class is unclear",
            where=path,
            remedy="Put every picture in a sub-folder named after its class",
            code="folder.mixed",
            count=len(loose),
        )
    if not loose and not sorts:
        raise StimulusError(
            "holds no pictures",
            where=path,
            remedy=f"Give files ending in {', '.join(SUFFIXES)}",
            code="folder.empty",
            suffixes=", ".join(SUFFIXES),
        )
    if loose:
        return [image(file) for file in loose]
    return [image(file, label=label) for label, files in sorts.items() for file in files]


def _pictures(path: Path) -> list[Path]:
    return _natural(f for f in path.iterdir() if f.is_file() and f.name[0] != "." and f.suffix.lower() in SUFFIXES)


def _natural(paths: Any) -> list[Path]:
    """Sort by name, numbers by their value."""

    def key(path: Path) -> tuple:
        parts = re.split(r"([0-9]+)", path.name.casefold())
        return [(int(part), "") if i % 2 else (-1, part) for i, part in enumerate(parts)], path.name

    return sorted(paths, key=key)


def _label(stem: str) -> str:
    """Return the part of a file's name before the first digit or separator; the whole, if that is empty."""
    return re.split(r"[\W\d_]", stem, maxsplit=1)[0] or stem


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


def save_cells(levels: np.ndarray, path: Path | str) -> None:
    """Write a card of 20 × 20 cells as a PNG picture, whole or not at all; `image` reads it back.

    Parameters
    ----------
    levels : (20, 20) array_like
        Light of each cell, 0 to 255.
    path : Path or str
    """
    from PIL import Image

    cells = np.asarray(levels, np.uint8).repeat(POINTS_PER_CELL, 0).repeat(POINTS_PER_CELL, 1)
    memory = io.BytesIO()
    Image.fromarray(cells).save(memory, "PNG")
    with writing(path) as file:
        file.write(memory.getvalue())
