"""Scripts: an operator's commands at their trials, in the form of the log, played without a window.

A script is JSON: a list of commands, or a table with such a list under ``commands``, and perhaps the ``seed`` of their
run, as `log` and the ``config.json`` of a lab report have it. A command is ``{"trial": 40, "name": "set", "value":
{"theta": 3}}``, and for one in the middle of a presentation also ``"after_us"``. Besides those of `Session.command`
there are ``cut``, ``break_cells`` and ``stick``, see `marki.damage`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marki import damage
from marki.config import check
from marki.errors import ConfigError, MarkIError, SessionError, shown, unknown
from marki.files import write_json
from marki.history import Command
from marki.interruption import whole
from marki.jobs.options import MOST_SEED
from marki.reading import read_json
from marki.session import Session

DAMAGE = {"cut": {"a": 12, "s": [3, 4]}, "break_cells": [17, 18], "stick": {"on": [5], "off": [6], "motors": [7]}}
"""Commands of a script that a session does not know itself, each with an example of its value."""

NAMES = (*Session.COMMANDS, *DAMAGE)


@dataclass(frozen=True, kw_only=True)
class Script:
    """What a script says: commands in order of time, and the seed of their run, None where it names none."""

    commands: tuple[Command, ...]
    seed: int | None = None


def read(path: Path | str) -> Script:
    """Read a script.

    Raises
    ------
    ConfigError, UnknownName
        For what is no script, with the number of the command that is wrong.
    """
    content = read_json(path, error=ConfigError)
    table = content if isinstance(content, dict) else {"commands": content}
    seed = check(f"{path}: seed", table.get("seed"), int | None, {"low": 0, "high": MOST_SEED})
    rows = table.get("commands")
    if not isinstance(rows, list):
        raise ConfigError("holds no commands", where=path, remedy='Give a list of {"trial": …, "name": …, "value": …}')
    found = [_command(row, f"{path}: command {number}") for number, row in enumerate(rows, start=1)]
    for before, after in itertools.pairwise(found):
        if _moment(after) < _moment(before):
            raise ConfigError(
                f"{_told(after)} comes after {_told(before)}", where=path, remedy="Put them in order of time"
            )
    return Script(commands=tuple(found), seed=seed)


def _moment(command: Command) -> tuple[int, int]:
    """Return what commands are in order of; those before a presentation come before those in it."""
    return command.trial, -1 if command.after_us is None else command.after_us


def _told(command: Command) -> str:
    return f"trial {command.trial}" + ("" if command.after_us is None else f", after_us {command.after_us},")


def _command(row: Any, where: str) -> Command:
    if not isinstance(row, dict) or not {"trial", "name", "value"} <= set(row) <= {
        "trial",
        "name",
        "value",
        "after_us",
    }:
        raise ConfigError(
            f"{shown(row)} is no command", where=where, remedy="Give trial, name, value, perhaps after_us"
        )
    trial, name, after = row["trial"], row["name"], row.get("after_us")
    if name not in NAMES:
        raise unknown("command", name, NAMES, where=where)
    for what, number in (("trial", trial), ("after_us", after if after is not None else 0)):
        if type(number) is not int or number < 0:
            raise ConfigError(f"{what} {shown(number)}", where=where, remedy="Give a whole number of 0 or more")
    return Command(trial=trial, name=name, value=row["value"], after_us=after)


def play(
    session: Session,
    trials: int,
    commands: Sequence[Command] = (),
    *,
    where: object = "script",
    tell: Callable[[int], None] = lambda done: None,
) -> None:
    """Run trials, and carry out the commands at theirs.

    Parameters
    ----------
    session : Session
    trials : int
        Trials to run from where it stands.
    commands : sequence of Command
        In order of time; trials are counted from the beginning of the run, as in the log.
    where : object
        What the commands are of, for refusals.
    tell : callable
        ``tell(trials done)``, called after each.

    Raises
    ------
    SessionError
        For a command before or after the trials that are run, before any is; for one whose moment there is not, as the
        presentation is over by then, or has begun already.
    MarkIError
        For one that the session refuses, with its number.
    """
    first, last = session.trial, session.trial + trials
    for number, command in enumerate(commands, start=1):
        if not first <= command.trial <= last or (command.trial == last and command.after_us is not None):
            raise SessionError(
                f"command {number} is for trial {command.trial}, the session runs from {first} to {last}", where=where,
                remedy="Give --trials enough for it, or another session",
            )  # fmt: skip

    def go_to(trial: int) -> None:
        while session.trial < trial:
            with whole():
                session.step("trial")
            tell(session.trial - first)

    for number, command in enumerate(commands, start=1):
        go_to(command.trial)
        if command.after_us is not None:
            if session.learner.idle:
                session.step("event")
            session.advance(session.began_us + command.after_us, one=True)
        _demand_moment(session, command, f"{where}: command {number}")
        try:
            _carry_out(session, command)
        except MarkIError as error:
            raise error.within(f"{where}: command {number}") from error
    go_to(last)


def _demand_moment(session: Session, command: Command, where: str) -> None:
    """Refuse a command if the session does not stand where it is to be given."""
    after = None if session.learner.idle else session.now - session.began_us
    if after == command.after_us:
        return
    if command.after_us is None:
        raise SessionError(f"trial {command.trial} has begun", where=where, remedy=f"Give it after_us, from {after} on")
    if after is None:
        raise SessionError(
            f"after_us {command.after_us} is beyond the end of trial {command.trial}", where=where,
            remedy=f"Give less than {session.now - session.began_us}, or leave it out for the next trial",
        )  # fmt: skip
    raise SessionError(
        f"after_us {command.after_us} of trial {command.trial} is over", where=where, remedy=f"Give {after} or more"
    )


def _carry_out(session: Session, command: Command) -> None:
    name, value = command.name, command.value
    if name not in DAMAGE:
        session.command(name, value)
        return
    try:
        if name == "cut":
            damage.cut(session, _table(value, "a", "s")["a"], *value.get("s", ()))
        elif name == "break_cells":
            damage.break_cells(session, *value)
        else:
            damage.stick(session, **_table(value, "on", "off", "motors"))
    except (KeyError, TypeError, AttributeError) as error:
        raise SessionError(
            f"{shown(value)} is no value of {name}", where=f"command {name!r}", remedy=f"Give it as {DAMAGE[name]}"
        ) from error


def _table(value: Any, *names: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not set(value) <= set(names):
        raise TypeError(f"not a table of {names}")
    return value


def log(session: Session) -> dict[str, Any]:
    """Return the commands of a session's run as a script."""
    rows = [{"trial": c.trial, "after_us": c.after_us, "name": c.name, "value": c.value} for c in session.commands]
    return {"seed": session.seed, "commands": rows}


def write_log(session: Session, path: Path | str) -> None:
    """Write the commands of a session's run as a script."""
    write_json(path, log(session))
