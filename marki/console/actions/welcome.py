"""The first minute: what a newcomer is offered, running until all is learned, and the tour."""

from __future__ import annotations

from functools import partial

from marki.console.actions.operator import Operator
from marki.console.state import first_minute
from marki.console.state.commands import CommandSpec
from marki.console.state.first_minute import STEP_S, STEPS, TOUR_SPEED
from marki.io.exhibits import MARK1


def dismiss(op: Operator) -> None:
    """Put the offers away for good."""
    op.ui.welcome = False
    op.tell("message.dismissed" if first_minute.put_away() else "message.dismissed_now")


def learn_all(op: Operator) -> None:
    """Run fast until a whole pass goes without an error."""
    op.playback.run_until_learned()
    op.ui.turning = None


def tour(op: Operator) -> None:
    """Begin the tour, or leave it."""
    ui = op.ui
    if ui.tour >= 0:
        tour_leave(op)
        return
    ui.chart = ""
    ui.view, ui.bay, ui.strip, ui.hall, ui.system, ui.beside, ui.example = "schematic", 0, False, False, MARK1, "", -1
    ui.picked = ui.focus = None
    ui.editing = False
    op.turn_to("")
    ui.before_tour = (op.playback.speed, op.playback.rising)
    op.playback.take_speed(TOUR_SPEED)
    op.playback.running = True
    _stand(op, 0)


def _stand(op: Operator, step: int) -> None:
    op.ui.tour, op.ui.tour_left_s = step, STEP_S


def turn_step(op: Operator, way: int) -> None:
    """Go to the next step of the tour, or with -1 to the one before; after the last it ends."""
    step = op.ui.tour + way
    if op.ui.tour < 0:
        tour(op)
    elif step >= len(STEPS):
        tour_leave(op)
    else:
        _stand(op, max(0, step))


def tour_leave(op: Operator) -> None:
    """Leave the tour; the speed is again what it was."""
    ui = op.ui
    if ui.tour >= 0:
        speed, rising = ui.before_tour
        op.playback.take_speed(speed, rising=rising)
        ui.tour = -1


def pass_time(op: Operator, seconds: float) -> None:
    """Let wall time pass: a step of the tour gives way to the next."""
    ui = op.ui
    if ui.tour >= 0:
        ui.tour_left_s -= seconds
        if ui.tour_left_s <= 0:
            turn_step(op, 1)


COMMANDS = (
    CommandSpec(name="tour", do=tour, group="teach", place=100),
    CommandSpec(name="learn_all", do=learn_all, group="time"),
    CommandSpec(name="dismiss", do=dismiss),
    CommandSpec(name="tour_next", do=partial(turn_step, way=1)),
    CommandSpec(name="tour_back", do=partial(turn_step, way=-1)),
    CommandSpec(name="tour_leave", do=tour_leave),
)
