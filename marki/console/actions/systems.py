"""What is done with the timeline: which system stands here, what it is shown, whether it learns."""

from __future__ import annotations

from marki.console.actions.operator import Operator
from marki.console.actions.studio_commands import put
from marki.console.actions.view import page_command
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.timeline_view import naming
from marki.console.state.ui_state import Typing
from marki.console.timeline.controller import TimelineController
from marki.errors import SessionError, unknown
from marki.io import rooms
from marki.io.exhibits import HALL, MARK1, SystemKind
from marki.io.ports import Port

SCROLL = 0.2
"""Part of what is hidden of a long strip by which it is moved at once."""
TEMPERATURES = (0.2, 0.6, 1.0)
"""At which programs are drawn."""


def _timeline(op: Operator) -> TimelineController | None:
    """Return the timeline; say so if there is none."""
    if op.timeline is None:
        op.tell("timeline.none")
    return op.timeline


def awake(op: Operator, command: str) -> TimelineController | None:
    """Return the timeline if its exhibits are known; else have them read, and remember the command for then."""
    timeline = _timeline(op)
    if timeline is None or timeline.ready:
        return timeline
    if timeline.failed:
        op.say(op.words("message.refused", text=timeline.failed), alarm=True)
        return None
    timeline.wake()
    timeline.pending.append(command)
    read, of = timeline.told
    op.tell("timeline.loading_then", read=read, of=of or len(timeline.timeline.names()))
    return None


def catch_up(op: Operator) -> None:
    """Look once a frame at what the timeline waits for.

    What was asked for while it was being read is done once it is there. A system that is shown its own examples is
    shown the card instead when one is drawn, or when time is set going.
    """
    timeline, ui = op.timeline, op.ui
    if timeline is None:
        return
    timeline.language = op.words.language
    moved = timeline.set_going(op.session, op.playback.running or bool(op.playback.searching))
    accepts = _accepts(op, timeline)
    sees = accepts in (Port.FRAME, Port.ASKED) or (accepts == Port.FIELD and in_studio(op))
    if ui.example >= 0 and sees and (ui.draft is not None or (moved and ui.lesson is None)):
        ui.example = -1
    for name, values in timeline.aid.news:
        op.tell(name, **values)
    timeline.aid.news.clear()
    if timeline.ready and timeline.pending:
        commands, timeline.pending = timeline.pending, []
        for command in commands:
            op.obey(command)


def _names(op: Operator, timeline: TimelineController) -> list[str]:
    """Return the names of all systems; before their exhibits are known too."""
    known = [e.name for e in timeline.exhibits(op.session)]
    return known if timeline.ready else [*known, *timeline.timeline.names()]


def _accepts(op: Operator, timeline: TimelineController) -> Port | None:
    """Return what the system that is up reads; None if that is not known yet."""
    return next((e.accepts for e in timeline.exhibits(op.session) if e.name == op.ui.system), None)


def in_studio(op: Operator) -> bool:
    """Return whether hands are at a machine that draws, or name what all machines are to draw."""
    if op.timeline is None:
        return False
    if op.ui.hall:
        return naming(op.ui)
    return not op.ui.beside and any(e.name == op.ui.system and e.tools for e in op.timeline.exhibits(op.session))


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
        ui.begin_studio()
    # Two systems stand before one stimulus; one alone is shown what it was made for.
    example = -1 if name == MARK1 or ui.beside else 0
    ui.system, ui.example, ui.typed, ui.dark = name, example, "", False
    ui.hall, ui.chart, ui.editing = False, "", False
    ui.focus = ui.focus if ui.focus is not None and ui.focus.kind in ("system", "plate") else None


def later(op: Operator) -> None:
    """Put the next system in time up."""
    _step(op, "later", 1)


def earlier(op: Operator) -> None:
    """Put the system before up."""
    _step(op, "earlier", -1)


def _step(op: Operator, command: str, way: int) -> None:
    """Put the next system up in one direction, of the kind that is chosen."""
    timeline = awake(op, command)
    if timeline is None:
        return
    exhibits = timeline.exhibits(op.session)
    at = next((k for k, e in enumerate(exhibits) if e.name == op.ui.system), 0)
    ahead = exhibits[at + 1 :] if way > 0 else exhibits[:at][::-1]
    found = next((e.name for e in ahead if op.ui.kind in ("", e.kind)), None)
    if found is not None:
        put_up(op, found)
        # Where the strip is longer than the window, the part of it that is as far along shows the system.
        op.ui.strip_at = [e.name for e in exhibits].index(found) / max(1, len(exhibits) - 1)


def kind(op: Operator, name: str | None = None) -> None:
    """Show only systems of a kind brightly, "" for all; without a name, those of the next kind."""
    timeline = awake(op, "kind")
    if timeline is None:
        return
    known = {e.kind for e in timeline.exhibits(op.session)}
    names = ["", *(k for k in SystemKind if k in known)]
    op.ui.kind = names[(names.index(op.ui.kind) + 1) % len(names)] if name is None else name
    if op.ui.kind:
        op.tell("timeline.kind_only", kind=op.words(f"timeline.knob.kind_{op.ui.kind}"))
    else:
        op.tell("timeline.kind_every")


def scroll_strip(op: Operator, way: float) -> None:
    """Move along the strip where it is longer than the window."""
    op.ui.strip_at = min(1.0, max(0.0, op.ui.strip_at + SCROLL * way))


def hall(op: Operator) -> None:
    """Go into the hall, or out of it."""
    if _timeline(op):
        op.ui.hall = not op.ui.hall or op.ui.editing
        op.ui.chart, op.ui.editing = "", False
        op.ui.focus = None
        if op.ui.hall:
            op.tell(f"timeline.room_how.{op.ui.room}")


def room(op: Operator, name: str | None = None) -> None:
    """Go into a room of the hall; without a name, into the next."""
    if not _timeline(op):
        return
    ui, names = op.ui, [r.name for r in rooms.ROOMS]
    if name is None:
        name = names[(names.index(ui.room) + 1) % len(names)] if ui.hall else ui.room
    if name != ui.room:
        ui.typed = ""  # in another room it would ask something else
    ui.room, ui.hall = rooms.room(name).name, True
    ui.chart, ui.editing = "", False
    ui.focus = ui.focus if ui.focus is not None and ui.focus.kind == "room" else None
    op.tell(f"timeline.room_how.{ui.room}")


def name_class(op: Operator, text: str) -> None:
    """Name the class that machines are asked to draw: a letter or a digit."""
    if not _timeline(op):
        return
    names = [name for classes in HALL.values() for name in classes]
    if text.upper() not in names:
        raise unknown("class", text, names, where="hall")
    put(op, named=text.upper(), again=0, turned=(), ink=())
    op.ui.film_at, op.ui.film_runs = 0.0, True


def beside(op: Operator, name: str | None = None) -> None:
    """Leave the chosen system standing at the side, to put another one up; or take it away from there."""
    timeline, ui = awake(op, "beside"), op.ui
    if timeline is None:
        return
    names = _names(op, timeline)
    ui.chart = ""
    if name is not None and name not in names:
        raise unknown("system", name, names, where="timeline")
    ui.hall = ui.editing = False
    if name is not None:
        ui.beside = "" if name == ui.beside else name
        ui.example = -1 if ui.beside else ui.example
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
    _learn(op, "learn", "first", op.ui.system)


def learn_beside(op: Operator) -> None:
    """Let the system beside learn from zero; or stop it."""
    _learn(op, "learn_beside", "second", op.ui.beside)


def _learn(op: Operator, command: str, where: str, name: str) -> None:
    timeline = _timeline(op)
    if timeline is None:
        return
    if (name not in ("", MARK1) or timeline.pending) and not timeline.ready:
        awake(op, command)
        return
    if name in ("", MARK1):
        op.tell("timeline.choose_first")
        return
    slot = timeline.slots[where]
    if slot.learning:
        slot.stop()
    elif slot.name == name:
        op.ui.hall, op.ui.chart, op.ui.editing = False, "", False
        slot.train(op.session.seed)
    elif name in _names(op, timeline):
        timeline.pending.append(command)  # it is put up in this frame


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
    room = rooms.room(ui.room)
    if ui.hall and room.told:
        put(op, item=max(0, ui.studio.item + way), again=0)
        if room.asks is rooms.Asks.SCENE:
            op.obey("put_away")
        else:
            ui.typed = ""
        return
    asked = ui.hall and room.asks is not rooms.Asks.CARD
    if asked or (in_studio(op) and _accepts(op, timeline) is Port.LAMPS):
        put(op, again=max(0, ui.studio.again + way), turned=(), ink=())
        ui.film_at, ui.film_runs = 0.0, True
        return
    if ui.system == MARK1:
        op.tell("timeline.choose_first")
        return
    at = ui.example
    if at < 0 and _accepts(op, timeline) not in (None, Port.FRAME):
        at = 0
    ui.example, ui.typed = max(0, at + way), ""


def draw_again(op: Operator) -> None:
    """Have the same drawn once more, with other noise."""
    _draw_again(op, 1)


def drawn_before(op: Operator) -> None:
    """Have drawn again what was drawn before."""
    _draw_again(op, -1)


def _draw_again(op: Operator, way: int) -> None:
    if _timeline(op) is None:
        return
    if not op.ui.hall or rooms.room(op.ui.room).asks not in (rooms.Asks.CLASS, rooms.Asks.CAPTION):
        raise SessionError(
            "nothing is drawn here",
            where="hall",
            remedy="Go into a room of the hall where it is",
            code="session.drawn_none",
        )
    put(op, again=max(0, op.ui.studio.again + way))


def tries(op: Operator) -> None:
    """Have many programs drawn of a system that programs, or no longer."""
    op.ui.tries = not op.ui.tries


def next_temperature(op: Operator) -> None:
    """Draw programs at the next temperature: the likeliest, some variety, or much of it."""
    at = TEMPERATURES.index(op.ui.temperature) if op.ui.temperature in TEMPERATURES else -1
    op.ui.temperature = TEMPERATURES[(at + 1) % len(TEMPERATURES)]


def live(op: Operator) -> None:
    """Show the system again what the photocells see."""
    op.ui.example, op.ui.typed = -1, ""


def shutter(op: Operator) -> None:
    """Close the shutter of what the system sees, so that it is shown a dark card; or open it."""
    timeline = awake(op, "shutter")
    if timeline is None:
        return
    if op.ui.hall or op.ui.beside or _accepts(op, timeline) not in (Port.FRAME, Port.ASKED) or op.ui.system == MARK1:
        raise SessionError(
            "nothing with a shutter stands here",
            where="timeline",
            remedy="Put up one that sees cards",
            code="session.shutter_none",
        )
    op.ui.dark = not op.ui.dark
    op.tell("message.shutter_closed" if op.ui.dark else "message.shutter_open")


def type_line(op: Operator) -> None:
    """Type a line to a system that reads text."""
    timeline = _timeline(op)
    if timeline is None:
        return
    room = rooms.room(op.ui.room)
    asked = op.ui.hall and (room.told or room.asks is rooms.Asks.LINE)
    if not asked and (op.ui.system == MARK1 or _accepts(op, timeline) not in (Port.TEXT, Port.ASKED)):
        raise SessionError(
            "this system reads no text", where="teleprinter", remedy="Choose one that does", code="session.reads_none"
        )
    op.ui.typing = Typing("typed_line")


def typed_line(op: Operator, text: str) -> None:
    """Take a typed line."""
    if not text.strip():
        raise SessionError("the line is empty", where="teleprinter", remedy="Type a sentence", code="text.empty")
    op.ui.typed = text


COMMANDS = (
    CommandSpec(name="strip", do=strip, keys=("f5",), group="timeline", button=True),
    CommandSpec(name="hall", do=hall, keys=("f6",), group="timeline", button=True),
    CommandSpec(
        name="room",
        do=room,
        arguments=(Argument("name", str, optional=True, choices=tuple(r.name for r in rooms.ROOMS)),),
        keys=("ctrl+tab",),
        group="timeline",
    ),
    CommandSpec(name="name_class", do=name_class, arguments=(Argument("text", str),)),
    CommandSpec(name="earlier", do=earlier, keys=("<",), group="timeline"),
    CommandSpec(name="later", do=later, keys=(">",), group="timeline"),
    page_command("exhibit", "=", "timeline"),
    CommandSpec(name="example", do=example, keys=("down",), group="timeline"),
    CommandSpec(name="last_example", do=last_example, keys=("up",), group="timeline"),
    CommandSpec(name="draw_again", do=draw_again, keys=("ctrl+down",), group="timeline"),
    CommandSpec(name="drawn_before", do=drawn_before, keys=("ctrl+up",), group="timeline"),
    CommandSpec(name="learn", do=learn, keys=("f9",), group="timeline"),
    CommandSpec(
        name="beside", do=beside, arguments=(Argument("name", str, optional=True),), keys=("f12",), group="timeline"
    ),
    CommandSpec(
        name="kind",
        do=kind,
        arguments=(Argument("name", str, optional=True, choices=("", *(str(k) for k in SystemKind))),),
    ),
    CommandSpec(name="scroll_strip", do=scroll_strip, arguments=(Argument("way", float, low=-10, high=10),)),
    CommandSpec(name="put_up", do=put_up, arguments=(Argument("name", str),)),
    CommandSpec(name="learn_beside", do=learn_beside),
    CommandSpec(name="shipped", do=shipped),
    CommandSpec(name="live", do=live),
    CommandSpec(name="tries", do=tries),
    CommandSpec(name="next_temperature", do=next_temperature),
    CommandSpec(name="shutter", do=shutter, keys=("ctrl+d",), group="timeline"),
    CommandSpec(name="type_line", do=type_line),
    CommandSpec(name="typed_line", do=typed_line, arguments=(Argument("text", str),)),
)
