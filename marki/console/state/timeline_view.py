"""Timeline view: all that the panels of the timeline may show, taken once a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from marki.console.state.aid_view import AidView
from marki.console.state.ui_state import UIState
from marki.io.exhibits import HALL, MARK1, Exhibit, Progress, Reply, SystemKind
from marki.io.ports import Port
from marki.io.program_orders import WrittenPrograms
from marki.io.rooms import READS, Asks, Room
from marki.io.rooms import room as room_of


@dataclass(frozen=True, kw_only=True, eq=False)
class SystemView:
    """A system where it stands.

    Attributes
    ----------
    exhibit : Exhibit
    reply : Reply or None
        Its last answer.
    progress : Progress or None
        Of its training from zero, if there was one.
    learning : bool
        Whether that goes on.
    serial : int
        Grows with every reply.
    age : int
        Frames since the stimulus of `reply` was new.
    learned, seconds : float or None
        Stimuli that it was shown to learn from, and how long that took; None where nobody counted.
    right : int
        Answers to stimuli whose class is known that were right, of `judged`.
    live : bool
        Whether it is shown the card that the machine is shown, or one that was drawn.
    covered : bool
        Whether its answer is to be predicted first, and is not here: `reply` is without it.
    tries : tuple of WrittenPrograms
        Programs that were drawn for what it is shown, in the parts in which they came.
    """

    exhibit: Exhibit
    reply: Reply | None
    progress: Progress | None
    learning: bool
    serial: int
    age: int
    learned: float | None
    seconds: float | None
    right: int
    judged: int
    live: bool = False
    covered: bool = False
    tries: tuple[WrittenPrograms, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class TimelineView:
    """What there is to see of the timeline.

    Attributes
    ----------
    exhibits : tuple of Exhibit
        All systems in order of time, with the Mark I among them.
    ready : bool
        Whether the timeline has been told; before, the Mark I is alone.
    told : (int, int)
        Systems read so far, and of how many; (0, 0) before the first.
    failed : bool
        Whether it cannot be told.
    first, second : SystemView or None
        The system that is chosen, and the one beside it.
    hall : mapping of name to Reply
        What each says of the card in the hall.
    frame : (20, 20) float32
        What systems are shown that see what the photocells see.
    wanted : str
        Its class, "" if nobody knows it.
    task : str
        What the hall is asked about: a subject of its room.
    room : Room
        The room of the hall in which the visitor stands.
    covered : bool
        Whether what is said of the card is to be predicted first, and is not here.
    aid : AidView
        The help of systems in the editor.
    """

    exhibits: tuple[Exhibit, ...]
    ready: bool
    told: tuple[int, int]
    failed: bool
    first: SystemView
    second: SystemView | None
    hall: Mapping[str, Reply]
    frame: np.ndarray
    wanted: str
    task: str
    room: Room = READS
    covered: bool = False
    aid: AidView = field(default_factory=AidView)

    def exhibit(self, name: str) -> Exhibit | None:
        """Return an exhibit by its name."""
        return next((e for e in self.exhibits if e.name == name), None)


def tried(exhibit: Exhibit) -> int:
    """Return how many programs may be drawn of a system for one text: for the shelf, or the sieve; 0 for no program."""
    return {"programs": 100, "contest": 1_000}.get(exhibit.task, 0) if exhibit.kind is SystemKind.PROGRAMS else 0


def on_wall(exhibit: Exhibit, room: Room) -> bool:
    """Return whether a system has a plate in a room of the hall."""
    return room.takes(exhibit) and (not room.trained or exhibit.score is not None or exhibit.name == MARK1)


def naming(ui: UIState) -> bool:
    """Return whether the hall asks with a class that is named."""
    return ui.hall and not ui.editing and room_of(ui.room).asks is Asks.CLASS


def task_of(wanted: str, classes: tuple[str, ...]) -> str:
    """Return the hall's task for a card: digits if it shows one, or, of a card nobody knows, if the world has no more.

    Parameters
    ----------
    wanted : str
        The card's class, "" if nobody knows it.
    classes : tuple of str
        Classes of the world.
    """
    return "digits" if all(c.isdigit() for c in ([wanted] if wanted else classes)) else "letters"


def classes_of(reply: Reply, exhibit: Exhibit) -> tuple[str, ...]:
    """Return the classes among which an answer was chosen: those of the task whose weights answered."""
    return exhibit.classes if reply.task in ("", exhibit.task) else HALL.get(reply.task, exhibit.classes)


def foreign(reply: Reply | None, exhibit: Exhibit) -> bool:
    """Return whether a system was shown a class that it has no word for."""
    if reply is None or not reply.wanted or exhibit.answers != Port.LAMPS or exhibit.accepts is Port.ASKED:
        return False  # who is asked in words has learned to answer in the language of the question
    known = {c.lower() for c in classes_of(reply, exhibit)}
    return bool(known) and reply.wanted.lower() not in known


def verdict(reply: Reply | None, exhibit: Exhibit) -> bool | None:
    """Return whether an answer is right; None if nobody can say, as for a class that the system has no word for."""
    if reply is None:
        return None
    if reply.judged is not None:
        return reply.judged
    if exhibit.answers == Port.FIELD:
        if reply.read:
            return reply.read == reply.wanted if reply.wanted else None
        return None if reply.target is None else restored(reply) == reply.target.size
    if not reply.wanted or foreign(reply, exhibit):
        return None
    return reply.said.lower() == reply.wanted.lower()


def restored(reply: Reply) -> int:
    """Return how many cells of a field are as wanted, at half light."""
    if reply.field is None or reply.target is None:
        return 0
    return int(((reply.field >= 0.5) == (reply.target >= 0.5)).sum())


def ancestors(exhibits: tuple[Exhibit, ...], name: str) -> frozenset[str]:
    """Return all systems that one is built of, directly or through others."""
    parents = {e.name: e.parents for e in exhibits}
    found: set[str] = set()
    ahead = list(parents.get(name, ()))
    while ahead:
        one = ahead.pop()
        if one in parents and one not in found:
            found.add(one)
            ahead += parents[one]
    return frozenset(found)


def heirs(exhibits: tuple[Exhibit, ...], name: str) -> frozenset[str]:
    """Return all systems that are built of one, directly or through others."""
    return frozenset(e.name for e in exhibits if name in ancestors(exhibits, e.name))
