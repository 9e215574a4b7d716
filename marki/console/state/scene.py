"""The scene: all that the panels may show, taken from the session once a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marki.console.state.lamp_glow import Brightness, LampGlow
from marki.console.state.playback import Playback
from marki.console.state.snapshot import Snapshot
from marki.console.state.timeline_view import TimelineView
from marki.console.state.ui_state import UIState
from marki.console.timeline.controller import TimelineController
from marki.io.worlds import DeckWorld
from marki.machine import MachineConfig
from marki.session import Session

LARGEST_DECK = 200  # a pass through a larger one takes too long to wait for: it is shown like a drawn world
STEADY_FRAMES = 20  # the speed got is shown anew only so often, to be legible


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
    got : float
        Speed reached, simulated seconds a second.
    wall_s : float
        Seconds for which time has run in this window.
    beat : int
        Frames drawn so far, for what moves in the picture.
    ui : UIState
        What the operator looks at and holds.
    timeline : TimelineView or None
        What there is to see of the timeline, if the window was lent one.
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
    got: float
    state: str
    learning: bool
    fast: bool
    beat: int
    ui: UIState
    timeline: TimelineView | None


class Observer:
    """Takes scenes of a session; it only reads.

    Parameters
    ----------
    session : Session
    playback : Playback
    ui : UIState
    timeline : TimelineController, optional
    """

    def __init__(self, session: Session, playback: Playback, ui: UIState, timeline: TimelineController | None = None):
        self.session, self.playback, self.ui, self.timeline = session, playback, ui, timeline
        self.glow = LampGlow(session)
        self._errors: tuple = ((), None, None, None)
        self._got, self._got_left = 0.0, 0
        self._beat = 0

    def scene(self) -> Scene:
        """Return everything that the panels show."""
        session, playback = self.session, self.playback
        learner, world, held = session.learner, session.world, playback.held
        snapshot = playback.snapshot()
        view = learner.view() if playback.fast else snapshot.view
        brightness = self.glow.since_last(view)
        errors, coming, mistakes = self._wrong()
        self._beat += 1
        return Scene(
            snapshot=snapshot,
            held=held if held is not None and held.trial == snapshot.trial else None,
            brightness=brightness,
            values=view.values,
            turning=np.where(brightness.turned != 0, brightness.turned, view.turning),
            fast=playback.fast,
            source_set=learner.response.source_set,
            wiring=learner.wiring,
            forced=learner.sensory.forced,
            r_forced=learner.response.forced,
            config=learner.config,
            units=learner.units,
            dead_zone=learner.response.dead_zone / 1e6,
            code=world.code,
            classes=world.classes,
            deck=isinstance(world, DeckWorld) and world.size <= LARGEST_DECK,
            pass_size=world.size,
            errors=errors,
            coming=coming,
            before=self.ui.before,
            mistakes=mistakes,
            trial=session.trial,
            reached=session.reached,
            now_us=session.now,
            wall_s=playback.shown_time,
            seed=session.seed,
            digest=session.digest,
            asked=playback.speed,
            got=self._speed_got(),
            state="searching" if playback.searching else "running" if playback.running else "stopped",
            learning=session.learn,
            beat=self._beat,
            ui=self.ui,
            timeline=None if self.timeline is None else self.timeline.view(session, snapshot),
        )

    def _wrong(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return errors of the present course, those to come, and all known mistakes; made anew when a trial ends."""
        session = self.session
        key = (session.trial, session.reached, session.course, session.digest)
        if key != self._errors[0]:
            known = session.known
            mine = (known["course"] == session.course) & (known["item"] >= 0)
            wrong = known["wrong"]
            past = np.arange(len(known)) < session.trial
            self._errors = (key, wrong[mine & past], wrong[mine & ~past], np.flatnonzero(wrong))
        return self._errors[1:]

    def _speed_got(self) -> float:
        """Return the speed reached, steady enough to be read."""
        self._got_left -= 1
        if self._got_left <= 0 or not self._got:
            self._got, self._got_left = self.playback.got, STEADY_FRAMES
        return self._got
