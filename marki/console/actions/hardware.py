"""Hands on the machine: switches, potentiometers, wires, and breaking things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marki.console.actions.settings import set as set_
from marki.console.state.targets import Target
from marki.console.state.ui_state import Typing
from marki.errors import ConfigError
from marki.hardware.faults import A_UNITS, FaultsConfig
from marki.io.frame import SIDE
from marki.seeding import generator

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator

NOTCH_DEG = 1.0


def toggle(op: Operator, number: int) -> None:
    """Throw a toggle of the test panel to its next position: camera, on, off."""
    row = op.session.learner.sensory.forced.copy()
    row[number] = {0: 1, 1: -1, -1: 0}[int(row[number])]
    op.press("toggle", row.tolist())


def set_toggle(op: Operator, value: tuple[int, int]) -> None:
    """Throw a toggle to a position."""
    number, to = value
    row = op.session.learner.sensory.forced.copy()
    if row[number] != to:
        row[number] = to
        op.press("toggle", row.tolist())


def force(op: Operator, number: int) -> None:
    """Throw a forcing switch of an R-unit to its next position."""
    row = op.session.learner.response.forced.copy()
    row[number] = {0: 1, 1: -1, -1: 0}[int(row[number])]
    op.press("force", row.tolist())


def turn(op: Operator, value: tuple[list[int], list[float]]) -> None:
    """Turn potentiometers by hand to angles."""
    units, degrees = value
    op.ui.turning = None
    op.press("turn", {"units": [int(u) for u in units], "deg": [round(float(d), 3) for d in degrees]})


def notch(op: Operator, value: tuple[int, float]) -> None:
    """Turn one potentiometer by so many notches."""
    unit, notches = value
    at = float(op.session.learner.view().values[unit])
    turn(op, ([unit], [at + notches * NOTCH_DEG]))


def typed_turn(op: Operator, value: tuple[int, str]) -> None:
    """Turn a potentiometer to an angle that was typed."""
    try:
        angle = float(value[1].replace(",", "."))
    except ValueError:
        raise ConfigError(f"expected a number, got {value[1]!r}", where="potentiometer") from None
    turn(op, ([value[0]], [angle]))


def type_turn(op: Operator, unit: int) -> None:
    """Ask for the angle of a potentiometer to be typed."""
    op.ui.typing = Typing(act="typed_turn", value=unit)


def gang(op: Operator, value: tuple[int, int]) -> None:
    """Turn all potentiometers that took part in the last reading and feed one R-unit by a notch."""
    unit, way = value
    learner = op.session.learner
    who = np.flatnonzero(learner.active & (learner.response.source_set == unit))
    if who.size:
        turn(op, (who.tolist(), (learner.view().values[who] + way * NOTCH_DEG).tolist()))


def patch(op: Operator, value: tuple[int, int, str]) -> None:
    """Plug (+, -) or cut (=) a wire between an A-unit and an S-unit, both from 0."""
    unit, cell, sign = value
    ends = f"A{unit + 1}", f"{cell + 1}"
    kept = [p for p in op.session.learner.config.plugboard.patches if not _same_wire(p, *ends)]
    board = op.session.learner.wiring
    if sign == "=" and not board[unit, cell]:
        return
    if op.press("set", {"machine.plugboard.patches": [*kept, f"{ends[0]}{sign}{ends[1]}"]}):
        op.tell(f"message.wire_{'cut' if sign == '=' else 'plugged'}", a=unit + 1, s=cell + 1)


def type_patch(op: Operator, unit: int) -> None:
    """Ask for a wire to be typed."""
    op.ui.typing = Typing(act="typed_patch", value=unit)


def typed_patch(op: Operator, value: tuple[int, str]) -> None:
    """Plug a typed wire: +12 or -12 for an A-unit."""
    unit, text = value
    sign, number = text[:1], text[1:]
    if sign not in ("+", "-", "=") or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 400:
        raise ConfigError(f"{text!r} is no wire", where=f"A{unit + 1}", remedy="Write +12, -12 or =12")
    patch(op, (unit, int(number) - 1, sign))


def take_pliers(op: Operator) -> None:
    """Let clicks break units and mend them, or let them look again."""
    ui = op.ui
    ui.tool = "look" if ui.tool == "break" else "break"
    op.tell(f"message.tool_{ui.tool}")


def break_unit(op: Operator, part: Target) -> None:
    """Break a unit, or mend it."""
    name = {"s": "dead_cells", "a": "cut_wires", "value": "stuck_motors"}.get(part.kind)
    if name is None:
        return
    broken = getattr(op.session.learner.config.faults, name)
    number = part.number + 1
    now = [n for n in broken if n != number] if number in broken else [*broken, number]
    if op.press("set", {f"machine.faults.{name}": now}):
        key = "mended" if number in broken else "broken"
        op.tell(f"message.{key}_{part.kind}", number=number)


def break_some(op: Operator, value: tuple[str, int]) -> None:
    """Break so many sound units of a kind at random, the same ones for the same seed and moment."""
    name, count = value
    broken = frozenset(getattr(op.session.learner.config.faults, name))
    most = SIDE * SIDE if name == "dead_cells" else A_UNITS
    sound = [n for n in range(1, most + 1) if n not in broken]
    chosen = generator(op.session.seed, f"console.break.{name}", len(broken)).permutation(sound)[:count]
    set_(op, {f"machine.faults.{name}": sorted(broken | {int(n) for n in chosen})})


def mend(op: Operator, _: Any = None) -> None:
    """Mend everything."""
    set_(op, {f"machine.faults.{n}": [] for n in FaultsConfig().to_mapping()})


def _same_wire(patch: str, a: str, s: str) -> bool:
    """Return whether a patch is about the wire between two units."""
    return any(patch == f"{a}{sign}{s}" for sign in "+-=")
