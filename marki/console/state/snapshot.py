"""Snapshots: what is seen of a session at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from marki.io.worlds import Presentation
from marki.machine import MachineView
from marki.session import Session


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """The machine at one moment, with what it is being shown.

    Attributes
    ----------
    trial : int
        Number of the trial, from 1; 0 before the first.
    phase : str
        ``idle``, ``look``, ``read``, ``teach`` or ``change``.
    answered : bool
        Whether the response to this stimulus has been read and judged.
    """

    view: MachineView
    presentation: Presentation | None
    trial: int
    phase: str
    answered: bool

    @property
    def open(self) -> bool:
        """Whether the lens is open."""
        return self.phase in ("look", "read", "teach")


def take_snapshot(session: Session) -> Snapshot:
    """Return the present moment; looking changes nothing."""
    view, shown, learner = session.learner.view(), session.presentation, session.learner
    if shown is None:
        return Snapshot(view=view, presentation=None, trial=session.trial, phase="idle", answered=False)
    if learner.idle:
        return Snapshot(view=view, presentation=shown, trial=session.trial, phase="change", answered=True)
    times, elapsed = learner.config.sequencer, session.now - session.began_us
    judged = times.settle_us + times.decide_us
    if elapsed < times.settle_us:
        phase = "look"
    elif elapsed < judged:
        phase = "read"
    else:
        phase = "teach" if elapsed < judged + times.pulse_us + times.rest_us or view.light.any() else "change"
    return Snapshot(view=view, presentation=shown, trial=session.trial + 1, phase=phase, answered=elapsed >= judged)
