"""Room view: what there is to see of the machine room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marki.io.machine_room import StepChart, StepPlan, TrainingPlate


@dataclass(frozen=True, kw_only=True, eq=False)
class RoomView:
    """The machine room.

    Attributes
    ----------
    plan : StepPlan
        What is asked for.
    chart : StepChart or None
        The last step that was simulated; of another plan while that one is being simulated.
    plates : sequence of TrainingPlate
    trouble : str
        Why the plan cannot be carried out, "" if it can.
    """

    plan: StepPlan
    chart: StepChart | None
    plates: Sequence[TrainingPlate]
    trouble: str

    @property
    def plate(self) -> TrainingPlate | None:
        """The plate of the training that is chosen; None for even stages."""
        return next((plate for plate in self.plates if plate.name == self.plan.training), None)
