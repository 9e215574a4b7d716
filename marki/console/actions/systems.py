"""What is done with the timeline: which system stands here, what it is shown, whether it learns."""

from __future__ import annotations

from marki.console.actions.operator import Operator
from marki.console.actions.view import page_command
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.timeline_view import MARK1
from marki.console.state.ui_state import Typing
from marki.console.timeline.controller import TimelineController
from marki.errors import SessionError, unknown
from marki.io.ports import Port


def _timeline(op: Operator) -> TimelineController | None:
    """Return the timeline; say so if there is none."""
    if op.timeline is None:
        op.tell("timeline.none")
    return op.timeline


def _awake(op: Operator) -> TimelineController | None:
    """Return the timeline if its exhibits are known; else ask for them, and say so."""
    timeline = _timeline(op)
    if timeline is not None and not timeline.ready:
        timeline.wake()
        op.tell("timeline.loading")
        return None
    return timeline


def _names(op: Operator, timeline: TimelineController) -> list[str]:
    return [e.name for e in timeline.exhibits(op.session)]


def _accepts(op: Operator, timeline: TimelineController) -> Port:
    return next(e for e in timeline.exhibits(op.session) if e.name == op.ui.system).accepts


def strip(op: Operator) -> None:
    """Unfold the strip of years, or fold it away."""
    if _timeline(op):
        op.ui.strip = not op.ui.strip


def put_up(op: Operator, name: str) -> None:
    """Put a system up."""
    timeline, ui = _timeline(op), op.ui
    if timeline is None:
        return
    if name not in (names := _names(op, timeline)):
        raise unknown("system", name, names, where="timeline")
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
    timeline = _awake(op)
    if timeline is None:
        return
    names = _names(op, timeline)
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
    timeline, ui = _awake(op), op.ui
    if timeline is None:
        return
    names = _names(op, timeline)
    if name is not None and name not in names:
        raise unknown("system", name, names, where="timeline")
    ui.hall = False
    if name is not None:
        ui.beside = "" if name == ui.beside else name
    elif ui.beside:
        ui.beside = ""
    else:
        ui.beside = ui.system
        other = ui.last if ui.last in names and ui.last != ui.system else MARK1
        if other == ui.beside:
            other = names[min(len(names) - 1, names.index(MARK1) + 1)]
        ui.system, ui.example, ui.typed = other, -1, ""
    if ui.beside:
        op.tell("timeline.beside_how")


def learn(op: Operator) -> None:
    """Let the chosen system learn from zero; or stop it."""
    _learn(op, "first", op.ui.system)


def learn_beside(op: Operator) -> None:
    """Let the system beside learn from zero; or stop it."""
    _learn(op, "second", op.ui.beside)


def _learn(op: Operator, where: str, name: str) -> None:
    timeline = _timeline(op)
    if timeline is None:
        return
    if name in ("", MARK1):
        op.tell("timeline.choose_first")
        return
    slot = timeline.slots[where]
    if slot.learning:
        slot.stop()
    elif slot.name == name:
        op.ui.hall = False
        slot.train(op.session.seed)


def shipped(op: Operator) -> None:
    """Put the chosen system up with the weights that came with it."""
    timeline = _timeline(op)
    if timeline is not None and op.ui.system != MARK1:
        timeline.slots["first"].again()


def example(op: Operator) -> None:
    """Show the next example of the system's own task."""
    _example(op, 1)


def last_example(op: Operator) -> None:
    """Show the example before."""
    _example(op, -1)


def _example(op: Operator, way: int) -> None:
    timeline, ui = _timeline(op), op.ui
    if timeline is None:
        return
    if ui.system == MARK1:
        op.tell("timeline.choose_first")
        return
    at = ui.example
    if at < 0 and _accepts(op, timeline) != Port.FRAME:
        at = 0
    ui.example, ui.typed = max(0, at + way), ""


def live(op: Operator) -> None:
    """Show the system again what the photocells see."""
    op.ui.example, op.ui.typed = -1, ""


def type_line(op: Operator) -> None:
    """Type a line to a system that reads text."""
    timeline = _timeline(op)
    if timeline is None:
        return
    if op.ui.system == MARK1 or _accepts(op, timeline) != Port.TEXT:
        raise SessionError("this system reads no text", where="teleprinter", remedy="Choose one that does")
    op.ui.typing = Typing("typed_line")


def typed_line(op: Operator, text: str) -> None:
    """Take a typed line."""
    if not text.strip():
        raise SessionError("the line is empty", where="teleprinter", remedy="Type a sentence", code="text.empty")
    op.ui.typed = text


COMMANDS = (
    CommandSpec(name="strip", do=strip, keys=("f5",), group="timeline", button=True),
    CommandSpec(name="hall", do=hall, keys=("f6",), group="timeline", button=True),
    CommandSpec(name="earlier", do=earlier, keys=("<",), group="timeline"),
    CommandSpec(name="later", do=later, keys=(">",), group="timeline"),
    page_command("exhibit", "=", "timeline"),
    CommandSpec(name="example", do=example, keys=("down",), group="timeline"),
    CommandSpec(name="last_example", do=last_example, keys=("up",), group="timeline"),
    CommandSpec(name="learn", do=learn, keys=("f9",), group="timeline"),
    CommandSpec(
        name="beside", do=beside, arguments=(Argument("name", str, optional=True),), keys=("f12",), group="timeline"
    ),
    CommandSpec(name="put_up", do=put_up, arguments=(Argument("name", str),)),
    CommandSpec(name="learn_beside", do=learn_beside),
    CommandSpec(name="shipped", do=shipped),
    CommandSpec(name="live", do=live),
    CommandSpec(name="type_line", do=type_line),
    CommandSpec(name="typed_line", do=typed_line, arguments=(Argument("text", str),)),
)
