"""Folders of people's own pictures: which files are pictures, by their content; and of which class, by their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from marki.errors import StimulusError, reason

NO_PICTURE = "no picture"
"""Kind of a file that is none."""

NO_CONTRAST = "no contrast"
"""What is said of a picture of which no card can be made."""

LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")
"""Names that operating systems leave behind; of them nothing is said."""

MOST_NAMED = 5
"""Files named in a sentence."""

# Of which kind a file is that begins so, the pattern over its first 32 bytes.
_SIGNS = tuple(
    (kind, re.compile(pattern, re.DOTALL))
    for kind, pattern in (
        ("PNG", rb"\x89PNG\r\n\x1a\n"),
        ("JPEG", rb"\xff\xd8\xff"),
        ("GIF", rb"GIF8[79]a"),
        ("BMP", rb"BM.{4}\0{4}"),
        ("WEBP", rb"RIFF.{4}WEBP"),
        ("TIFF", rb"II\*\0|MM\0\*|II\+\0|MM\0\+"),
        ("HEIC", rb".{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)"),
        ("AVIF", rb".{4}ftypavi[fs]"),
        ("JPEG 2000", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
        ("JPEG XL", rb"\xff\x0a|\0\0\0\x0cJXL "),
        ("PDF", rb"%PDF"),
        ("SVG", rb"\s*(<\?xml|<svg)"),
        ("PSD", rb"8BPS"),
        ("ICO", rb"\x00\x00\x01\x00"),
    )
)


def kind(path: Path) -> str:
    """Return what kind of picture a file is by its first bytes, whatever its name; `NO_PICTURE` for none."""
    try:
        about = path.stat()
    except OSError:
        return NO_PICTURE
    return _kind(str(path), about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=20_000)
def _kind(path: str, changed: int, size: int) -> str:
    """Return the kind of a file that was changed then and has that size; pages ask again at each look."""
    try:
        with open(path, "rb") as file:
            head = file.read(32)
    except OSError:
        return NO_PICTURE
    return next((kind for kind, sign in _SIGNS if sign.match(head)), NO_PICTURE)


@dataclass(frozen=True, kw_only=True)
class PictureFolder:
    """What a folder of pictures holds.

    Attributes
    ----------
    pictures : list of (Path, str)
        Each picture and its class, in natural order of the names: 2 before 10.
    passed : list of (str, str)
        What was passed over, by its place in the folder, and of what kind it is.
    """

    pictures: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    passed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def labels(self) -> list[str]:
        """The classes, in order of their first picture."""
        return list(dict.fromkeys(label for _, label in self.pictures))

    @property
    def one_each(self) -> bool:
        """Whether every class has one picture only, so that a running number was perhaps taken for a name."""
        return 2 < len(self.pictures) == len(self.labels)

    def passed_text(self) -> str:
        """Return what was passed over as a list of names, each with its kind."""
        named = [f"{name} ({kind})" for name, kind in self.passed[:MOST_NAMED]]
        more = len(self.passed) - len(named)
        return ", ".join([*named, f"+{more}"] if more else named)


def survey(path: Path | str, formats: Sequence[str]) -> PictureFolder:
    """Look through a folder with one sub-folder a class, or with pictures named after their classes.

    Hidden files, and what operating systems leave behind, are passed over without a word.

    Parameters
    ----------
    path : Path or str
    formats : sequence of str
        The kinds of pictures that are read, see `kind`.

    Raises
    ------
    StimulusError
        If there is no such folder, it cannot be read, it holds no pictures, or both pictures and sub-folders of them.
    """
    path = Path(path)
    if not path.is_dir():
        raise StimulusError("is not a folder", where=path, remedy="Give a folder of pictures", code="folder.none")
    passed: list[tuple[str, str]] = []
    loose = _pictures(path, path, formats, passed)
    inside = [sub for sub in _entries(path) if sub.is_dir()]
    sorts = {sub: _pictures(sub, path, formats, passed, deep=True) for sub in inside}
    sorts = {sub: files for sub, files in sorts.items() if files}
    if loose and sorts:
        raise StimulusError(
            f"has {len(loose)} pictures beside sub-folders of pictures, so their class is unclear",
            where=path,
            remedy="Put every picture in a sub-folder named after its class",
            code="folder.mixed",
            count=len(loose),
        )
    if loose:
        return PictureFolder(pictures=[(file, label_of(file.stem)) for file in loose], passed=passed)
    if sorts:
        named = [(file, folder_label(sub.name)) for sub, files in sorts.items() for file in files]
        return PictureFolder(pictures=named, passed=passed)
    below = [sub.name for sub in inside if any(inner.is_dir() for inner in _entries(sub))]
    if below:
        raise StimulusError(
            "holds no pictures, but folders of folders",
            where=path,
            remedy=f"Give one of {', '.join(below[:MOST_NAMED])}",
            code="folder.deep",
            folders=", ".join(below[:MOST_NAMED]),
        )
    said, kinds = PictureFolder(passed=passed).passed_text(), f"{', '.join(formats[:-1])} or {formats[-1]}"
    raise StimulusError(
        f"holds no pictures that can be read: {said}" if passed else "holds no pictures",
        where=path,
        remedy=f"Give {kinds} files",
        code="folder.unread" if passed else "folder.empty",
        passed=said,
        formats=", ".join(formats),
    )


def label_of(stem: str) -> str:
    """Return the class that a picture's name says: the name without the running number at its end.

    ``cat_01``, ``cat-2``, ``cat3`` and ``cat (4)`` are of class ``cat``; ``0_1`` is of class ``0``. A name that is
    nothing but a number is a class of its own. Letters with marks are composed (NFC), however the file system has them.
    """
    name = unicodedata.normalize("NFC", stem).strip() or stem
    numbered = re.search(r"(?<=.)[\s_.(-]*\d+\)?$", name)
    return name if numbered is None or name.isdecimal() else name[: numbered.start()]


def folder_label(name: str) -> str:
    """Return the class that a sub-folder's name says: itself, its letters composed (NFC)."""
    return unicodedata.normalize("NFC", name).strip() or name


def _pictures(
    folder: Path, root: Path, formats: Sequence[str], passed: list[tuple[str, str]], *, deep: bool = False
) -> list[Path]:
    """Return the pictures of a folder; note the rest, and with `deep` also its sub-folders, as passed over."""
    found = []
    for entry in _entries(folder):
        if entry.is_dir():
            if deep:
                passed.append((f"{entry.relative_to(root)}/", "folder"))
        elif not entry.is_file():
            passed.append((str(entry.relative_to(root)), "no file"))
        elif (what := kind(entry)) in formats:
            found.append(entry)
        else:
            passed.append((str(entry.relative_to(root)), what))
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return natural(entry for entry in folder.iterdir() if entry.name[0] != "." and entry.name not in LITTER)
    except OSError as error:
        raise StimulusError(
            f"cannot be read ({error.strerror or error})",
            where=folder,
            remedy="Give a folder that you may read",
            code=reason("read", error),
            reason=error.strerror or error,
        ) from error


def natural(paths: Iterable[Path]) -> list[Path]:
    """Sort by name, numbers by their value."""

    def key(path: Path) -> tuple[Any, ...]:
        name = unicodedata.normalize("NFC", path.name)
        parts = re.split(r"([0-9]+)", name.casefold())
        return [(int(part), "") if i % 2 else (-1, part) for i, part in enumerate(parts)], name, path.name

    return sorted(paths, key=key)
