"""What is taken along, and brought back: pictures, films, tables, reports, sessions, the journal; and the sound."""

from __future__ import annotations

from pathlib import Path

from marki import savefile
from marki.console.actions.operator import Operator
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.ui_state import Typing
from marki.errors import StateError
from marki.files import write_new
from marki.io.worlds import FOLDERS
from marki.tables import registers_csv
from marki.teaching.narration import Narrator


def screenshot(op: Operator) -> None:
    """Save a picture of the window."""
    path = op.window.save_screenshot(op.file("window", "png"))
    op.tell("message.saved", path=path)


def film(op: Operator) -> None:
    """Begin a film, or end and save it; while it is being saved, stop that."""
    op.window.toggle_film(op.file("film", "gif"))


def table(op: Operator) -> None:
    """Write all registers as a table."""
    path = write_new(op.file("registers", "csv"), registers_csv(op.session, op.csv).encode())
    op.tell("message.saved", path=path)


def report(op: Operator) -> None:
    """Write the lab report and the page of the run; while they are being made, stop that."""
    op.window.write_report(op.file("report", "zip"))


def save(op: Operator) -> None:
    """Save the session; in the editor, the program."""
    if op.ui.editing:
        op.give("save_program")
        return
    path = write_new(op.file("session", "npz"), lambda free: savefile.packed(op.session, free))
    op.tell("message.saved", path=path)


def sound(op: Operator) -> None:
    """Switch the sound on or off."""
    op.tell("message.sound_on" if op.window.toggle_sound() else "message.sound_off")


def narration(op: Operator) -> None:
    """Write the journal to a file."""
    text = "\n".join(Narrator(op.session, op.words).log()) + "\n"
    path = write_new(op.file("journal", "txt"), text.encode())
    op.tell("message.saved", path=path)


def saved(op: Operator, path: str) -> None:
    """Go on with a saved session."""
    _go_on(op, path, {})


def saved_with(op: Operator, path: str, setting: str, text: str) -> None:
    """Go on with a saved session whose pictures or files of a setting are in the folder typed."""
    _go_on(op, path, {setting: str(op.folder / Path(text).expanduser())})


def _go_on(op: Operator, path: str, folders: dict[str, str]) -> None:
    """Load a session; where the folder of one of its worlds is not found, ask for it."""
    try:
        session = savefile.load(path, keep="recent", folders=folders)
    except StateError as error:
        if error.code not in ("state.folder_gone", "state.folder_other"):
            raise
        told = error.fields
        op.ui.typing = Typing(
            "saved_with", {"path": path, "setting": told["setting"]}, values={"folder": told["folder"]}
        )
        return
    op.go_over(session)
    op.ui.lesson, op.ui.hidden, op.ui.watched = None, frozenset(), frozenset()
    op.tell("message.loaded", path=path)


PATH = Argument("path", str)
COMMANDS = (
    CommandSpec(name="screenshot", do=screenshot, keys=("p",), group="out", kiosk=False),
    CommandSpec(name="film", do=film, keys=("f",), group="out", kiosk=False),
    CommandSpec(name="table", do=table, keys=("f7",), group="out", kiosk=False),
    CommandSpec(name="report", do=report, keys=("f8",), group="out", kiosk=False),
    CommandSpec(name="save", do=save, keys=("s", "ctrl+s"), group="out", kiosk=False),
    CommandSpec(name="sound", do=sound, keys=("a",), group="out"),
    CommandSpec(name="narration", do=narration, kiosk=False),
    CommandSpec(name="saved", do=saved, arguments=(PATH,), ends_run=True),
    CommandSpec(
        name="saved_with",
        do=saved_with,
        arguments=(PATH, Argument("setting", str, choices=FOLDERS), Argument("text", str)),
    ),
)
