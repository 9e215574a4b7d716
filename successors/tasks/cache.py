"""The cache: decks that took long to make, stored in a user folder to be read instead of made again.

The cache can only save time. A file that is missing, truncated, foreign or of other settings is made again, and a
folder that cannot be written is ignored. Decks that were not used for the longest time make room for new ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import marki.io
from marki.config import Config
from marki.errors import MarkIError
from marki.files import asset, cache_folder, writing
from marki.io.asked import asked
from marki.io.camera import STEPS
from marki.io.ports import Port
from marki.reading import read_arrays
from successors.tasks.deck import PARTS, Deck, Reels, Split
from successors.tasks.task import Task

FORMAT = 2
"""Version of the files; a file of another version is made again."""

MOST_DECK = 2**31
"""Bytes of a stored deck; they are not packed, so that a file has as many."""

MOST_CACHE = 512 * 2**20
"""Bytes of all stored decks; those that were used last are kept. The last one is kept whatever its size."""

DECK = re.compile(r"[a-z_0-9]+-[0-9a-f]{24}\.npz")
"""Names of stored decks; nothing else in the folder is ever deleted."""

WORTH_S = 0.2
"""A deck that takes less time than this to make is not stored: reading it would save nothing."""


def key(task: Task, config: Config, seed: int) -> str:
    """Return all that a deck depends on, as text."""
    parts = dict(format=FORMAT, task=task.name, options=config.to_mapping(), seed=seed, made_by=_makers())
    return json.dumps(parts, sort_keys=True)


def path(task: Task, config: Config, seed: int) -> Path:
    """Return the file of a deck."""
    digest = hashlib.blake2b(key(task, config, seed).encode(), digest_size=12).hexdigest()
    return cache_folder() / f"{task.name}-{digest}.npz"


@lru_cache(maxsize=1)
def _makers() -> str:
    """Return a digest of what determines the stimuli: our own modules, the assets' sizes, and the random generator."""
    import importlib.metadata

    found = hashlib.blake2b(digest_size=12)
    for room in (Path(marki.io.__file__).parent, Path(__file__).parent):
        for module in sorted(room.rglob("*.py")):
            found.update(module.read_bytes())
    for file in sorted([asset("digits.npz"), asset("strokes.json"), *asset("fonts").glob("*.?tf")]):
        found.update(f"{file.name} {file.stat().st_size}".encode())
    found.update(importlib.metadata.version("pillow").encode())
    return found.hexdigest()


def read(task: Task, config: Config, seed: int) -> Deck | None:
    """Return the cached deck for these settings, or None."""
    if task.accepts is Port.TEXT:
        return None
    try:
        file = path(task, config, seed)
        arrays, header = read_arrays(file, most=MOST_DECK)
        if header["key"] != key(task, config, seed):
            return None
        with contextlib.suppress(OSError):
            os.utime(file)  # it was used now
        train, valid, test = (_unpacked(arrays, name) for name in PARTS)
        return Deck(
            task=task.name,
            accepts=task.accepts,
            answers=task.answers,
            classes=tuple(header["classes"]),
            code=arrays["code"],
            train=train,
            valid=valid,
            test=test,
            aside={name: _unpacked(arrays, name) for name in header["aside"]},
        )
    except (MarkIError, OSError, KeyError, TypeError, AttributeError, ValueError, IndexError, RuntimeError):
        # The file may come from anywhere; whatever is wrong with it, the deck can be made again.
        return None


def write(deck: Deck, task: Task, config: Config, seed: int) -> None:
    """Store a deck, if the folder can be written; text is fast enough to make again."""
    if task.accepts is Port.TEXT:
        return
    about = {"key": key(task, config, seed), "classes": deck.classes, "aside": list(deck.aside)}
    header = json.dumps(about).encode()
    arrays: dict[str, Any] = {"header": np.frombuffer(header, np.uint8), "code": deck.code}
    for name, part in (deck.parts() | dict(deck.aside)).items():
        arrays |= _packed(part, name)
    # Not compressed: unpacking would take longer than reading, and a process that reads sees a whole file or none.
    with contextlib.suppress(MarkIError), writing(path(task, config, seed)) as file:
        np.savez(file, **arrays)
    prune(MOST_CACHE)


@dataclass(frozen=True, kw_only=True)
class StoredDeck:
    """A file of the cache.

    Parameters
    ----------
    path : Path
    size : int
        Bytes.
    used : float
        When it was read or written last, seconds since 1970.
    """

    path: Path
    size: int
    used: float


def stored() -> list[StoredDeck]:
    """Return the decks that are stored, the one used last first."""
    found: list[StoredDeck] = []
    with contextlib.suppress(OSError):
        for file in cache_folder().iterdir():
            if DECK.fullmatch(file.name):
                with contextlib.suppress(OSError):  # another process deletes it at this moment
                    about = file.stat()
                    found.append(StoredDeck(path=file, size=about.st_size, used=about.st_mtime))
    return sorted(found, key=lambda deck: (deck.used, deck.path.name), reverse=True)


def prune(most: int) -> list[StoredDeck]:
    """Delete the decks that were not used for the longest time until the others have `most` bytes; return them.

    The one that was used last stays, however large it is; with `most` 0, none does.
    """
    kept, gone = 0, list[StoredDeck]()
    for number, deck in enumerate(stored()):
        kept += deck.size
        if kept <= most or (number == 0 and most):
            continue
        with contextlib.suppress(OSError):
            deck.path.unlink()
            gone.append(deck)
    return gone


def _packed(part: Split, name: str) -> dict[str, np.ndarray]:
    """Return the arrays of a part; light as whole multiples of 1/1024."""
    found = {"targets": part.targets, "kinds": part.kinds}
    if isinstance(part.stimuli, Reels):
        found = {"bank": part.stimuli.bank, "index": part.stimuli.index} | found
    elif part.stimuli.dtype.names:
        found = {field: np.ascontiguousarray(part.stimuli[field]) for field in part.stimuli.dtype.names} | found
    else:
        found = {"stimuli": part.stimuli} | found
    return {
        f"{name}_{what}": (array * STEPS).astype(np.uint16) if array.dtype == np.float32 else array
        for what, array in found.items()
    }


def _unpacked(arrays: dict[str, np.ndarray], name: str) -> Split:
    """Return the part of these arrays; light is whatever is stored as (…, 20, 20) of uint16."""
    found = {
        what: array.astype(np.float32) / np.float32(STEPS) if array.dtype == np.uint16 and array.ndim == 3 else array
        for what in ("bank", "index", "stimuli", "frame", "text", "targets", "kinds")
        if (array := arrays.get(f"{name}_{what}")) is not None
    }
    if "frame" in found:
        stimuli = asked(found["frame"], found["text"])
    else:
        stimuli = found["stimuli"] if "stimuli" in found else Reels(found["bank"], found["index"])
    return Split(stimuli=stimuli, targets=found["targets"], kinds=found["kinds"])
