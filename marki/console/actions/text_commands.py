"""Text that is typed, pasted and copied."""

from __future__ import annotations

import contextlib

import numpy as np

from marki.console.actions.operator import Operator
from marki.console.actions.systems import type_line
from marki.console.state.commands import CommandSpec
from marki.console.state.targets import Target
from marki.errors import SessionError


def take_text(op: Operator, text: str) -> None:
    """Take text into the line that is being typed, as one line; where single characters are asked for, each at once."""
    typing = op.ui.typing
    if typing is None:
        return
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    if not typing.single:
        typing.text += line
        return
    for sign in "".join(line.split()):
        op.obey(typing.command, **typing.arguments, text=sign)


def paste(op: Operator) -> None:
    """Paste the text of the clipboard into the line that is being typed, the program, or a line to a system."""
    text = op.window.pasted()
    if not text.strip():
        op.tell("message.paste_none")
        return
    if op.ui.editing and op.ui.typing is None:
        op.give("type_program", text=text)
        return
    if op.ui.typing is None and op.timeline is not None:
        with contextlib.suppress(SessionError):  # what stands there reads no text
            type_line(op)
    if op.ui.typing is None:
        op.tell("message.paste_nowhere")
        return
    take_text(op, text)


def copy(op: Operator) -> None:
    """Copy the line that is typed, or what is selected in the program; else what is pointed at or has the focus."""
    ui = op.ui
    if ui.typing is not None:
        text, exact = ui.typing.text, True
    elif ui.editing and ui.desk.selected:
        text, exact = ui.desk.selected, True
    else:
        text, exact = op.window.text_pointed_at()
    part = ui.hovered or ui.focus
    if not exact and part is not None:
        text = _state(op, part) or text
    if text and op.window.copy(text):
        op.tell("message.copied", text=text)
    else:
        op.tell("message.copy_none")


def _state(op: Operator, part: Target) -> str:
    """Return the state of a unit as a number, "" for what is none."""
    view = op.session.learner.view()
    match part.kind:
        case "value":
            return f"{float(view.values[part.number]):.3f}"
        case "s" | "a" | "r":
            return str(int(np.asarray(getattr(view, part.kind)).reshape(-1)[part.number]))
        case "toggle":
            return str(int(op.session.learner.sensory.forced[part.number]))
    return ""


COMMANDS = (
    CommandSpec(name="copy", do=copy, keys=("ctrl+c",), group="out", listed=False, label={"en": "Copy", "zh": "复制"}),
    CommandSpec(
        name="paste",
        do=paste,
        keys=("ctrl+v",),
        group="hands",
        place=10,
        listed=False,
        label={"en": "Paste", "zh": "粘贴"},
    ),
)
