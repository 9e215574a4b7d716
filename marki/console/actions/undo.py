"""Undo and redo: of commands of the run, of strokes while a card is drawn, of changes while a program is written."""

from __future__ import annotations

import numpy as np

from marki.console.actions.operator import Operator
from marki.console.actions.systems import in_studio
from marki.console.state.commands import CommandSpec
from marki.console.state.undo_stack import KeptRun
from marki.teaching.narration import Narrator


def undo(op: Operator) -> None:
    """Take back the last change of the program, or stroke of the card, in hand; or else the last command of the run.

    Before a machine that draws it is what was done to that.
    """
    strokes, ui = op.ui.strokes, op.ui
    if ui.editing:
        if ui.desk.can_undo:
            ui.desk.undo()
        else:
            op.tell("message.undo_none")
    elif strokes.can_undo:
        _take(op, strokes.undo(ui.draft))
    elif in_studio(op) and ui.studio_past.can_undo:
        ui.studio = ui.studio_past.undo(ui.studio)
    elif not op.runs.can_undo:
        op.tell("message.undo_none")
    else:
        what = _what(op, op.runs.last())
        if ui.draft is None:
            strokes.clear()
        op.stand(op.runs.undo(op.here(op.runs.last().command)))
        op.tell("message.undone", what=what)


def redo(op: Operator) -> None:
    """Do again what was taken back."""
    strokes, ui = op.ui.strokes, op.ui
    if ui.editing:
        if ui.desk.can_redo:
            ui.desk.redo()
        else:
            op.tell("message.redo_none")
    elif strokes.can_redo:
        _take(op, strokes.redo(ui.draft))
    elif in_studio(op) and ui.studio_past.can_redo:
        ui.studio = ui.studio_past.redo(ui.studio)
    elif not op.runs.can_redo:
        op.tell("message.redo_none")
    else:
        before = op.here(op.runs.next().command)
        op.stand(op.runs.redo(before))
        op.tell("message.redone", what=_what(op, before))


def _take(op: Operator, draft: np.ndarray | None) -> None:
    """Take up a card as it was, or no card."""
    op.ui.draft = draft
    op.ui.tool = "look" if draft is None else "draw"


def _what(op: Operator, before: KeptRun) -> str:
    """Return what was done after a moment, in words."""
    command, session = op.commands.get(before.command), op.session
    given = session.commands[before.moment.obeyed :]
    if (command is None or not command.ends_run) and session is before.session and given:
        return Narrator(session, op.words).command(given[0]).rstrip(".。")  # it stands within a sentence
    return op.words.get(f"undo.{before.command}") or op.words.get(f"command.{before.command}", before.command)


COMMANDS = (
    CommandSpec(name="undo", do=undo, keys=("ctrl+z",), group="hands", place=8),
    CommandSpec(name="redo", do=redo, keys=("ctrl+y",), group="hands", place=9),
)
