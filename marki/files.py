"""Files: finding assets, writing results atomically; they are read by `marki.reading`."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import itertools
import json
import math
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import numpy as np

from marki.errors import ConfigError, OutputError, StateError, reason

CsvForm = Literal["plain", "excel"]
CSV_FORMS: tuple[CsvForm, ...] = get_args(CsvForm)

PNG, GIF = (".png",), (".gif",)
"""Endings of pictures and of films."""

UNFINISHED = ".part"
"""End of the hidden names of files that are being written; one that is left was interrupted by a kill."""

_HERE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """Return the path of the shipped file or folder `name`, in a checkout or an installed package."""
    for root in (_HERE / "assets", _HERE.parent / "assets"):
        if (root / name).exists():
            return root / name
    raise StateError("this shipped file is missing", where=f"assets/{name}", remedy="Install the package again",
                     code="asset.missing")  # fmt: skip


def cache_folder() -> Path:
    """Return the folder of the cache: ``MARKI_CACHE``, or ``marki`` where this system keeps the caches of a user."""
    from platformdirs import user_cache_path

    if own := os.environ.get("MARKI_CACHE"):
        return Path(own)
    try:
        Path("~").expanduser()
    except RuntimeError:  # a user without a home: nothing is stored
        return Path(os.devnull, "marki")
    return user_cache_path("marki", appauthor=False)


def pictures_folder() -> Path:
    """Return the folder in which people keep their pictures, else their home, else the folder that we are in.

    On Linux the desktop names it in ``user-dirs.dirs``, in the language of the desktop; elsewhere it is ``Pictures``.
    """
    try:
        home = Path("~").expanduser()
    except RuntimeError:  # a user without a home
        return Path.cwd()
    named = home / "Pictures"
    kept = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "user-dirs.dirs"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        told = re.search(r'^XDG_PICTURES_DIR="(.+)"', kept.read_text(encoding="utf-8"), re.MULTILINE)
        named = Path(told[1].replace("$HOME", str(home), 1)) if told else named
    return next((place for place in (named, home) if place.is_dir()), Path.cwd())


@contextlib.contextmanager
def writing(path: Path | str) -> Iterator[BinaryIO]:
    """Open the file of a name that the user gave, for writing bytes; it changes only once all is written.

    A link is followed. A file is replaced and keeps its mode; what is no regular file, such as a pipe or a device, is
    written to as it stands.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written.
    """
    path = Path(path)
    try:
        mode, stream = _mode(path), _stream(path)
        if stream is not None or (mode is not None and not stat.S_ISREG(mode)):
            with open(path if stream is None else os.dup(stream), "ab") as there:
                yield there
            return
        target = Path(os.path.realpath(path))
        with _beside(target, 0o666 if mode is None else stat.S_IMODE(mode)) as temporary:
            with open(temporary, "r+b") as file:
                yield file
                _settle(file)
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))
            os.replace(temporary, target)
    except OSError as error:
        raise _unwritten(path, error) from error


def write_new(path: Path | str, content: bytes | Callable[[Path], bytes]) -> Path:
    """Write a file under a name that the program chose, and that nobody has; return its path.

    Parameters
    ----------
    path : Path or str
        The name, if it is free; else ``-2``, ``-3`` and so on is put before its suffix, or its own running number is
        raised (``A_001.png``, ``A_002.png``).
    content : bytes or callable
        ``content(path) -> bytes`` is told the name.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written.
    """
    path = Path(path)
    try:
        for free in _numbered(path):
            if os.path.lexists(free):
                continue
            if write_first(free, content(free) if callable(content) else content):
                return free
    except OSError as error:
        raise _unwritten(path, error) from error
    raise AssertionError("numbers do not end")


def write_first(path: Path | str, content: bytes) -> bool:
    """Write a file, whole or not at all, unless somebody has its name; return whether it was free.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written.
    """
    path = Path(path)
    try:
        with _beside(path) as temporary:
            with open(temporary, "r+b") as file:
                file.write(content)
                _settle(file)
            return _publish(temporary, path)
    except OSError as error:
        raise _unwritten(path, error) from error


def _numbered(path: Path) -> Iterator[Path]:
    """Yield the names that `write_new` tries."""
    number = re.search(r"_([0-9]{3,})$", path.stem)
    if number is not None:
        width, first = len(number[1]), int(number[1])
        for k in itertools.count(first):
            yield path.with_name(f"{path.stem[: number.start()]}_{k:0{width}d}{path.suffix}")
    yield path
    for k in itertools.count(2):
        yield path.with_name(f"{path.stem}-{k}{path.suffix}")


def _publish(temporary: Path, path: Path) -> bool:
    """Give a whole file its name, if nobody has it; return whether it was free."""
    try:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            with open(path, "xb"):
                pass
            os.replace(temporary, path)
    except FileExistsError:
        return False
    return True


@contextlib.contextmanager
def _beside(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """Make an empty hidden file in the folder of `path`, for as long as the block lasts.

    The system takes the bits of the process's mask from `mode`; to read the mask would be to change it for a moment,
    in all threads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    name = path.parent / f".{path.name[:60]}.{secrets.token_hex(8)}{UNFINISHED}"
    os.close(os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode | stat.S_IRUSR | stat.S_IWUSR))
    try:
        yield name
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _mode(path: Path) -> int | None:
    """Return the kind and mode of what is there, links followed; None if nothing is."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _stream(path: Path) -> int | None:
    """Return the number of the stream of this process that a path such as ``/dev/stdout`` stands for; None if none."""
    named = re.fullmatch(r"(?:/dev/fd|/proc/self/fd)/([0-9]+)", str(path))
    return int(named[1]) if named else {"/dev/stdout": 1, "/dev/stderr": 2}.get(str(path))


def _unwritten(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written ({error.strerror or error})",
        where=path,
        remedy="Choose a folder that you may write to, with room on the disk",
        code=reason("write", error),
        reason=error.strerror or error,
    )


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
        raise OutputError(
            "exists already", where=path, remedy="Choose another name, or move it away first", code="write.taken"
        )


def check_outputs(
    outputs: Mapping[str, Path | str | None],
    *,
    endings: Mapping[str, Sequence[str]] | None = None,
    folders: Sequence[str] = (),
) -> None:
    """Refuse, before any work is done, names that a person gave to files that cannot be made under them.

    What is no regular file, such as a pipe, a device or ``/dev/stdout``, may have any name and be given twice.

    Parameters
    ----------
    outputs : mapping of str to Path or str
        The name by its option, such as ``{"--csv": "t.csv"}``; an option without one is passed over.
    endings : mapping of str to sequence of str, optional
        Endings that the name of an option may have.
    folders : sequence of str
        Options whose name may be that of an empty folder.

    Raises
    ------
    ConfigError
        For a name of another ending.
    OutputError
        If there is something of a name already, or two options have one name.
    """
    options: dict[str, str] = {}
    for option, path in outputs.items():
        if not path or _is_stream(Path(path)):
            continue
        if endings and option in endings:
            demand_ending(path, endings[option])
        if option not in folders and Path(path).is_dir():
            raise _unwritten(Path(path), IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
        refuse_taken(path)
        first = options.setdefault(os.path.normcase(os.path.realpath(path)), option)
        if first != option:
            raise OutputError(
                f"is named by {first} and by {option}",
                where=path,
                remedy="Give each a name of its own",
                code="write.twice",
                first=first,
                second=option,
            )


def demand_ending(path: Path | str, endings: Sequence[str]) -> None:
    """Refuse a name that does not end as it should, in capitals or not.

    Raises
    ------
    ConfigError
    """
    suffix = Path(path).suffix
    if suffix.lower() not in endings:
        raise ConfigError(
            f"ends in {suffix or 'nothing'!r}",
            where=path,
            remedy=f"End the name in {' or '.join(endings)}",
            code="write.ending",
            endings=" / ".join(endings),
        )


def _is_stream(path: Path) -> bool:
    """Return whether what has this name is written to as it stands, as `writing` does, and nothing of it is lost."""
    with contextlib.suppress(OSError):
        mode = _mode(path)
        return _stream(path) is not None or not (mode is None or stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    return False


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
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name[:60]}.", suffix=UNFINISHED, dir=path.parent))
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
            code=reason("write", error),
            reason=error.strerror or error,
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
    """Write `content` as indented JSON, whole or not at all; see `json_text`."""
    write_text(path, json_text(content) + "\n")


def json_text(content: Any) -> str:
    """Return `content` as indented JSON, which knows no NaN and no infinity: ``null`` stands for them."""
    return json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(content: Any) -> Any:
    """Return plain content with None for every number that is not finite."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {name: _finite(value) for name, value in content.items()}
    return [_finite(value) for value in content] if isinstance(content, list | tuple) else content


def write_arrays(path: Path | str, arrays: Mapping[str, np.ndarray], **header: Any) -> None:
    """Write named arrays and a JSON header to one `.npz`, whole or not at all; no pickle."""
    content = packed_arrays(arrays, **header)
    with writing(path) as file:
        file.write(content)


def packed_arrays(arrays: Mapping[str, np.ndarray], **header: Any) -> bytes:
    """Return the bytes of a file of `write_arrays`."""
    text = np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)
    buffer = io.BytesIO()
    # The stub takes any further name for `allow_pickle`.
    np.savez_compressed(buffer, header=text, **arrays)  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()
