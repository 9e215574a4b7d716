"""The scene: all that the panels may show, taken from the session once a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from marki.console.state.commands import CommandSpec
from marki.console.state.lamp_glow import Brightness
from marki.console.state.room_view import RoomView
from marki.console.state.snapshot import Snapshot
from marki.console.state.timeline_view import TimelineView
from marki.console.state.ui_state import UIState
from marki.io.scaling_record import ScalingRecord
from marki.machine import MachineConfig
from marki.provenance import ProvenanceRow


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """All that the panels may show, taken once a frame.

    Attributes
    ----------
    snapshot : Snapshot
        The moment that the lamps show.
    held : Snapshot or None
        The last look at a lit retina in the same trial, for lamps that have gone out since.
    brightness : Brightness
        For which share of the frame each lamp was on and each motor turned.
    values, turning : (512,)
        Wiper angles (deg) at this very moment, and the motors that turn or turned during the frame: -1, 0, 1.
    wiring : (512, 400) int8
    forced, r_forced : (400,), (8,) int8
        Toggles and forcing switches: 0 free, 1 on, -1 off.
    fast : bool
        Whether a frame spans so much time that `snapshot` is a chosen moment, not this one.
    errors : (trials,) bool
        Whether each trial of the present course went wrong.
    coming : (trials,) bool
        The same for the known future, in the past.
    before : (trials,) bool or None
        The same for the run before this one.
    mistakes : (n,) int
        Numbers, from 0, of the known trials that went wrong.
    code : (classes, units) bool
    classes : sequence of str
        Of the world from which the shown card is.
    rising : bool
        Whether the speed rises by itself.
    got : float
        Speed reached, simulated seconds a second.
    wall_s : float
        Seconds for which time has run in this window.
    beat : int
        Frames drawn so far, for what moves in the picture.
    ui : UIState
        What the operator looks at and holds.
    draft_answer : str or None
        What the machine as it stands would answer to the card that is drawn, "" for no class; None where there is no
        such card, or where the answer is not to be seen yet.
    timeline : TimelineView or None
        What there is to see of the timeline, if the window was lent one.
    room : RoomView or None
        What there is to see of the machine room, while it is looked at.
    law, law_looked : ScalingRecord or None, bool
        The runs at equal computing that have ended, while they are looked at, and whether it is known what there is.
    commands : tuple of CommandSpec
        The commands of the key map and the bar, group by group.
    covered : bool
        Whether the answer to what is seen is to be predicted first: it has been taken out of all of the above.
    sources : mapping of str to ProvenanceRow
        Where settings of this machine come from, as somebody's machine file says.
    """

    snapshot: Snapshot
    held: Snapshot | None
    brightness: Brightness
    values: np.ndarray
    turning: np.ndarray
    source_set: np.ndarray
    wiring: np.ndarray
    forced: np.ndarray
    r_forced: np.ndarray
    config: MachineConfig
    units: int
    dead_zone: float
    code: np.ndarray
    classes: Sequence[str]
    deck: bool
    pass_size: int
    errors: np.ndarray
    coming: np.ndarray
    before: np.ndarray | None
    mistakes: np.ndarray
    trial: int
    reached: int
    now_us: int
    wall_s: float
    seed: int
    digest: str
    asked: float
    rising: bool
    got: float
    state: str
    learning: bool
    fast: bool
    beat: int
    ui: UIState
    draft_answer: str | None
    timeline: TimelineView | None
    commands: tuple[CommandSpec, ...]
    covered: bool = False
    room: RoomView | None = None
    law: ScalingRecord | None = None
    law_looked: bool = False
    sources: Mapping[str, ProvenanceRow] = field(default_factory=dict[str, ProvenanceRow])

    @property
    def last(self) -> Snapshot | None:
        """The last reading, which is still shown dimly while the lens is covered; None while it is open."""
        return None if self.snapshot.open or self.fast else self.held

    def holds(self, unit: int) -> bool:
        """Return whether the sum of an R-unit, from 0, is too small to move its relay, which then stays as it was."""
        response, look = self.config.response, self.snapshot
        if (
            not self.dead_zone
            or look.presentation is None
            or (response.readout, response.statistic) != ("threshold", "sum")
        ):
            return False
        return bool(abs(look.view.u_r[unit]) <= self.dead_zone)
