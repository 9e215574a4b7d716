"""Identity: all that a result follows from, so that a result of one order is never taken for that of another."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marki.config import flat, plain
from marki.errors import StateError


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a result follows from: equal identities give equal results.

    Parameters
    ----------
    kind : str
        What is done, such as ``experiment alphabet``.
    settings : mapping
        Settings, as plain values; tables in tables are allowed.
    seed : int, optional
        None for a series of seeds, which may be extended.
    inputs : mapping of str to str
        Content hash of every input file or folder, by what it is; see `content_hash`.
    """

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A short hash of it, for names of files."""
        return hashlib.blake2b(json.dumps(self._plain(), sort_keys=True).encode(), digest_size=8).hexdigest()

    def to_mapping(self) -> dict[str, Any]:
        """Return it as plain values for JSON, with its key."""
        return {"key": self.key, **self._plain()}

    def _plain(self) -> dict[str, Any]:
        settings, inputs = dict(self.settings), dict(self.inputs)
        content = dict(kind=self.kind, settings=settings, seed=self.seed, inputs=inputs)
        return json.loads(json.dumps(content, default=_plain))

    def check(self, stored: Any, *, where: Path) -> None:
        """Refuse what was stored for another order.

        Parameters
        ----------
        stored : object
            What `to_mapping` returned when the result was made, read back from a file.
        where : Path
            The folder or file that holds the result.

        Raises
        ------
        StateError
            If it is of another order; the message names what differs.
        """
        if (
            not isinstance(stored, dict)
            or not {"kind", "settings", "seed", "inputs"} <= set(stored)
            or not isinstance(stored["settings"], dict)
            or not isinstance(stored["inputs"], dict)
        ):
            raise StateError("holds something else", where=where, remedy="Choose another --out, or move it away")
        if differing := _differences(stored, self._plain()):
            raise StateError(f"holds another run: {differing}", where=where, remedy=_OTHER)


def _plain(value: Any) -> Any:
    """Return a number or array of NumPy as Python's own, anything else as text: whoever uses it refuses it."""
    found = plain(value)
    return str(value) if found is value else found


_OTHER = "Choose another --out, or give the settings and files of that run"


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return the first things that differ, as one sentence; "" if none does."""
    if old["kind"] != new["kind"]:
        return f"{old['kind']}, not {new['kind']}"
    found = [f"other content of {_input(name)}" for name in _changed(old["inputs"], new["inputs"])]
    if old["seed"] != new["seed"]:
        found.insert(0, f"{_seed(old['seed'])}, not {_seed(new['seed'])}")
    before, after = flat(old["settings"]), flat(new["settings"])
    changed = _changed(before, after)
    found += [f"{name} = {_value(before, name)}, not {_value(after, name)}" for name in changed]
    return "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    absent = object()
    return [name for name in {**old, **new} if old.get(name, absent) != new.get(name, absent)]


def _input(name: str) -> str:
    """Return an input as people know it: by the option that named it, or by what it is, which has a blank in it."""
    return name if " " in name else f"--{name}"


def _seed(seed: int | None) -> str:
    return "many seeds" if seed is None else f"seed {seed}"


def _value(settings: Mapping[str, Any], name: str) -> str:
    return json.dumps(settings[name], ensure_ascii=False) if name in settings else "the default"


def content_hash(path: Path | str, wanted: Callable[[Path], bool] = lambda path: True) -> str:
    """Return a hash of a file, or of the files in a folder and in its sub-folders.

    Hidden files are passed over. What cannot be read counts as empty: whoever reads it for its content refuses it.

    Parameters
    ----------
    path : Path or str
    wanted : callable
        ``wanted(path) -> bool``, whether a file of a folder counts.
    """
    path, found = Path(path), hashlib.blake2b(digest_size=16)
    files = [path] if path.is_file() else [f for f in _files(path) if wanted(f)]
    for file in files:
        name = b"" if file == path else _name(file.relative_to(path)).encode(errors="surrogateescape")
        found.update(len(name).to_bytes(4) + name + _digest(file))
    return found.hexdigest()


def _name(path: Path) -> str:
    """Return a name in one form (NFC), whichever the file system keeps."""
    return unicodedata.normalize("NFC", path.as_posix())


def _files(folder: Path, depth: int = 1) -> list[Path]:
    try:
        entries = sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), key=_name)
    except OSError:
        return []
    below = [file for entry in entries if depth and entry.is_dir() for file in _files(entry, depth - 1)]
    return [entry for entry in entries if entry.is_file()] + below


def _digest(file: Path) -> bytes:
    try:
        with open(file, "rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).digest()
    except OSError:
        return bytes(16)
