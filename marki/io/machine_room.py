"""The machine room: what a window may know of the clusters on which large networks were trained.

Whoever opens the window lends it a `MachineRoom` together with the timeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from marki.language import Words

EVEN = ""
"""Name of the training whose stages are all alike and wait for no message: the one that formulas are about."""


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """A step that is to be simulated.

    Attributes
    ----------
    training : str
        One of the trainings of the room, or `EVEN`.
    ranks, tensor, replicas : int
        Stages of the pipeline, devices that share each layer, and copies of the network.
    micros : int
        Micro-batches of a step that go through each copy.
    schedule : str
        One of the room's schedules.
    parts : int
        Parts of the network that each rank has; above 1 in the schedules that interleave alone.
    """

    training: str = EVEN
    ranks: int = 4
    tensor: int = 1
    replicas: int = 1
    micros: int = 8
    schedule: str = "gpipe"
    parts: int = 1

    @property
    def devices(self) -> int:
        """Devices in all."""
        return self.ranks * self.tensor * self.replicas


class TaskSpan(NamedTuple):
    """A micro-batch's way through a rank, forward or backward, from `begin` to `end`, ns."""

    rank: int
    backward: bool
    micro: int
    part: int
    begin: int
    end: int


@dataclass(frozen=True, kw_only=True)
class StepChart:
    """A step that was simulated.

    Attributes
    ----------
    plan : StepPlan
    spans : tuple of TaskSpan
        All tasks, in order of their begin.
    passed : int
        Nanoseconds to the end of the last task.
    duration : int
        Nanoseconds with the sums of the gradients over the replicas.
    bubble : float
        Idle time as a share of the work of the busiest rank, as it was measured.
    law : float
        The same by the formula for even stages without delays, (p - 1) / (m v).
    kept : int
        Results that a rank keeps at most until their backward pass.
    sums : float
        Share of the step in which the busiest rank sums within its layers, among `tensor` devices.
    digest : str
        Of all events.
    """

    plan: StepPlan
    spans: tuple[TaskSpan, ...]
    passed: int
    duration: int
    bubble: float
    law: float
    kept: int
    sums: float
    digest: str


@dataclass(frozen=True, kw_only=True)
class TrainingPlate:
    """A training of the room.

    Attributes
    ----------
    name, network, device : str
    devices : int
    """

    name: str
    network: str
    device: str
    devices: int


@dataclass(frozen=True, kw_only=True)
class CardLine:
    """A line of the ledger card, in the language that was asked for.

    Attributes
    ----------
    text, value : str
    badge : str
        How well it is known, or whether it is as printed; "" for what was simulated or reckoned.
    source : str
        Where it is from, or what is printed and where.
    group : str
        Heading under which it stands: ``cost``, ``ledger``, ``step`` or ``figures``.
    """

    text: str
    value: str
    badge: str = ""
    source: str = ""
    group: str


@dataclass(frozen=True, kw_only=True)
class TableLine:
    """A line of the table documented versus simulated, in the language that was asked for.

    Attributes
    ----------
    part : str
        Heading under which it stands.
    statement, documented, simulated : str
    verdict : str
        One of `marki.comparison.VERDICTS`, in no language.
    source : str
        Where the documented figure is printed.
    note : str
        "" where there is nothing to add.
    """

    part: str
    statement: str
    documented: str
    simulated: str
    verdict: str
    source: str
    note: str


class MachineRoom(Protocol):
    """The machine room; what it simulates takes up to seconds, so that a window asks aside."""

    def plates(self) -> Sequence[TrainingPlate]:
        """Return the trainings of the room, in order of time."""
        ...

    def schedules(self) -> Sequence[str]:
        """Return the names of the schedules of a pipeline."""
        ...

    def documented(self, name: str) -> StepPlan:
        """Return the step of a training as it was done, or is assumed to have been."""
        ...

    def nearest(self, plan: StepPlan) -> StepPlan:
        """Return the plan, or the nearest one that can be simulated."""
        ...

    def step(self, plan: StepPlan) -> StepChart:
        """Return a step, simulated.

        Raises
        ------
        MarkIError
            If devices or micro-batches cannot be shared out so.
        """
        ...

    def card(self, name: str, words: Words) -> Sequence[CardLine]:
        """Return the ledger card of a training: time, energy, cost, and the figures behind them with their sources."""
        ...

    def table(self, words: Words) -> Sequence[TableLine]:
        """Return what is documented of the machines next to what the room finds."""
        ...
