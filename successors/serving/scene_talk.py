"""Talk about scenes: what a picture file shows, said by the systems of picture and language, and asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marki.errors import ConfigError, StateError, shown
from marki.io.asked import asked
from marki.io.camera import Camera
from marki.io.ports import Port
from marki.io.stimuli.fitting import LEAST_CONTRAST, Fitting, no_contrast
from marki.io.stimuli.images import fit_file
from marki.io.text import language_of
from successors import registry
from successors.nn.tensor import no_grad
from successors.tasks import scene_pictures
from successors.tasks.question import ANSWERS
from successors.tasks.scene_words import told
from successors.tasks.wording import check_known, worded
from successors.timeline.y2021_clip import CLIP

READER = "reader"
"""Name of the reader of scenes that is no network."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a system said.

    Attributes
    ----------
    name : str
        The system, or `READER`.
    text : str
    share : float
        Its certainty of an answer to a question, 0 to 1; NaN where it has none.
    others : tuple of (str, float)
        The next answers with their shares, best first.
    """

    name: str
    text: str
    share: float = float("nan")
    others: tuple[tuple[str, float], ...] = ()


def frame_of(path: Path, how: Fitting) -> np.ndarray:
    """Return what the retina sees of a picture file, (20, 20); nothing is fitted unless it is told.

    Raises
    ------
    StimulusError
        If it cannot be made a card, or shows nothing: a picture without contrast.
    """
    done = fit_file(path, how)
    if done.contrast < LEAST_CONTRAST:
        raise no_contrast(done.contrast, path)
    return Camera().frame(done.card)


_NAMES = {"en": "English", "zh": "Chinese"}


def _check_language(line: str, language: str) -> None:
    """Refuse a line that is not in the language of those who are asked."""
    if language_of(line) != language:
        raise ConfigError(
            f"{shown(line)} is {_NAMES[language_of(line)]}, and {_NAMES[language]} is asked for", where="--lang",
            remedy=f"Leave --lang out, or say it in {_NAMES[language]}",
        )  # fmt: skip


def speakers(accepts: Port, task: str) -> tuple[str, ...]:
    """Return the names of the systems with shipped weights that accept a port and were made for a task."""
    return tuple(
        system.name
        for system in registry.systems()
        if system.task == task and system.entry.accepts is accepts and registry.is_trained(system.name)
    )


def say(frame: np.ndarray, language: str, name: str | None = None) -> list[Said]:
    """Return what is said of a frame (20, 20): by the reader that is no network, and by the captioners.

    Parameters
    ----------
    frame : ndarray
    language : str
        "en" or "zh".
    name : str, optional
        A single system.

    Raises
    ------
    ConfigError
        For a system that writes no captions.
    """
    names = speakers(Port.FRAME, "caption") if name is None else (_made_for(name, "caption"),)
    found = [Said(name=READER, text=told(scene_pictures.read(frame[None])[0], language))] if name is None else []
    for one in names:
        text = str(registry.speaker(one, language).respond(frame[None])[0])
        found.append(Said(name=one, text=text))
    return found


def choose(frame: np.ndarray, lines: list[str], language: str) -> list[tuple[str, float]]:
    """Return sentences with how well each fits a frame (20, 20), the best first, as CLIP weighs them.

    Raises
    ------
    StateError
        If no weights of CLIP are shipped.
    PortError
        For words that are in no caption.
    ConfigError
        For a sentence in another language.
    """
    for line in lines:
        _check_language(line, language)
    learner = registry.speaker("clip", language)
    known = np.array([check_known(worded(line, "caption")) for line in lines])
    assert isinstance(learner.network, CLIP)
    with no_grad():
        weighed = learner.network.scores(frame[None].astype(np.float32), known)[0]
    order = np.argsort(-weighed, kind="stable").tolist()
    return [(str(known[k]), float(weighed[k])) for k in order]


def ask(frame: np.ndarray, question: str, language: str, name: str | None = None) -> list[Said]:
    """Return the answers to a question about a frame (20, 20).

    Parameters
    ----------
    frame : ndarray
    question : str
        As somebody types it.
    language : str
        In which they are asked; that of the question.
    name : str, optional
        A single system; all that answer questions if left out.

    Raises
    ------
    PortError
        For words that are in no question; it names them.
    ConfigError
        For a system that answers no questions, and a question in another language.
    StateError
        If no weights are shipped.
    """
    _check_language(question, language)
    text = check_known(worded(question, "question"), question=True)
    names = speakers(Port.ASKED, "question") if name is None else (_made_for(name, "question"),)
    if not names:
        raise StateError("no system that answers questions is trained", where="ask", remedy="Train vqa")
    found = list[Said]()
    for one in names:
        learner = registry.speaker(one, language)
        answers, shares = learner.weigh(asked(frame[None], np.array([text])))
        assert learner.labels is not None
        kind = int(learner.labels.read(answers)[0])
        best = [k for k in np.argsort(-shares[0], kind="stable").tolist() if k != kind][:2]
        called = ANSWERS[language]
        others = tuple((called[k], float(shares[0, k])) for k in best)
        found.append(Said(name=one, text=called[kind], share=float(shares[0, kind]), others=others))
    return found


def _made_for(name: str, task: str) -> str:
    """Return a name, of a system whose own task is this one."""
    if registry.find(name).task != task:
        fitting = [system.name for system in registry.systems() if system.task == task]
        raise ConfigError(f"{name} does not do {task}", where="--name", remedy=f"Choose among {', '.join(fitting)}")
    return name
