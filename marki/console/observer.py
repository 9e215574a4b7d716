"""The observer: takes, once a frame, all that the panels may show."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from marki.console.actions import command_table
from marki.console.state.covered import is_covered, without_answer
from marki.console.state.lamp_glow import LampGlow
from marki.console.state.playback import Playback
from marki.console.state.room_view import RoomView
from marki.console.state.scene import Scene
from marki.console.state.ui_state import UIState
from marki.console.timeline import mark1
from marki.console.timeline.controller import TimelineController
from marki.io.scaling_record import ScalingRecord
from marki.io.worlds import DeckWorld
from marki.session import Session

LARGEST_DECK = 200  # a pass through a larger one takes too long to wait for: it is shown like a drawn world
STEADY_FRAMES = 20  # the speed got is shown anew only so often, to be legible


class Observer:
    """Takes scenes of a session; it only reads.

    Parameters
    ----------
    session : Session
    playback : Playback
    ui : UIState
    timeline : TimelineController, optional
    out : Path
        Folder of what is written.
    """

    def __init__(
        self,
        session: Session,
        playback: Playback,
        ui: UIState,
        timeline: TimelineController | None = None,
        out: Path = Path("out"),
    ):
        self.out = out
        self.session, self.playback, self.ui, self.timeline = session, playback, ui, timeline
        self.glow = LampGlow(session)
        nothing = np.zeros(0, bool)
        self._errors: tuple[tuple[int, int, int, str] | None, np.ndarray, np.ndarray, np.ndarray]
        self._errors = (None, nothing, nothing, np.zeros(0, np.intp))
        self._draft: tuple[tuple[object, ...] | None, str] = (None, "")
        self._got, self._got_left = 0.0, 0
        self._beat = 0
        self._commands = command_table.listed()

    def scene(self) -> Scene:
        """Return everything that the panels show."""
        session, playback = self.session, self.playback
        learner, world, held = session.learner, session.world, playback.held
        snapshot = playback.snapshot()
        view = learner.view() if playback.fast else snapshot.view
        brightness = self.glow.since_last(view)
        errors, coming, mistakes = self._wrong()
        self._beat += 1
        scene = Scene(
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
            sources=session.sources,
            units=learner.units,
            dead_zone=learner.response.dead_zone / 1e6,
            code=session.shown_world.code,
            classes=session.shown_world.classes,
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
            rising=playback.rising,
            got=self._speed_got(),
            state="searching" if playback.searching else "running" if playback.running else "stopped",
            learning=session.learn,
            beat=self._beat,
            ui=self.ui,
            draft_answer=self._draft_answer(),
            timeline=None if self.timeline is None else self.timeline.view(session, snapshot),
            commands=self._commands,
            room=self._room(),
            law=self._law(),
            law_looked=self.timeline is not None and self.timeline.law.looked,
        )
        return without_answer(scene) if is_covered(self.ui, snapshot) else scene

    def _room(self) -> RoomView | None:
        """Return what there is to see of the machine room, while it is looked at."""
        looked_at = self.ui.chart == "room" or self.ui.page == "room"
        return self.timeline.room.view() if self.timeline is not None and looked_at else None

    def _law(self) -> ScalingRecord | None:
        """Return the runs at equal computing that have ended, while they are looked at."""
        if self.timeline is None or self.ui.chart != "law":
            return None
        return self.timeline.law.view(self.out)

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

    def _draft_answer(self) -> str | None:
        """Return what the machine would answer to the card that is drawn; nothing where a class is to predict it."""
        ui, session = self.ui, self.session
        if ui.draft is None or not ui.draft.any() or ui.covered or ui.predicting or "response" in ui.hidden:
            return None
        key = (ui.draft.tobytes(), session.now, session.digest, session.course)
        if key != self._draft[0]:
            self._draft = (key, mark1.reply(session, ui.draft / 255, 0, "").said)
        return self._draft[1]

    def _speed_got(self) -> float:
        """Return the speed reached, steady enough to be read."""
        self._got_left -= 1
        if self._got_left <= 0 or not self._got:
            self._got, self._got_left = self.playback.got, STEADY_FRAMES
        return self._got
