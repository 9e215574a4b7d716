"""Weights on disk, as safetensors: plain arrays and a table of text, no executable code."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from marki.errors import StateError, shown
from marki.files import writing
from marki.reading import parse_json


def save(path: Path | str, arrays: Mapping[str, np.ndarray], *, half: bool = False, **about: str) -> None:
    """Write named arrays to a file, atomically.

    Parameters
    ----------
    path : Path or str
    arrays : mapping of str to ndarray
    half : bool
        Store floats as float16, for shipping: half the size, three significant digits.
    **about : str
        Text to store with them, such as the system's name.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    stored = {}
    for name, a in arrays.items():
        floats = half and a.dtype.kind == "f"
        stored[name] = np.ascontiguousarray(a, np.float16 if floats else None)
    with writing(path) as file:
        file.write(_in_order(to_bytes(stored, metadata=about)))


def _in_order(data: bytes) -> bytes:
    """Return a file with its header sorted, whose order the library leaves to chance: equal weights, equal files."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


MOST_HEADER, MOST_WEIGHTS = 2**20, 2**28
"""Bytes of the header, and of the whole file; the largest that is shipped has a tenth of it."""

_REMEDY = "Give a .safetensors file that is complete, or train the system anew"

_SIZES = {"F64": 8, "F32": 4, "F16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def _check_header(path: Path | str) -> None:
    """Refuse a file whose header is too large, or promises arrays of unknown kinds or that are not in the file."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            count = int.from_bytes(file.read(8), "little")
            if size > MOST_WEIGHTS or count > MOST_HEADER:
                found, most = (size, MOST_WEIGHTS) if size > MOST_WEIGHTS else (count, MOST_HEADER)
                raise _refused(path, f"{found:,} bytes, above the limit of {most:,}")
            text = file.read(count)
    except OSError as error:
        raise _refused(path, f"{type(error).__name__}: {error}") from error
    try:
        header = parse_json(text.decode("utf-8", "replace"), where=path, remedy=_REMEDY)
    except StateError as error:
        raise _refused(path, error.what) from error
    if not isinstance(header, dict):
        raise _refused(path, "its header is no table")
    for name, row in header.items():
        if name == "__metadata__":
            continue
        try:
            if any(type(n) is not int or n < 0 for n in (*row["shape"], *row["data_offsets"])):
                raise ValueError("a shape or a place that is no whole numbers")
            wanted = _SIZES[row["dtype"]] * math.prod(row["shape"])
            begin, end = row["data_offsets"]
            if not 0 <= begin <= end <= size - 8 - count or end - begin != wanted:
                raise ValueError(f"{wanted} bytes at {begin} to {end}")
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(path, f"array {shown(name)}: {type(error).__name__} {shown(str(error))}") from error


def _refused(path: Path | str, why: str) -> StateError:
    return StateError(f"cannot be read as weights ({why})", where=path, remedy=_REMEDY)


def load(path: Path | str, *, system: str | None = None) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read what `save` wrote; float16 becomes float32.

    Parameters
    ----------
    path : Path or str
    system : str, optional
        Name that the file must have under ``system``.

    Returns
    -------
    arrays : dict of str to ndarray
    about : dict of str to str

    Raises
    ------
    StateError
        If the file is missing, truncated, of another kind, or of another system.
    """
    _check_header(path)
    try:
        with safe_open(str(path), framework="np") as file:
            about = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - the file is not a mapping
    except (OSError, SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused(path, f"{type(error).__name__}: {error}") from error
    if system is not None and about.get("system") != system:
        raise StateError(
            f"holds weights of {about.get('system', 'an unnamed system')!r}, not of {system!r}",
            where=path,
            remedy="Give the weights of this system",
        )
    return {n: a.astype(np.float32) if a.dtype == np.float16 else a for n, a in arrays.items()}, about
