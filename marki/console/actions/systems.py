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


def _timeline(op: Operator) -> TimelineController | None:
    """Return the timeline; say so if there is none."""
    if op.timeline is None:
        op.tell("timeline.none")
    return op.timeline


def _names(op: Operator) -> list[str]:
    return [e.name for e in op.timeline.exhibits(op.session)]


def _accepts(op: Operator) -> Port:
    return next(e for e in op.timeline.exhibits(op.session) if e.name == op.ui.system).accepts


def strip(op: Operator) -> None:
    """Unfold the strip of years, or fold it away."""
    if _timeline(op):
        op.ui.strip = not op.ui.strip


def put_up(op: Operator, name: str) -> None:
    """Put a system up."""
    if not _timeline(op) or name not in _names(op):
        return
    ui = op.ui
    if name != ui.system:
        ui.last = ui.system
    ui.system, ui.hall, ui.example, ui.typed = name, False, -1, ""
    ui.focus = ui.focus if ui.focus is not None and ui.focus.kind in ("system", "plate") else None


def later(op: Operator) -> None:
    """Put the next system in time up."""
    _step(op, 1)


def earlier(op: Operator) -> None:
    """Put the system before up."""
    _step(op, -1)


def _step(op: Operator, way: int) -> None:
    if not _timeline(op):
        return
    if not op.timeline.ready:
        op.timeline.wake()
        op.tell("timeline.loading")
        return
    names = _names(op)
    at = names.index(op.ui.system) + way
    if 0 <= at < len(names):
        put_up(op, names[at])


def hall(op: Operator) -> None:
    """Go into the hall, or out of it."""
    if _timeline(op):
        op.ui.hall = not op.ui.hall
        op.ui.focus = None
        if op.ui.hall:
            op.tell("timeline.hall_how")


def beside(op: Operator, name: str | None = None) -> None:
    """Leave the chosen system standing at the side, to put another one up; or take it away from there."""
    ui = op.ui
    if not _timeline(op):
        return
    if not op.timeline.ready:
        op.timeline.wake()
        op.tell("timeline.loading")
        return
    ui.hall = False
    if name is not None:
        ui.beside = "" if name == ui.beside else name
    elif ui.beside:
        ui.beside = ""
    else:
        ui.beside = ui.system
        other = ui.last if ui.last in _names(op) and ui.last != ui.system else MARK1
        if other == ui.beside:
            names = _names(op)
            other = names[min(len(names) - 1, names.index(MARK1) + 1)]
        ui.system, ui.example, ui.typed = other, -1, ""
    if ui.beside:
        op.tell("timeline.beside_how")


def learn(op: Operator) -> None:
    """Let the chosen system learn from zero; or stop it."""
    if _timeline(op):
        _learn(op, "first", op.ui.system)


def learn_beside(op: Operator, _: Any = None) -> None:
    """Let the system beside learn from zero; or stop it."""
    if _timeline(op):
        _learn(op, "second", op.ui.beside)


def _learn(op: Operator, where: str, name: str) -> None:
    if name in ("", MARK1):
        op.tell("timeline.choose_first")
        return
    slot = op.timeline.slots[where]
    if slot.learning:
        slot.stop()
    elif slot.name == name:
        op.ui.hall = False
        slot.train(op.session.seed)


def shipped(op: Operator, _: Any = None) -> None:
    """Put the chosen system up with the weights that came with it."""
    if _timeline(op) and op.ui.system != MARK1:
        op.timeline.slots["first"].again()


def example(op: Operator, _: Any = None) -> None:
    """Show the next example of the system's own task."""
    _example(op, 1)


def last_example(op: Operator, _: Any = None) -> None:
    """Show the example before."""
    _example(op, -1)


def _example(op: Operator, way: int) -> None:
    ui = op.ui
    if not _timeline(op):
        return
    if ui.system == MARK1:
        op.tell("timeline.choose_first")
        return
    at = ui.example
    if at < 0 and (_accepts(op) != Port.FRAME):
        at = 0
    ui.example, ui.typed = max(0, at + way), ""


def live(op: Operator, _: Any = None) -> None:
    """Show the system again what the photocells see."""
    op.ui.example, op.ui.typed = -1, ""


def type_line(op: Operator, _: Any = None) -> None:
    """Type a line to a system that reads text."""
    if not _timeline(op):
        return
    if op.ui.system == MARK1 or _accepts(op) != Port.TEXT:
        raise SessionError("this system reads no text", where="teleprinter", remedy="Choose one that does")
    op.ui.typing = Typing(act="typed_line")


def typed_line(op: Operator, value: tuple[Any, str]) -> None:
    """Take a typed line."""
    op.ui.typed = value[1]


def pen(op: Operator, width: int) -> None:
    """Take a pen into hand."""
    op.ui.pen = width


def clear(op: Operator, _: Any = None) -> None:
    """Begin with an empty card."""
    op.ui.draft, op.ui.tool = np.zeros((SIDE, SIDE), np.uint8), "draw"


def put_away(op: Operator, _: Any = None) -> None:
    """Put one's own card away, so that the one before the camera is seen."""
    op.ui.draft, op.ui.tool = None, "look"
