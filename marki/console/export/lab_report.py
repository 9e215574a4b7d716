"""The laboratory report: what a run was, what it did and how it looked, in one folder or one zip file."""

from __future__ import annotations

import argparse
import io
import json
import re
import shlex
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pygame

from marki import savefile
from marki.console.export.capture import png
from marki.console.export.recorded_run import record
from marki.console.export.report_order import ReportOrder, pixels
from marki.console.export.run_page import run_page
from marki.errors import MarkIError, OutputError
from marki.experiments import plots
from marki.experiments.command import session_of
from marki.experiments.lab import codes, learning_curve
from marki.files import CsvForm, json_text, refuse_taken, write_folder, writing
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.machine import MachineConfig
from marki.pictures import can_draw
from marki.program import program
from marki.session import Session
from marki.tables import registers_csv, trials_csv
from marki.teaching.narration import Narrator
from marki.ticks import clock_face
from marki.versions import versions

CURVE, SAVED, PAGE = "learning_curve.png", "session.npz", "run.html"


class ReportTable(Protocol):
    """A table of votes that can be written as CSV."""

    def to_csv(self, *, form: CsvForm = "plain") -> str: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """A report that is made: its files by name, and the page of the run, which is among them."""

    files: Mapping[str, bytes]
    page: bytes


def lab_report(
    session: Session,
    path: Path | str,
    *,
    words: Words,
    pictures: Mapping[str, pygame.Surface],
    tally: ReportTable | None = None,
    notes: str = "",
    form: CsvForm = "plain",
) -> Path:
    """Write the report of a run; return its path.

    It is a folder; or one file, if `path` ends in ``.zip``, or only the page of the run if it ends in ``.html``. It
    appears only when all of it is written. A file of that name is replaced, a folder is not.

    Parameters
    ----------
    session : Session
    path : Path or str
    words : Words
        The language of the narration and of README.txt.
    pictures : mapping of str to Surface
        Pictures of the window by name.
    tally : ReportTable, optional
        Votes that were counted, with ``to_csv()``.
    notes : str
        What the operator wrote.
    form : {"plain", "excel"}
        How tables are written, see `marki.files.csv_text`.

    Raises
    ------
    OutputError
        If there is such a folder already, or it cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".zip", ".html"):
        refuse_taken(path)
    order = ReportOrder(
        run=savefile.copied(session),
        language=words.language,
        pictures={name: pixels(surface) for name, surface in pictures.items()},
        tally=None if tally is None else tally.to_csv(form=form),
        notes=notes,
        form=form,
    )
    made = report(order, path)
    if kind in (".zip", ".html"):
        content = made.page if kind == ".html" else zipped(made, path)
        with writing(path) as file:
            file.write(content)
    else:
        write_folder(path, made.files.items())
    return path


def zipped(made: Report, path: Path) -> bytes:
    """Return a report as a zip file of that name."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in made.files.items():
            # No timestamp: the same run gives the same file.
            entry = zipfile.ZipInfo(f"{path.stem}/{name}")
            entry.external_attr = 0o644 << 16
            pack.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return memory.getvalue()


def report(order: ReportOrder, path: Path, progress: Callable[[float], None] = lambda share: None) -> Report:
    """Make a report.

    Parameters
    ----------
    order : ReportOrder
    path : Path
        Where it will be, for errors.
    progress : callable
        Told now and then which share is done.

    Raises
    ------
    OutputError
        If the disk is full.
    """
    words = Words(order.language)
    order.run.know_folders()
    session = savefile.restored(order.run, path)
    recorded = record(session, words, progress)  # the trace holds all events from here on
    files: dict[str, bytes] = {}
    about: dict[str, str] = {}

    def put(name: str, content: bytes | str, line: str, /, **values: str) -> None:
        files[name] = content.encode() if isinstance(content, str) else content
        about[name] = words(f"report.{line}", **values)

    for name, (size, colours) in order.pictures.items():
        put(_file_name(name, files), png(pygame.image.frombytes(colours, size, "RGB")), "picture", name=name)
    command = command_of(session)
    page = run_page(session, recorded, words, command).encode()
    put(PAGE, page, "page")
    if can_draw():
        put(CURVE, _by_file(path, CURVE, lambda to: _draw_curve(session, to)), "curve")
    put("trials.csv", trials_csv([("window", session)], order.form), "trials")
    put("registers.csv", registers_csv(session, order.form), "registers")
    put("narration.txt", _lines(Narrator(session, words).log(0, session.trial)), "narration")
    if order.tally is not None:
        put("tally.csv", order.tally, "tally")
    if order.notes.strip():
        put("notes.txt", order.notes.rstrip() + "\n", "notes")
    put("config.json", json_text(_settings(session)) + "\n", "config")
    put("digest.txt", _digest(session), "digest")
    put(SAVED, savefile.packed(session), "saved")
    files["README.txt"] = _readme(session, words, about, command).encode()
    return Report(files=files, page=page)


def command_of(session: Session) -> str | None:
    """Return the command line that repeats a run from its beginning, or None if there is none.

    There is none where the operator has intervened, or a wiring or a world was given that no setting describes.
    """
    if session.commands:
        return None
    changes: list[str] = []
    world = next(iter(session.courses.values()))
    for room, now, default in (("machine", session.launched, MachineConfig()), ("world", world, WorldConfig())):
        usual = {name: value for name, value, _ in default.items()}
        for name, value, _ in now.items():
            if value != usual[name]:
                changes.append(f"{room}.{name}={json.dumps(value, ensure_ascii=False)}")
    plain = argparse.Namespace(
        seed=session.seed, set=changes, config="", machine="", ideal=False, wiring="", images="", mnist="", load=None
    )
    try:
        if session_of(plain).identity() != session.identity():
            return None
    except MarkIError:
        return None
    parts = ["--seed", str(session.seed)]
    for change in changes:
        parts += ["--set", change]
    return f"{program()} {shlex.join(parts)}"


# -- the parts -------------------------------------------------------------------------------------------------------


def _file_name(name: str, taken: Mapping[str, bytes]) -> str:
    plain = re.sub(r"[^\w-]+", "-", name).strip("-") or "picture"
    number, found = 1, f"{plain}.png"
    while found in taken or found == CURVE:
        number += 1
        found = f"{plain}-{number}.png"
    return found


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _by_file(path: Path, name: str, write: Callable[[Path], object]) -> bytes:
    """Return what `write` writes to a file; its errors are raised as errors of the report."""
    try:
        with tempfile.TemporaryDirectory(prefix="marki-report-") as folder:
            write(Path(folder) / name)
            return (Path(folder) / name).read_bytes()
    except OutputError as error:
        raise OutputError(error.what, where=path, remedy=error.remedy) from error
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})", where=path, remedy="Make room on the disk"
        ) from error


def _draw_curve(session: Session, to: Path) -> None:
    run = {"learning_curve": learning_curve(session)}
    result = {"seed": session.seed, "digest": session.digest, "runs": {"window": run}}
    plots.learning_curves(to, "Learning in the window", [result])


def _settings(session: Session) -> dict[str, Any]:
    return {
        "seed": session.seed,
        "course": list(session.configs)[session.course],
        "learn": session.learn,
        "machine": session.learner.config.to_mapping(),
        "machine_at_launch": session.launched.to_mapping(),
        "wiring_given": session.learner.given_wiring,
        "worlds": {name: c.to_mapping() for name, c in session.configs.items()},
        "codes": codes(session),
        "worlds_at_launch": {name: c.to_mapping() for name, c in session.courses.items()},
        "commands": [
            {"trial": c.trial, "after_us": c.after_us, "name": c.name, "value": c.value} for c in session.commands
        ],
    }


def _digest(session: Session) -> str:
    rows = {
        "digest": session.digest,
        "trial": session.trial,
        "simulated time": clock_face(session.now),
        "simulated time, us": session.now,
        **versions(),
        "pygame-ce": pygame.version.ver,
    }
    return _lines([f"{name}: {value}" for name, value in rows.items()])


def _readme(session: Session, words: Words, about: Mapping[str, str], command: str | None) -> str:
    lines = [
        words("report.title"),
        "",
        words("report.run", seed=session.seed, trial=session.trial, time=clock_face(session.now)),
        words("report.digest_is", digest=session.digest),
        "",
        words("report.files"),
        "",
    ]
    wide = max(map(len, about)) + 2
    lines += [f"  {name:<{wide}}{text}" for name, text in about.items()]
    if CURVE not in about:
        lines += ["", words("report.no_curve", name=CURVE, command="pip install 'marki[plots]'")]
    lines.append("")
    if command is not None:
        lines += [words("report.repeat", trial=session.trial), "", f"  {command}", ""]
    else:
        lines += [words("report.no_repeat"), ""]
    lines += [words("report.go_on"), "", f"  {program()} --load {SAVED}", ""]
    return _lines([*lines[:-1]])
