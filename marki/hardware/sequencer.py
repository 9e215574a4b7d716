"""The sequencer: the cycle of one presentation, as a SimPy process. Its times are assumed; none is documented.

card in place, lens open ── settle ── reading ── decide ── reinforcement ── rest ── lens covered ── next card
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import simpy

from marki.config import Config, setting
from marki.hardware.association import AssociationBank
from marki.hardware.potentiometers import PotentiometerBank
from marki.hardware.reinforcement import decay_orders, motor_orders, steer
from marki.hardware.response import ResponseBank
from marki.trace import Bank, Kind


@dataclass(frozen=True, kw_only=True)
class SequencerConfig(Config):
    """Durations of the phases of a presentation."""

    settle_us: int = setting(
        1_000_000, "From the opening of the lens to the reading", unit="us", low=1, high=600_000_000
    )
    decide_us: int = setting(500_000, "From the reading to the trainer's verdict", unit="us", low=1, high=600_000_000)
    pulse_us: int = setting(
        1_000_000, "Time kept free for reinforcement; a longer one extends it", unit="us", low=0, high=600_000_000
    )
    rest_us: int = setting(
        500_000, "From the end of the reinforcement to the covering of the lens", unit="us", low=1, high=600_000_000
    )
    card_us: int = setting(9_000_000, "For changing the card, lens covered", unit="us", low=1, high=600_000_000)


class Rack(Protocol):
    """What the sequencer needs of the machine: its clock, settings and cabinets, the lens, and the log."""

    env: simpy.Environment
    config: Any
    units: int
    association: AssociationBank
    potentiometers: PotentiometerBank
    response: ResponseBank

    def light(self, frame: np.ndarray | None) -> None:
        """Open the lens on a frame, or cover it."""
        ...

    def note(self, active: np.ndarray) -> None:
        """Keep the A-units that took part in the reading."""
        ...

    def mark(self, bank: Bank, unit: int, kind: Kind) -> None:
        """Log an event at this moment."""
        ...


def presentation(machine: Rack, frame: np.ndarray, target: np.ndarray | None, learn: bool) -> Generator[simpy.Event]:
    """Run one presentation on the machine's clock.

    Parameters
    ----------
    frame : (20, 20) float32
        Light on the retina.
    target : (units,) bool or None
        The response wanted of the R-units in use.
    learn : bool
        Whether the reinforcement control is switched on.
    """
    env, times = machine.env, machine.config.sequencer
    a, store, r = machine.association, machine.potentiometers, machine.response

    machine.mark(Bank.SEQUENCER, 0, Kind.EXPOSE)
    machine.light(frame)
    yield env.timeout(times.settle_us)

    machine.mark(Bank.SEQUENCER, 0, Kind.READ)
    t = int(env.now)
    a.relays.fold(t)
    active = a.relays.contact
    r.read(t, active, store.reading(store.wiper_at(t)))
    machine.note(active)
    yield env.timeout(times.decide_us)

    t = int(env.now)
    a.relays.fold(t)
    sign = steer(machine.config.reinforcement, r.r[: machine.units], target)
    free = times.pulse_us
    if learn and sign.any():
        for unit in np.flatnonzero(sign):
            machine.mark(Bank.TRAINER, int(unit), Kind.ON if sign[unit] > 0 else Kind.OFF)
        machine.mark(Bank.SEQUENCER, 0, Kind.REINFORCE)
        orders = motor_orders(machine.config.reinforcement, sign, active, r.source_set)
        free = max(free, store.drive(t, *orders))
    yield env.timeout(free)

    if learn and machine.config.reinforcement.decay:
        t = int(env.now)
        store.settle(t)
        machine.mark(Bank.SEQUENCER, 0, Kind.DECAY)
        orders = decay_orders(machine.config.reinforcement, store.wiper, store.nominal_speed)
        yield env.timeout(max(1, store.drive(t, *orders)))
    yield env.timeout(times.rest_us)

    store.settle(int(env.now))
    machine.mark(Bank.SEQUENCER, 0, Kind.COVER)
    machine.light(None)
    yield env.timeout(times.card_us)
    machine.mark(Bank.SEQUENCER, 0, Kind.NEXT)
