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
from marki.language import LANGUAGES


class Asks(StrEnum):
    """What the visitor asks with."""

    CARD = "card"  # the card before the camera, or one that is drawn
    CLASS = "class"  # a letter or digit, named with a key
    LINE = "line"  # a typed line
    TASK = "task"  # a task in words, one of many or a typed one
    SCENE = "scene"  # a scene, one of many or one that is drawn, and a question about it
    CAPTION = "caption"  # a sentence about a scene, one of many or a typed one


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
        return named and self.fits(exhibit.accepts, exhibit.answers, exhibit.kind)

    def fits(self, accepts: Port, answers: Port, kind: SystemKind | None) -> bool:
        """Return whether a system can be asked here: by its ports, and by what it does if the room asks for that."""
        return (accepts, answers) in self.ports and self.kind in (None, kind)

    @property
    def told(self) -> bool:
        """Whether it has tasks of its own: which one is asked is told before the systems answer, see `TASK`."""
        return self.asks in (Asks.TASK, Asks.SCENE, Asks.CAPTION)

    @property
    def spoken(self) -> bool:
        """Whether its subjects are languages."""
        return set(self.subjects) == set(LANGUAGES)

    def subject_of(self, name: str) -> str:
        """Return the subject that a class belongs to; the first for a class of none."""
        found = (s for s, names in self.subjects.items() if name.upper() in names)
        return next(found, next(iter(self.subjects)))


READS = Room(name="reads", asks=Asks.CARD, ports=((Port.FRAME, Port.LAMPS),), subjects=HALL, trained=True)
DRAWS = Room(name="draws", asks=Asks.CLASS, ports=((Port.LAMPS, Port.FIELD),), subjects=HALL)
SAYS = Room(
    name="says",
    asks=Asks.SCENE,
    ports=((Port.FRAME, Port.TEXT), (Port.ASKED, Port.TEXT), (Port.ASKED, Port.LAMPS)),
    subjects=dict.fromkeys(LANGUAGES, ()),
)
ILLUSTRATES = Room(
    name="illustrates",
    asks=Asks.CAPTION,
    ports=((Port.TEXT, Port.FIELD),),
    subjects=dict.fromkeys(LANGUAGES, ()),
)
PROGRAMS = Room(
    name="programs",
    asks=Asks.TASK,
    ports=((Port.TEXT, Port.TEXT),),
    subjects={"programs": ()},
    kind=SystemKind.PROGRAMS,
)
TASK = "task"
"""Name of the reply that tells the task itself, before those of the systems.

Of a program or a picture that is wanted: its words in English and Chinese (`stimulus`), what is right (`wanted`), and
what that draws (`target`). Of a scene: the question about it (`stimulus`), the card (`field`), what it shows if that is
known (`wanted`), and what the reader that is no network reads on it (`said`)."""

ROOMS = (READS, DRAWS, SAYS, ILLUSTRATES, PROGRAMS)
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
