"""What is done with the timeline: which system stands here, what it is shown, whether it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marki.console.state.timeline_view import MARK1
from marki.console.state.ui_state import Typing
from marki.errors import SessionError
from marki.io.frame import SIDE
from marki.io.ports import Port

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator
    from marki.console.timeline.controller import TimelineController


def _annex(op: Operator) -> TimelineController | None:
    """Return the annex; say so if there is none."""
    if op.annex is None:
        op.tell("annex.none")
    return op.annex


def _names(op: Operator) -> list[str]:
    return [e.name for e in op.annex.exhibits(op.session)]


def _accepts(op: Operator) -> Port:
    return next(e for e in op.annex.exhibits(op.session) if e.name == op.desk.system).accepts


def strip(op: Operator) -> None:
    """Unfold the strip of years, or fold it away."""
    if _annex(op):
        op.desk.strip = not op.desk.strip


def put_up(op: Operator, name: str) -> None:
    """Put a system up."""
    if not _annex(op) or name not in _names(op):
        return
    desk = op.desk
    if name != desk.system:
        desk.last = desk.system
    desk.system, desk.hall, desk.example, desk.typed = name, False, -1, ""
    desk.focus = desk.focus if desk.focus is not None and desk.focus.kind in ("system", "plate") else None


def later(op: Operator) -> None:
    """Put the next system in time up."""
    _step(op, 1)


def earlier(op: Operator) -> None:
    """Put the system before up."""
    _step(op, -1)


def _step(op: Operator, way: int) -> None:
    if not _annex(op):
        return
    if not op.annex.ready:
        op.annex.wake()
        op.tell("annex.loading")
        return
    names = _names(op)
    at = names.index(op.desk.system) + way
    if 0 <= at < len(names):
        put_up(op, names[at])


def hall(op: Operator) -> None:
    """Go into the hall, or out of it."""
    if _annex(op):
        op.desk.hall = not op.desk.hall
        op.desk.focus = None
        if op.desk.hall:
            op.tell("annex.hall_how")


def beside(op: Operator, name: str | None = None) -> None:
    """Leave the chosen system standing at the side, to put another one up; or take it away from there."""
    desk = op.desk
    if not _annex(op):
        return
    if not op.annex.ready:
        op.annex.wake()
        op.tell("annex.loading")
        return
    desk.hall = False
    if name is not None:
        desk.beside = "" if name == desk.beside else name
    elif desk.beside:
        desk.beside = ""
    else:
        desk.beside = desk.system
        other = desk.last if desk.last in _names(op) and desk.last != desk.system else MARK1
        if other == desk.beside:
            names = _names(op)
            other = names[min(len(names) - 1, names.index(MARK1) + 1)]
        desk.system, desk.example, desk.typed = other, -1, ""
    if desk.beside:
        op.tell("annex.beside_how")


def learn(op: Operator) -> None:
    """Let the chosen system learn from zero; or stop it."""
    if _annex(op):
        _learn(op, "first", op.desk.system)


def learn_beside(op: Operator, _: Any = None) -> None:
    """Let the system beside learn from zero; or stop it."""
    if _annex(op):
        _learn(op, "second", op.desk.beside)


def _learn(op: Operator, where: str, name: str) -> None:
    if name in ("", MARK1):
        op.tell("annex.choose_first")
        return
    stand = op.annex.stands[where]
    if stand.learning:
        stand.stop()
    elif stand.name == name:
        op.desk.hall = False
        stand.train(op.session.seed)


def shipped(op: Operator, _: Any = None) -> None:
    """Put the chosen system up with the weights that came with it."""
    if _annex(op) and op.desk.system != MARK1:
        op.annex.stands["first"].again()


def example(op: Operator, _: Any = None) -> None:
    """Show the next example of the system's own task."""
    _example(op, 1)


def last_example(op: Operator, _: Any = None) -> None:
    """Show the example before."""
    _example(op, -1)


def _example(op: Operator, way: int) -> None:
    desk = op.desk
    if not _annex(op):
        return
    if desk.system == MARK1:
        op.tell("annex.choose_first")
        return
    at = desk.example
    if at < 0 and (_accepts(op) != Port.FRAME):
        at = 0
    desk.example, desk.typed = max(0, at + way), ""


def live(op: Operator, _: Any = None) -> None:
    """Show the system again what the photocells see."""
    op.desk.example, op.desk.typed = -1, ""


def type_line(op: Operator, _: Any = None) -> None:
    """Type a line to a system that reads text."""
    if not _annex(op):
        return
    if op.desk.system == MARK1 or _accepts(op) != Port.TEXT:
        raise SessionError("this system reads no text", where="teleprinter", remedy="Choose one that does")
    op.desk.typing = Typing(act="typed_line")


def typed_line(op: Operator, value: tuple[Any, str]) -> None:
    """Take a typed line."""
    op.desk.typed = value[1]


def pen(op: Operator, width: int) -> None:
    """Take a pen into hand."""
    op.desk.pen = width


def clear(op: Operator, _: Any = None) -> None:
    """Begin with an empty card."""
    op.desk.draft, op.desk.tool = np.zeros((SIDE, SIDE), np.uint8), "draw"


def put_away(op: Operator, _: Any = None) -> None:
    """Put one's own card away, so that the one before the camera is seen."""
    op.desk.draft, op.desk.tool = None, "look"
