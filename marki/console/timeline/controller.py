"""The controller of the timeline: what is mounted where, what it is shown, what it answered. Only reads the session."""

from __future__ import annotations

import threading
import time

import numpy as np

from marki import shipped_wipers
from marki.console.state.snapshot import Snapshot
from marki.console.state.studio import order_of
from marki.console.state.timeline_view import SystemView, TimelineView, task_of, tried
from marki.console.state.ui_state import UIState
from marki.console.timeline import mark1
from marki.console.timeline.law_controller import LawController
from marki.console.timeline.program_aid import ProgramAid
from marki.console.timeline.room_controller import RoomController
from marki.console.timeline.slot import SystemSlot
from marki.errors import MarkIError, SessionError
from marki.io.asked import asked
from marki.io.exhibits import MARK1, Exhibit, Reply, Timeline
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.io.rooms import READS, TASK, Asks
from marki.io.rooms import room as room_of
from marki.io.text import language_of
from marki.session import Session

PATIENCE_S, NAP_S = 20.0, 0.01
GRACE_S = 2.0
"""Time for which more answers are waited for after something was refused, which may be the end of a process, s."""
WHOLE_PATIENCE_S = 60.0
"""Time that a window may wait for answers in all, s."""


class TimelineController:
    """The timeline in the window.

    Parameters
    ----------
    timeline : Timeline
        Asked for its exhibits when they are first needed, aside, so that no frame waits for them.
    ui : UIState
        Says what is wanted: the system chosen, the one beside it, the hall, the example.
    language : str
        In which the window speaks at first.
    """

    def __init__(self, timeline: Timeline, ui: UIState, language: str = "en"):
        self.timeline, self.ui = timeline, ui
        self.language = language
        """In which the window speaks."""
        self.room, self.law = RoomController(timeline, ui), LawController(timeline)
        self.slots = {name: SystemSlot(timeline) for name in ("first", "second", "hall")}
        self.aid = ProgramAid(timeline, ui)
        self.pending: list[str] = []
        """Commands that were given while the exhibits were being read, for later."""
        self._told: tuple[Exhibit, ...] = ()
        self._read = (0, 0)
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._failed: MarkIError | None = None
        self._frame = np.zeros((SIDE, SIDE), np.float32)
        self._wanted = ""
        self._mark1: tuple[tuple, Reply] | None = None
        self._exhibit: tuple[tuple, Exhibit] | None = None
        self._all: tuple[tuple, tuple[Exhibit, ...]] = ((), ())
        self._saved: tuple[tuple, Reply | None] = ((), None)
        self._asked = ("", "")  # room and subject of the last question in the hall
        self._number = 0
        self._patience = WHOLE_PATIENCE_S
        self._now: tuple[int, int] | None = None  # session and moment at the last frame
        self._ran = False

    def set_going(self, session: Session, running: bool) -> bool:
        """Return whether somebody set time going, or took a step, since the last call, which is one a frame."""
        now = (id(session), session.now)
        begun = self._now is not None and now != self._now and not self._ran
        self._now, self._ran = now, running
        return begun

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
            If it has none to tell, or does not tell them, and somebody waited.
        """
        if self._told or self._failed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._ask, daemon=True)
            self._thread.start()
        if wait:
            self._thread.join(PATIENCE_S)
            if self._failed is not None or not self._told:
                self._failed = self._failed or SessionError(
                    "its systems are not told", where="timeline", remedy="Load the system again",
                    code="session.timeline_unread",
                )  # fmt: skip
                raise self._failed

    def _ask(self) -> None:
        def told(read: int, of: int) -> None:
            self._read = (read, of)
            if self._over.is_set():
                raise SessionError("the window is closed", where="timeline", remedy="Open it again")

        try:
            self._told = tuple(sorted(self.timeline.exhibits(told), key=lambda e: e.year))
        except MarkIError as error:
            self._failed = error
        except Exception as error:  # else the window would wait for a thread that is no more
            self._failed = SessionError(
                f"the timeline cannot be read ({type(error).__name__}: {error})", where="timeline",
                remedy="Open the window again", code="session.timeline_unread",
            )  # fmt: skip

    def begin_anew(self) -> None:
        """Stop what is being trained, put it up as it was shipped, and forget what was asked for."""
        self.pending.clear()
        self.aid.begin_anew()
        for slot in self.slots.values():
            if slot.learning or slot.progress is not None:
                slot.stop()
                slot.again()

    @property
    def told(self) -> tuple[int, int]:
        """Systems read so far, and of how many."""
        return self._read

    @property
    def failed(self) -> str:
        """Why the timeline could not be read; "" if nothing is known against it."""
        return "" if self._failed is None else str(self._failed)

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
        if self._exhibit is None or key != self._exhibit[0]:
            self._exhibit = (key, mark1.exhibit(session))
        return self._exhibit[1]

    # -- once a frame --------------------------------------------------------------------------------------------------

    def poll(self) -> list[MarkIError | str]:
        """Take the replies of all slots; return what was refused, and what went wrong in the program, in a sentence."""
        troubles: list[MarkIError | str] = []
        for slot in self.slots.values():
            slot.poll()
            troubles += slot.troubles
            slot.troubles.clear()
        self.aid.poll()
        troubles += self.aid.troubles
        self.aid.troubles.clear()
        if self._failed is not None and self._thread is not None:
            troubles.append(self._failed)
            self._thread = None
        return troubles

    def view(self, session: Session, snapshot: Snapshot) -> TimelineView:
        """Return what there is to see, of what stands in the window at this look."""
        self._see(session, snapshot)
        exhibits = self.exhibits(session)
        ui = self.ui
        known = {e.name for e in exhibits}
        second = None
        if ui.beside and ui.beside in known:
            second = self._system_view(session, exhibits, ui.beside, "second")
        return TimelineView(
            exhibits=exhibits,
            ready=self.ready,
            told=self._read,
            failed=self._failed is not None,
            first=self._system_view(session, exhibits, ui.system if ui.system in known else MARK1, "first"),
            second=second,
            hall=dict(self._hall(session)) if ui.hall else {},
            frame=self._frame,
            wanted=self._wanted,
            task=self.task(session),
            room=room_of(ui.room),
            aid=self.aid.view(self.ready),
        )

    @property
    def card(self) -> np.ndarray:
        """The card that systems are shown, (20, 20) float32."""
        return self._frame

    def is_asked(self, session: Session) -> bool:
        """Return whether the system that stands here is told with a key what to draw."""
        if self.ui.beside:
            return False
        return any(e.name == self.ui.system and e.tools and e.accepts is Port.LAMPS for e in self.exhibits(session))

    def task(self, session: Session) -> str:
        """Return the subject of the hall that is asked about: that of the class that is named, or of the card; of
        scenes, the language of what was typed, or else of the window."""
        room = room_of(self.ui.room)
        if not self.ui.hall or room.asks is Asks.CARD:
            return task_of(self._wanted, session.world.classes)
        if room.spoken:
            return language_of(self.ui.typed) if self.ui.typed else self.language
        return room.subject_of(self.ui.studio.named)

    @property
    def begun(self) -> np.ndarray | None:
        """The scene of the hall on which a card is begun, (20, 20) uint8; None where a card is begun empty."""
        told = self.slots["hall"].hall.get(TASK) if self.ui.hall and room_of(self.ui.room).asks is Asks.SCENE else None
        return None if told is None or told.field is None else np.rint(told.field * 255).astype(np.uint8)

    def _see(self, session: Session, snapshot: Snapshot) -> None:
        """Keep what the photocells see; while the lens is covered, what they saw last."""
        ui, shown = self.ui, snapshot.presentation
        if ui.draft is not None:
            self._frame, self._wanted = (ui.draft / 255).astype(np.float32), ""
        elif shown is not None and (snapshot.open or not self._frame.any()):
            light = snapshot.view.light if snapshot.open else shown.frame
            if not np.array_equal(self._frame, light.astype(np.float32)):
                self._frame = light.astype(np.float32)
            classes = session.shown_world.classes
            self._wanted = classes[shown.kind] if 0 <= shown.kind < len(classes) else ""

    def _system_view(self, session: Session, exhibits: tuple[Exhibit, ...], name: str, where: str) -> SystemView:
        exhibit = next(e for e in exhibits if e.name == name)
        if name == MARK1:
            ui, known = self.ui, session.known["wrong"][: session.trial]
            reply = self._own_reply(session) if ui.beside and self._frame.any() else None
            return SystemView(
                exhibit=exhibit, reply=reply, progress=None, learning=False, serial=self._number, age=0,
                learned=session.trial, seconds=session.now / 1e6, right=int((~known).sum()), judged=len(known),
                live=True,
            )  # fmt: skip
        slot = self.slots[where]
        up = slot.name == name
        progress = slot.progress if up else None
        return SystemView(
            exhibit=exhibit,
            reply=slot.reply if up else None,
            progress=progress,
            learning=up and slot.learning,
            serial=slot.serial,
            age=slot.age,
            learned=progress.shown if progress else None,
            seconds=progress.seconds if progress else None,
            right=slot.right if up else 0,
            judged=slot.judged if up else 0,
            live=self._is_live(exhibit),
            tries=tuple(slot.tries) if up else (),
        )

    def _is_live(self, exhibit: Exhibit) -> bool:
        """Return whether a system is shown the card."""
        if exhibit.tools and exhibit.accepts is Port.FIELD and not self.ui.beside:
            return self.ui.example < 0
        return exhibit.accepts == Port.FRAME and not self._by_example(exhibit)

    def _by_example(self, exhibit: Exhibit) -> bool:
        """Return whether a system is shown an example of its own task, or what stands in its place."""
        ui = self.ui
        if exhibit.accepts == Port.TEXT and ui.typed:
            return False
        if exhibit.accepts == Port.ASKED and ui.typed and ui.example < 0:
            return ui.dark
        return ui.example >= 0 or exhibit.accepts != Port.FRAME or (ui.dark and not ui.beside)

    def _own_reply(self, session: Session) -> Reply:
        key = (self._frame.tobytes(), session.now, session.digest, id(session))
        if self._mark1 is None or key != self._mark1[0]:
            self._number += 1
            self._mark1 = (key, mark1.reply(session, self._frame, self._number, self._wanted))
        return self._mark1[1]

    def _hall(self, session: Session) -> dict[str, Reply]:
        task = self.task(session)
        room = room_of(self.ui.room)
        found = {name: r for name, r in self.slots["hall"].hall.items() if self._asked == (room.name, task)}
        if room is not READS:
            return found
        key = (self._frame.tobytes(), task, self._wanted)
        if key != self._saved[0]:
            self._number += 1
            self._saved = (key, shipped_wipers.saved_reply(task, self._frame, self._number, self._wanted))
        own = self._saved[1]
        return found if own is None else {MARK1: own, **found}

    def follow(self, session: Session, timeline: TimelineView) -> None:
        """Put up what is chosen, and ask about what is seen."""
        ui = self.ui
        if ui.strip or ui.hall or ui.chart or ui.editing or ui.system != MARK1 or ui.beside:
            self.wake()
        if not self.ready:
            return
        if ui.editing:
            self.aid.know(self._told)
            self.aid.follow()
        if ui.hall:
            self._ask_hall(timeline)
        for where, system_view in (("first", timeline.first), ("second", timeline.second)):
            if system_view is not None and system_view.exhibit.name != MARK1:
                self._ask_one(self.slots[where], system_view, timeline)
                if where == "first":
                    self._try_out(self.slots[where], system_view.exhibit)

    def _ask_hall(self, timeline: TimelineView) -> None:
        """Ask all systems of the room what it asks."""
        ui, room, hall = self.ui, timeline.room, self.slots["hall"]
        named, again, item = ui.studio.named, ui.studio.again, -1 if ui.typed else ui.studio.item
        self._asked = room.name, timeline.task
        match room.asks:
            case Asks.CARD:
                hall.ask_hall(self._frame, timeline.wanted, timeline.task, room=room)
            case Asks.CLASS:
                hall.ask_hall(np.array(named), "", timeline.task, room=room, again=again)
            case Asks.SCENE:
                drawn = ui.draft is not None
                card = self._frame if drawn else np.zeros_like(self._frame)
                question = asked(card[None], np.array([ui.typed]))
                hall.ask_hall(question, "", timeline.task, room=room, item=-1 if drawn else ui.studio.item)
            case Asks.TASK:
                hall.ask_hall(np.array(ui.typed), "", timeline.task, room=room, item=item)
            case Asks.CAPTION:
                hall.ask_hall(np.array(ui.typed), "", timeline.task, room=room, again=again, item=item)
            case Asks.LINE if ui.typed:
                hall.ask_hall(np.array(ui.typed), "", timeline.task, room=room, again=again)

    def _try_out(self, slot: SystemSlot, exhibit: Exhibit) -> None:
        """Have many programs drawn for what a system was shown last."""
        count, reply = tried(exhibit), slot.reply
        if self.ui.tries and count and reply is not None and not slot.waiting:
            slot.try_out(str(reply.stimulus), reply.wanted, count, self.ui.temperature)

    def _ask_one(self, slot: SystemSlot, system_view: SystemView, timeline: TimelineView) -> None:
        exhibit, ui = system_view.exhibit, self.ui
        slot.put_up(exhibit, self.language)
        order = None if ui.beside else order_of(ui.studio, exhibit, ui.example, self._frame)
        if order is not None:
            slot.draw(order)
        elif self._by_example(exhibit):
            asks, sees = exhibit.accepts == Port.ASKED, exhibit.accepts in (Port.FRAME, Port.ASKED)
            line, dark = ui.typed if asks else "", ui.dark and sees and not ui.beside
            if line or dark:
                slot.changed(max(0, ui.example), line=line, dark=dark)
            else:
                slot.example(max(0, ui.example))
        elif exhibit.accepts == Port.ASKED:
            slot.show(asked(self._frame[None], np.array([ui.typed]))[0])
        elif exhibit.accepts == Port.TEXT:
            slot.show(np.array(ui.typed))
        elif self._frame.any():
            slot.show(self._frame, timeline.wanted, timeline.task)

    # -- the end -------------------------------------------------------------------------------------------------------

    def settle(self, expected: int) -> None:
        """Wait until what was asked is answered, or for some seconds; for pictures without a screen.

        Parameters
        ----------
        expected : int
            Answers that the hall owes.
        """
        began = last = time.monotonic()
        came = -1
        while time.monotonic() - began < min(PATIENCE_S, self._patience):
            self.poll()
            hall = self.slots["hall"]
            owing = self.aid.waiting or any(s.waiting for n, s in self.slots.items() if n != "hall")
            if not owing and (not self.ui.hall or hall.complete(expected)):
                break
            if came != (came := sum(s.serial for s in self.slots.values())):
                last = time.monotonic()
            if any(s.broken for s in self.slots.values()) and time.monotonic() - last > GRACE_S:
                break
            time.sleep(NAP_S)
        self._patience -= time.monotonic() - began

    def close(self) -> None:
        """End all processes, and wait for what is being read: a thread that is cut off aborts the interpreter."""
        self._over.set()
        self.aid.close()
        for slot in self.slots.values():
            slot.close()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
        self.room.wait()
        self.law.wait()
