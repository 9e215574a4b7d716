"""The rooms of scenes in the hall: what a card shows, said by all who speak, and what a sentence says, drawn by all who
draw of words.

All are judged by what is no network: the grammar of captions and questions, and the reader of pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from marki.io.asked import asked, check_asked
from marki.io.exhibits import Reply
from marki.io.ports import Port
from marki.io.rooms import TASK
from marki.seeding import generator
from successors import registry, tasks
from successors.nn.learner import Successor
from successors.nn.network import Network
from successors.serving import scene_talk
from successors.serving.loaded_system import LoadedSystem
from successors.tasks import match, scene_answers, scene_decks, scene_pictures, scenes
from successors.tasks.question import ANSWERS
from successors.tasks.scene_words import nearest, same, told, understood
from successors.tasks.scenes import Scene
from successors.tasks.wording import worded

MOST_SAID, MOST_DRAWN = 3, 2
"""Shapes at most of the scenes to speak of, and of the sentences to draw: those of which all have learned."""


def scene(room: str, number: int, most: int) -> Scene:
    """Return a scene of a room's own, one of those that nobody learns from; seldom of one shape: those are few."""
    rng = generator(0, f"hall.{room}", number)
    return scene_decks.drawn(rng, "test", int(rng.integers(1, most + 1, 2).max()))


# -- what a card shows -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownCard:
    """A card with a question about it.

    Parameters
    ----------
    frame : ndarray of float32, shape (20, 20)
    true : tuple of Shape, optional
        The scene that it was made of, if that is known.
    read : tuple of Shape, optional
        The scene that the reader finds on it, if it finds one.
    question : str
        In the form of the task's questions.
    unknown : tuple of str
        Words of the question that nobody knows.
    """

    frame: np.ndarray
    true: Scene | None
    read: Scene | None
    question: str
    unknown: tuple[str, ...] = ()


def card_shown(pair: np.ndarray, language: str, item: int) -> ShownCard:
    """Return the card that is spoken of.

    Parameters
    ----------
    pair : ndarray, shape (1,)
        A card and a question, as of `marki.io.asked`; without a question, it is how many shapes there are.
    language : str
    item : int
        Number of a scene of the room's own, shown instead of the card; -1 for the card.
    """
    true = scene("says", item, MOST_SAID) if item >= 0 else None
    frame = np.asarray(pair["frame"][0], np.float32) if true is None else scene_pictures.picture(true)
    typed = str(pair["text"][0])
    question = worded(typed, "question") if typed.strip() else None
    return ShownCard(
        frame=frame,
        true=true,
        read=scene_pictures.found(frame),
        question=scene_answers.HOW_MANY[language] if question is None else question.text,
        unknown=() if question is None else question.unknown,
    )


def question_checked(pair: np.ndarray, subject: str) -> np.ndarray:
    """Return a card with a question as (1,); refuse other things, and a question without a word."""
    found = check_asked(pair, where="hall")
    if str(found["text"][0]).strip():
        worded(str(found["text"][0]), "question")
    return found


def card_told(number: int, card: ShownCard, language: str) -> Reply:
    """Return the card and the question as a reply, with what the reader reads on it."""
    return Reply(
        name=TASK, number=number, stimulus=np.array(card.question),
        wanted="" if card.true is None else told(card.true, language),
        said="" if card.read is None else told(card.read, language), confidence=float("nan"), others=(), lamps=None,
        field=card.frame, views=(), seconds=0.0, unknown=card.unknown,
        offer=scene_answers.HOW_MANY[language] if card.unknown else "",
    )  # fmt: skip


def spoken(loaded: LoadedSystem, number: int, card: ShownCard) -> Reply | None:
    """Return what a system says of a card, judged by what the reader reads on it.

    A captioner says what is there; who chooses among sentences is offered those of the task `match`, or of a card on
    which nothing is read the captions of all single shapes; who answers questions is asked the question. None for a
    question with words that nobody knows.
    """
    learner, language = loaded.learner, loaded.subject
    true = "" if card.read is None else told(card.read, language)
    if learner.accepts is Port.FRAME:
        reply = loaded.reply(number, card.frame, "", views=False)
        return replace(reply, wanted=true, judged=same(reply.said, true) if true else None)
    if learner.answers is Port.TEXT:
        lines = "\n".join(told(one, language) for one in offered(card.read))
        reply = loaded.reply(number, asked(card.frame[None], np.array([lines])), "", views=False)
        return replace(reply, wanted=true, judged=reply.said == true if true else None)
    if card.unknown:
        return None
    reply = loaded.reply(number, asked(card.frame[None], np.array([card.question])), "", views=False)
    right = None if card.read is None else scene_answers.answer(card.question, card.read)
    if right is None:
        return reply
    return replace(reply, wanted=ANSWERS[language][right], judged=reply.said == ANSWERS[language][right])


def offered(read: Scene | None) -> list[Scene]:
    """Return the scenes whose captions are offered to choose from: `match.CHOICES`, one of which is the one that was
    read; or all single shapes."""
    if read is None:
        return [(shape,) for shape in scenes.singles()]
    return match.choices(generator(0, f"hall.offered {told(read, 'en')}"), read, "test")


# -- what a sentence says --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence that is to be drawn.

    Parameters
    ----------
    scene : tuple of Shape, optional
        What it says; None if nobody understands it.
    typed : str
        As it was typed; "" for a sentence of the room's own.
    unknown : tuple of str
        Its words that nobody knows.
    offer : str
        The nearest sentence that is understood, if this one is not.
    """

    scene: Scene | None
    typed: str = ""
    unknown: tuple[str, ...] = ()
    offer: str = ""


def sentence(line: str, item: int) -> Sentence:
    """Return what was typed, or the sentence of a number of the room's own, if that is not negative."""
    if item >= 0:
        return Sentence(scene=scene("illustrates", item, MOST_DRAWN))
    found = worded(line, "caption")
    meant = understood(found.text)
    offer = nearest(found.text) if meant is None else ""
    return Sentence(scene=meant, typed=line, unknown=found.unknown if meant is None else (), offer=offer)


def line_checked(line: np.ndarray, subject: str) -> np.ndarray:
    """Return a line as text (); it may be one that nobody understands, but not without a word unless it is empty."""
    text = str(line)
    if text.strip():
        worded(text, "caption")
    return np.array(text)


def sentence_told(number: int, caption: Sentence) -> Reply:
    """Return a sentence as a reply: in English and Chinese, with the picture of what it says."""
    wanted = caption.scene
    words = (caption.typed, caption.typed) if wanted is None else (told(wanted, "en"), told(wanted, "zh"))
    return Reply(
        name=TASK, number=number, stimulus=np.array(words), wanted="" if wanted is None else words[0], said="",
        confidence=float("nan"), others=(), lamps=None, field=None, views=(), seconds=0.0,
        target=None if wanted is None else scene_pictures.picture(wanted), unknown=caption.unknown, offer=caption.offer,
    )  # fmt: skip


def illustrated(loaded: LoadedSystem, number: int, caption: Sentence, again: int, language: str) -> Reply | None:
    """Return the picture that a system draws of a sentence, judged by the reader, and read back by the captioner.

    It is told the sentence in the language that it has learned. None for a sentence that nobody understands.

    Parameters
    ----------
    loaded : LoadedSystem
    number : int
    caption : Sentence
    again : int
    language : str
        In which the captioner is to read back.
    """
    if caption.scene is None:
        return None
    words, target = told(caption.scene, loaded.subject), scene_pictures.picture(caption.scene)
    reply = loaded.imagined(number, np.array(words), words, again=again)
    judge = tasks.find(loaded.trial.task).judge
    assert reply.field is not None, "whoever illustrates draws"
    assert judge is not None, "what is illustrated has a judge"
    right = bool(judge(reply.field[None], target[None])[0])
    reader, back = read_back(reply.field.clip(0, 1), language)
    return replace(reply, target=target, judged=right, read=back, reader=reader)


def read_back(field: np.ndarray, language: str) -> tuple[str, str]:
    """Return the captioner's name and what it says of a picture (20, 20); both "" where none speaks the language."""
    for name in scene_talk.speakers(Port.FRAME, "caption"):
        if registry.weights(name, language) is not None:
            said = str(_captioner(name, language).respond(field[None].astype(np.float32))[0])
            return registry.find(name).entry.label, said
    return "", ""


@lru_cache(maxsize=4)
def _captioner(name: str, language: str) -> Successor[Network]:
    return registry.speaker(name, language)
