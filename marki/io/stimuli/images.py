"""Pictures of the user's own: any PNG, JPEG, GIF, BMP, WebP or AVIF, and HEIC with an extra, becomes a card."""

from __future__ import annotations

import functools
import importlib.util
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from marki.errors import MarkIError, StimulusError, reason
from marki.files import writing
from marki.io.stimuli import POINTS_PER_CELL, Stimulus, picture_files
from marki.io.stimuli.fitting import (
    AS_IT_IS,
    FittedCard,
    Fitting,
    NoContrast,
    fit_light,
    sentence_of_all,
)
from marki.io.stimuli.picture_files import PictureFolder
from marki.io.stimuli.picture_light import FINEST, luminance
from marki.language import Words

if TYPE_CHECKING:
    from PIL import Image as PILImage

MOST_POINTS = 64_000_000
"""Points of the largest picture that is decoded whole, in at most some 400 MB."""

MOST_COARSE = 110_000_000
"""Points of the largest JPEG, which is decoded coarsely: what telephones of 108 million points make."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "AVIF")
"""Picture formats that are read, AVIF if this Pillow has it."""

_REMEDY = f"Give a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture"

OWN = ("marki", "card")
"""Name and text in a PNG file by which a card that was saved here is known again."""


def image(path: Path | str, *, label: str | None = None, how: Fitting | None = None) -> Stimulus:
    """Make a card from a picture file.

    Parameters
    ----------
    path : Path or str
        A PNG, JPEG, GIF, BMP, WebP, AVIF or HEIC file.
    label : str, optional
        The class of the card. If left out, the file's name without its running number.
    how : Fitting, optional
        As for `fit_file`.

    Returns
    -------
    Stimulus
        Its name is the file's name without suffix.

    Raises
    ------
    StimulusError
        As for `fit_file`.
    """
    return card_of(path, fit_file(path, how), label=label)


def card_of(path: Path | str, done: FittedCard, *, label: str | None = None) -> Stimulus:
    """Return what was made of a picture file as a stimulus, named after it; see `image`."""
    name = Path(path).stem
    return Stimulus(name=name, label=picture_files.label_of(name) if label is None else label, card=done.card)


def fit_file(path: Path | str, how: Fitting | None = None) -> FittedCard:
    """Make a card from a picture file, and say what was done; see `fitting.fit_card`.

    Of an animation the first picture is taken. A card that was saved here (`save_cells`) is taken as it is.

    Parameters
    ----------
    path : Path or str
    how : Fitting, optional
        What is told about the picture; all is judged if left out.

    Returns
    -------
    FittedCard

    Raises
    ------
    StimulusError
        If the file is missing, empty, truncated, no picture, has more than `MOST_POINTS` points (`MOST_COARSE`, if
        JPEG), or has no contrast.
    """
    light, cleared, own = light_of(path)
    return fit_light(light, AS_IT_IS if own else how, cleared=cleared, where=path)


def light_of(path: Path | str) -> tuple[np.ndarray, str, bool]:
    """Return the light of a picture file, and how it is to be taken.

    Returns
    -------
    light : ndarray of uint8, shape (h, w)
        Upright.
    cleared : str
        The ground on which transparent parts were laid, "" if there were none.
    own : bool
        Whether it is a card that was saved here.

    Raises
    ------
    StimulusError
        As for `fit_file`, but for contrast.
    """
    with opened(path) as picture:
        return *luminance(picture), picture.info.get(OWN[0]) == OWN[1]


@contextmanager
def opened(path: Path | str) -> Iterator[PILImage.Image]:
    """Open a picture file and decode it; large JPEG files are decoded coarsely (see `FINEST`).

    Parameters
    ----------
    path : Path or str

    Yields
    ------
    PIL.Image.Image
        Not yet upright; its EXIF says how it lies.

    Raises
    ------
    StimulusError
        As for `fit_file`, also for what is raised while it is open by a decoder.
    """
    from PIL import Image, UnidentifiedImageError

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
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # our own limit, below, names the sizes
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a decoder's remarks on odd but readable files
            with Image.open(path, formats=_formats()) as picture:
                width, height = picture.size
                most = MOST_COARSE if picture.format == "JPEG" else MOST_POINTS
                if width * height > most:
                    raise StimulusError(
                        f"has {width} by {height} points, above the limit of {most // 1_000_000} million",
                        where=path,
                        remedy="Make it smaller first",
                        code="picture.too_large",
                        width=width,
                        height=height,
                        limit=most // 1_000_000,
                    )
                picture.draft(None, (FINEST, FINEST))
                picture.load()
                yield picture
    except MarkIError:
        raise
    except UnidentifiedImageError as error:
        what, remedy, code = _other_kind(path)
        raise StimulusError(what, where=path, remedy=remedy, code=code) from error
    except Exception as error:  # decoders raise anything on broken files, SyntaxError and struct.error included
        raise StimulusError(
            f"is broken or cut off ({error})", where=path, remedy=_REMEDY, code="picture.broken"
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


@functools.cache
def _formats() -> tuple[str, ...]:
    """Return the formats that can be read here."""
    from PIL import features

    found = tuple(name for name in FORMATS if name != "AVIF" or features.check("avif"))
    if importlib.util.find_spec("pillow_heif") is None:  # the extra `photos`
        return found
    importlib.import_module("pillow_heif").register_heif_opener()
    return (*found, "HEIF")


def kinds_read() -> tuple[str, ...]:
    """Return the same as `picture_files.kind` names them."""
    return tuple("HEIC" if name == "HEIF" else name for name in _formats())


_NOT_READ = {
    "TIFF": "a TIFF picture",
    "PDF": "a PDF document",
    "JPEG 2000": "a JPEG 2000 picture",
    "ICO": "an icon",
    "SVG": "a drawing in SVG",
}


def _other_kind(path: Path) -> tuple[str, str, str]:
    """Return what a file is that cannot be read, by its first bytes, what to do about it, and the code of that."""
    kind, as_png = picture_files.kind(path), "Save it as PNG or JPEG"
    if kind == "AVIF":
        return (
            "is an AVIF picture, which this Pillow does not read",
            'Install a newer one: pip install -U "pillow>=11.3"',
            "picture.avif",
        )
    if kind == "HEIC":
        return (
            "is a HEIC picture",
            'Install the extra that reads it, pip install "marki[photos]", or save it as JPEG',
            "picture.heic",
        )
    if kind in _NOT_READ:
        return f"is {_NOT_READ[kind]}, which is not read", as_png, "picture.foreign"
    with path.open("rb") as file:
        head = file.read(8)
    if head[4:] == b"ftyp":
        return "is a film, not a picture", as_png, "picture.film"
    return "is no picture of a known kind", _REMEDY, "picture.unknown"


@dataclass(frozen=True, kw_only=True)
class FolderCards:
    """What was made of a folder of pictures.

    Attributes
    ----------
    folder : PictureFolder
        The pictures of which cards were made, with their classes; and what was passed over.
    done : list of FittedCard
        The card of each of the pictures, and what was decided on the way to it.
    """

    folder: PictureFolder
    done: list[FittedCard]

    @property
    def cards(self) -> list[Stimulus]:
        """The cards as stimuli."""
        pictures = self.folder.pictures
        return [card_of(file, done, label=label) for (file, label), done in zip(pictures, self.done, strict=True)]

    def remarks(self, words: Words) -> list[str]:
        """Return what whoever gave the folder should know, a sentence each: what was done, and what is odd."""
        said = [sentence_of_all(self.done, words)]
        if self.folder.passed:
            said.append(words("message.passed_over", count=len(self.folder.passed), names=self.folder.passed_text()))
        if self.folder.one_each:
            said.append(words("message.one_each", count=len(self.folder.labels)))
        return said


def folder(path: Path | str, how: Fitting | None = None) -> FolderCards:
    """Make cards from a folder of pictures.

    Parameters
    ----------
    path : Path or str
        A folder with one sub-folder a class, named after it; or a flat folder, in which the file's name without its
        running number is the class (``cat_01.png``, ``dog3.jpg``). What is no picture by its content is passed over,
        and so is a picture without contrast.
    how : Fitting, optional
        As for `fit_file`, for all of them.

    Returns
    -------
    FolderCards
        In natural order of the names: 2 before 10.

    Raises
    ------
    StimulusError
        If there is no such folder, no picture in it, pictures both in it and in its sub-folders, one that cannot be
        read, or none with contrast.
    """
    found, made, flat = survey(path), {}, []
    for file, label in found.pictures:
        try:
            about = file.stat()
            made[file, label] = _fit(file, about.st_mtime_ns, about.st_size, how)
        except NoContrast:
            flat.append((str(file.relative_to(path)), picture_files.NO_CONTRAST))
    if not made:
        raise NoContrast(
            "holds no picture with contrast",
            where=path,
            remedy="Give pictures with darker ink and more even light",
            code="folder.flat",
        )
    left = PictureFolder(pictures=list(made), passed=[*found.passed, *flat])
    return FolderCards(folder=left, done=list(made.values()))


@functools.lru_cache(maxsize=2048)
def _fit(path: Path, changed: int, size: int, how: Fitting | None) -> FittedCard:
    """Return the card of a file that was changed then and has that size: a folder is looked at again to be told of."""
    return fit_file(path, how)


def survey(path: Path | str) -> PictureFolder:
    """Return the pictures of a folder with their classes, and what is passed over; see `folder`."""
    return picture_files.survey(path, kinds_read())


def is_picture(path: Path) -> bool:
    """Return whether a file is, by its content, a picture that `image` reads."""
    return picture_files.kind(path) in kinds_read()


def save_cells(levels: np.ndarray, path: Path | str) -> None:
    """Write a card as `cells_png` makes it, whole or not at all.

    Parameters
    ----------
    levels : (20, 20) array_like
    path : Path or str
    """
    content = cells_png(levels)
    with writing(path) as file:
        file.write(content)


def cells_png(levels: np.ndarray) -> bytes:
    """Return a card of 20 × 20 cells as a PNG picture; `image` reads it back as it is.

    Parameters
    ----------
    levels : (20, 20) array_like
        Light of each cell, 0 to 255.
    """
    cells = np.asarray(levels, np.uint8).repeat(POINTS_PER_CELL, 0).repeat(POINTS_PER_CELL, 1)
    return card_file(cells)


def card_file(card: np.ndarray) -> bytes:
    """Return a card as a PNG file; `image` reads it back as it is.

    Parameters
    ----------
    card : ndarray of uint8, shape (CARD, CARD)
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    mark = PngInfo()
    mark.add_text(*OWN)
    memory = io.BytesIO()
    Image.fromarray(card).save(memory, "PNG", pnginfo=mark)
    return memory.getvalue()
