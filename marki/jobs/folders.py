"""Folders that are taken: results are never overwritten, and nothing of another order is mixed in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from marki.errors import MarkIError, OutputError
from marki.files import UNFINISHED, json_text, prepare_folder, write_first
from marki.jobs.identity import Identity
from marki.reading import read_json

ORDER = "order.json"
"""The file in which a folder says whose it is."""

RESUME = "Go on with --resume, or choose another --out"


@contextlib.contextmanager
def claimed(folder: Path | None, identity: Identity, *, resume: bool) -> Iterator[None]:
    """Take a folder for an order, for as long as the block lasts and after; one in which nothing is written is let go.

    Parameters
    ----------
    folder : Path, optional
        None takes nothing.
    identity : Identity
        Of the order.
    resume : bool
        Whether results of the same order may be there already.

    Raises
    ------
    OutputError
        If the folder holds anything, and it is not resumed; or if it cannot be written to.
    StateError
        If it holds something of another order; the message names what differs.
    """
    if folder is None:
        yield
        return
    prepare_folder(folder)
    mark = folder / ORDER
    if _content(folder):
        identity.check(_stored(folder), where=folder)
        if not resume:
            raise OutputError("has results already", where=folder, remedy=RESUME)
        for left in folder.rglob(f".*{UNFINISHED}"):  # by a kill in the middle of writing
            with contextlib.suppress(OSError):
                left.unlink()
    else:
        order = json_text(identity.to_mapping()) + "\n"
        if not write_first(mark, order.encode()):  # of two who come at once, one is first
            raise OutputError("was taken by another run just now", where=folder, remedy=RESUME)
    try:
        yield
    finally:
        if _content(folder) == [mark]:
            with contextlib.suppress(OSError):
                mark.unlink()
                folder.rmdir()


def free_folder(base: Path, *, resume: bool, same: Callable[[Path], bool]) -> Path:
    """Return the folder that a run without ``--out`` writes to: `base`, or if that is taken `base`-2, and so on.

    Parameters
    ----------
    base : Path
    resume : bool
        Whether to look for the newest folder of the same order first.
    same : callable
        ``same(folder) -> bool``, whether a folder is of this order.
    """
    number, path, found = 1, base, None
    while _content(path) or path.is_file():
        found = path if same(path) else found
        number += 1
        path = base.with_name(f"{base.name}-{number}")
    return found if resume and found else path


def holds(folder: Path, identity: Identity) -> bool:
    """Return whether a folder is of an order."""
    try:
        identity.check(_stored(folder), where=folder)
    except MarkIError:
        return False
    return True


def _content(folder: Path) -> list[Path]:
    """Return what is in a folder, hidden files apart."""
    with contextlib.suppress(OSError):
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    return []


def _stored(folder: Path) -> object:
    return read_json(folder / ORDER) if (folder / ORDER).exists() else None
