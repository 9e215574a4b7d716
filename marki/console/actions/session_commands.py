"""The commands of the session's log, by its own names (see `Session.command`), and the answer to a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marki.console.actions.operator import SOLE, Operator
from marki.console.state.commands import Argument, CommandSpec
from marki.hardware.faults import A_UNITS
from marki.session import Session


def arguments_of(name: str, value: Any) -> dict[str, Any]:
    """Return the arguments of a command of the log with a value, as a lesson writes it."""
    return {SOLE[name]: value} if name in SOLE else dict(value)


def turn(op: Operator, units: Sequence[int], deg: Sequence[float]) -> None:
    """Turn potentiometers by hand to angles."""
    op.ui.turning = None
    op.log("turn", units=units, deg=deg)


def drop(op: Operator, command: str, arguments: Mapping[str, Any]) -> None:
    """Drop the known future, and give the command of the log that was held back."""
    op.keep()
    op.session.drop_future()
    op.carry_out(command, **arguments)


def answer(op: Operator, yes: bool) -> None:
    """Answer the question that is asked; on a yes, carry out what it was asked about."""
    question, op.ui.question = op.ui.question, None
    if question is not None and yes:
        op.carry_out(question.command, **question.arguments)


def _logged(name: str, *arguments: Argument) -> CommandSpec:
    """Return the command that does nothing but what the command of the log does."""

    def log(op: Operator, **given: Any) -> None:
        op.log(name, **given)

    return CommandSpec(name=name, do=log, arguments=arguments, lockable=False)


NAME, LEARN = Argument("name", str), Argument("learn", bool)
SWITCHES = Argument("positions", tuple[int, ...], low=-1, high=1)
UNITS = Argument("units", tuple[int, ...], low=0, high=A_UNITS - 1)
ANGLES = Argument("deg", tuple[float, ...], low=-1e6, high=1e6)
FRAME = Argument("frame", tuple[float, ...], low=0, high=255)
HELD_BACK = (Argument("command", str, choices=Session.COMMANDS), Argument("arguments", dict))
COMMANDS = (
    _logged("course", NAME, LEARN),
    _logged("world", Argument("config", dict), LEARN),
    _logged("show", NAME, FRAME, Argument("kind", int, low=-1), Argument("learn", bool, optional=True)),
    _logged("set", Argument("changes", dict)),
    _logged("toggle", SWITCHES),
    _logged("force", SWITCHES),
    CommandSpec(name="turn", do=turn, arguments=(UNITS, ANGLES), lockable=False),
    CommandSpec(name="drop", do=drop, arguments=HELD_BACK, lockable=False),
    CommandSpec(name="answer", do=answer, arguments=(Argument("yes", bool),), lockable=False),
)
