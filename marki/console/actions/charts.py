"""What is done with the charts of the systems: which one stands on the stage, and how closely it is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from marki.console.actions.operator import Operator
from marki.console.actions.systems import awake, put_up
from marki.console.state.code_book import Told, code_book
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.ui_state import DECADES
from marki.errors import unknown
from marki.io.exhibits import LAMP_SHARES
from marki.io.machine_room import EVEN

BOOKS = "books"
"""Task of the systems that tell the lamps of a secret code."""

NOTCH = 0.25
"""Decades by which a notch of the wheel zooms."""


def show(op: Operator, name: str) -> bool:
    """Put a chart on the stage, or take it away if it stands there; return whether it stands there now."""
    if op.timeline is None:
        op.tell("timeline.none")
        return False
    ui = op.ui
    ui.focus = ui.hovered = None
    ui.chart = "" if stands(op, name) else name
    ui.hall = ui.editing = False
    return bool(ui.chart)


def stands(op: Operator, name: str) -> bool:
    """Return whether a chart stands on the stage, and is not behind the editor."""
    return op.ui.chart == name and not op.ui.editing


def scale(op: Operator) -> None:
    """Show the weights of all systems as areas, or no longer."""
    if show(op, "scale"):
        op.ui.decade = 0.0
        op.tell("timeline.scale_how")


def zoom(op: Operator, way: float) -> None:
    """Look at the scale bar more closely, or less."""
    if not stands(op, "scale"):
        return
    low, high = DECADES
    decade = (op.ui.decade or high) - NOTCH * way
    op.ui.decade = 0.0 if decade >= high else max(low, decade)


def examples(op: Operator) -> None:
    """Show how a system tells the lamps of a secret code from examples before the question, or no longer."""
    timeline = awake(op, "examples")
    if timeline is None:
        return
    if not stands(op, "shots"):
        readers = [e.name for e in timeline.exhibits(op.session) if e.task == BOOKS]
        if not readers:
            op.tell("timeline.shots_none")
            return
        op.ui.beside = ""
        put_up(op, op.ui.system if op.ui.system in readers else readers[0])
    if show(op, "shots"):
        op.ui.book, op.ui.shots = None, 0
        op.tell("timeline.shots_how")
    else:
        op.ui.typed = ""


def shots(op: Operator, way: int) -> None:
    """Put one more example before the question, or one fewer."""
    shots_to(op, op.ui.shots + way)


def shots_to(op: Operator, count: int) -> None:
    """Put so many examples before the question, as far as there are."""
    ui = op.ui
    if stands(op, "shots") and ui.book is not None:
        ui.shots = max(0, min(count, len(ui.book.pairs)))
        ui.typed = ui.book.prompt(ui.shots)


def next_book(op: Operator) -> None:
    """Take the next code book, with as many examples."""
    if stands(op, "shots"):
        op.ui.example, op.ui.typed, op.ui.book = max(0, op.ui.example) + 1, "", None


def follow_book(op: Operator) -> None:
    """Look once a frame what was told of the code book that is shown, or which one has come."""
    ui, timeline = op.ui, op.timeline
    if timeline is None or not stands(op, "shots"):
        return
    slot = timeline.slots["first"]
    reply = slot.reply
    if reply is None or slot.name != ui.system:
        return
    text = str(reply.stimulus)
    if ui.book is None:
        if not ui.typed and reply.number == max(0, ui.example):
            ui.book = code_book(text, reply.wanted)
            if ui.book is None:
                ui.chart = ""
                op.tell("timeline.shots_none")
            else:
                shots_to(op, ui.shots)
    elif text == ui.typed:
        shares = next((view.array for view in reply.views if view.name == LAMP_SHARES), np.zeros(0))
        ui.book.told[ui.shots] = Told(reply.said.split()[0] if reply.said else "", tuple(map(float, shares)))


def law(op: Operator) -> None:
    """Show the runs at equal computing that have ended, or no longer."""
    show(op, "law")


def closer(op: Operator) -> None:
    """Look at the scale bar more closely by a notch; of examples before a question, show one more."""
    if stands(op, "shots"):
        shots(op, 1)
    else:
        zoom(op, 1)


def farther(op: Operator) -> None:
    """Look at the scale bar less closely by a notch; of examples before a question, show one fewer."""
    if stands(op, "shots"):
        shots(op, -1)
    else:
        zoom(op, -1)


def whole(op: Operator) -> None:
    """Show the scale bar as a whole."""
    if stands(op, "scale"):
        op.ui.decade = 0.0


OPENED_BY = {"scale": "scale", "room": "machine_room", "law": "law", "shots": "examples"}
"""The command that opens each chart."""

SLIDERS = ("ranks", "micros", "parts", "tensor", "replicas")


def machine_room(op: Operator) -> None:
    """Go into the machine room, with its page at the side, or out of it; in a lesson, open and close the page alone."""
    ui = op.ui
    if stands(op, "room") and ui.page != "room":
        op.turn_to("room")
    elif ui.page == "room" and ui.lesson is not None:
        op.turn_to("lesson")
    elif show(op, "room"):
        op.turn_to("room")
    elif ui.page == "room":
        op.turn_to("")


def room_turn(op: Operator, name: str, way: int = 1) -> None:
    """Give the step in the machine room more or less of something: by one, in large numbers by an eighth or twofold."""
    value = int(getattr(op.ui.plan, name))
    if name in ("tensor", "replicas"):
        value = value * 2 if way > 0 else value // 2
    else:
        value += way * max(1, value // 8)
    room_value(op, name, max(1, value))


def room_value(op: Operator, name: str, value: int) -> None:
    """Give the step in the machine room so much of something."""
    _plan(op, **{name: value})


def room_schedule(op: Operator, name: str | None = None, way: int = 1) -> None:
    """Give the step in the machine room a schedule; without a name, the next one."""
    if op.timeline is None:
        return
    names = list(op.timeline.room.room.schedules())
    if name is None:
        name = names[(names.index(op.ui.plan.schedule) + way) % len(names)]
    elif name not in names:
        raise unknown("schedule", name, names, where="machine room")
    _plan(op, schedule=name)


def room_training(op: Operator, name: str | None = None, way: int = 1) -> None:
    """Look at a training as it was done, "" for even stages; without a name, at the next one."""
    if op.timeline is None:
        return
    room = op.timeline.room.room
    names = [EVEN, *(plate.name for plate in room.plates())]
    if name is None:
        name = names[(names.index(op.ui.plan.training) + way) % len(names)]
    elif name not in names:
        raise unknown("training", name, names, where="machine room")
    op.ui.plan = room.nearest(room.documented(name))


def room_documented(op: Operator) -> None:
    """Give the step in the machine room everything as it was done."""
    room_training(op, op.ui.plan.training)


def room_again(op: Operator) -> None:
    """Let the step in the machine room go on from its beginning."""
    op.ui.room_runs += 1


def room_table(op: Operator) -> None:
    """Turn from the page of the machine room to what is documented of its machines, and back."""
    op.turn_to("room" if op.ui.page == "room_table" else "room_table")


def _plan(op: Operator, **changes: Any) -> None:
    """Change the step in the machine room to the nearest one that can be simulated."""
    if op.timeline is not None:
        op.ui.plan = op.timeline.room.room.nearest(replace(op.ui.plan, **changes))


COMMANDS = (
    CommandSpec(name="scale", do=scale, keys=("ctrl+b",), group="timeline"),
    CommandSpec(name="zoom_in", do=closer, keys=("+",), group="timeline", repeats=True),
    CommandSpec(name="zoom_out", do=farther, keys=("-",), group="timeline", repeats=True),
    CommandSpec(name="zoom", do=zoom, arguments=(Argument("way", float, low=-100, high=100),)),
    CommandSpec(name="whole", do=whole),
    CommandSpec(name="law", do=law, keys=("ctrl+i",), group="timeline"),
    CommandSpec(name="examples", do=examples, keys=("ctrl+g",), group="timeline"),
    CommandSpec(name="shots", do=shots, arguments=(Argument("way", int, low=-1, high=1),)),
    CommandSpec(name="shots_to", do=shots_to, arguments=(Argument("count", int, low=0, high=99),)),
    CommandSpec(name="next_book", do=next_book),
    CommandSpec(name="machine_room", do=machine_room, keys=("ctrl+m",), group="timeline"),
    CommandSpec(
        name="room_turn",
        do=room_turn,
        arguments=(
            Argument("name", str, choices=SLIDERS),
            Argument("way", int, optional=True, low=-1, high=1),
        ),
    ),
    CommandSpec(
        name="room_value",
        do=room_value,
        arguments=(Argument("name", str, choices=SLIDERS), Argument("value", int, low=1, high=1_000_000)),
    ),
    CommandSpec(
        name="room_schedule",
        do=room_schedule,
        arguments=(Argument("name", str, optional=True), Argument("way", int, optional=True, low=-1, high=1)),
    ),
    CommandSpec(
        name="room_training",
        do=room_training,
        arguments=(Argument("name", str, optional=True), Argument("way", int, optional=True, low=-1, high=1)),
    ),
    CommandSpec(name="room_documented", do=room_documented),
    CommandSpec(name="room_again", do=room_again),
    CommandSpec(name="room_table", do=room_table),
)
