"""The annex itself: which systems stand where, what they are shown, and what came of it; it only reads the session."""

from __future__ import annotations

import threading
import time

import numpy as np

from marki.console.state.snapshot import Snapshot
from marki.console.state.timeline_view import MARK1, SystemView, TimelineView
from marki.console.state.ui_state import UIState
from marki.console.timeline import mark1
from marki.console.timeline.slot import Slot
from marki.errors import MarkIError, SessionError
from marki.io.exhibits import Exhibit, Reply, Timeline
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.session import Session

PATIENCE_S, NAP_S = 20.0, 0.01


class TimelineController:
    """The timeline in the window.

    Parameters
    ----------
    timeline : Timeline
        Asked for its exhibits when they are first needed, aside, so that no frame waits for them.
    desk : UIState
        Says what is wanted: the system chosen, the one beside it, the hall, the example.
    """

    def __init__(self, timeline: Timeline, desk: UIState):
        self.timeline, self.desk = timeline, desk
        self.stands = {name: Slot(timeline) for name in ("first", "second", "hall")}
        self._told: tuple[Exhibit, ...] = ()
        self._thread: threading.Thread | None = None
        self._failed = ""
        self._frame = np.zeros((SIDE, SIDE), np.float32)
        self._wanted = ""
        self._mark1: tuple[tuple, Reply | None] = ((), None)
        self._exhibit: tuple[tuple, Exhibit | None] = ((), None)
        self._all: tuple[tuple, tuple[Exhibit, ...]] = ((), ())
        self._number = 0

    # -- the exhibits --------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the exhibits are known."""
        return bool(self._told)

    def wake(self, *, wait: bool = False) -> None:
        """Ask the timeline for its exhibits, aside unless somebody waits for them.

        Raises
        ------
        MarkIError
            If it has none to tell, and somebody waited.
        """
        if self._told or self._failed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._ask, daemon=True)
            self._thread.start()
        if wait:
            self._thread.join()
            if self._failed:
                raise SessionError(self._failed, where="timeline")

    def _ask(self) -> None:
        try:
            self._told = tuple(sorted(self.timeline.exhibits(), key=lambda e: e.year))
        except MarkIError as error:
            self._failed = str(error)

    def exhibits(self, session: Session) -> tuple[Exhibit, ...]:
        """Return all systems in order of time, the Mark I among them."""
        own = self._own(session)
        key = (own, self._told)
        if key != self._all[0]:
            earlier = [e for e in self._told if e.year <= own.year]
            self._all = (key, (*earlier, own, *self._told[len(earlier) :]))
        return self._all[1]

    def _own(self, session: Session) -> Exhibit:
        key = (id(session), len(session.world.classes), session.course, session.learner.wiring.tobytes())
        if key != self._exhibit[0]:
            self._exhibit = (key, mark1.exhibit(session))
        return self._exhibit[1]

    # -- once a frame --------------------------------------------------------------------------------------------------

    def poll(self) -> list[str]:
        """Take what the racks have answered; return troubles, in one sentence each."""
        troubles = []
        for stand in self.stands.values():
            stand.poll()
            troubles += stand.troubles
            stand.troubles.clear()
        if self._failed and self._thread is not None:
            troubles.append(self._failed)
            self._thread = None
        return troubles

    def sight(self, session: Session, look: Snapshot) -> TimelineView:
        """Return what there is to see, of what stands in the window at this look."""
        self._see(session, look)
        exhibits = self.exhibits(session)
        desk = self.desk
        known = {e.name for e in exhibits}
        second = None
        if desk.beside and desk.beside in known:
            second = self._standing(session, exhibits, desk.beside, "second")
        return TimelineView(
            exhibits=exhibits,
            ready=self.ready,
            first=self._standing(session, exhibits, desk.system if desk.system in known else MARK1, "first"),
            second=second,
            hall=dict(self._hall(session)) if desk.hall else {},
            frame=self._frame,
            wanted=self._wanted,
        )

    def _see(self, session: Session, look: Snapshot) -> None:
        """Keep what the photocells see; while the lens is covered, what they saw last."""
        desk, shown = self.desk, look.presentation
        if desk.draft is not None:
            self._frame, self._wanted = (desk.draft / 255).astype(np.float32), ""
        elif shown is not None and (look.open or not self._frame.any()):
            light = look.view.light if look.open else shown.frame
            if not np.array_equal(self._frame, light.astype(np.float32)):
                self._frame = light.astype(np.float32)
            classes = session.world.classes
            self._wanted = classes[shown.kind] if 0 <= shown.kind < len(classes) else ""

    def _standing(self, session: Session, exhibits: tuple[Exhibit, ...], name: str, where: str) -> SystemView:
        exhibit = next(e for e in exhibits if e.name == name)
        if name == MARK1:
            desk, known = self.desk, session.known["wrong"][: session.trial]
            reply = self._own_reply(session) if desk.hall or desk.beside else None
            return SystemView(
                exhibit=exhibit, reply=reply, progress=None, learning=False, serial=self._number, age=0,
                learned=session.trial, seconds=session.now / 1e6, right=int((~known).sum()), judged=len(known),
            )  # fmt: skip
        stand = self.stands[where]
        up = stand.name == name
        progress = stand.progress if up else None
        return SystemView(
            exhibit=exhibit,
            reply=stand.reply if up else None,
            progress=progress,
            learning=up and stand.learning,
            serial=stand.serial,
            age=stand.age,
            learned=progress.shown if progress else None,
            seconds=progress.seconds if progress else None,
            right=stand.right if up else 0,
            judged=stand.judged if up else 0,
        )

    def _own_reply(self, session: Session) -> Reply:
        key = (self._frame.tobytes(), session.now, session.digest, id(session))
        if key != self._mark1[0]:
            self._number += 1
            self._mark1 = (key, mark1.reply(session, self._frame, self._number, self._wanted))
        return self._mark1[1]

    def _hall(self, session: Session) -> dict[str, Reply]:
        return {MARK1: self._own_reply(session), **self.stands["hall"].hall}

    def follow(self, session: Session, sight: TimelineView) -> None:
        """Put up what is chosen, and ask about what is seen."""
        desk = self.desk
        if desk.strip or desk.hall or desk.system != MARK1 or desk.beside:
            self.wake()
        if not self.ready:
            return
        if desk.hall:
            task = "digits" if all(c.isdigit() for c in session.world.classes) else "letters"
            self.stands["hall"].ask_hall(self._frame, sight.wanted, task)
        for where, standing in (("first", sight.first), ("second", sight.second)):
            if standing is not None and standing.exhibit.name != MARK1:
                self._ask_one(self.stands[where], standing, sight)

    def _ask_one(self, stand: Slot, standing: SystemView, sight: TimelineView) -> None:
        exhibit, desk = standing.exhibit, self.desk
        stand.put_up(exhibit.name)
        if exhibit.accepts == Port.TEXT and desk.typed:
            stand.show(np.array(desk.typed))
        elif desk.example >= 0 or exhibit.accepts != Port.FRAME:
            stand.example(max(0, desk.example))
        elif self._frame.any():
            # A system of digits is not judged by a letter.
            known = sight.wanted.lower() in {c.lower() for c in exhibit.classes}
            stand.show(self._frame, sight.wanted if known else "")

    # -- the end -------------------------------------------------------------------------------------------------------

    def settle(self, expected: int) -> None:
        """Wait until what was asked is answered, or for some seconds; for pictures without a screen.

        Parameters
        ----------
        expected : int
            Answers that the hall owes.
        """
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.poll()
            hall = self.stands["hall"]
            owing = any(s.waiting for n, s in self.stands.items() if n != "hall")
            if not owing and (not self.desk.hall or hall.complete(expected)):
                return
            time.sleep(NAP_S)

    def close(self) -> None:
        """End all processes."""
        for stand in self.stands.values():
            stand.close()
