"""Damage by name: wires cut, photocells broken, relays and motors stuck, added to what is damaged already.

Units are counted from 1, as on the machine's labels. Each is a command ``set`` of the session, so it is logged, saved
and replayed as such. ::

    cut(session, 12)                 # all wires of A12
    cut(session, 12, 3, 4)           # those from S3 and S4
    break_cells(session, 17, 18)
    stick(session, on=[5], motors=[7])
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from marki.machine import MachineConfig


class HasConfig(Protocol):
    """A learner with the settings of the machine."""

    config: MachineConfig


class TakesCommands(Protocol):
    """A session, of the machine or the twin."""

    @property
    def learner(self) -> HasConfig:
        """Who is in it."""
        ...

    def command(self, name: str, value: Any) -> None:
        """Carry out a command of the operator."""
        ...


def cut(session: TakesCommands, a_unit: int, *s_units: int) -> None:
    """Cut the wires of an A-unit that come from some S-units, or all of them.

    Raises
    ------
    ConfigError, WiringError
        For a unit that there is not.
    """
    if not s_units:
        _add(session, cut_wires=[a_unit])
        return
    patches = [*session.learner.config.plugboard.patches, *(f"A{a_unit}={s_unit}" for s_unit in s_units)]
    session.command("set", {"machine.plugboard.patches": patches})


def break_cells(session: TakesCommands, *cells: int) -> None:
    """Break photocells: they see nothing any more.

    Raises
    ------
    ConfigError
        For a cell that there is not.
    """
    _add(session, dead_cells=cells)


def stick(
    session: TakesCommands, *, on: Iterable[int] = (), off: Iterable[int] = (), motors: Iterable[int] = ()
) -> None:
    """Let relays of A-units stick on or off, and motors stand still.

    Raises
    ------
    ConfigError
        For a unit that there is not, or that is stuck both on and off.
    """
    _add(session, stuck_on=on, stuck_off=off, stuck_motors=motors)


def _add(session: TakesCommands, **units: Iterable[int]) -> None:
    faults = session.learner.config.faults
    wanted = {name: [*getattr(faults, name), *more] for name, more in units.items()}
    changes = {f"machine.faults.{name}": list(dict.fromkeys(new)) for name, new in wanted.items() if new}
    if changes:
        session.command("set", changes)
