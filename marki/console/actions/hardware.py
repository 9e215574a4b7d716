"""Hands on the machine: switches, potentiometers, wires, breaking things, and being the motor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marki.console.actions.operator import Operator
from marki.console.actions.session_commands import turn
from marki.console.actions.settings import change
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.ui_state import Typing
from marki.errors import ConfigError
from marki.hardware.faults import A_UNITS, FaultsConfig
from marki.io.frame import CELLS
from marki.io.responses import R_UNITS
from marki.seeding import generator

NOTCH_DEG = 1.0


NEXT = {0: 1, 1: -1, -1: 0}  # position of a switch after another: free, on, off
FAULTS = {"s": "dead_cells", "a": "cut_wires", "value": "stuck_motors"}  # what a click breaks of each kind of unit


def throw_toggle(op: Operator, number: int, to: int | None = None) -> None:
    """Throw a toggle of the test panel to a position, or to its next one: camera, on, off."""
    row = op.session.learner.sensory.forced.copy()
    now = int(row[number])
    row[number] = NEXT[now] if to is None else to
    if row[number] != now:
        op.log("toggle", positions=row.tolist())


def throw_force(op: Operator, number: int) -> None:
    """Throw a forcing switch of an R-unit to its next position."""
    row = op.session.learner.response.forced.copy()
    row[number] = NEXT[int(row[number])]
    op.log("force", positions=row.tolist())


def _turn(op: Operator, units: Sequence[int], degrees: Sequence[float]) -> None:
    turn(op, list(units), [round(d, 3) for d in degrees])


def notch(op: Operator, unit: int, way: float) -> None:
    """Turn one potentiometer by so many notches."""
    at = float(op.session.learner.view().values[unit])
    _turn(op, [unit], [at + way * NOTCH_DEG])


def typed_turn(op: Operator, unit: int, text: str) -> None:
    """Turn a potentiometer to an angle that was typed."""
    try:
        angle = float(text.replace(",", "."))
    except ValueError:
        raise ConfigError(
            f"expected a number, got {text!r}",
            where="potentiometer",
            remedy="Type an angle in degrees",
            code="expected.angle",
            value=repr(text),
        ) from None
    _turn(op, [unit], [angle])


def type_turn(op: Operator, unit: int) -> None:
    """Ask for the angle of a potentiometer to be typed."""
    op.ui.typing = Typing("typed_turn", {"unit": unit})


def gang(op: Operator, unit: int, way: int) -> None:
    """Turn all potentiometers that took part in the last reading and feed one R-unit by a notch."""
    learner = op.session.learner
    who = np.flatnonzero(learner.active & (learner.response.source_set == unit))
    if who.size:
        _turn(op, who.tolist(), (learner.view().values[who] + way * NOTCH_DEG).tolist())


def patch(op: Operator, unit: int, cell: int, sign: str) -> None:
    """Plug (+, -) or cut (=) a wire between an A-unit and an S-unit, both from 0."""
    ends = f"A{unit + 1}", f"{cell + 1}"
    kept = [p for p in op.session.learner.config.plugboard.patches if not _same_wire(p, *ends)]
    board = op.session.learner.wiring
    if sign == "=" and not board[unit, cell]:
        return
    if op.log("set", changes={"machine.plugboard.patches": [*kept, f"{ends[0]}{sign}{ends[1]}"]}):
        op.tell(f"message.wire_{'cut' if sign == '=' else 'plugged'}", a=unit + 1, s=cell + 1)


def type_patch(op: Operator, unit: int) -> None:
    """Ask for a wire to be typed."""
    op.ui.typing = Typing("typed_patch", {"unit": unit})


def typed_patch(op: Operator, unit: int, text: str) -> None:
    """Plug a typed wire, +12 or -12, of an A-unit; =12 cuts one."""
    sign, number = text[:1], text[1:]
    if sign not in ("+", "-", "=") or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= CELLS:
        raise ConfigError(
            f"{text!r} is no wire",
            where=f"A{unit + 1}",
            remedy="Write +12, -12 or =12",
            code="wiring.wire",
            text=repr(text),
        )
    patch(op, unit, int(number) - 1, sign)


def take_pliers(op: Operator) -> None:
    """Let clicks break units and mend them, or let them look again."""
    ui = op.ui
    ui.tool = "look" if ui.tool == "break" else "break"
    op.tell(f"message.tool_{ui.tool}")


def break_unit(op: Operator, kind: str, number: int) -> None:
    """Break a unit, or mend it."""
    name, one = FAULTS[kind], number + 1
    broken = _broken(op)[name]
    now = [n for n in broken if n != one] if one in broken else [*broken, one]
    if op.log("set", changes={f"machine.faults.{name}": now}):
        op.tell(f"message.{'mended' if one in broken else 'broken'}_{kind}", number=one)


def break_some(op: Operator, name: str, count: int) -> None:
    """Break so many sound units of a kind at random, the same ones for the same seed and moment."""
    broken = frozenset(_broken(op)[name])
    most = CELLS if name == "dead_cells" else A_UNITS
    sound = [n for n in range(1, most + 1) if n not in broken]
    chosen = generator(op.session.seed, f"console.break.{name}", len(broken)).permutation(sound)[:count]
    change(op, {f"machine.faults.{name}": sorted(broken | {int(n) for n in chosen})})


def _broken(op: Operator) -> dict[str, list[int]]:
    """Return the numbers, from 1, of the units that have each kind of fault."""
    return op.session.learner.config.faults.to_mapping()


def mend(op: Operator) -> None:
    """Mend everything."""
    change(op, {f"machine.faults.{name}": [] for name in _broken(op)})


def hand(op: Operator) -> None:
    """Be the motor: the trainer's motors rest, and the operator turns the potentiometers; or stop being it."""
    ui = op.ui
    if not op.log("set", changes={"machine.reinforcement.control": "error" if ui.hand else "none"}):
        return
    ui.hand = not ui.hand
    op.playback.halt = "trial" if ui.hand else ""
    op.begin_match()
    op.turn_to("hand" if ui.hand else "")
    op.tell("message.hand_on" if ui.hand else "message.hand_off")


def _same_wire(patch: str, a: str, s: str) -> bool:
    """Return whether a patch is about the wire between two units."""
    return any(patch == f"{a}{sign}{s}" for sign in "+-=")


TOGGLE, LAMP = Argument("number", int, low=0, high=CELLS - 1), Argument("number", int, low=0, high=R_UNITS - 1)
A_UNIT, S_UNIT = Argument("unit", int, low=0, high=A_UNITS - 1), Argument("cell", int, low=0, high=CELLS - 1)
TEXT = Argument("text", str)
COMMANDS = (
    CommandSpec(name="break", do=take_pliers, keys=("b",), group="hands", place=4),
    CommandSpec(name="hand", do=hand, keys=("h",), group="hands", place=5),
    CommandSpec(
        name="throw_toggle", do=throw_toggle, arguments=(TOGGLE, Argument("to", int, optional=True, low=-1, high=1))
    ),
    CommandSpec(name="throw_force", do=throw_force, arguments=(LAMP,)),
    CommandSpec(name="notch", do=notch, arguments=(A_UNIT, Argument("way", float, low=-1e6, high=1e6))),
    CommandSpec(name="type_turn", do=type_turn, arguments=(A_UNIT,)),
    CommandSpec(name="typed_turn", do=typed_turn, arguments=(A_UNIT, TEXT)),
    CommandSpec(
        name="gang",
        do=gang,
        arguments=(Argument("unit", int, low=0, high=R_UNITS - 1), Argument("way", int, low=-1, high=1)),
    ),
    CommandSpec(name="patch", do=patch, arguments=(A_UNIT, S_UNIT, Argument("sign", str, choices=("+", "-", "=")))),
    CommandSpec(name="type_patch", do=type_patch, arguments=(A_UNIT,)),
    CommandSpec(name="typed_patch", do=typed_patch, arguments=(A_UNIT, TEXT)),
    CommandSpec(
        name="break_unit",
        do=break_unit,
        arguments=(Argument("kind", str, choices=tuple(FAULTS)), Argument("number", int, low=0, high=A_UNITS - 1)),
    ),
    CommandSpec(
        name="break_some",
        do=break_some,
        arguments=(Argument("name", str, choices=tuple(FaultsConfig().to_mapping())), Argument("count", int, low=1)),
    ),
    CommandSpec(name="mend", do=mend),
)
