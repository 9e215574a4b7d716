"""What is asked of the process in which systems stand: one typed message for each kind of question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadSystem:
    """Put a system up with its shipped weights, untrained if there are none."""

    name: str


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowStimulus:
    """Show a frame (20, 20), a reel (T, 20, 20) or text () to the system that is up."""

    number: int
    stimulus: np.ndarray
    views: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowExample:
    """Show stimulus `number` of the test set of its own task to the system that is up."""

    number: int
    views: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class AskHall:
    """Show a frame (20, 20) to every trained system that answers frames on lamps."""

    number: int
    frame: np.ndarray
    task: str


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainSystem:
    """Put a system up untrained and let it learn its own task."""

    name: str
    seed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class StopTraining:
    """End a training where it is."""


Question = LoadSystem | ShowStimulus | ShowExample | AskHall | TrainSystem | StopTraining

Waiting = dict[type[Question], Question]
"""Questions that wait, in their turn; one of each kind."""


def lay(waiting: Waiting, question: Question) -> None:
    """Lay a question behind those that wait; an older one of its kind is taken away."""
    waiting.pop(type(question), None)
    waiting[type(question)] = question


def take(waiting: Waiting) -> Question:
    """Take away what has waited longest, and return it."""
    return waiting.pop(next(iter(waiting)))
