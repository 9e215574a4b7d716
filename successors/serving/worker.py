"""The worker process: holds a system, answers questions about it, and may train it.

Training is that of `training_job.train`, step by step: between two steps the process checks for questions.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import numpy as np

from marki.errors import MarkIError, PortError, StateError, unknown
from marki.io.asked import check_asked
from marki.io.exhibits import ActivationView, Progress, Reply, Trouble
from marki.io.frame import SIDE, check_frames
from marki.io.ports import Port
from marki.io.responses import check_lamps, nearest_class
from marki.jobs.pool import end_with_parent
from marki.registers import fingerprint, snapshot
from successors import registry, tasks
from successors.model_card import Trial
from successors.nn.hooks import views as viewed
from successors.nn.hooks import watching
from successors.nn.learner import Network, Successor, check_reels
from successors.registry import System
from successors.serving.questions import (
    AskHall,
    LoadSystem,
    Question,
    ShowExample,
    ShowStimulus,
    StopTraining,
    TrainSystem,
    Waiting,
    lay,
    take,
)
from successors.tasks import Deck
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

OTHERS = 3
"""Number of classes reported besides the answer."""

FINGERPRINTED = 200_000
"""Parameters up to which the weights of a system are told with each answer."""

Message = Reply | Progress | Trouble


def serve(pipe: Connection) -> None:
    """Answer questions from a pipe until it is closed: the entry point of the process."""
    end_with_parent()
    # Ctrl-C at the window's terminal would interrupt this process too; the window will end it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    if hasattr(os, "nice"):
        os.nice(NICE)
    Worker(pipe).run()


def one_frame(frame: np.ndarray, *, where: str) -> np.ndarray:
    """Return a frame (20, 20) as a batch of one, (1, 20, 20) float32.

    Raises
    ------
    PortError
        For a wrong shape or dtype, or light outside 0 to 1.
    """
    if np.ndim(frame) != 2:
        raise PortError(
            f"expected a frame of shape ({SIDE}, {SIDE}), got {np.shape(frame)}", where=where, remedy="Give one frame"
        )
    return check_frames(frame, where=where)


@dataclass(kw_only=True, eq=False)
class LoadedSystem:
    """A loaded system.

    Parameters
    ----------
    system : System
    trial : Trial
        The trial that it is trained on.
    learner : Successor
    """

    system: System
    trial: Trial
    learner: Successor[Network]
    classes: tuple[str, ...] = field(init=False)
    code: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.classes, self.code = registry.classes(self.trial), registry.code(self.trial)

    def one(self, stimulus: np.ndarray) -> np.ndarray:
        """Return a single stimulus as a batch of one.

        Raises
        ------
        PortError
            If it is none that the system accepts.
        """
        where = f"{self.system.name}'s {self.learner.accepts} port"
        a = np.asarray(stimulus)
        if self.learner.accepts is Port.TEXT:
            if a.ndim or a.dtype.kind != "U":
                raise PortError(f"expected one text, got {a.dtype}{a.shape}", where=where, remedy="Give one text")
            return a[None]
        if self.learner.accepts is Port.LAMPS:
            return check_lamps(a, 1, where=where)
        if self.learner.accepts is Port.ASKED:
            pair = check_asked(a, where=where)
            if len(pair) != 1:
                raise PortError(f"{len(pair)} pairs", where=where, remedy="Give one picture with one question")
            return pair
        if self.learner.accepts is Port.REEL:
            if a.ndim != 3:
                raise PortError(
                    f"expected a reel of shape (T, {SIDE}, {SIDE}), got {a.shape}", where=where, remedy="Give one reel"
                )
            return check_reels(a, where=where)
        return one_frame(a, where=where)

    def reply(
        self, number: int, stimulus: np.ndarray, wanted: str, *, views: bool, target: np.ndarray | None = None
    ) -> Reply:
        """Return the answer to one stimulus; `target` is the field wanted, if there is one.

        Raises
        ------
        PortError
            If it is none that the system accepts.
        """
        since = time.process_time()
        x = self.one(stimulus)
        shown: tuple[ActivationView, ...] = ()
        if views:
            network = self.learner.network
            with watching(network) as seen:
                answers, shares = self.learner.weigh(x)
            shown = viewed(self.system.entry.registers, seen, network, x)
        else:
            answers, shares = self.learner.weigh(x)
        said, confidence, lamps, field = "", float("nan"), None, None
        others: tuple[tuple[str, float], ...] = ()
        if self.learner.answers is Port.LAMPS:
            lamps, classes = answers[0], self.classes
            kind = nearest_class(lamps, self.code)
            said = classes[kind] if kind >= 0 else ""
            if shares.shape[1] and np.isfinite(shares).all():
                confidence = float(shares[0, kind])
                best = [k for k in np.argsort(-shares[0], kind="stable").tolist() if k != kind][:OTHERS]
                others = tuple((classes[k], float(shares[0, k])) for k in best)
        elif self.learner.answers is Port.FIELD:
            field = np.asarray(answers[0], np.float32)
        else:
            said = str(answers[0])
        return Reply(
            name=self.system.name,
            number=number,
            stimulus=x[0],
            wanted=wanted,
            said=said,
            confidence=confidence,
            others=others,
            lamps=lamps,
            field=field,
            views=shown,
            seconds=time.process_time() - since,
            task=self.trial.task,
            target=target,
            weights=self._digest(),
        )

    def _digest(self) -> str:
        """Return the digest of the network's weights as they are now, of a small system that reads text."""
        if self.learner.accepts is not Port.TEXT or self.learner.network.count() > FINGERPRINTED:
            return ""
        return fingerprint(self.learner.network.state())[:16]


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
        self._trained: dict[tuple[str, str], LoadedSystem | None] = {}

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
        if isinstance(question, LoadSystem | TrainSystem):
            name = question.name
        else:
            name = self._up.system.name if self._up else ""
        try:
            self._answer(question)
        except MarkIError as error:
            self._send(Trouble(name=name, text=str(error)))
        except Exception as error:
            self._send(Trouble(name=name, text=f"{type(error).__name__}: {error}"))

    def _answer(self, question: Question) -> None:
        match question:
            case LoadSystem():
                self._load(question.name)
            case ShowStimulus():
                self._stimulus(question)
            case ShowExample():
                self._example(question.number, question.views)
            case AskHall():
                self._hall(question.number, question.frame, question.task)
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
            up = self._in_hall(up.system.name, question.task) or up
        if up.learner.accepts is Port.TEXT and not stimulus.ndim and stimulus.dtype.kind == "U":
            try:
                line = typed(str(stimulus), up.trial.task)
            except PortError as error:
                self._send(Trouble(name=up.system.name, text=str(error), passing=True))
                return
            stimulus = np.array(line.text)
            if text := unknown_words(line, up.system.name):
                self._send(Trouble(name=up.system.name, text=text, passing=True))
        self._send(up.reply(question.number, stimulus, "", views=question.views))

    def _load(self, name: str) -> None:
        system = registry.find(name)
        learner = registry.create(name, pretrained=registry.is_trained(name))
        self._up = LoadedSystem(system=system, trial=system.entry.trials[0], learner=learner)
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
        else:
            wanted = deck.classes[kind] if 0 <= kind < len(deck.classes) else ""
        # Of a field that is restored there is one right answer; what is drawn for a class may look like anything.
        restores = up.learner.accepts is Port.FIELD and up.learner.answers is Port.FIELD
        target = np.asarray(deck.test.targets[at], np.float32) if restores else None
        self._send(up.reply(number, np.asarray(deck.test.stimuli[at]), wanted, views=views, target=target))

    def _whole(self, trial: Trial) -> Deck:
        """Return the deck of a trial; the last one is cached."""
        if self._deck is None or self._deck[0] is not trial:
            self._deck = trial, tasks.load(trial.task, **dict(trial.options))
        return self._deck[1]

    def _hall(self, number: int, frame: np.ndarray, task: str) -> None:
        if task not in registry.HALL:
            raise unknown("task of the hall", task, registry.HALL, where="hall")
        frame = one_frame(frame, where="hall")[0]
        for name in registry.names():
            try:
                standing = self._in_hall(name, task)
                if standing is not None:
                    self._send(standing.reply(number, frame, "", views=False))
            except MarkIError as error:
                self._trained[name, task] = None
                self._send(Trouble(name=name, text=str(error)))

    def _in_hall(self, name: str, task: str) -> LoadedSystem | None:
        """Return a system with its shipped weights of a task, cached; None if it has none or is not in the hall."""
        if (name, task) not in self._trained:
            system, standing = registry.find(name), None
            found = registry.weights(name, task) if registry.in_hall(system.entry, task) else None
            if found is not None:
                path, trial = found
                standing = LoadedSystem(system=system, trial=trial, learner=registry.create(name, weights=path))
            self._trained[name, task] = standing
        return self._trained[name, task]

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
            reporter.step(record, accuracy)
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
        self._since = self._last = time.perf_counter()
        self._tell(Record(), preparing=True)

    def begin(self) -> None:
        """Report that the stimuli are there; time counts from now."""
        self._since = time.perf_counter()
        self._tell(Record())

    def step(self, record: Record, right: float) -> None:
        """Record a step, with the fraction of its stimuli answered correctly."""
        self._right.append(right)
        if not self._trail or record.steps >= max(self._trail[-1][0] + 1, SPARSER * self._trail[-1][0]):
            self._trail.append((record.steps, self._recent()))
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
            )
        )
