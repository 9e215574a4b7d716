"""Systems that help in the editor, asked in a process of their own: one offers the rest of a line, one fills holes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from marki.console.state.aid_view import AidView
from marki.console.state.pen_desk import PenDesk
from marki.console.state.ui_state import UIState
from marki.errors import MarkIError
from marki.io.exhibits import Exhibit, SystemProcess, Timeline, Trouble
from marki.io.program_orders import WrittenPrograms
from marki.io.rooms import PROGRAMS
from marki.pen.tokens import HOLE, tokens
from marki.pen.typist import context

OFFERS, FILLS = "copilot", "incoder"
"""Who offers lines, and who fills holes."""
LEAST_SURE = 0.5
"""Probability from which on an offer is shown."""


class Offered(NamedTuple):
    """An offer: what stood before the cursor when it was asked for, and what may follow."""

    before: str
    text: str
    sure: float
    ms: float


NOTHING = Offered("", "", 0.0, 0.0)


class ProgramAid:
    """Help for who writes a program.

    Parameters
    ----------
    timeline : Timeline
        Starts the process when somebody is first asked.
    ui : UIState
        Its `desk` has the program.
    """

    def __init__(self, timeline: Timeline, ui: UIState):
        self.timeline, self.ui = timeline, ui
        self.news: list[tuple[str, dict[str, Any]]] = []
        """What is to be said at the foot of the window: strings of the tables with their values."""
        self.troubles: list[MarkIError | str] = []
        self._rack: SystemProcess | None = None
        self._labels: dict[str, str] = {}
        self._trained: frozenset[str] = frozenset()
        self._number = 0
        self._asked: tuple[str, int, float] = ("", 0, 0.0)  # what stood before the cursor, the number, and when
        self._hole: tuple[str, int, int] | None = None  # text, number and place of the hole that is being filled
        self._offered = NOTHING
        self._seen = ""
        self._shown = self._taken = self._saved = 0

    # -- what is asked -------------------------------------------------------------------------------------------------

    @property
    def rack(self) -> SystemProcess:
        """The process, started when it is first needed."""
        if self._rack is None:
            self._rack = self.timeline.rack()
        return self._rack

    def know(self, exhibits: Iterable[Exhibit]) -> None:
        """Take note of who has weights."""
        found = {e.name: e for e in exhibits if e.name in (OFFERS, FILLS)}
        self._labels = {name: e.label for name, e in found.items()}
        self._trained = frozenset(name for name, e in found.items() if e.hall.get(PROGRAMS.name))

    def helps(self, name: str) -> bool:
        """Return whether a system has weights to help with."""
        return name in self._trained

    def label(self, name: str) -> str:
        """Return what a system is called."""
        return self._labels.get(name, name.capitalize())

    @property
    def waiting(self) -> bool:
        """Whether somebody has been asked who has not answered yet."""
        return self._hole is not None or (bool(self._asked[1]) and self._offered.before != self._asked[0])

    def follow(self) -> None:
        """Ask for an offer, if something else stands before the cursor than before; once a frame."""
        ui = self.ui
        before = _before(ui.desk) if ui.editing and ui.focus is None else None
        if before is None or not self.helps(OFFERS) or before == self._asked[0]:
            return
        whole, partial = _parted(before)
        self._number += 1
        self._asked = before, self._number, time.perf_counter()
        self.rack.offer(self._number, OFFERS, context(whole), partial)

    def fill(self) -> None:
        """Ask for what belongs into the hole of the program; it must have one."""
        desk = self.ui.desk
        hole = desk.hole
        assert hole is not None, "a hole is marked before it is filled"
        self._number += 1
        self._hole = desk.text, self._number, hole[0]
        behind = " ".join(t.text for t in tokens(desk.text[hole[1] :]) if t.kind not in ("comment", "hole"))
        self.rack.fill(self._number, FILLS, f"{context(desk.text[: hole[0]].replace(HOLE, ' '))} {HOLE} {behind}")

    # -- what comes ----------------------------------------------------------------------------------------------------

    def poll(self) -> None:
        """Take what has come; once a frame."""
        if self._rack is None:
            return
        for came in self._rack.poll():
            if isinstance(came, Trouble):
                self.troubles.append(came.error or came.text)
                self._hole = None
            elif isinstance(came, WrittenPrograms):
                self._take(came)

    def _take(self, came: WrittenPrograms) -> None:
        text = came.texts[0] if came.texts else ""
        if came.name == OFFERS and came.number == self._asked[1]:
            ms = 1e3 * (time.perf_counter() - self._asked[2])
            self._offered = Offered(self._asked[0], text if came.sure >= LEAST_SURE else "", came.sure, ms)
        elif self._hole is not None and came.number == self._hole[1]:
            (whole, _, place), self._hole = self._hole, None
            desk = self.ui.desk
            if desk.text != whole:
                return  # it was for another program
            if not text:
                self.news.append(("editor.not_filled", {"name": self.label(FILLS)}))
                return
            desk.change(place, place + len(HOLE), text)
            self.news.append(("editor.filled", {"name": self.label(FILLS), "text": text}))

    @property
    def offer(self) -> str:
        """What is offered behind the cursor now: of what was offered, what has not been typed since."""
        ui = self.ui
        before = _before(ui.desk) if ui.editing and ui.focus is None else None
        if before is None or not self._offered.text:
            return ""
        whole = self._offered.before + self._offered.text
        fits = before.startswith(self._offered.before) and whole.startswith(before)
        return whole[len(before) :] if fits else ""

    def take(self) -> str:
        """Take the offer: it is on the sheet then; return it, "" if there is none."""
        offer = self.offer
        if offer and self.ui.desk.write(offer):
            self._taken, self._saved = self._taken + 1, self._saved + len(offer) - 1
            self._offered = NOTHING
        return offer

    def drop(self) -> None:
        """Offer nothing until the next key."""
        self._offered = self._offered._replace(text="")

    def view(self, known: bool) -> AidView:
        """Return what there is to see."""
        offer = self.offer
        if offer and self._offered.before + self._offered.text != self._seen:
            self._seen = self._offered.before + self._offered.text
            self._shown += 1
        return AidView(
            known=known,
            untrained=tuple(self.label(name) for name in (OFFERS, FILLS) if not self.helps(name)),
            offer=offer,
            sure=self._offered.sure,
            ms=self._offered.ms,
            shown=self._shown,
            taken=self._taken,
            saved=self._saved,
        )

    def begin_anew(self) -> None:
        """Forget what was offered, and how often."""
        self._offered, self._seen, self._hole = NOTHING, "", None
        self._shown = self._taken = self._saved = 0

    def close(self) -> None:
        """End the process."""
        rack, self._rack = self._rack, None
        if rack is not None:
            rack.close()


def _before(desk: PenDesk) -> str | None:
    """Return what stands before the cursor; None where nothing is to be offered."""
    first, last = desk.selection
    if not desk.writing or desk.composing or first != last or desk.in_comment:
        return None
    rest = desk.text[last:].partition("\n")[0]
    return None if rest.strip() else desk.text[:last]


def _parted(before: str) -> tuple[str, str]:
    """Return what stands before a cursor as far as its words are whole, and the letters of the next word."""
    found = re.search(r"\S*\Z", before)  # not $, which stands before a last line feed, too
    begun = found.start() if found else len(before)
    return before[:begun], before[begun:]
