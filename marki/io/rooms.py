"""Rooms of the hall: in each, one question goes to all systems that can answer it, and all answers are judged alike.

A room is a declaration here, a keeper in `successors.serving.room_keepers` that asks and judges in the worker process,
and its words in the language tables: ``timeline.room.NAME``, ``timeline.room_how.NAME`` and ``now.room_NAME``. The
window shows any room: what it asks with decides what stands at the left, and an answer's form what stands on a plate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from marki.errors import unknown
from marki.io.exhibits import HALL, Exhibit, SystemKind
from marki.io.ports import Port


class Asks(StrEnum):
    """What the visitor asks with."""

    CARD = "card"  # the card before the camera, or one that is drawn
    CLASS = "class"  # a letter or digit, named with a key
    LINE = "line"  # a typed line
    TASK = "task"  # a task in words, one of many or a typed one


@dataclass(frozen=True, kw_only=True)
class Room:
    """A room of the hall.

    Attributes
    ----------
    name : str
    asks : Asks
    ports : tuple of (Port, Port)
        Who takes part: what a system accepts and answers.
    subjects : mapping of str to tuple of str
        What can be asked about, each with its classes; a system has weights of its own for each.
    trained : bool
        Whether only systems that were trained have a plate.
    kind : SystemKind, optional
        What systems must do besides, where their ports do not tell it.
    """

    name: str
    asks: Asks
    ports: tuple[tuple[Port, Port], ...]
    subjects: Mapping[str, tuple[str, ...]]
    trained: bool = False
    kind: SystemKind | None = None

    def takes(self, exhibit: Exhibit) -> bool:
        """Return whether a system takes part."""
        named = exhibit.answers is not Port.LAMPS or bool(exhibit.classes)
        return (exhibit.accepts, exhibit.answers) in self.ports and named and self.kind in (None, exhibit.kind)

    def subject_of(self, name: str) -> str:
        """Return the subject that a class belongs to; the first for a class of none."""
        found = (s for s, names in self.subjects.items() if name.upper() in names)
        return next(found, next(iter(self.subjects)))


READS = Room(name="reads", asks=Asks.CARD, ports=((Port.FRAME, Port.LAMPS),), subjects=HALL, trained=True)
DRAWS = Room(name="draws", asks=Asks.CLASS, ports=((Port.LAMPS, Port.FIELD),), subjects=HALL)
PROGRAMS = Room(
    name="programs",
    asks=Asks.TASK,
    ports=((Port.TEXT, Port.TEXT),),
    subjects={"programs": ()},
    kind=SystemKind.PROGRAMS,
)
TASK = "task"
"""Name of the reply that tells the task itself, before those of the systems: in English and Chinese, what is wanted,
and what that draws."""

ROOMS = (READS, DRAWS, PROGRAMS)
"""All rooms, in the order in which they are walked through."""


def room(name: str) -> Room:
    """Return the room of a name.

    Raises
    ------
    UnknownName
    """
    found = {r.name: r for r in ROOMS}
    if name not in found:
        raise unknown("room", name, found, where="hall")
    return found[name]
