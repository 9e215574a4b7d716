"""Digits written by hand: 30,000 of the MNIST set, cut to the 20×20 box in which they were first normalised.

The MNIST digits (Y. LeCun, C. Cortes, C. Burges, 1998, from NIST Special Databases 1 and 3) were fitted in 20×20 points
and then laid in 28×28 by centre of mass; cutting each to its box of ink gives them back without resampling.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from marki import reading
from marki.errors import StimulusError, reason, unknown
from marki.files import asset
from marki.io.frame import SIDE
from marki.io.stimuli import Stimulus, enlarged

PARTS = ("train", "test")
"""The two parts of the set: other writers wrote the second."""

_PREFIX = {"train": "train", "test": "t10k"}
_BLOCK = 1000
"""Images that are cut at a time, to take little memory."""

_REMEDY = "Give the folder with the four files of the original set, whole"


def load(part: str = "train", directory: Path | str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return written digits and what they say.

    Parameters
    ----------
    part : {"train", "test"}
        20,000 shipped digits for training, 10,000 for testing.
    directory : Path or str, optional
        A folder with the original IDX files (``train-images-idx3-ubyte`` and so on, plain or ``.gz``, also with a dot
        before ``idx``), read instead of the shipped ones.

    Returns
    -------
    images : ndarray of uint8, shape (n, 20, 20)
        Ink, 0 to 255; read-only. The shipped ones have 16 levels.
    labels : ndarray of uint8, shape (n,)
        0 to 9; read-only.

    Raises
    ------
    UnknownName
        If there is no such part.
    StimulusError
        If a file is missing, truncated or of another kind, or holds figures larger than 20×20 points.
    """
    if part not in PARTS:
        raise unknown("part of the digits", part, PARTS, where="digits")
    return _load(part, None if directory is None else str(directory))


@functools.lru_cache(maxsize=4)
def _load(part: str, directory: str | None) -> tuple[np.ndarray, np.ndarray]:
    images, labels = _shipped(part) if directory is None else read_idx(Path(directory), part)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def digit_frames(part: str = "train", directory: Path | str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits as light on the photocells, one point a cell.

    Parameters
    ----------
    part, directory
        As for `load`.

    Returns
    -------
    frames : ndarray of float32, shape (n, 20, 20)
        0 to 1.
    labels : ndarray of uint8, shape (n,)
        0 to 9; read-only.
    """
    images, labels = load(part, directory)
    return images.astype(np.float32) / np.float32(255), labels


def digit_stimuli(
    part: str,
    count: int,
    directory: Path | str | None = None,
    rng: np.random.Generator | None = None,
) -> list[Stimulus]:
    """Return cards of written digits, as many of each class as of any other (one more of the first, if it must be).

    Parameters
    ----------
    part, directory
        As for `load`.
    count : int
        How many cards.
    rng : numpy.random.Generator, optional
        Draws the cards and their order. If left out, the first of each class are taken, in turn 0, 1, … 9, 0, 1, …

    Returns
    -------
    list of Stimulus
        Each point of a digit fills one cell; the label is the digit.

    Raises
    ------
    StimulusError
        If there are not so many digits of each class.
    """
    images, labels = load(part, directory)
    rows, most = -(-count // 10), np.bincount(labels, minlength=10).min() * 10
    chosen = []
    for digit in range(10):
        at = np.flatnonzero(labels == digit)
        if count < 1 or len(at) < rows:
            raise StimulusError(
                f"{count} balanced digits asked, {len(at)} of class {digit} there",
                where=f"digits {part}" if directory is None else directory,
                remedy=f"Ask for 1 to {most}" if most else "Give digits of all ten classes",
                code="stimulus.digits",
                part=part,
                count=count,
                there=len(at),
                digit=digit,
                most=most,
            )
        chosen.append(at[:rows] if rng is None else rng.choice(at, rows, replace=False))
    order = np.stack(chosen, axis=1).ravel()[:count]
    if rng is not None:
        order = rng.permutation(order)
    return [
        Stimulus(
            name=f"{labels[i]} by hand, no. {i} of {part}",
            label=str(labels[i]),
            card=enlarged(images[i]),
        )
        for i in order
    ]


def _shipped(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Unpack the shipped digits: 16 levels, two points a byte (see `assets/SOURCES.md`)."""
    with np.load(asset("digits.npz"), allow_pickle=False) as stored:
        pairs, labels = stored[f"{part}_images"], stored[f"{part}_labels"]
    images = np.empty((len(pairs), SIDE * SIDE), np.uint8)
    images[:, 0::2] = (pairs >> 4) * np.uint8(17)
    images[:, 1::2] = (pairs & 15) * np.uint8(17)
    return images.reshape(-1, SIDE, SIDE), labels


def read_idx(directory: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read one part of the original set and cut each digit to its box of ink, in the middle of 20×20 points.

    Parameters
    ----------
    directory : Path
        Folder of the IDX files.
    part : {"train", "test"}

    Returns
    -------
    images : ndarray of uint8, shape (n, 20, 20)
    labels : ndarray of uint8, shape (n,)

    Raises
    ------
    StimulusError
        If a file is missing, truncated or of another kind, or a figure is larger than 20×20 points.
    """
    file = _find(directory, f"{_PREFIX[part]}-images", "idx3-ubyte")
    images = reading.read_idx(file, 3, remedy=_REMEDY)
    labels_file = _find(directory, f"{_PREFIX[part]}-labels", "idx1-ubyte")
    labels = reading.read_idx(labels_file, 1, remedy=_REMEDY)
    if len(images) != len(labels):
        raise StimulusError(
            f"{len(images)} images but {len(labels)} labels in {labels_file.name}",
            where=file,
            remedy=_REMEDY,
            code="idx.labels",
            images=len(images),
            labels=len(labels),
            file=labels_file.name,
        )
    if labels.max() > 9:
        raise StimulusError(
            f"label {labels.max()} of image {labels.argmax()} is no digit",
            where=labels_file,
            remedy="Give a set of digits, with labels from 0 to 9",
            code="idx.label",
            label=labels.max(),
            image=labels.argmax(),
        )
    return cut(images, where=file), labels.copy()


def cut(images: np.ndarray, *, where: object = None) -> np.ndarray:
    """Return each image's box of ink in the middle of 20×20 points.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, h, w)
        Ink on ground 0.
    where : object, optional
        The file, for the message.

    Returns
    -------
    ndarray of uint8, shape (n, 20, 20)

    Raises
    ------
    StimulusError
        If a box is larger than 20×20 points.
    """
    index = []
    for axis in (1, 2):
        inked = np.any(images, axis=3 - axis)
        first = inked.argmax(axis=1)
        length = np.where(inked.any(axis=1), inked.shape[1] - inked[:, ::-1].argmax(axis=1) - first, 0)
        if length.max(initial=0) > SIDE:
            raise StimulusError(
                f"the figure of image {length.argmax()} is {length.max()} points long, and {SIDE} fit",
                where=where,
                remedy="Give digits of the MNIST kind: light ink on a ground of 0",
                code="idx.figure",
                image=length.argmax(),
                length=length.max(),
                limit=SIDE,
            )
        index.append((first - (SIDE - length) // 2 + SIDE)[:, None] + np.arange(SIDE))
    boxes = np.empty((len(images), SIDE, SIDE), np.uint8)
    for first in range(0, len(images), _BLOCK):
        at = slice(first, first + _BLOCK)
        padded = np.pad(images[at], ((0, 0), (SIDE, SIDE), (SIDE, SIDE)))
        boxes[at] = padded[np.arange(len(padded))[:, None, None], index[0][at, :, None], index[1][at, None, :]]
    return boxes


def is_idx(path: Path) -> bool:
    """Return whether a file is named as one of the original set."""
    return "ubyte" in path.name


def _find(directory: Path, stem: str, kind: str) -> Path:
    for name in (f"{stem}-{kind}", f"{stem}.{kind}", f"{stem}-{kind}.gz", f"{stem}.{kind}.gz"):
        try:
            if (directory / name).is_file():
                return directory / name
        except OSError as error:  # a folder that must not be read, or a name that is too long
            why = error.strerror or error
            raise StimulusError(
                f"cannot be read ({why})", where=directory, remedy=_REMEDY, code=reason("read", error), reason=why
            ) from error
    raise StimulusError(
        f"no file {stem}-{kind} here", where=directory, remedy=_REMEDY, code="idx.missing", file=f"{stem}-{kind}"
    )
