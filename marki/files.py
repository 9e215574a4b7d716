"""Files: finding assets, writing results atomically, reading saved state safely."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import numpy as np

from marki.errors import OutputError, StateError

CsvForm = Literal["plain", "excel"]
CSV_FORMS: tuple[CsvForm, ...] = get_args(CsvForm)

_HERE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """Return the path of the shipped file or folder `name`, in a checkout or an installed package."""
    for root in (_HERE / "assets", _HERE.parent / "assets"):
        if (root / name).exists():
            return root / name
    raise StateError("this shipped file is missing", where=f"assets/{name}", remedy="Install the package again")


@contextlib.contextmanager
def writing(path: Path | str) -> Iterator[BinaryIO]:
    """Open `path` for writing bytes; it appears under its name only once all is written.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _unwritten(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written ({error.strerror or error})",
        where=path,
        remedy="Choose a folder that you may write to, with room on the disk",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def refuse_taken(path: Path | str) -> None:
    """Refuse a folder to be made at `path` if there is something already, an empty folder apart.

    Raises
    ------
    OutputError
        If there is.
    """
    path = Path(path)
    with contextlib.suppress(OSError):
        if path.is_dir() and not any(path.iterdir()):
            return
    if os.path.lexists(path):
        raise OutputError("exists already", where=path, remedy="Choose another name, or move it away first")


def write_folder(path: Path | str, files: Iterable[tuple[str, bytes]]) -> None:
    """Make the folder `path` of named files; it appears only when all of them are written.

    A name may have folders in it, which are made.

    Raises
    ------
    OutputError
        If there is something of that name already, or it cannot be written.
    """
    path = Path(path)
    refuse_taken(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        inside = temporary / path.name  # made by `mkdir`, unlike the folder around it, with the usual permissions
        inside.mkdir()
        for name, content in files:
            (inside / name).parent.mkdir(parents=True, exist_ok=True)
            with open(inside / name, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if path.is_dir():
            path.rmdir()
        inside.rename(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def prepare_folder(path: Path | str) -> Path:
    """Make sure, before any work is done, that files can be written to the folder `path`; return it."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot be written to ({error.strerror or error})",
            where=path,
            remedy="Choose another folder with --out",
        ) from error
    return path


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with writing(path) as file:
        file.write(text.encode())


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]], form: CsvForm = "plain") -> str:
    """Return a table as CSV: a line of names, and one for each row; None is an empty field.

    Parameters
    ----------
    head : sequence of str
    rows : iterable of sequence
    form : {"plain", "excel"}
        ``excel`` begins with a byte order mark, by which spreadsheets know UTF-8, and writes a text that they would
        take for a number, a date or a formula as ``="text"``.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(head)
    if form == "plain":
        table.writerows(rows)
        return text.getvalue()
    table.writerows([_kept(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()


def read_csv(path: Path | str) -> list[list[str]]:
    """Return the lines of a table of either form of `csv_text`, its heading first, each field as the text that it was.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [[_given(cell) for cell in line] for line in csv.reader(file)]


def _given(cell: str) -> str:
    """Return what a field of `_kept` was."""
    return cell[2:-1].replace('""', '"') if cell.startswith('="') else cell


def _kept(cell: Any) -> Any:
    """Return a field as a spreadsheet must be given it, so that a text stays one."""
    if not isinstance(cell, str) or not _TAKEN.match(cell):
        return cell
    return '="{}"'.format(cell.replace('"', '""'))


# Numbers and dates begin with a digit, a sign, a point, or a month's name before a digit; formulas with = + - @.
_TAKEN = re.compile(
    r"\s*([-+=@.\d]|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s./-]*\d|true$|false$)", re.I
)


def write_json(path: Path | str, content: Any) -> None:
    """Write `content` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path | str) -> Any:
    """Read a JSON file; a missing or broken one is a `StateError`."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(f"cannot be read as JSON ({error})", where=path, remedy="Make the file anew") from error


def write_arrays(path: Path | str, arrays: Mapping[str, np.ndarray], **header: Any) -> None:
    """Write named arrays and a JSON header to one `.npz`, whole or not at all; no pickle."""
    text = np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)
    buffer = io.BytesIO()
    # The stub takes any further name for `allow_pickle`.
    np.savez_compressed(buffer, header=text, **arrays)  # pyright: ignore[reportArgumentType]
    with writing(path) as file:
        file.write(buffer.getvalue())


def read_arrays(path: Path | str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_arrays` wrote.

    Returns
    -------
    arrays : dict of str to ndarray
    header : dict

    Raises
    ------
    StateError
        If the file is missing, truncated, or not of this kind.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        header = json.loads(arrays.pop("header").tobytes())
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise StateError(
            f"cannot be read as a saved state ({type(error).__name__}: {error})",
            where=path,
            remedy="Give a file that was saved here and is complete",
        ) from error
    return arrays, header
