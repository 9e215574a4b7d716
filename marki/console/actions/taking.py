"""What is taken along: sessions, tables, the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marki import savefile
from marki.files import write_text
from marki.tables import registers_csv
from marki.teaching.narration import Narrator

if TYPE_CHECKING:
    from marki.console.operator import Operator


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
