"""The client of a worker process, in which a system is loaded: neither answering nor training blocks the caller.

Two threads of the calling process carry questions and answers over the pipe; a call only queues a question or takes
answers that have arrived. The process itself runs `worker`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections import deque

import numpy as np

from marki.errors import MarkIError, StateError
from marki.io.drawing_orders import DrawingOrder
from marki.io.exhibits import Trouble
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
from successors.serving.worker import Message, serve


class WorkerClient:
    """A worker process, see `marki.io.exhibits.SystemProcess`."""

    def __init__(self) -> None:
        self._come: deque[Message] = deque()
        self._waiting: Waiting = {}
        self._asked = threading.Condition()
        self._over = self._dead = False
        self._name = ""
        # A fresh interpreter: no state is inherited, on any system.
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=serve, args=(there,), daemon=True)
        self._threads = [threading.Thread(target=f, daemon=True) for f in (self._talk, self._listen)]
        try:
            self._process.start()
        except OSError as error:
            self._over = True
            none = StateError(
                f"no process could be started ({error})", where="timeline", remedy="Close other programs",
                code="session.process_none", reason=error,
            )  # fmt: skip
            self._come.append(_told(none))
            return
        finally:
            there.close()
        for thread in self._threads:
            thread.start()

    def load(self, name: str, language: str = "") -> None:
        """Load a system with its shipped weights, untrained if there are none; of a language, if it has such."""
        self._ask(LoadSystem(name=name, language=language))

    def show(self, number: int, stimulus: np.ndarray, *, views: bool = True, task: str = "") -> None:
        """Show a frame (20, 20), a reel (T, 20, 20) or text () to the loaded system; also during training.

        A system with shipped weights of `task` answers with those, unless it was trained here.
        """
        self._ask(ShowStimulus(number=number, stimulus=np.array(stimulus), views=views, task=task))

    def example(self, number: int, *, views: bool = True) -> None:
        """Show stimulus `number` of the test set of its own task, with the target; after the last, the first."""
        self._ask(ShowExample(number=number, views=views))

    def changed(self, number: int, example: int, *, line: str = "", dark: bool = False, views: bool = True) -> None:
        """Show a stimulus of the test set of its own task with another line in the place of its own, or in the dark."""
        self._ask(ShowChanged(number=number, example=example, views=views, line=line, dark=dark))

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
        """Ask every system of a room that has weights for a subject: show a frame, or name a class, or give a line."""
        self._ask(AskHall(number=number, asked=np.array(asked), subject=subject, room=room, again=again, item=item))

    def draw(self, number: int, order: DrawingOrder) -> None:
        """Give the loaded system an order to draw; also during training."""
        self._ask(OrderDrawing(number=number, order=order))

    def offer(self, number: int, name: str, text: str, partial: str) -> None:
        """Ask a system for the rest of a line of a program."""
        self._ask(OfferLine(number=number, name=name, text=text, partial=partial))

    def fill(self, number: int, name: str, text: str) -> None:
        """Ask a system for what belongs into the hole of a program."""
        self._ask(FillHole(number=number, name=name, text=text))

    def try_out(self, number: int, name: str, text: str, target: str, *, count: int, temperature: float) -> None:
        """Have a system draw many programs for a text."""
        self._ask(TryPrograms(number=number, name=name, text=text, target=target, count=count, temperature=temperature))

    def train(self, name: str, seed: int) -> None:
        """Load a system untrained, and train it on its own task."""
        self._ask(TrainSystem(name=name, seed=seed))

    def stop(self) -> None:
        """Stop the training; the system keeps its current state."""
        self._ask(StopTraining())

    def poll(self) -> list[Message]:
        """Return the messages that have arrived since the last call, oldest first; never block."""
        found: list[Message] = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._come.popleft())
        return found

    def close(self) -> None:
        """End the process; a second call does nothing."""
        with self._asked:
            if self._over:
                return
            self._over = True
            self._asked.notify_all()
        self._process.terminate()
        self._process.join(1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(1)
        for thread in self._threads:
            thread.join(1)
        self._pipe.close()

    def _ask(self, question: Question) -> None:
        with self._asked:
            if self._over or self._dead:
                return
            if isinstance(question, LoadSystem | TrainSystem):
                self._name = question.name
            lay(self._waiting, question)
            self._asked.notify_all()

    def _talk(self) -> None:
        """Send questions; if the pipe is full, only this thread blocks."""
        while True:
            with self._asked:
                self._asked.wait_for(lambda: self._waiting or self._over or self._dead)
                if self._over or self._dead:
                    return
                question = take(self._waiting)
            try:
                self._pipe.send(question)
            except OSError:
                return  # the other thread reports it

    def _listen(self) -> None:
        """Receive answers until the process ends; report its end unless it was requested."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._come.append(self._pipe.recv())
        with self._asked:
            self._dead = True
            self._asked.notify_all()
            if not self._over:
                ended = StateError(
                    "the process in which the system stood has ended", where="timeline",
                    remedy="Put the system up again", code="session.process_ended",
                )  # fmt: skip
                self._come.append(_told(ended, self._name))


def _told(error: MarkIError, name: str = "") -> Trouble:
    """Return a refusal as it is told."""
    return Trouble(name=name, text=str(error), error=error)
