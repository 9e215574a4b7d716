"""Exhibits: what a window may know of the successors. The machine never imports them; whoever opens the window lends it
a `Timeline`.

A rack is where one system stands: a process of its own, so that neither answering nor learning holds up the window.
Commands to it return at once; what comes of them is fetched with `poll`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from marki.errors import MarkIError
from marki.io.drawing_orders import DrawingOrder, Sheet, Tool
from marki.io.machine_room import MachineRoom
from marki.io.ports import Port
from marki.io.program_orders import WrittenPrograms
from marki.io.scaling_record import ScalingRecord

MARK1 = "mark1"
"""Name of the machine among its successors."""

HALL = {"letters": tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "digits": tuple("0123456789")}
"""Tasks of the hall, with their classes."""


LAMP_SHARES = "certainty of each lamp"
"""Name of the register of a system that tells lamps in text: how certain it is of each of the eight, 0…1."""


class SystemKind(StrEnum):
    """What a system does, for those who look for one."""

    SEES = "sees"
    REMEMBERS = "remembers"
    DRAWS = "draws"
    SPEAKS = "speaks"
    PROGRAMS = "programs"


def kind_of(accepts: Port, answers: Port) -> SystemKind:
    """Return what a system does, as far as its ports tell; none of them tells who programs."""
    if Port.TEXT in (accepts, answers):
        return SystemKind.DRAWS if answers is Port.FIELD else SystemKind.SPEAKS
    if answers is Port.FIELD:
        return SystemKind.DRAWS
    return SystemKind.REMEMBERS if accepts is Port.REEL else SystemKind.SEES


@dataclass(frozen=True, kw_only=True)
class AblationResult:
    """What a system loses without its defining mechanism.

    Attributes
    ----------
    mechanism : mapping of language ("en", "zh") to str
    present, absent : float
        Fraction of right answers with the mechanism and without it, in the mean over seeds.
    interval : (float, float) or None
        Of the difference, `present` less `absent`, at 95 %; None after a training with one seed.
    word : str
        Whether it holds that the mechanism helps: "holds", "not told apart" or "fails".
    """

    mechanism: Mapping[str, str]
    present: float
    absent: float
    interval: tuple[float, float] | None
    word: str


@dataclass(frozen=True, kw_only=True)
class ClaimResult:
    """What became of a claim about a score.

    Attributes
    ----------
    claim : str
        "at least", "at most", "above", "not below" or "a greater lead than with".
    than : str
        Label of the system, or name of the trial, with which it is compared; "" for a bound.
    wanted : float
        The bound, or the least difference.
    word : str
        "holds", "not told apart" or "fails".
    """

    claim: str
    than: str
    wanted: float
    word: str


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """How a system does on a task.

    Attributes
    ----------
    task, label : str
        The task, and what the trial is called if it has settings of its own, else "".
    score : float
        Fraction of right answers in the test, in the mean over seeds.
    interval : (float, float) or None
        At 95 %; None after a training with one seed.
    worst : (str, float) or None
        The typeface that is read worst, and the fraction of right answers in it.
    typefaces : int
        Number of typefaces in the test.
    claims : tuple of ClaimResult
    """

    task: str
    label: str
    score: float
    interval: tuple[float, float] | None
    worst: tuple[str, float] | None
    typefaces: int
    claims: tuple[ClaimResult, ...]


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A system of the timeline, for people.

    Attributes
    ----------
    name, title, authors : str
    label : str
        What it is called on plates: short, as people say it.
    year : int
    accepts, answers : Port
    task : str
        What it is trained on.
    classes : tuple of str
        What its lamps mean; empty if they mean nothing.
    parents : tuple of str
        Names of earlier systems that it is built of.
    parameters, multiply_adds : int
        As it stands here.
    published : int or None
        Parameters at the paper's main size.
    source : mapping of language ("en", "zh") to str
        Where that figure is published; not always in the paper.
    results : tuple of TrialResult
        The first on its own task; none if it was not trained.
    ablation : AblationResult or None
        None if it was not trained.
    idea, seed, but : mapping of language ("en", "zh") to str
        What was new; what a history of 2022 says of it, "" if nothing; and what is wrong in that, "" if nothing.
    hall : mapping of str to tuple of str
        Of what it can be asked in the hall: by room, the subjects for which it has weights.
    kind : SystemKind
    tools : tuple of Tool
        What a hand may do to it, if it draws.
    short : str
        What stands on its plate where there is no room for `label`; "" if that is short enough.
    asked : tuple of str
        The classes that it has learned to draw when they are named; empty if it is told nothing.
    """

    name: str
    label: str
    year: int
    title: str
    authors: str
    accepts: Port
    answers: Port
    task: str
    classes: tuple[str, ...]
    parents: tuple[str, ...]
    parameters: int
    multiply_adds: int
    published: int | None
    source: Mapping[str, str]
    results: tuple[TrialResult, ...]
    ablation: AblationResult | None
    idea: Mapping[str, str]
    seed: Mapping[str, str]
    but: Mapping[str, str]
    hall: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    kind: SystemKind = SystemKind.SEES
    short: str = ""
    tools: tuple[Tool, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def score(self) -> float | None:
        """Fraction of right answers in the test of its own task, in the mean over seeds; None if it was not trained."""
        return self.results[0].score if self.results else None


class Rendering(StrEnum):
    """How a register is drawn."""

    MAPS = "maps"  # (channels, h, w): feature maps, each scaled by the greatest of its layer
    ROWS = "rows"  # (t, k): gates or states over the exposures of a reel
    BARS = "bars"  # (k,): units
    ATTENTION = "attention"  # (heads, t, s): where each of t places looks among s
    TOKENS = "tokens"  # (t,) of str: pieces of text


@dataclass(frozen=True, kw_only=True)
class ActivationView:
    """A register as it is now, ready to be drawn; `rendering` says the shape of `array`."""

    name: str
    rendering: Rendering
    array: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer.

    Attributes
    ----------
    name : str
        Of the system.
    number : int
        Of the question, as given to `show`, `example` or `hall`.
    stimulus : ndarray
        What was shown: a frame (20, 20), a reel (T, 20, 20), text () of str, or a frame with a text, see `asked`.
    wanted, said : str
        The class or text wanted ("" if not known) and answered, in words.
    confidence : float
        Share of certainty, 0…1; nan for a system that has none.
    others : tuple of (str, float)
        The next classes with their shares, best first.
    lamps : ndarray of bool, shape (8,), or None
    field : ndarray of float32, shape (20, 20), or None
    views : tuple of ActivationView
        Empty unless asked for.
    seconds : float
        Processor time that the answer took.
    task : str
        The task of the weights that answered; "" if there are none.
    target : ndarray of float32, shape (20, 20), or None
        The field that is wanted, if there is one and no other.
    judged : bool or None
        Whether the task's judge takes it for right, where it has one: a program is right by what it draws, and a lamp
        that is told may be followed by more.
    weights : str
        Digest of the weights after the answer, of a system that reads text and is small; else "".
    read, reader : str
        What a reader takes the field for, and which system that is; "" if none was asked.
    sheet : Sheet or None
        What a machine that was given an order to draw hands back besides.
    unknown, offer : tuple of str, str
        Of a typed line that was not understood: its words that nobody knows, and the nearest line that is understood.
    """

    name: str
    number: int
    stimulus: np.ndarray
    wanted: str
    said: str
    confidence: float
    others: tuple[tuple[str, float], ...]
    lamps: np.ndarray | None
    field: np.ndarray | None
    views: tuple[ActivationView, ...]
    seconds: float
    task: str = ""
    target: np.ndarray | None = None
    judged: bool | None = None
    weights: str = ""
    read: str = ""
    reader: str = ""
    sheet: Sheet | None = None
    unknown: tuple[str, ...] = ()
    offer: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a training has come.

    Attributes
    ----------
    name : str
    seed, steps, of, shown : int
        Steps taken of how many, and stimuli shown.
    curve : tuple of (int, float, float)
        Step, training accuracy, and validation score, at each evaluation.
    right : float
        Share right over the last steps.
    seconds : float
        Time that it took.
    done : bool
        Whether it is over, learned or stopped.
    digest : str
        Of all registers at the end; "" before.
    trail : tuple of (int, float)
        Step, and share right over the last steps, as they came: each step at first, fewer and fewer later.
    preparing : bool
        Whether its stimuli are being made; before the first step.
    duel : tuple of (int, float, float, float)
        Of two rivals: step, and in the mean over the last steps loss of the critic, loss of the creator, and share of
        real and made pictures that the critic told rightly.
    warnings : tuple of str
        At the end, the signs that it is dead or stuck: ``one_answer``, ``loss``, ``saturated``, ``silent``, ``chance``.
    """

    name: str
    seed: int
    steps: int
    of: int
    shown: int
    curve: tuple[tuple[int, float, float], ...]
    right: float
    seconds: float
    done: bool
    digest: str
    trail: tuple[tuple[int, float], ...] = ()
    preparing: bool = False
    warnings: tuple[str, ...] = ()
    duel: tuple[tuple[int, float, float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A refusal, or the end of a process, in one sentence; a passing one concerns one question, and all goes on.

    `error` is the refusal itself, which the window says in its language; None for what went wrong in the program.
    """

    name: str
    text: str
    passing: bool = False
    error: MarkIError | None = field(default=None, compare=False)


class SystemProcess(Protocol):
    """A process in which systems stand. Of several questions that wait, only the last of each kind is answered."""

    def load(self, name: str, language: str = "") -> None:
        """Put a system up with its shipped weights, untrained if there are none; with those of a language, if it has
        some: of what it shows and says then."""
        ...

    def show(self, number: int, stimulus: np.ndarray, *, views: bool = True, task: str = "") -> None:
        """Show a frame (20, 20), a reel (T, 20, 20), text () or a frame with a text to the system that is up.

        Also while it learns.

        A system with shipped weights of `task`, one of the hall, answers with those, unless it was trained here.
        """
        ...

    def example(self, number: int, *, views: bool = True) -> None:
        """Show stimulus `number` of the test part of its own task, with what is wanted; after the last, the first."""
        ...

    def changed(self, number: int, example: int, *, line: str = "", dark: bool = False, views: bool = True) -> None:
        """Show a stimulus of the test part of its own task in which something is changed; nobody knows what is wanted.

        Parameters
        ----------
        number : int
        example : int
        line : str
            What is asked about the picture of the example; "" for its own text.
        dark : bool
            Whether a dark card stands in the place of its picture.
        views : bool
        """
        ...

    def hall(
        self,
        number: int,
        asked: np.ndarray,
        subject: str = "letters",
        *,
        room: str = "reads",
        again: int = 0,
        item: int = -1,
    ) -> None:
        """Ask every system of a room that has weights for a subject; one `Reply` comes of each.

        Parameters
        ----------
        number : int
        asked : ndarray
            What the room asks with: a frame (20, 20), text () with the name of a class or a line, or a frame with a
            question, as of `marki.io.asked`.
        subject : str
            One of the room's.
        room : str
        again : int
            Which of the possible answers is wanted of a system that draws by chance, from 0.
        item : int
            Which of the room's own tasks, sentences or scenes is asked about; -1 for what is given in `asked`.
        """
        ...

    def draw(self, number: int, order: DrawingOrder) -> None:
        """Give the system that is up an order to draw; also while it learns. A `Reply` with a sheet comes of it."""
        ...

    def offer(self, number: int, name: str, text: str, partial: str) -> None:
        """Ask a system for the rest of a line of a program that is being written.

        Parameters
        ----------
        number : int
        name : str
            Of the system, whether it is up or not.
        text : str
            What asks for the program, and the program as far as whole words of it are written.
        partial : str
            The letters that are written of the next word.
        """
        ...

    def fill(self, number: int, name: str, text: str) -> None:
        """Ask a system for what belongs into the hole of a program."""
        ...

    def try_out(self, number: int, name: str, text: str, target: str, *, count: int, temperature: float) -> None:
        """Have a system draw many programs for a text, judged by a right one unless that is ""; they come in parts."""
        ...

    def train(self, name: str, seed: int) -> None:
        """Put a system up untrained and let it learn its own task."""
        ...

    def stop(self) -> None:
        """End a training where it is; the system stays as it is."""
        ...

    def poll(self) -> list[Reply | Progress | Trouble | WrittenPrograms]:
        """Return what has come since, oldest first; never waits."""
        ...

    def close(self) -> None:
        """End the process."""
        ...


class Timeline(Protocol):
    """All systems, in order of time."""

    def names(self) -> tuple[str, ...]:
        """Return their names, at once."""
        ...

    def exhibits(self, told: Callable[[int, int], None] | None = None) -> tuple[Exhibit, ...]:
        """Return them; may take seconds the first time.

        Parameters
        ----------
        told : callable, optional
            Called with the number of systems read so far, and that of all, whenever one has been read.
        """
        ...

    def rack(self) -> SystemProcess:
        """Return a new rack."""
        ...

    def room(self) -> MachineRoom:
        """Return the machine room."""
        ...

    def scaling(self, folder: Path) -> ScalingRecord | None:
        """Return the runs at equal computing of the system that was trained last so; None if there are none.

        Parameters
        ----------
        folder : Path
            Into which commands write what they find.
        """
        ...
