"""Reading: one guarded reader for each format, for files that may come from anywhere.

Each has a limit of size, and where its format nests, of depth; both are checked before anything is parsed or allocated.
Whatever is wrong with a file is refused in one line, with its name and a remedy.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import math
import os
import re
import struct
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from marki.errors import ConfigError, MarkIError, StateError, StimulusError, reason

MIB = 2**20
MOST_TOML = MIB
"""Bytes of a TOML file: settings, a sweep, a lesson; the longest that is shipped has a tenth of it."""

MOST_JSON = 16 * MIB
"""Bytes of a JSON file; read in, it may take some twenty times as much."""

MOST_CSV = 32 * MIB
"""Bytes of a table: some 400,000 trials."""

MOST_ARRAYS = 256 * MIB
"""Bytes of all arrays of an ``.npz`` file together, unpacked."""

MOST_MEMBERS = 10_000
"""Arrays in one ``.npz`` file."""

MOST_IDX = 256 * MIB
"""Bytes of an IDX file, unpacked: some 340,000 digits of 28×28 points."""

DEEPEST = 64
"""Tables and lists within one another; nothing that is written here has more than ten."""

MOST_TABLES = 500_000
"""Tables and lists in one text."""

MOST_DIGITS = 400
"""Digits of a number in a text; those of 64 bits have 20 at most."""

_BROKEN = (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, SyntaxError, RuntimeError, MemoryError,
           OverflowError, AttributeError, zipfile.BadZipFile, zlib.error, struct.error)  # fmt: skip
"""All that the libraries have been seen to raise for broken files."""

# An open quotation goes to the end, so that a text is gone through once; the parser complains of it later.
_TOML_QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)
_JSON_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)


# -- bytes and text ----------------------------------------------------------------------------------------------------


def read_bytes(
    path: Path | str,
    *,
    most: int,
    error: type[MarkIError] = ConfigError,
    remedy: str = "Give a file that you may read",
    act: str = "read",
) -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    path : Path or str
    most : int
        Bytes that it may have.
    error : type
        What to raise.
    remedy : str
        For a file that cannot be read.
    act : str
        What the codes of a file that cannot be read begin with.

    Raises
    ------
    MarkIError
        Of the given type, if it cannot be read or has more bytes.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
            size = os.fstat(file.fileno()).st_size
    except OSError as refused:
        why = refused.strerror or str(refused)
        raise error(
            f"cannot be read ({why})", where=path, remedy=remedy, code=reason(act, refused), reason=why
        ) from refused
    except ValueError as refused:  # a name with a zero in it
        raise error(f"cannot be read ({refused})", where=_name(path), remedy=remedy, code=f"{act}.other",
                    reason=refused) from refused  # fmt: skip
    if len(data) > most:
        raise _too_large(path, size, most, error)
    return data


def read_text(
    path: Path | str,
    *,
    most: int,
    error: type[MarkIError] = ConfigError,
    remedy: str = "Give a text file in UTF-8",
) -> str:
    """Return the content of a text file in UTF-8, with or without a byte order mark, its lines ending in ``\\n``.

    Parameters
    ----------
    path : Path or str
    most : int
        Bytes that it may have.
    error : type
        What to raise.
    remedy : str
        For a file that cannot be read.

    Raises
    ------
    MarkIError
        Of the given type, if it cannot be read, is too large or not in UTF-8.
    """
    data = read_bytes(path, most=most, error=error, remedy=remedy)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"\0" in data[:2] and len(data) > 1):
        raise error("is in UTF-16", where=path, remedy="Save it as UTF-8 in your editor", code="file.encoding_utf16")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as refused:
        raise error(
            f"is not in UTF-8 (byte {refused.start} is 0x{data[refused.start]:02x})", where=path,
            remedy="Save it as UTF-8 in your editor", code="file.encoding",
        ) from refused  # fmt: skip


def _too_large(path: object, size: int, most: int, error: type[MarkIError]) -> MarkIError:
    found = f"{size:,}" if size > most else "more"  # of a pipe or a device nobody knows the size
    return error(
        f"has {found} bytes, above the limit of {most:,}", where=path, remedy="Give a smaller file",
        code="file.large", size=found, limit=f"{most:,}",
    )  # fmt: skip


def _name(path: Path | str) -> str:
    return repr(str(path))


# -- TOML and JSON -----------------------------------------------------------------------------------------------------


def read_toml(path: Path | str, *, error: type[MarkIError] = ConfigError) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises
    ------
    MarkIError
        Of the given type, if it cannot be read or is no TOML within the limits.
    """
    text = read_text(path, most=MOST_TOML, error=error, remedy="Give a TOML file in UTF-8")
    return parse_toml(text, where=path, error=error)


def parse_toml(text: str, *, where: object, error: type[MarkIError] = ConfigError) -> dict[str, Any]:
    """Return the tables of a text in TOML.

    Raises
    ------
    MarkIError
        Of the given type, if it is no TOML, nested too deep, or has a number that is too long.
    """
    plain = _TOML_QUOTED.sub("''", text)
    _demand_flat(plain, where, error)
    if any(part.count(".") > DEEPEST for part in re.split(r"[,=\[\]{}\n]", plain)):  # a name of so many parts
        raise _too_deep(where, error)
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as refused:
        at = re.search(r"at line (\d+), column (\d+)", str(refused))
        line, column = at.groups() if at else ("", "")
        raise error(
            f"cannot be read as TOML ({refused})", where=where, remedy="Correct it there, or give a TOML file",
            code="toml.line" if at else "toml.end", line=line, column=column,
        ) from refused  # fmt: skip
    _demand_small(content, where, error)
    return content


def read_json(path: Path | str, *, error: type[MarkIError] = StateError) -> Any:
    """Return the content of a JSON file.

    Raises
    ------
    MarkIError
        Of the given type, if it cannot be read or is no JSON within the limits.
    """
    text = read_text(path, most=MOST_JSON, error=error, remedy="Make the file anew")
    return parse_json(text, where=path, error=error)


def parse_json(
    text: str, *, where: object, error: type[MarkIError] = StateError, remedy: str = "Make the file anew"
) -> Any:
    """Return the content of a text in JSON.

    Raises
    ------
    MarkIError
        Of the given type, if it is no JSON, nested too deep, or has a number that is too long.
    """
    _demand_flat(_JSON_QUOTED.sub("", text), where, error)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as refused:
        raise error(f"cannot be read as JSON ({refused})", where=where, remedy=remedy, code="json.other") from refused
    _demand_small(content, where, error)
    return content


def _demand_flat(plain: str, where: object, error: type[MarkIError]) -> None:
    """Refuse a text, its strings taken out, that nests too deep or has too long a number; nothing is parsed yet."""
    if digits := re.search(rf"[0-9A-Za-z_]{{{MOST_DIGITS},}}", plain):
        raise error(
            f"has a number or a name of {len(digits[0]):,} characters, above the limit of {MOST_DIGITS}", where=where,
            remedy="Write a shorter one", code="file.digits", digits=f"{len(digits[0]):,}", limit=MOST_DIGITS,
        )  # fmt: skip
    brackets = re.sub(r"[^\[\]{}]+", "", plain)
    if (count := brackets.count("[") + brackets.count("{")) > MOST_TABLES:
        raise error(
            f"has {count:,} tables and lists, above the limit of {MOST_TABLES:,}", where=where,
            remedy="Give a smaller file", code="file.tables", count=f"{count:,}", limit=f"{MOST_TABLES:,}",
        )  # fmt: skip
    for _ in range(DEEPEST):
        if not brackets:
            return
        brackets = brackets.replace("[]", "").replace("{}", "")
    if brackets.count("[") + brackets.count("{") > DEEPEST:
        raise _too_deep(where, error)


def _too_deep(where: object, error: type[MarkIError]) -> MarkIError:
    return error(
        f"is nested more than {DEEPEST} deep, or has brackets without end", where=where, remedy="Nest it less",
        code="file.deep", limit=DEEPEST,
    )  # fmt: skip


def _demand_small(content: Any, where: object, error: type[MarkIError]) -> None:
    """Refuse what was read if it is deeper than it looked, or has a whole number of more than 64 bits."""
    level: list[Any] = [[content]]
    for _ in range(DEEPEST + 1):
        below: list[Any] = []
        for table in level:
            for value in table.values() if isinstance(table, dict) else table:
                if isinstance(value, (dict, list)):
                    below.append(value)
                elif isinstance(value, int) and not -(2**63) <= value < 2**63:
                    raise error(
                        "has a whole number of more than 64 bits",
                        where=where,
                        remedy=f"Give numbers from {-(2**63)} to {2**63 - 1}",
                        code="file.digits",
                        digits="20+",
                        limit=19,
                    )
        if not below:
            return
        level = below
    raise _too_deep(where, error)


# -- tables ------------------------------------------------------------------------------------------------------------


def read_csv(path: Path | str, *, remedy: str = "Make the file anew") -> list[list[str]]:
    """Return the lines of a table of either form of `marki.files.csv_text`, its heading first, each field as its text.

    Parameters
    ----------
    path : Path or str
    remedy : str
        What to do if it cannot be read.

    Raises
    ------
    StateError
        If it cannot be read.
    """
    text = read_text(path, most=MOST_CSV, error=StateError, remedy=remedy)
    try:
        return [[_given(cell) for cell in line] for line in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as refused:
        raise StateError(
            f"cannot be read as a table ({refused})", where=path, remedy=remedy, code="file.content", wanted="CSV"
        ) from refused


def _given(cell: str) -> str:
    """Return what a field was before a spreadsheet was kept from changing it."""
    return cell[2:-1].replace('""', '"') if cell.startswith('="') else cell


# -- arrays ------------------------------------------------------------------------------------------------------------


def read_arrays(path: Path | str, *, most: int = MOST_ARRAYS) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `marki.files.write_arrays` wrote.

    Parameters
    ----------
    path : Path or str
    most : int
        Bytes that the arrays may have together.

    Returns
    -------
    arrays : dict of str to ndarray
    header : dict

    Raises
    ------
    StateError
        If the file is missing, truncated, too large, or not of this kind.
    """
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as stored:
            arrays = dict(_members(stored, path, most))
        header = arrays.pop("header").tobytes()
        if len(header) > MOST_JSON:
            raise _too_large(f"{path}: header", len(header), MOST_JSON, StateError)
    except MarkIError:
        raise
    except _BROKEN as error:
        code = reason("state", error) if isinstance(error, OSError) else "state.other"
        raise StateError(
            f"cannot be read as a saved state ({type(error).__name__}: {error})",
            where=path,
            remedy="Give a file that was saved here and is complete",
            code=code,
        ) from error
    try:
        about = parse_json(header.decode("utf-8", "replace"), where=path)
        why = "is no table"
    except StateError as error:
        about, why = None, error.what
    if not isinstance(about, dict):
        raise StateError(
            f"cannot be read as a saved state (its header {why})",
            where=path,
            remedy="Give a file that was saved here and is complete",
            code="state.other",
        )
    return arrays, about


def _members(stored: zipfile.ZipFile, path: Path | str, most: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, array) of each member; its declared sizes are checked before anything is unpacked."""
    members = stored.infolist()
    if len(members) > MOST_MEMBERS:
        raise StateError(
            f"holds {len(members):,} arrays, above the limit of {MOST_MEMBERS:,}", where=path,
            remedy="Give a file that was saved here", code="state.other",
        )  # fmt: skip
    size = sum(member.file_size for member in members)
    if size > most:
        raise _too_large(path, size, most, StateError)
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{member.filename} is encrypted, or packed in an unknown way")
        with stored.open(member) as file:
            yield member.filename.removesuffix(".npy"), _array(file, member.file_size)


def _array(file: IO[bytes], size: int) -> np.ndarray:
    """Return the array of an ``.npy`` file of `size` bytes."""
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the format")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file)
    wanted = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or not dtype.itemsize or min(shape, default=0) < 0 or not 0 < size - wanted < MIB:
        raise ValueError(f"an array of {dtype} and shape {shape} in {size} bytes")
    data = bytearray(wanted)
    view, at = memoryview(data), 0
    while count := file.readinto(view[at : at + MIB]):  # pyright: ignore[reportAttributeAccessIssue]  # of zip members
        at += count
    if at != wanted or file.read(1):
        raise ValueError(f"an array of {at} bytes where its header promises {wanted}")
    return np.ndarray(shape, dtype, data, order="F" if fortran else "C")


# -- IDX ---------------------------------------------------------------------------------------------------------------


def read_idx(path: Path | str, dimensions: int, *, remedy: str) -> np.ndarray:
    """Return the array of an IDX file of bytes, plain or packed by gzip, whatever its name.

    Such a file is 0, 0, 8, the number of dimensions, each size as four bytes (high first), and the data.

    Parameters
    ----------
    path : Path or str
    dimensions : int
        How many it must have.
    remedy : str
        What to do if it is of another kind.

    Returns
    -------
    ndarray of uint8
        Read-only; no size is 0.

    Raises
    ------
    StimulusError
        If it cannot be read, is of another kind, or too large.
    """
    magic, head = bytes((0, 0, 8, dimensions)), 4 + 4 * dimensions
    try:
        with open(path, "rb") as raw, _unpacked(raw) as file:
            begin = file.read(head)
            if begin[:4] != magic:
                raise StimulusError(f"begins with {begin[:4].hex()}, not {magic.hex()}", where=path, remedy=remedy,
                                    code="idx.magic", found=begin[:4].hex(), wanted=magic.hex())  # fmt: skip
            if len(begin) < head:
                raise StimulusError(f"is cut off in its header, after {len(begin)} bytes", where=path, remedy=remedy,
                                    code="idx.header", count=len(begin))  # fmt: skip
            shape = struct.unpack(f">{dimensions}I", begin[4:])
            wanted = head + math.prod(shape)
            if wanted > MOST_IDX:
                raise _too_large(path, wanted, MOST_IDX, StimulusError)
            data = file.read(wanted - head + 1)
    except MarkIError:
        raise
    except _BROKEN as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        code = reason("read", error) if isinstance(error, OSError) else "read.other"
        raise StimulusError(f"cannot be read ({why})", where=path, remedy=remedy, code=code, reason=why) from error
    if len(data) != wanted - head:
        found = f"{head + len(data)}" if len(data) < wanted - head else f"more than {wanted}"
        raise StimulusError(f"has {found} bytes where its header promises {wanted}", where=path, remedy=remedy,
                            code="idx.length", count=found, wanted=wanted)  # fmt: skip
    if not data:
        raise StimulusError(f"is empty: its header says {' x '.join(map(str, shape))}", where=path, remedy=remedy,
                            code="idx.length", count=head, wanted="more")  # fmt: skip
    return np.frombuffer(data, np.uint8).reshape(shape)


@contextlib.contextmanager
def _unpacked(raw: IO[bytes]) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Yield what is in a file, taken out of gzip if its first bytes say so, twice if it was packed twice."""
    with contextlib.ExitStack() as stack:
        file: IO[bytes] | gzip.GzipFile = raw
        for _ in range(3):
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not packed:
                break
            file = stack.enter_context(gzip.open(file))
        yield file
