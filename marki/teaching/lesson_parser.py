"""Parser of lesson files: every key, type, language and name is checked, and a wrong one is refused."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from marki.config import of_room
from marki.errors import ConfigError
from marki.files import asset
from marki.hardware.faults import A_UNITS
from marki.io.frame import CELLS
from marki.io.responses import R_UNITS
from marki.io.worlds import WorldConfig
from marki.language import table
from marki.machine import MachineConfig
from marki.reading import read_toml
from marki.session import Session
from marki.teaching import measures
from marki.teaching.lesson_types import CHARTS, PARTS, VIEWS, Lesson, LessonPage, Question, State
from marki.teaching.toml_checks import TomlTable, among


def read(path: Path, name: str, *, lockable: Iterable[str] | None = None) -> Lesson:
    """Return the lesson of a file.

    Parameters
    ----------
    path : Path
    name : str
    lockable : iterable of str, optional
        Commands of the window that it may lock; left out, those that the language tables have words for.

    Raises
    ------
    UnknownName
        For a key, part, view, command, setting or measure that does not exist; the message offers the nearest.
    ConfigError
        For a file that cannot be read, or a value of a wrong kind; the message says where.
    """
    return _lesson(read_toml(path), name, path.name, worded_commands() if lockable is None else lockable)


def _keys(kind: type, *left_out: str) -> list[str]:
    return [f.name for f in fields(kind) if f.name not in left_out]


def _lesson(content: Any, name: str, file: str, lockable: Iterable[str]) -> Lesson:
    t = TomlTable(content, _keys(Lesson, "name"), file)
    pages = t.each("pages", _page)
    if not pages:
        raise ConfigError(
            "lacks pages", where=file, remedy="Add at least one table [[pages]]", code="lesson.lacks", part="[[pages]]"
        )
    for number, page in enumerate(pages):
        for k, question in enumerate(page.questions):
            if isinstance(question.answer, Mapping):
                options = len(next(iter(question.options.values()), ()))
                place = f"{file}: pages[{number}].questions[{k}].answer"
                measures.check(question.answer, place, pages=len(pages), options=options)
    state = _state(t.table("state"), t.place("state"))
    _check_courses(state.world, pages, file)
    return Lesson(
        name=name,
        order=t.number("order", 100, low=0, whole=True),
        minutes=t.number("minutes", 10, low=1, high=600, whole=True),
        title=t.texts("title"),
        summary=t.texts("summary"),
        lock=t.names("lock", "command", lockable),
        state=state,
        pages=pages,
    )


def worded_commands() -> list[str]:
    """Return the commands of the window that the language tables have words for; ``stop`` is a second word of one."""
    return sorted(n.removeprefix("command.") for n in table("en") if n.startswith("command.") and n != "command.stop")


@lru_cache(maxsize=1)
def systems() -> tuple[str, ...]:
    """Return what may stand in the window: the Mark I, and the systems that the timeline's texts speak of."""
    return ("mark1", *read_toml(asset("timeline.toml")))


def _state(content: Any, where: str) -> State:
    t = TomlTable(content, _keys(State), where)
    machine = t.table("machine")
    MachineConfig().amend(machine, where=t.place("machine"))
    return State(
        world=WorldConfig.from_mapping(t.table("world"), where=t.place("world")),
        machine=machine,
        seed=t.number("seed", 0, low=0, whole=True),
        trials=t.number("trials", 0, low=0, high=100_000, whole=True),
        view=t.name("view", "schematic", VIEWS),
        speed=t.number("speed", 20.0, low=0.1, high=10_000),
        paused=t.flag("paused", True),
        hand=t.flag("hand", False),
    )


def _page(content: Any, where: str) -> LessonPage:
    t = TomlTable(content, _keys(LessonPage), where)
    return LessonPage(
        text=t.texts("text"),
        view=t.name("view", "", VIEWS),
        hide=t.names("hide", "part", PARTS),
        watch=t.names("watch", "part", PARTS),
        speed=t.number("speed", 0.0, low=0.1, high=10_000),
        run=t.number("run", 0, low=0, high=100_000, whole=True),
        predict=t.flag("predict", False),
        system=t.name("system", "", systems()),
        beside=t.name("beside", "", systems()),
        example=t.number("example", -1, low=0, high=100_000, whole=True),
        line=t.texts("line", needed=False),
        dark=t.flag("dark", False),
        hall=t.flag("hall", False),
        chart=t.name("chart", "", CHARTS),
        decade=t.number("decade", 0.0, low=2.8, high=11.9),
        room=_room(t.table("room"), t.place("room")),
        commands=t.each("commands", _command),
        questions=t.each("questions", _question),
    )


def _room(content: Any, where: str) -> Mapping[str, Any]:
    """Return a step in the machine room; whether there is such a training or schedule is seen when it is opened."""
    t = TomlTable(content, ("training", "ranks", "micros", "schedule", "parts"), where)
    for name in content:
        if name in ("training", "schedule"):
            t.text(name)
        else:
            t.number(name, 1, low=1, high=1_000, whole=True)
    return content


def _command(content: Any, where: str) -> Mapping[str, Any]:
    """Return commands for the session, checked as far as they can be without one."""
    t = TomlTable(content, Session.COMMANDS, where)
    for name in content:
        place, value = t.place(name), {} if name in ("toggle", "force") else t.table(name)
        if name in ("toggle", "force"):
            _switches(content[name], R_UNITS if name == "force" else CELLS, place)
        elif name == "set":
            MachineConfig().amend(of_room(value, "machine", where=place), where=place)
        elif name == "world":
            inner = _whole(value, ("config", "learn"), place)
            inner.flag("learn", True)
            WorldConfig.from_mapping(inner.table("config"), where=inner.place("config"))
        elif name == "course":
            inner = _whole(value, ("name", "learn"), place)
            inner.flag("learn", True)
            inner.text("name")
        elif name == "turn":
            inner = _whole(value, ("units", "deg"), place)
            units = _numbers(inner, "units", 0, A_UNITS - 1, whole=True)
            deg = _numbers(inner, "deg", -1e6, 1e6)
            if len(units) != len(deg):
                raise ConfigError(
                    f"{len(deg)} angles for A-units {reprlib.repr(list(units))}", where=place,
                    remedy="Give as many of both",
                    code="session.turn_units", count=len(deg), units=reprlib.repr(list(units)), last=A_UNITS - 1,
                )  # fmt: skip
        else:
            inner = _whole(value, ("name", "frame", "kind"), place, "learn")
            inner.text("name")
            inner.flag("learn", True)
            inner.number("kind", -1, low=-1, whole=True)
            cells = _numbers(inner, "frame", 0, 255)
            if len(cells) != CELLS:
                raise ConfigError(
                    f"{len(cells)} cells", where=inner.place("frame"), remedy=f"Give {CELLS}",
                    code="lesson.card", cells=len(cells), wanted=CELLS,
                )  # fmt: skip
    return content


def _whole(content: Any, needed: Sequence[str], where: str, *others: str) -> TomlTable:
    """Return a table that has all that is needed."""
    table = TomlTable(content, (*needed, *others), where)
    for key in needed:
        if key not in content:
            raise ConfigError(f"lacks {key!r}", where=where, remedy=f"Give {key}", code="lesson.lacks", part=repr(key))
    return table


def _numbers(table: TomlTable, key: str, low: float, high: float, *, whole: bool = False) -> tuple[float, ...]:
    """Return a list of numbers."""

    def one(entry: Any, where: str) -> float:
        if not isinstance(entry, int if whole else int | float) or isinstance(entry, bool) or not low <= entry <= high:
            raise ConfigError(
                f"{reprlib.repr(entry)} is out of range", where=where,
                remedy=f"Give {'whole numbers' if whole else 'numbers'} from {low:g} to {high:g}",
                code="range.between", value=reprlib.repr(entry), low=f"{low:g}", high=f"{high:g}", unit="",
            )  # fmt: skip
        return entry

    return table.each(key, one)


def _check_courses(world: WorldConfig, pages: Sequence[LessonPage], file: str) -> None:
    """Refuse a page that goes over to a course which is not there by then; see `Session.command`."""
    courses = {"learn": world, "exam": world.exam()}
    for number, page in enumerate(pages):
        for k, command in enumerate(page.commands):
            for name, value in command.items():
                if name == "course":
                    place = f"{file}: pages[{number}].commands[{k}].course.name"
                    among("course", value["name"], courses, place)
                elif name == "world" and (config := WorldConfig.from_mapping(value["config"])) not in courses.values():
                    courses[f"{config.name} {len(courses)}"] = config


def _switches(content: Any, count: int, where: str) -> None:
    """Refuse what are not so many positions of switches."""
    if not isinstance(content, list) or len(content) != count or any(c not in (-1, 0, 1) for c in content):
        raise ConfigError(
            f"{reprlib.repr(content)} are no {count} switches",
            where=where,
            remedy=f"Give {count} of -1 (off), 0 (free) or 1 (on)",
        )


def _question(content: Any, where: str) -> Question:
    t = TomlTable(content, _keys(Question), where)
    options, answer = t.texts("options", lists=True, needed=False), content.get("answer")
    counts = {len(options[language]) for language in options}
    if options and (len(counts) > 1 or min(counts) < 2):
        raise ConfigError(
            "the options are too few, or not as many in each language", where=t.place("options"),
            remedy="Give at least two, as many in every language",
        )  # fmt: skip
    if options and not isinstance(answer, Mapping):
        if answer is None:
            raise ConfigError(
                "lacks 'answer'",
                where=where,
                remedy="Give the number of the right option, from 0, or a measure",
                code="lesson.lacks",
                part="answer",
            )
        t.number("answer", 0, low=0, high=min(counts) - 1, whole=True)
    elif answer is not None and not isinstance(answer, Mapping):
        raise ConfigError(f"answer {answer!r} without options", where=where, remedy="Give options, or a measure")
    return Question(
        ask=t.texts("ask"), options=options, answer=answer, explain=t.texts("explain", needed=bool(options))
    )
