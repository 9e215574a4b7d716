"""Undo: what can be taken back and done again, and the runs that were left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from marki.history import Moment
from marki.session import Session

State = TypeVar("State")


class UndoStack(Generic[State]):
    """States that can be gone back to, and from there forth again.

    Parameters
    ----------
    most : int
        Of older states the oldest are forgotten.
    """

    def __init__(self, most: int = 100):
        self.most = most
        self._done: list[State] = []
        self._undone: list[State] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a state to go back to."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back that can be done again."""
        return bool(self._undone)

    def keep(self, before: State) -> None:
        """Keep the state before something new; what was taken back cannot be done again any more."""
        self._done = [*self._done, before][-self.most :]
        self._undone.clear()

    def last(self) -> State:
        """Return the state that `undo` would give."""
        return self._done[-1]

    def undo(self, now: State) -> State:
        """Return the state before the last change; `now` is what `redo` gives back."""
        self._undone.append(now)
        return self._done.pop()

    def next(self) -> State:
        """Return the state that `redo` would give."""
        return self._undone[-1]

    def redo(self, now: State) -> State:
        """Return the state in which `undo` was asked for; `now` is what `undo` gives back."""
        self._done.append(now)
        return self._undone.pop()

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptRun:
    """A run at the moment at which a command was given, or at which it was taken back.

    Attributes
    ----------
    command : str
        Name of the command in the table, "" if it was given past the table.
    session : Session
    moment : Moment
    changes : int
        Commands of the operator's own in this run.
    of_lesson : bool
        Whether a lesson prepared it.
    ui : mapping of field to value
        Of the ui state, those that belong to the run.
    """

    command: str
    session: Session
    moment: Moment
    changes: int
    of_lesson: bool
    ui: Mapping[str, Any]
