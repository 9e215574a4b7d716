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


def course(op: Operator, name: str, learn: bool) -> bool:
    """Go over to another course; return whether it was carried out."""
    return op.log("course", name=name, learn=learn)


def world(op: Operator, config: Mapping[str, Any], learn: bool) -> bool:
    """Open a world and go over to it; return whether it was carried out."""
    return op.log("world", config=config, learn=learn)


def show(op: Operator, name: str, frame: Sequence[float], kind: int) -> bool:
    """Lay a card before the camera; return whether it was carried out."""
    return op.log("show", name=name, frame=frame, kind=kind)


def set_(op: Operator, changes: Mapping[str, Any]) -> bool:
    """Change settings of the machine; return whether it was carried out."""
    return op.log("set", changes=changes)


def toggle(op: Operator, positions: Sequence[int]) -> bool:
    """Set the toggles of the test panel; return whether it was carried out."""
    return op.log("toggle", positions=positions)


def force(op: Operator, positions: Sequence[int]) -> bool:
    """Set the forcing switches of the R-units; return whether it was carried out."""
    return op.log("force", positions=positions)


def turn(op: Operator, units: Sequence[int], deg: Sequence[float]) -> bool:
    """Turn potentiometers by hand to angles; return whether it was carried out."""
    op.ui.turning = None
    return op.log("turn", units=units, deg=deg)


def drop(op: Operator, command: str, arguments: Mapping[str, Any]) -> None:
    """Drop the known future, and give the command of the log that was held back."""
    op.session.drop_future()
    op.carry_out(command, **arguments)


def answer(op: Operator, yes: bool) -> None:
    """Answer the question that is asked; on a yes, carry out what it was asked about."""
    question, op.ui.question = op.ui.question, None
    if question is not None and yes:
        op.carry_out(question.command, **question.arguments)


def _row(name: str, do: Any, *arguments: Argument) -> CommandSpec:
    return CommandSpec(name=name, do=do, arguments=arguments, lockable=False)


NAME, LEARN = Argument("name", str), Argument("learn", bool)
SWITCHES = Argument("positions", tuple[int, ...], low=-1, high=1)
COMMANDS = (
    _row("course", course, NAME, LEARN),
    _row("world", world, Argument("config", dict), LEARN),
    _row("show", show, NAME, Argument("frame", tuple[float, ...], low=0, high=255), Argument("kind", int, low=-1)),
    _row("set", set_, Argument("changes", dict)),
    _row("toggle", toggle, SWITCHES),
    _row("force", force, SWITCHES),
    _row(
        "turn",
        turn,
        Argument("units", tuple[int, ...], low=0, high=A_UNITS - 1),
        Argument("deg", tuple[float, ...], low=-1e6, high=1e6),
    ),
    _row("drop", drop, Argument("command", str, choices=Session.COMMANDS), Argument("arguments", dict)),
    _row("answer", answer, Argument("yes", bool)),
)
