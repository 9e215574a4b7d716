"""Timeline view: all that the panels of the timeline may show, taken once a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from marki.io.exhibits import Exhibit, Progress, Reply
from marki.io.ports import Port


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


@dataclass(frozen=True, kw_only=True, eq=False)
class TimelineView:
    """What there is to see of the timeline.

    Attributes
    ----------
    exhibits : tuple of Exhibit
        All systems in order of time, with the Mark I among them.
    ready : bool
        Whether the timeline has been told; before, the Mark I is alone.
    first, second : SystemView or None
        The system that is chosen, and the one beside it.
    hall : mapping of name to Reply
        What each says of the card in the hall.
    frame : (20, 20) float32
        What systems are shown that see what the photocells see.
    wanted : str
        Its class, "" if nobody knows it.
    task : str
        What the hall is asked about the card: a key of `HALL`.
    """

    exhibits: tuple[Exhibit, ...]
    ready: bool
    first: SystemView
    second: SystemView | None
    hall: Mapping[str, Reply]
    frame: np.ndarray
    wanted: str
    task: str

    def exhibit(self, name: str) -> Exhibit | None:
        """Return an exhibit by its name."""
        return next((e for e in self.exhibits if e.name == name), None)


def of_hall(exhibit: Exhibit) -> bool:
    """Return whether a system can be asked in the hall: it sees a frame, and its lamps mean classes."""
    return exhibit.accepts == Port.FRAME and exhibit.answers == Port.LAMPS and bool(exhibit.classes)


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


def verdict(reply: Reply | None, exhibit: Exhibit) -> bool | None:
    """Return whether an answer is right; None if nobody can say, as for a class that the system has no word for."""
    known = {c.lower() for c in exhibit.classes}
    if reply is None or not reply.wanted:
        return None
    if reply.said.lower() in known and reply.wanted.lower() not in known:
        return None
    return reply.said.lower() == reply.wanted.lower()


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
