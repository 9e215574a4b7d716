"""Lessons: data files with text, a prepared state, what to hide and what to watch, and questions, in every language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from marki.errors import ConfigError, MarkIError
from marki.files import asset
from marki.machine import MachineConfig
from marki.session import Session, mark1_session
from marki.teaching import measures
from marki.teaching.lesson_parser import read
from marki.teaching.lesson_types import PARTS, VIEWS, Lesson, LessonPage, Question, State
from marki.teaching.toml_checks import among

__all__ = [
    "PARTS", "VIEWS", "Lesson", "LessonPage", "Question", "State", "answer_of", "begin", "go_through", "load", "names",
    "right_option",
]  # fmt: skip


def names() -> list[str]:
    """Return the shipped lessons in teaching order."""
    shipped = [path.stem for path in asset("lessons").glob("*.toml")]
    return sorted(shipped, key=lambda name: (load(name).order, name))


def load(name_or_path: str | Path, *, lockable: Iterable[str] | None = None) -> Lesson:
    """Return a lesson by its shipped name, or from a file whose name ends in .toml.

    Parameters
    ----------
    name_or_path : str or Path
    lockable : iterable of str, optional
        Commands of the window that a file may lock; left out, those that the language tables have words for.

    Raises
    ------
    UnknownName
        For a lesson that is not there, or a name that means nothing; the message offers the nearest.
    ConfigError
        For a file that cannot be read, or a value of a wrong kind; the message says where.
    """
    name = str(name_or_path)
    if name.endswith(".toml"):
        return read(Path(name), name, lockable=lockable)
    return _shipped(name)


@lru_cache(maxsize=64)
def _shipped(name: str) -> Lesson:
    among("lesson", name, sorted(path.stem for path in asset("lessons").glob("*.toml")), None)
    return read(asset("lessons") / f"{name}.toml", name)


def begin(lesson: Lesson, seed: int | None = None) -> Session:
    """Return a session in the lesson's prepared state, on its own seed unless another is given.

    Raises
    ------
    MarkIError
        For a typeface, form or file of the world that is not there.
    """
    state = lesson.state
    machine = MachineConfig().amend(state.machine)
    try:
        session = mark1_session(state.world, machine=machine, seed=state.seed if seed is None else seed, keep="recent")
    except MarkIError as error:
        raise error.within(lesson.name) from error
    session.run(state.trials)
    return session


def go_through(lesson: Lesson, page: int, seed: int | None = None) -> tuple[Session, int]:
    """Return a session in which pages 0 to `page` were opened one after another, and the trial at which that began.

    Commands are given and presentations gone through as the pages say, and no others.
    """
    session = begin(lesson, seed)
    first = session.trial
    for number, leaf in enumerate(lesson.pages[: page + 1]):
        first = session.trial
        try:
            for command in leaf.commands:
                for name, value in command.items():
                    session.command(name, value)
        except MarkIError as error:
            raise error.within(f"{lesson.name}: pages[{number}]") from error
        session.run(leaf.run)
    return session, first


def answer_of(question: Question, lesson: Lesson, language: str = "en", *, seed: int | None = None) -> str | int:
    """Return the answer: the right option, or what the lesson's run measures; "" where it is to be discussed."""
    if question.options:
        return str(question.options[language][right_option(question, lesson, seed=seed)])
    return _measured(question.answer, lesson, language, seed) if isinstance(question.answer, Mapping) else ""


def right_option(question: Question, lesson: Lesson, *, seed: int | None = None) -> int:
    """Return the number of the option that is right, from 0; if that depends on the run, in the lesson's own.

    Raises
    ------
    ConfigError
        For a question that is to be discussed.
    """
    answer = question.answer
    if answer is None:
        raise ConfigError(
            "a question to be discussed has no right option", where=lesson.name, remedy="Give it an answer"
        )
    return (
        answer if isinstance(answer, int) else measures.right_option(answer, int(_measured(answer, lesson, "en", seed)))
    )


def _measured(measure: Mapping[str, Any], lesson: Lesson, language: str, seed: int | None) -> str | int:
    if measure["measure"] == "more_errors":
        here, there = ({**measure, "measure": "errors", "page": measure[page]} for page in ("page", "than"))
        return int(_measured(here, lesson, language, seed)) - int(_measured(there, lesson, language, seed))
    page = measure.get("page")
    session, first = (begin(lesson, seed), 0) if page is None else go_through(lesson, page, seed)
    return measures.take(session, measure, language, first=first)
