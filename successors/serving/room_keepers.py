"""The keepers of the hall's rooms: with which weights a system takes part, what it is asked, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from marki.errors import PortError, unknown
from marki.io.exhibits import Reply
from marki.io.responses import binary_code, lamps
from marki.io.rooms import DRAWS, ILLUSTRATES, PROGRAMS, READS, SAYS, Room
from marki.language import LANGUAGES
from successors import registry
from successors.model_card import Trial
from successors.registry import System
from successors.serving import programming, scene_rooms
from successors.serving.loaded_system import LoadedSystem, one_frame
from successors.tasks import likeness
from successors.tasks.wording import worded


@dataclass(frozen=True, kw_only=True)
class RoomQuestion:
    """A question that goes to all systems of a room.

    Parameters
    ----------
    number : int
    asked : ndarray
        As `check` of the keeper returned it.
    subject : str
        One of the room's.
    again : int
        Which of the possible answers is wanted of a system that draws by chance.
    item : int
        Which of the room's own tasks is asked; -1 for what is given in `asked`.
    """

    number: int
    asked: np.ndarray
    subject: str
    again: int = 0
    item: int = -1


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """The keeper of a room.

    Parameters
    ----------
    room : Room
    check : callable
        ``check(asked, subject)`` returns what is asked, or raises `PortError`.
    ask : callable
        ``ask(loaded, question)`` returns the judged answer of one system; None for what it cannot be asked.
    weights : callable
        ``weights(name, subject)`` returns the file of a system's weights, and the trial that they were trained on;
        None without any.
    opens : callable, optional
        ``opens(question)`` returns what is told before the systems answer.
    """

    room: Room
    check: Callable[[np.ndarray, str], np.ndarray]
    ask: Callable[[LoadedSystem, RoomQuestion], Reply | None]
    weights: Callable[[str, str], tuple[Path, Trial] | None] = lambda name, subject: registry.weights(name, subject)
    opens: Callable[[RoomQuestion], Reply] | None = None

    def takes(self, system: System) -> bool:
        """Return whether a system takes part."""
        return self.room.fits(system.entry.accepts, system.entry.answers, system.entry.kind)

    def subjects(self, system: System) -> tuple[str, ...]:
        """Return the subjects for which a system has weights."""
        if not self.takes(system):
            return ()
        return tuple(subject for subject in self.room.subjects if self.weights(system.name, subject))


def _read(loaded: LoadedSystem, question: RoomQuestion) -> Reply:
    return loaded.reply(question.number, question.asked, "", views=False)


def _named(asked: np.ndarray, subject: str) -> np.ndarray:
    """Return the name of a class of a subject as text ()."""
    name, names = str(asked).upper(), DRAWS.subjects[subject]
    if name not in names:
        raise PortError(f"{name!r} is no class of {subject}", where="hall", remedy=f"Name one of {' '.join(names)}")
    return np.array(name)


def _line(asked: np.ndarray, subject: str) -> np.ndarray:
    """Return a line as the words of tasks are written; an empty one where a task of the room's own is asked."""
    text = str(asked)
    return np.array(worded(text, subject).text if text.strip() else "")


def _drawn(loaded: LoadedSystem, question: RoomQuestion) -> Reply:
    """Have a class drawn, and the drawing read; a system that is not told the class draws any, and is not judged."""
    names, name = DRAWS.subjects[question.subject], str(question.asked)
    told = loaded.told
    code = lamps(binary_code(len(names)))[names.index(name)]
    stimulus = code if told else np.zeros_like(code)
    reply = loaded.imagined(question.number, stimulus, name if told else "", again=question.again)
    return judged(reply, question.subject)


def judged(reply: Reply, subject: str) -> Reply:
    """Return a drawn answer with what the reader of its subject takes it for: LeNet-5 digits, ResNet letters."""
    if reply.field is None:
        return reply
    reader, names = likeness.judge(subject), DRAWS.subjects[subject]
    kind = int(reader.look(reply.field.clip(0, 1)[None])[1][0])
    return replace(reply, read=names[kind], reader=registry.find(READERS[subject]).entry.label)


def _said(loaded: LoadedSystem, question: RoomQuestion) -> Reply | None:
    return scene_rooms.spoken(loaded, question.number, _card(question))


def _card(question: RoomQuestion) -> scene_rooms.ShownCard:
    return scene_rooms.card_shown(question.asked, question.subject, question.item)


def _illustrated(loaded: LoadedSystem, question: RoomQuestion) -> Reply | None:
    caption = scene_rooms.sentence(str(question.asked), question.item)
    return scene_rooms.illustrated(loaded, question.number, caption, question.again, question.subject)


def _of_any_language(name: str, about: str) -> tuple[Path, Trial] | None:
    """Return the weights of a system in a language, or else in another: sentences are translated by the grammar."""
    found = (registry.weights(name, language) for language in (about, *LANGUAGES))
    return next((weights for weights in found if weights is not None), None)


READERS = {"digits": "lenet5", "letters": "resnet"}
"""Which system `likeness.judge` takes for each subject."""


KEEPERS: Mapping[str, Keeper] = {
    READS.name: Keeper(room=READS, check=lambda asked, subject: one_frame(asked, where="hall")[0], ask=_read),
    DRAWS.name: Keeper(room=DRAWS, check=_named, ask=_drawn),
    SAYS.name: Keeper(
        room=SAYS,
        check=scene_rooms.question_checked,
        ask=_said,
        opens=lambda question: scene_rooms.card_told(question.number, _card(question), question.subject),
    ),
    ILLUSTRATES.name: Keeper(
        room=ILLUSTRATES,
        check=scene_rooms.line_checked,
        ask=_illustrated,
        opens=lambda question: scene_rooms.sentence_told(
            question.number, scene_rooms.sentence(str(question.asked), question.item)
        ),
        weights=_of_any_language,
    ),
    PROGRAMS.name: Keeper(
        room=PROGRAMS,
        check=_line,
        ask=lambda loaded, question: programming.programmed(
            loaded, question.number, str(question.asked), question.item
        ),
        opens=lambda question: programming.task_told(question.number, str(question.asked), question.item),
        weights=registry.own_weights,
    ),
}
"""The keepers by room."""


def keeper(room: str) -> Keeper:
    """Return the keeper of a room.

    Raises
    ------
    UnknownName
    """
    if room not in KEEPERS:
        raise unknown("room", room, KEEPERS, where="hall")
    return KEEPERS[room]
