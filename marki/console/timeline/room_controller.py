"""The controller of the machine room: has steps simulated and cards reckoned aside, so that no frame waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from marki.console.state.room_view import RoomView
from marki.console.state.ui_state import UIState
from marki.errors import MarkIError
from marki.io.exhibits import Timeline
from marki.io.machine_room import EVEN, CardLine, MachineRoom, StepChart, StepPlan, TableLine, TrainingPlate
from marki.language import Words

PATIENCE_S = 20.0
UNSEEN_S = 0.02
"""Time for which a frame waits for a step, s: of most it is there within."""


class RoomController:
    """The machine room in the window.

    Parameters
    ----------
    timeline : Timeline
        Asked for its machine room when that is first needed.
    ui : UIState
        Says which step is wanted.
    """

    def __init__(self, timeline: Timeline, ui: UIState):
        self.timeline, self.ui = timeline, ui
        self._room: MachineRoom | None = None
        self._plates: Sequence[TrainingPlate] = ()
        self._chart: StepChart | None = None
        self._asked: StepPlan | None = None
        self._trouble = ""
        self._cards: dict[tuple[str, str], Sequence[CardLine]] = {}
        self._tables: dict[str, Sequence[TableLine]] = {}
        self._threads: dict[str, threading.Thread] = {}

    @property
    def room(self) -> MachineRoom:
        """The room, lent when it is first needed."""
        if self._room is None:
            self._room = self.timeline.room()
            self._plates = self._room.plates()
        return self._room

    def view(self) -> RoomView:
        """Return what there is to see, and have the step simulated that is wanted."""
        room, plan = self.room, self.ui.plan
        if plan != self._asked and not self._busy("step"):
            self._asked = plan
            self._aside("step", lambda: self._simulate(room, plan))
        return RoomView(plan=plan, chart=self._chart, plates=self._plates, trouble=self._trouble)

    def card(self, words: Words) -> Sequence[CardLine] | None:
        """Return the ledger card of the training that is chosen; None while it is being reckoned."""
        name, language = self.ui.plan.training, words.language
        if name == EVEN:
            return ()
        found = self._cards.get((name, language))
        if found is None and not self._busy("card"):
            room = self.room
            self._aside("card", lambda: self._reckon(room, name, words))
            found = self._cards.get((name, language))
        return found

    def table(self, words: Words) -> Sequence[TableLine] | None:
        """Return what is documented next to what the room finds; None while it is being simulated."""
        if words.language not in self._tables and not self._busy("table"):
            room = self.room
            self._aside("table", lambda: self._tables.update({words.language: room.table(words)}))
        return self._tables.get(words.language)

    def wait(self) -> None:
        """Wait until what was asked for is there, or for some seconds."""
        for thread in self._threads.values():
            thread.join(PATIENCE_S)

    def _simulate(self, room: MachineRoom, plan: StepPlan) -> None:
        try:
            self._chart, self._trouble = room.step(plan), ""
        except MarkIError as error:
            self._trouble = str(error)

    def _reckon(self, room: MachineRoom, name: str, words: Words) -> None:
        try:
            self._cards[name, words.language] = room.card(name, words)
        except MarkIError as error:
            self._cards[name, words.language] = ()
            self._trouble = str(error)

    def _busy(self, kind: str) -> bool:
        return kind in self._threads and self._threads[kind].is_alive()

    def _aside(self, kind: str, work: Callable[[], None]) -> None:
        """Begin some work in a thread, and wait for it as long as nobody sees."""
        self._threads[kind] = threading.Thread(target=work, daemon=True)
        self._threads[kind].start()
        self._threads[kind].join(UNSEEN_S)
