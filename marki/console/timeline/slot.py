"""A slot: one process for systems, which system is loaded in it, and its last replies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from marki.console.state.timeline_view import verdict
from marki.errors import MarkIError
from marki.io.drawing_orders import DrawingOrder, Tool
from marki.io.exhibits import Exhibit, Progress, Reply, SystemProcess, Timeline, Trouble
from marki.io.program_orders import WrittenPrograms
from marki.io.rooms import READS, Asks, Room

FIRST = 1_000_000  # number of the first question; those below are numbers of examples
AGAIN_FRAMES = 6  # while a system learns, the same stimulus is asked about anew only so often
AGAIN_WALK_FRAMES = 180  # a walk takes as long as many steps of learning


@dataclass
class SystemSlot:
    """A process for systems, with what is known of the one loaded in it.

    Attributes
    ----------
    timeline : Timeline
        Starts the process when the first system is put up.
    exhibit : Exhibit or None
        The system that is up.
    reply, progress : Reply or None, Progress or None
        The last that came.
    hall : dict of name to Reply
        The last answers to a question in the hall.
    serial : int
        Counts the replies.
    age : int
        Frames since the stimulus of `reply` was new.
    right, judged : int
        Answers since the system was put up whose class was known, and how many of them were right.
    troubles : list of MarkIError or str
        What was refused since the last look.
    tries : list of WrittenPrograms
        Programs that were drawn for a text, in the parts in which they came.
    """

    timeline: Timeline
    exhibit: Exhibit | None = None
    reply: Reply | None = None
    progress: Progress | None = None
    hall: dict[str, Reply] = field(default_factory=dict)
    serial: int = 0
    age: int = 0
    right: int = 0
    judged: int = 0
    troubles: list[MarkIError | str] = field(default_factory=list)
    _rack: SystemProcess | None = None
    _number: int = FIRST
    _first: int = FIRST  # questions with a lower number were about something else
    _new: bool = False
    _asked: tuple = ()
    _beat: int = 0
    _wanted: dict[int, str] = field(default_factory=dict)  # by question
    _broken: bool = False
    _language: str = ""  # of the weights that were asked for
    _training: bool = False
    tries: list[WrittenPrograms] = field(default_factory=list)
    _tried: tuple = ()
    _tries_number: int = -1

    @property
    def name(self) -> str:
        """Name of the system that is up, "" for none."""
        return "" if self.exhibit is None else self.exhibit.name

    @property
    def rack(self) -> SystemProcess:
        """The process, started when it is first needed."""
        if self._rack is None:
            self._rack = self.timeline.rack()
        return self._rack

    @property
    def learning(self) -> bool:
        """Whether a training goes on."""
        return self._training

    @property
    def broken(self) -> bool:
        """Whether something was refused for good, which may be the end of the process."""
        return self._broken

    @property
    def waiting(self) -> bool:
        """Whether a question has not been answered yet."""
        if not self._asked:
            return False
        return self.reply is None or self.reply.number != (self._asked[1] if self._example else self._number)

    @property
    def _example(self) -> bool:
        return bool(self._asked) and self._asked[0] == "example"

    def put_up(self, exhibit: Exhibit, language: str = "") -> None:
        """Put a system up with its shipped weights, if it is not up already; with those of a language, if it has some.

        One that was trained here stays as it is.
        """
        spoken = language if any(language in subjects for subjects in exhibit.hall.values()) else ""
        other = spoken != self._language and self.progress is None and not self._training
        if exhibit.name != self.name or other:
            self._language = spoken
            self._load(exhibit)

    def again(self) -> None:
        """Put the system up once more with its shipped weights."""
        if self.exhibit is not None:
            self._load(self.exhibit)

    def _load(self, exhibit: Exhibit) -> None:
        if self._broken:
            self.close()
        self._forget()
        self.exhibit = exhibit
        self.rack.load(exhibit.name, self._language)

    def train(self, seed: int) -> None:
        """Let the system learn its own task from zero."""
        self._forget()
        self._training, self.age = True, 0
        self.rack.train(self.name, seed)

    def stop(self) -> None:
        """End the training where it is."""
        if self._training:
            self._training = False
            self.rack.stop()

    def _forget(self) -> None:
        self.progress, self._asked, self._training = None, (), False
        self.reply, self.right, self.judged, self._first = None, 0, 0, self._number + 1
        self.tries.clear()
        self._tried, self._tries_number = (), -1

    def show(self, stimulus: np.ndarray, wanted: str = "", task: str = "") -> None:
        """Ask about a frame or a text, if it is another than before, or if the system has learned since.

        Parameters
        ----------
        stimulus : ndarray
        wanted : str
            Its class, "" if nobody knows it.
        task : str
            The task of the hall that it belongs to, for whose weights it is.
        """
        key = ("show", stimulus.tobytes(), task)
        self._ask(key, lambda number: self.rack.show(number, stimulus, views=True, task=task), wanted)

    def example(self, k: int) -> None:
        """Ask about a stimulus of the test part of its task."""
        self._ask(("example", k), lambda number: self.rack.example(k, views=True))

    def changed(self, k: int, *, line: str, dark: bool) -> None:
        """Ask about a stimulus of the test part of its task with a line of one's own, or in the dark."""
        self._ask(
            ("changed", k, line, dark), lambda number: self.rack.changed(number, k, line=line, dark=dark, views=True)
        )

    def draw(self, order: DrawingOrder) -> None:
        """Give an order to draw, if it is another than before, or if the system has learned since."""
        every = AGAIN_WALK_FRAMES if order.tool is Tool.WALK else AGAIN_FRAMES
        self._ask(("draw", order.key), lambda number: self.rack.draw(number, order), every=every)

    def ask_hall(
        self,
        asked: np.ndarray,
        wanted: str = "",
        subject: str = "letters",
        *,
        room: Room = READS,
        again: int = 0,
        item: int = -1,
    ) -> None:
        """Ask every system of a room, with the weights that it has of a subject; see `SystemProcess.hall`.

        While a card is drawn, answers to it as it was stand until there are new ones; those to another class, line or
        question are taken away.
        """
        drawn = room.asks in (Asks.CARD, Asks.SCENE)
        words = b"" if room.asks is Asks.CARD else asked["text"].tobytes() if drawn else asked.tobytes()
        kept = (room.name, "" if room.asks is Asks.CARD else subject, words, again, item)
        key = ("hall", *kept, subject, asked.tobytes())
        if key != self._asked and not (drawn and key[: 1 + len(kept)] == self._asked[: 1 + len(kept)]):
            self.hall.clear()
            self._first = self._number + 1
        self._ask(
            key,
            lambda number: self.rack.hall(number, asked, subject, room=room.name, again=again, item=item),
            wanted,
        )

    def try_out(self, text: str, target: str, count: int, temperature: float) -> None:
        """Have many programs drawn for a text, if it is another than before, or another temperature.

        Parameters
        ----------
        text : str
        target : str
            A right program, "" if none is known.
        count : int
        temperature : float
        """
        key = (self.name, text, target, count, temperature, self._training)
        if key == self._tried:
            return
        self._tried = key
        self.tries.clear()
        self._number += 1
        self._tries_number = self._number
        self.rack.try_out(self._number, self.name, text, target, count=count, temperature=temperature)

    def complete(self, expected: int) -> bool:
        """Return whether so many have answered the last question in the hall."""
        return sum(r.number == self._number for r in self.hall.values()) >= expected

    def _ask(self, key: tuple, ask: Callable[[int], None], wanted: str = "", *, every: int = AGAIN_FRAMES) -> None:
        fresh = self._training and self._beat % every == 0 and not self.waiting
        if key == self._asked and not fresh:
            return
        if key[0] != (self._asked or ("",))[0]:
            self._first = self._number + 1  # answers to what was asked before would be out of place
        self._new |= key != self._asked
        self._asked = key
        self._number += 1
        self._wanted[self._number] = wanted
        ask(self._number)

    def poll(self) -> None:
        """Take what has come; once a frame."""
        self._beat += 1
        self.age += 1
        if self._rack is None:
            return
        for came in self._rack.poll():
            match came:
                case Trouble():
                    self.troubles.append(came.error or came.text)
                    if not came.passing:
                        self._broken, self._training = True, False
                case WrittenPrograms() if came.number == self._tries_number:
                    self.tries.append(came)
                case Progress() if came.name == self.name:
                    self.progress = came
                    self._training = self._training and not came.done
                case Reply() if came.number == self._asked[1] if self._example else came.number >= self._first:
                    self._take(came)

    def _take(self, reply: Reply) -> None:
        for number in [n for n in self._wanted if n < reply.number]:
            del self._wanted[number]
        if not reply.wanted and (wanted := self._wanted.get(reply.number, "")):
            reply = replace(reply, wanted=wanted)
        if self._asked[0] == "hall":
            self.hall[reply.name] = reply
        elif reply.name != self.name:
            return
        self.reply, self.serial = reply, self.serial + 1
        if self._new and (self._example or reply.number == self._number):
            self._new, self.age = False, 0
            right = None if self.exhibit is None or self._training else verdict(reply, self.exhibit)
            self.judged += right is not None
            self.right += bool(right)

    def close(self) -> None:
        """End the process."""
        rack, self._rack = self._rack, None
        self._broken = False
        if rack is not None:
            rack.close()
