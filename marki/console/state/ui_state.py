"""The ui state: what the operator looks at and holds in hand; state of the window, none of the machine's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from marki.console.state.code_book import CodeBook
from marki.console.state.pen_desk import PenDesk
from marki.console.state.picture_preview import Preview
from marki.console.state.studio import Studio
from marki.console.state.targets import Target
from marki.console.state.undo_stack import UndoStack
from marki.io.machine_room import StepPlan
from marki.paper.cut_cards import ReadPage
from marki.teaching.ballots import BallotBook
from marki.teaching.lesson import Lesson

VIEWS = ("schematic", "front")
DECADES = (2.8, 11.9)
"""Least and greatest power of ten of the weights that fill the scale bar."""

PAGES = (
    "menu", "inspect", "provenance", "confusion", "journal", "settings", "open", "deck", "lessons", "lesson", "vote",
    "hand", "exhibit", "preview", "sheet", "worlds", "room", "room_table",
)  # fmt: skip


@dataclass(frozen=True)
class Confirmation:
    """Something that must be answered before the operator goes on.

    Attributes
    ----------
    text : str
        In the language of the window.
    command : str
        Carried out on a yes, with `arguments`.
    """

    text: str
    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Typing:
    """A line that is being typed.

    Attributes
    ----------
    command : str
        Given on Enter, with `arguments` and the line as its argument ``text``.
    single : bool
        Every character is taken at once, without Enter.
    prompt : mapping of language to str, optional
        What stands before the line; left out, it is the string ``typing.COMMAND`` of the language tables.
    values : mapping of str to object
        What is put into that string.
    composing : str
        What an input method has not made into text yet.
    """

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    single: bool = False
    prompt: Mapping[str, str] | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    composing: str = ""

    @property
    def shown(self) -> str:
        """The line as it is shown, with what is being composed in brackets."""
        return f"{self.text}[{self.composing}]" if self.composing else self.text


@dataclass
class UIState:
    """What the operator looks at and holds.

    Attributes
    ----------
    view : str
        One of `VIEWS`.
    page : str
        Page at the side, "" for none; `scroll` px of it lie above its upper edge.
    picked : Target or None
        The unit whose whole sum is shown.
    focus, hovered, held : Target or None
        Where the keyboard is, where the mouse is, what it holds.
    draft : (20, 20) uint8 or None
        The operator's own card, light from 0 to 255.
    preview : Preview or None
        The picture of the operator's own that the card is made of, and how.
    sheet : ReadPage or None
        The photographed sheet that was read last; its contact sheet is at `contact`.
    tool : str
        What the mouse does: ``look`` at units, ``draw`` a card, or ``break`` units.
    turning : (int, float) or None
        A potentiometer in hand and the angle it is being turned to, deg.
    layer, open_doors, bay : int, bool, int
        Layer of potentiometers in sight, whether the doors of the plugboard stand open, and which bay of the front is
        looked at closely, 0 for the whole.
    before : (trials,) bool or None
        Errors of the run before this one.
    covered : bool
        Whether the R-lamps are covered, because the class is to predict them first.
    strip, hall : bool
        Whether the strip of years is unfolded, and whether the hall of all classifiers is open.
    system, last, beside : str
        The system that stands here, the one before it, and the one at its side, "" for none.
    room : str
        Name of the room of the hall in which the visitor stands, see `marki.io.rooms`.
    studio, studio_past : Studio, UndoStack
        What hands have done to machines that draw, and what it was before.
    film_at, film_runs : float, bool
        The step at which a walk from noise to a picture is shown, and whether it goes on.
    example : int
        Number of the example of its own task that a system is shown; -1 for what the photocells see.
    chart : str
        One of `lesson_types.CHARTS` that stands on the stage, "" for none.
    plan, room_runs : StepPlan, int
        The step that is shown in the machine room, and how often it was asked for again.
    book, shots : CodeBook or None, int
        The code book whose examples stand before a question, and how many of them do.
    decade : float
        Power of ten of the weights that fill the scale bar, one of `DECADES` or between; 0 for as many as there are.
    kind : str
        The kind of systems that the strip shows brightly, and among which the keys step; "" for all.
    strip_at : float
        Which part of the strip is seen where it is longer than the window: 0 its beginning, 1 its end.
    typed : str
        What was typed to a system that reads text.
    dark : bool
        Whether the shutter of what systems see is closed, so that they are shown a dark card.
    tries : bool
        Whether many programs are drawn of a system that programs; `temperature` is that at which.
    editing : bool
        Whether the editor is open, where programs are written; `desk` keeps what stands there when it is left.
    pen : int
        Width of the pen, cells; 0 for the eraser.
    strokes : UndoStack
        The operator's own card before each stroke; None for no card.
    still, projector : bool
        Whether motion is reduced, and whether type is large.
    helping : bool
        Whether the key map lies over the window.
    welcome : bool
        Whether the first steps are offered.
    tour : int
        Step of the tour, from 0; -1 for none. It is shown for `tour_left_s` more; `before_tour` are the speed before it
        and whether that rose by itself.
    """

    view: str = "schematic"
    page: str = ""
    scroll: int = 0
    picked: Target | None = None
    focus: Target | None = None
    hovered: Target | None = None
    held: Target | None = None
    draft: np.ndarray | None = None
    preview: Preview | None = None
    sheet: ReadPage | None = None
    contact: Path | None = None
    tool: str = "look"
    turning: tuple[int, float] | None = None
    layer: int = 0
    open_doors: bool = False
    bay: int = 0
    before: np.ndarray | None = None
    hand: bool = False
    predicting: bool = False
    covered: bool = False
    tally: BallotBook = field(default_factory=BallotBook)
    lesson: Lesson | None = None
    leaf: int = 0  # page of the lesson, from 0
    chosen: dict[tuple[int, int], int] = field(default_factory=dict)  # (page, question): option chosen
    marked: dict[tuple[int, int], int] = field(default_factory=dict)  # (page, question): option that is right
    opened: set[int] = field(default_factory=set)  # pages whose commands were given
    answers: dict[tuple[int, int], str] = field(default_factory=dict)  # (page, question): answer that was asked for
    strip: bool = False
    system: str = "mark1"
    last: str = ""
    beside: str = ""
    hall: bool = False
    room: str = "reads"
    studio: Studio = field(default_factory=Studio)
    studio_past: UndoStack[Studio] = field(default_factory=UndoStack)
    film_at: float = 0.0
    film_runs: bool = True
    example: int = -1
    chart: str = ""
    decade: float = 0.0
    book: CodeBook | None = None
    shots: int = 0
    plan: StepPlan = field(default_factory=StepPlan)
    room_runs: int = 0
    kind: str = ""
    strip_at: float = 0.0
    typed: str = ""
    dark: bool = False
    tries: bool = False
    temperature: float = 0.6
    editing: bool = False
    desk: PenDesk = field(default_factory=PenDesk)
    pen: int = 2
    strokes: UndoStack[np.ndarray | None] = field(default_factory=UndoStack)
    still: bool = False
    projector: bool = False
    helping: bool = False
    welcome: bool = False
    tour: int = -1
    tour_left_s: float = 0.0
    before_tour: tuple[float, bool] = (1.0, False)
    hidden: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()
    question: Confirmation | None = None
    typing: Typing | None = None
    message: str = ""
    alarm: bool = False

    def begin_studio(self) -> None:
        """Leave behind what hands did to the machine that stood here; what it was asked for stays."""
        self.studio = replace(self.studio, turned=(), ink=(), theirs=Studio().theirs)
        self.studio_past.clear()
        self.film_at, self.film_runs = 0.0, True

    def begin_anew(self, **kept: Any) -> None:
        """Take every field back to what it is at first, or to what is given."""
        fresh = UIState(**kept)
        for field_ in fields(self):
            setattr(self, field_.name, getattr(fresh, field_.name))
