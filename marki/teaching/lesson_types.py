"""Types of a lesson: its pages, questions and prepared state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marki.io.worlds import WorldConfig

PARTS = ("stimulus", "retina", "plugboard", "association", "values", "response", "trainer", "curve", "run")
"""Parts of the window that a page can hide, or ask to watch."""

VIEWS = ("schematic", "front")
CHARTS = ("scale", "room", "law", "shots")
"""Charts of the systems that a page can show: weights as areas, the machine room, runs at equal computing, and examples
before a question."""

Texts = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of a page.

    Attributes
    ----------
    ask, explain : mapping of language to str
    options : mapping of language to list of str
        Empty for an open question.
    answer : int, mapping or None
        Number of the right option, from 0; or a measure of the lesson's own run, see `measures`, which with options
        says which one is right; None: to be discussed.
    """

    ask: Texts
    options: Texts = field(default_factory=dict)
    answer: int | Mapping[str, Any] | None = None
    explain: Texts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LessonPage:
    """A page of a lesson.

    Attributes
    ----------
    text : mapping of language to str
        Paragraphs, empty lines between them.
    view : str
        View to go over to, "" to stay.
    hide, watch : tuple of str
        Parts of the window that are covered, and framed.
    speed : float
        Simulated seconds a second from here on, 0 to stay.
    run : int
        Presentations that are gone through when the page is opened.
    predict : bool
        Every card stops before the R-lamps light.
    system, beside : str
        System of the timeline that stands here, and the one at its side; "" to leave what stands.
    example : int
        Number of the example of its own task that the system is shown; -1: what the photocells see.
    line : mapping of language to str
        What is typed to the system, if it reads text; empty for what belongs to the example.
    dark : bool
        Whether the shutter is closed, so that the system is shown a dark card.
    hall : bool
        Whether the hall of all classifiers is open.
    chart : str
        One of `CHARTS` that stands on the stage, "" for none.
    decade : float
        Power of ten of the weights that fill the scale bar; 0 for as many as there are.
    room : mapping of str to object
        The step in the machine room: ``training``, or else ``ranks``, ``micros``, ``schedule`` and ``parts``.
    commands : tuple of mapping
        Commands for the session, each ``{name: value}``.
    questions : tuple of Question
    """

    text: Texts
    view: str = ""
    hide: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    speed: float = 0.0
    run: int = 0
    predict: bool = False
    system: str = ""
    beside: str = ""
    example: int = -1
    line: Texts = field(default_factory=dict)
    dark: bool = False
    hall: bool = False
    chart: str = ""
    decade: float = 0.0
    room: Mapping[str, Any] = field(default_factory=dict)
    commands: tuple[Mapping[str, Any], ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, kw_only=True)
class State:
    """The prepared state: world, machine, seed, presentations gone through, and how the window stands."""

    world: WorldConfig = field(default_factory=WorldConfig)
    machine: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    trials: int = 0
    view: str = "schematic"
    speed: float = 20.0
    paused: bool = True
    hand: bool = False


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A lesson.

    Attributes
    ----------
    name : str
        Shipped name, or path of the file.
    order, minutes : int
    title, summary : mapping of language to str
    lock : tuple of str
        Commands and pages of the window that pupils do not have.
    state : State
    pages : tuple of LessonPage
    """

    name: str
    order: int = 100
    minutes: int = 10
    title: Texts
    summary: Texts
    lock: tuple[str, ...] = ()
    state: State = field(default_factory=State)
    pages: tuple[LessonPage, ...] = ()
