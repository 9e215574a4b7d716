"""Messages to the worker process: one type for each kind of question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.io.drawing_orders import DrawingOrder


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadSystem:
    """Load a system with its shipped weights, untrained if there are none; of a language, if it has some of that."""

    name: str
    language: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowStimulus:
    """Show a frame (20, 20), a reel (T, 20, 20) or text () to the loaded system, or to its weights of another task."""

    number: int
    stimulus: np.ndarray
    views: bool
    task: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowExample:
    """Show stimulus `number` of the test set of its own task to the loaded system."""

    number: int
    views: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowChanged:
    """Show a stimulus of the test set of its own task to the loaded system, with another line, or a dark picture."""

    number: int
    example: int
    views: bool
    line: str = ""
    dark: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class AskHall:
    """Ask every system of a room that has weights for a subject; the `again`-th answer of those that draw by chance.

    About what is given in `asked`, or about the room's own task of number `item`, if that is not negative.
    """

    number: int
    asked: np.ndarray
    subject: str
    room: str = "reads"
    again: int = 0
    item: int = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class OrderDrawing:
    """Give the loaded system an order to draw."""

    number: int
    order: DrawingOrder


@dataclass(frozen=True, kw_only=True, eq=False)
class OfferLine:
    """Offer the rest of a line of a program."""

    number: int
    name: str
    text: str
    partial: str


@dataclass(frozen=True, kw_only=True, eq=False)
class FillHole:
    """Fill the hole of a program."""

    number: int
    name: str
    text: str


@dataclass(frozen=True, kw_only=True, eq=False)
class TryPrograms:
    """Draw many programs for a text."""

    number: int
    name: str
    text: str
    target: str
    count: int
    temperature: float


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainSystem:
    """Load a system untrained, and train it on its own task."""

    name: str
    seed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class StopTraining:
    """Stop the training."""


ProgramQuestion = OfferLine | FillHole | TryPrograms
Question = (
    LoadSystem
    | ShowStimulus
    | ShowExample
    | ShowChanged
    | AskHall
    | OrderDrawing
    | ProgramQuestion
    | TrainSystem
    | StopTraining
)

Waiting = dict[type[Question], Question]
"""Queued questions, oldest first; at most one of each kind."""


def lay(waiting: Waiting, question: Question) -> None:
    """Append a question to the queue; an older one of its kind is removed."""
    waiting.pop(type(question), None)
    waiting[type(question)] = question


def take(waiting: Waiting) -> Question:
    """Remove the oldest question from the queue, and return it."""
    return waiting.pop(next(iter(waiting)))
