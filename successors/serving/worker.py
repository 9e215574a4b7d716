"""The worker process: holds a system, answers questions about it, and may train it.

Training is that of `training_job.train`, step by step: between two steps the process checks for questions.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection

import numpy as np

from marki.errors import MarkIError, PortError, StateError, unknown
from marki.io.asked import asked
from marki.io.exhibits import Progress, Reply, Trouble
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.io.program_orders import WrittenPrograms
from marki.io.rooms import DRAWS, READS
from marki.jobs.pool import end_with_parent
from marki.registers import fingerprint, snapshot
from successors import registry, tasks
from successors.model_card import Trial
from successors.nn.learner import Successor
from successors.serving import drawing_desk, room_keepers
from successors.serving.loaded_system import LoadedSystem
from successors.serving.programming import Programmers
from successors.serving.questions import (
    AskHall,
    FillHole,
    LoadSystem,
    OfferLine,
    OrderDrawing,
    Question,
    ShowChanged,
    ShowExample,
    ShowStimulus,
    StopTraining,
    TrainSystem,
    TryPrograms,
    Waiting,
    lay,
    take,
)
from successors.tasks import Deck
from successors.tasks.scene_words import LANGUAGES, language_of
from successors.tasks.wording import typed, unknown_words
from successors.training import loop, participants
from successors.training.diagnosis import diagnose
from successors.training.loop import Record

EVERY_S = 0.05
"""Time between two progress messages of a training, s."""

NICE = 10
"""Niceness of the process, where the operating system has such a thing."""

LAST = 20
"""Steps over which the accuracy is averaged."""

SPARSER = 1.03
"""Factor from one step on the trail of a training to the next: every step at first, a few hundred in all."""

Message = Reply | Progress | Trouble | WrittenPrograms


def serve(pipe: Connection) -> None:
    """Answer questions from a pipe until it is closed: the entry point of the process."""
    end_with_parent()
    # Ctrl-C at the window's terminal would interrupt this process too; the window will end it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    if hasattr(os, "nice"):
        os.nice(NICE)
    Worker(pipe).run()


class Worker:
    """Answers questions, also between the steps of a training.

    Parameters
    ----------
    pipe : Connection
        Connection to the client.
    """

    def __init__(self, pipe: Connection):
        self._pipe = pipe
        self._waiting: Waiting = {}
        self._up: LoadedSystem | None = None
        self._taught_here = False
        self._deck: tuple[Trial, Deck] | None = None
        self._programmers = Programmers()
        self._trained: dict[tuple[str, str, str], LoadedSystem | None] = {}

    def run(self) -> None:
        """Answer until the pipe is closed; the process then ends."""
        while True:
            self._gather(wait=True)
            while self._waiting:
                self._next()
                self._gather()

    def _gather(self, *, wait: bool = False) -> None:
        """Receive all questions that have arrived; block for one only with `wait`."""
        try:
            while self._pipe.poll(None if wait and not self._waiting else 0):
                lay(self._waiting, self._pipe.recv())
        except (EOFError, OSError):
            sys.exit(0)

    def _send(self, message: Message) -> None:
        try:
            self._pipe.send(message)
        except OSError:
            sys.exit(0)

    def _next(self) -> None:
        """Answer the oldest question; an error is reported as `Trouble`, and does not end the process."""
        question = take(self._waiting)
        if isinstance(question, LoadSystem | TrainSystem | OfferLine | FillHole | TryPrograms):
            name = question.name
        else:
            name = self._up.system.name if self._up else ""
        try:
            self._answer(question)
        except MarkIError as error:
            # An order, or a question to the hall, that does not fit concerns that one alone.
            passing = isinstance(error, PortError) and isinstance(question, OrderDrawing | AskHall)
            self._send(Trouble(name=name, text=str(error), passing=passing, error=error))
        except Exception as error:
            self._send(Trouble(name=name, text=f"{type(error).__name__}: {error}"))

    def _answer(self, question: Question) -> None:
        match question:
            case LoadSystem():
                self._load(question.name, question.language)
            case ShowStimulus():
                self._stimulus(question)
            case ShowExample():
                self._example(question.number, question.views)
            case ShowChanged():
                self._changed(question)
            case AskHall():
                self._hall(question)
            case OrderDrawing():
                self._draw(question)
            case OfferLine() | FillHole() | TryPrograms():
                up = self._up if self._up is not None and self._up.system.name == question.name else None
                for written in self._programmers.answers(question, up):
                    self._send(written)
            case TrainSystem():
                self._train(question.name, question.seed)
            case StopTraining():
                pass  # during training, it is handled between two steps
            case _:
                raise StateError(
                    f"{type(question).__name__} is no question",
                    where="rack",
                    remedy="Ask one of successors.serving.questions",
                )

    def _stimulus(self, question: ShowStimulus) -> None:
        """Answer a stimulus; a line that was typed is brought to the wording of the system's task first."""
        up, stimulus = self._demanded(), question.stimulus
        if question.task not in ("", up.trial.task) and not self._taught_here:
            up = self._in_room(room_keepers.keeper(READS.name), up.system.name, question.task) or up
        if up.learner.accepts is Port.TEXT and not stimulus.ndim and stimulus.dtype.kind == "U":
            found = self._typed(up, str(stimulus))
            if found is None:
                return
            up, stimulus = found[0], np.array(found[1])
        elif up.learner.accepts is Port.ASKED and stimulus.dtype.names:
            found = self._typed(up, str(stimulus["text"]))
            if found is None:
                return
            up, stimulus = found[0], asked(stimulus["frame"][None], np.array([found[1]]))
        self._send(up.reply(question.number, stimulus, "", views=question.views))

    def _typed(self, up: LoadedSystem, line: str) -> tuple[LoadedSystem, str] | None:
        """Return who answers a line that was typed, and it in the wording of the task; None if that is refused.

        Who speaks of scenes is asked in the language of the line.
        """
        name = up.system.name
        try:
            found = typed(line, up.trial.task)
        except PortError as error:
            self._send(Trouble(name=name, text=str(error), passing=True, error=error))
            return None
        if (unread := unknown_words(found, up.system.entry.label)) is not None:
            self._send(Trouble(name=name, text=str(unread), passing=True, error=unread))
        language = language_of(found.text)
        if self._taught_here or up.subject not in LANGUAGES or up.subject == language:
            return up, found.text
        key = "speaks", name, language
        if key not in self._trained:
            weights = registry.weights(name, language)
            self._trained[key] = None if weights is None else LoadedSystem(
                system=up.system, trial=weights[1], learner=registry.speaker(name, language)
            )  # fmt: skip
        speaker = self._trained[key]
        if speaker is None:
            mute = PortError(
                f"{name} speaks no {language!r}", where="teleprinter", remedy="Use another language",
                code="text.speaks", name=up.system.entry.label, language=language,
            )  # fmt: skip
            self._send(Trouble(name=name, text=str(mute), passing=True, error=mute))
            return None
        return speaker, found.text

    def _load(self, name: str, language: str = "") -> None:
        system = registry.find(name)
        trial = system.entry.trials[0]
        speaks = registry.subject(system.entry, trial)
        found = registry.weights(name, language) if speaks in LANGUAGES and language not in ("", speaks) else None
        if found is None:
            learner = registry.create(name, pretrained=registry.is_trained(name))
        else:
            trial, learner = found[1], registry.speaker(name, language)
        self._up = LoadedSystem(system=system, trial=trial, learner=learner)
        self._taught_here = False

    def _demanded(self) -> LoadedSystem:
        if self._up is None:
            raise StateError("no system is up", where="rack", remedy="Load one first")
        return self._up

    def _example(self, number: int, views: bool) -> None:
        up = self._demanded()
        deck = self._whole(up.trial)
        at = number % len(deck.test)
        kind = int(deck.test.kinds[at])
        if deck.answers is Port.TEXT:
            wanted = str(deck.test.targets[at])
        elif deck.accepts is Port.TEXT and deck.answers is Port.FIELD:
            wanted = ""  # the text itself says it
        else:
            wanted = deck.classes[kind] if 0 <= kind < len(deck.classes) else ""
        # Of a field that is restored there is one right answer; what is drawn for a class may look like anything.
        restores = up.learner.accepts is Port.FIELD and up.learner.answers is Port.FIELD
        target = np.asarray(deck.test.targets[at], np.float32) if restores else None
        reply = up.reply(number, np.asarray(deck.test.stimuli[at]), wanted, views=views, target=target)
        # What is said has been judged with the reply.
        if reply.field is not None and (judge := tasks.find(up.trial.task).judge) is not None:
            reply = replace(reply, judged=bool(judge(reply.field[None], deck.test.targets[at : at + 1])[0]))
        self._send(reply)

    def _changed(self, question: ShowChanged) -> None:
        """Answer an example with another line, or a dark card in the place of its picture."""
        up = self._demanded()
        stimuli = self._whole(up.trial).test.stimuli
        stimulus = stimuli[question.example % len(stimuli)]
        if not stimulus.dtype.names:
            self._send(up.reply(question.number, np.zeros_like(stimulus), "", views=question.views))
            return
        text = str(stimulus["text"])
        if question.line:
            found = self._typed(up, question.line)
            if found is None:
                return
            up, text = found
        frame = np.zeros_like(stimulus["frame"]) if question.dark else stimulus["frame"]
        self._send(up.reply(question.number, asked(frame[None], np.array([text])), "", views=question.views))

    def _whole(self, trial: Trial) -> Deck:
        """Return the deck of a trial; the last one is cached."""
        if self._deck is None or self._deck[0] is not trial:
            self._deck = trial, tasks.load(trial.task, **dict(trial.options))
        return self._deck[1]

    def _draw(self, question: OrderDrawing) -> None:
        """Draw with the weights for what is named, unless the system was trained here."""
        up, order = self._demanded(), question.order
        if order.named and not self._taught_here and up.learner.accepts is Port.LAMPS:
            keeper = room_keepers.keeper(DRAWS.name)
            subject = keeper.room.subject_of(order.named)
            if subject != up.subject:
                up = self._in_room(keeper, up.system.name, subject) or up
        examples = np.zeros((0, SIDE, SIDE), np.float32)
        if drawing_desk.needs_examples(up, order):
            deck = self._whole(up.trial)
            real = deck.test.targets if up.learner.accepts is Port.LAMPS else deck.test.stimuli
            examples = drawing_desk.picked(np.asarray(real), deck.test.kinds, up.classes, order)
        self._send(drawing_desk.drawn(up, question.number, order, examples))

    def _hall(self, question: AskHall) -> None:
        keeper = room_keepers.keeper(question.room)
        if question.subject not in keeper.room.subjects:
            raise unknown("subject of the room", question.subject, keeper.room.subjects, where="hall")
        asked = keeper.check(question.asked, question.subject)
        given = room_keepers.RoomQuestion(
            number=question.number, asked=asked, subject=question.subject, again=question.again, item=question.item
        )
        if keeper.opens is not None:
            self._send(keeper.opens(given))
        for name in registry.names():
            try:
                standing = self._in_room(keeper, name, question.subject)
                if standing is not None and (reply := keeper.ask(standing, given)) is not None:
                    self._send(reply)
            except MarkIError as error:
                self._trained[keeper.room.name, name, question.subject] = None
                self._send(Trouble(name=name, text=str(error), error=error))

    def _in_room(self, keeper: room_keepers.Keeper, name: str, subject: str) -> LoadedSystem | None:
        """Return a system with its shipped weights of a subject, cached; None if it has none or takes no part."""
        key = keeper.room.name, name, subject
        if key not in self._trained:
            system, standing = registry.find(name), None
            found = keeper.weights(name, subject) if keeper.takes(system) else None
            if found is not None:
                path, trial = found
                spoken = registry.subject(system.entry, trial)
                learner = registry.create(name, weights=path, language=spoken)
                standing = LoadedSystem(system=system, trial=trial, learner=learner)
            self._trained[key] = standing
        return self._trained[key]

    def _train(self, name: str, seed: int) -> None:
        system = registry.find(name)
        trial = system.entry.trials[0]
        reporter = ProgressReporter(name, seed, system.entry.retina.amend(trial.changes).recipe.total_steps, self._send)
        deck = self._whole(trial)
        entrant = participants.enter(name, deck, seed=seed, changes=trial.changes)
        learner = entrant.learner
        if not isinstance(learner, Successor):
            raise StateError(
                f"{name} sees {entrant.note or 'something else'}", where="rack", remedy="Choose another system"
            )
        self._up, self._taught_here = LoadedSystem(system=system, trial=trial, learner=learner), True
        reporter.begin()

        def on_step(record: Record, accuracy: float) -> bool:
            reporter.step(record, accuracy, drawing_desk.bout(learner))
            self._gather()
            while self._waiting:
                kind = next(iter(self._waiting))
                if kind is StopTraining:
                    take(self._waiting)
                if kind in (StopTraining, LoadSystem, TrainSystem):
                    return False
                self._next()
                self._gather()
            return True

        record = loop.train(learner, deck, entrant.recipe, seed=seed, on_step=on_step)
        digest = fingerprint(snapshot(learner.registers()))
        # Before the first evaluation there is nothing to judge.
        found = diagnose(learner, deck, record) if record.curve else []
        reporter.end(record, digest, tuple(symptom.name.lower() for symptom in found))


def _mean(values: Sequence[float]) -> float:
    """Return the mean of those values that are numbers; NaN if none is."""
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan


class ProgressReporter:
    """Reports the progress of a training at limited frequency, and at its start and end.

    Parameters
    ----------
    name : str
    seed, of : int
        Seed of the training, and its number of steps.
    send : callable
        Takes a `Progress`.
    """

    def __init__(self, name: str, seed: int, of: int, send: Callable[[Progress], None]):
        self._name, self._seed, self._of = name, seed, of
        self._send = send
        self._right: deque[float] = deque(maxlen=LAST)
        self._trail: list[tuple[int, float]] = []
        self._bouts: deque[tuple[float, float, float]] = deque(maxlen=LAST)
        self._duel: list[tuple[int, float, float, float]] = []
        self._since = self._last = time.perf_counter()
        self._tell(Record(), preparing=True)

    def begin(self) -> None:
        """Report that the stimuli are there; time counts from now."""
        self._since = time.perf_counter()
        self._tell(Record())

    def step(self, record: Record, right: float, bout: tuple[float, float, float] | None = None) -> None:
        """Record a step, with the fraction of its stimuli answered correctly, and of rivals their losses and `told`."""
        self._right.append(right)
        if bout is not None:
            self._bouts.append(bout)
        if not self._trail or record.steps >= max(self._trail[-1][0] + 1, SPARSER * self._trail[-1][0]):
            self._trail.append((record.steps, self._recent()))
            if self._bouts:
                critic, creator, told = (_mean(column) for column in zip(*self._bouts, strict=True))
                self._duel.append((record.steps, critic, creator, told))
        if time.perf_counter() - self._last >= EVERY_S:
            self._tell(record)

    def end(self, record: Record, digest: str, warnings: tuple[str, ...] = ()) -> None:
        """Report the end of the training, with the digest of all registers and the signs that it is dead or stuck."""
        self._tell(record, digest, warnings)

    def _recent(self) -> float:
        return sum(self._right) / max(1, len(self._right))

    def _tell(
        self, record: Record, digest: str = "", warnings: tuple[str, ...] = (), *, preparing: bool = False
    ) -> None:
        self._last = time.perf_counter()
        self._send(
            Progress(
                name=self._name,
                seed=self._seed,
                of=self._of,
                steps=record.steps,
                shown=record.shown,
                curve=tuple((int(step), float(right), float(score)) for step, right, score in record.curve),
                right=self._recent(),
                seconds=self._last - self._since,
                done=bool(digest),
                digest=digest,
                trail=tuple(self._trail),
                preparing=preparing,
                warnings=warnings,
                duel=tuple(self._duel),
            )
        )
