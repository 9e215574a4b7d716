"""What is taken along, and brought back: sessions, tables, the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marki import savefile
from marki.files import write_text
from marki.tables import registers_csv
from marki.teaching.narration import Narrator

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator


def save(op: Operator) -> None:
    """Save the session."""
    path = op.file("session", "npz")
    savefile.save(op.session, path)
    op.tell("message.saved", path=path)


def table(op: Operator) -> None:
    """Write all registers as a table."""
    path = op.file("registers", "csv")
    write_text(path, registers_csv(op.session))
    op.tell("message.saved", path=path)


def narration(op: Operator, _: Any = None) -> None:
    """Write the journal to a file."""
    path = op.file("journal", "txt")
    write_text(path, "\n".join(Narrator(op.session, op.words).log()) + "\n")
    op.tell("message.saved", path=path)


def saved(op: Operator, path: str) -> None:
    """Go on with a saved session; where that ends a run with changes of the operator's own, ask first."""
    if not op.ask_to_leave("begin_saved", path):
        begin_saved(op, path)


def begin_saved(op: Operator, path: str) -> None:
    """Go on with a saved session."""
    op.hooks["replace"](savefile.load(path, keep="recent"))
    op.ui.lesson, op.ui.hidden, op.ui.watched = None, frozenset(), frozenset()
    op.tell("message.loaded", path=path)
