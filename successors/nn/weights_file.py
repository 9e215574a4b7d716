"""Weights on disk, as safetensors: plain arrays and a table of text, no executable code.

Those that are shipped are packed by xz, a fifth smaller; unpacked, each is a file that any reader of safetensors reads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from marki.errors import StateError, shown
from marki.files import writing
from marki.reading import parse_json

_XZ, _PACKED = b"\xfd7zXZ\0", ".xz"
"""How a packed file begins, and how its name ends."""
_FILTER = {"preset": 6, "lc": 0, "lp": 1, "pb": 1}
"""Packing for numbers of two bytes, of which one says more than the other."""
_MEMORY = 1 << 27
"""Bytes of memory that unpacking may take, besides what is unpacked; as much as the densest packing asks for."""


def save(path: Path | str, arrays: Mapping[str, np.ndarray], *, half: bool = False, **about: str) -> None:
    """Write named arrays to a file, atomically; packed, if its name ends in ``.xz``.

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
    data = _in_order(to_bytes(stored, metadata=about))
    if Path(path).suffix == _PACKED:
        lzma = _lzma()
        data = lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2} | _FILTER])
    with writing(path) as file:
        file.write(data)


def _lzma() -> ModuleType:
    """Return the module that packs and unpacks, or refuse."""
    try:
        import lzma
    except ImportError as error:
        raise StateError(
            "weights are packed by xz, which this Python was built without",
            where="lzma",
            remedy="Install liblzma and build Python anew, or take another Python",
        ) from error
    return lzma


def packed_or_plain(path: Path) -> Path:
    """Return a packed file itself, or that of its name without ``.xz``, if that is there and it is not.

    Files were shipped plain once, and whoever unpacks one can go on with it.
    """
    plain = path.with_suffix("")
    return plain if plain.exists() and not path.exists() else path


def _in_order(data: bytes) -> bytes:
    """Return a file with its header sorted, whose order the library leaves to chance: equal weights, equal files."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


MOST_HEADER, MOST_WEIGHTS = 2**20, 2**28
"""Bytes of the header, and of the whole file, unpacked; the largest that is shipped has less than a hundredth of it."""

_REMEDY = "Give a .safetensors file that is complete, or train the system anew"

_SIZES = {"F64": 8, "F32": 4, "F16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def _contents(path: Path | str) -> bytes:
    """Return the bytes of a file, unpacked if it is packed, whatever its name; refuse it if they are too many."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_WEIGHTS + 1)
    except OSError as error:
        raise _refused(path, f"{type(error).__name__}: {error}") from error
    if data.startswith(_XZ):
        lzma = _lzma()
        unpacking = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)
        try:
            data = unpacking.decompress(data, MOST_WEIGHTS + 1)
        except lzma.LZMAError as error:
            raise _refused(path, f"it is packed, and damaged: {error}") from error
        if len(data) <= MOST_WEIGHTS and (not unpacking.eof or unpacking.unused_data):
            raise _refused(path, "it is packed, and cut off or followed by something else")
    if len(data) > MOST_WEIGHTS:
        raise _refused(path, f"more than {MOST_WEIGHTS:,} bytes, the limit")
    return data


def _checked_header(path: Path | str, data: bytes) -> dict[str, Any]:
    """Return the header; refuse one that is too large, or promises arrays of unknown kinds or that are not there."""
    count = int.from_bytes(data[:8], "little")
    if count > MOST_HEADER:
        raise _refused(path, f"a header of {count:,} bytes, above the limit of {MOST_HEADER:,}")
    try:
        header = parse_json(data[8 : 8 + count].decode("utf-8", "replace"), where=path, remedy=_REMEDY)
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
            if not 0 <= begin <= end <= len(data) - 8 - count or end - begin != wanted:
                raise ValueError(f"{wanted} bytes at {begin} to {end}")
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(path, f"array {shown(name)}: {type(error).__name__} {shown(str(error))}") from error
    return header


def _refused(path: Path | str, why: str) -> StateError:
    return StateError(f"cannot be read as weights ({why})", where=path, remedy=_REMEDY)


def load(path: Path | str, *, system: str | None = None) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read what `save` wrote, packed or not; float16 becomes float32.

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
    data = _contents(path)
    header = _checked_header(path, data)
    try:
        arrays = from_bytes(data)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused(path, f"{type(error).__name__}: {error}") from error
    about: dict[str, str] = dict(header.get("__metadata__") or {})  # the library has demanded texts
    if system is not None and about.get("system") != system:
        raise StateError(
            f"holds weights of {about.get('system', 'an unnamed system')!r}, not of {system!r}",
            where=path,
            remedy="Give the weights of this system",
        )
    # Copied, as they lie in memory that nothing may be written to; sorted, as the library leaves their order to chance.
    return {n: a.astype(np.float32 if a.dtype == np.float16 else a.dtype) for n, a in sorted(arrays.items())}, about
