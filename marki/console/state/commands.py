"""What a command of the window is: its arguments, what it may be locked by, its keys and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marki.config import check
from marki.errors import ConfigError, unknown
from marki.language import Words

GROUPS = ("time", "look", "hands", "teach", "timeline", "out", "window")
"""Headings of the key map and of the menu, in order."""


def _cap(key: str, words: Words) -> str:
    """Return what stands on a key, or on the keys of a chord."""
    chord, _, own = key.rpartition("+") if key.startswith("ctrl+") else ("", "", key)
    cap = words.get(f"key.{own}", own.upper())
    return f"Ctrl+{cap}" if chord else cap


@dataclass(frozen=True)
class Argument:
    """An argument of a command.

    Attributes
    ----------
    name : str
    kind : type
        ``int``, ``float``, ``bool``, ``str``, ``dict``, or a list of one of them, ``tuple[int, ...]``.
    optional : bool
        Whether it may be left out; the function then takes its own default.
    low, high : float, optional
        Least and greatest number allowed, of each entry of a list too.
    choices : tuple of str, optional
    """

    name: str
    kind: Any
    optional: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class CommandSpec:
    """A row of the table of commands.

    Attributes
    ----------
    name : str
    do : callable
        Called with the operator and the arguments by name.
    arguments : tuple of Argument
    keys : tuple of str
        Names: a printable character as typed, or one of `keymap.NAMED`; with ``ctrl+`` before it, a chord. A capital
        letter is one typed with Shift. A command that needs arguments has none.
    group : str
        Heading in the key map and in the menu, one of `GROUPS`; "" for a command that neither shows.
    place : int
        Where it stands in its group; those of one place follow each other as their files and rows do.
    button : bool
        Whether the bar has a button for it.
    listed : bool
        Whether the menu shows it.
    lockable : bool
        Whether a lesson may lock it.
    kiosk : bool
        Whether visitors of a kiosk have it.
    repeats : bool
        Whether it is given again and again while its key is held.
    ends_run : bool
        Whether it ends or replaces the run, so that it is asked about first, unless the run has hardly begun. The
        question is the string ``ask.NAME``, or ``ask.end_run``.
    check : callable, optional
        Called as `do` is before that question; refuses what could not be carried out.
    label, help : mapping of language to str, optional
        Its words in the menu and on its button, and in the key map. Left out, they are the strings ``command.NAME`` and
        ``help.NAME`` of the language tables.
    """

    name: str
    do: Callable[..., object]
    arguments: tuple[Argument, ...] = ()
    keys: tuple[str, ...] = ()
    group: str = ""
    place: int = 99
    button: bool = False
    listed: bool = True
    lockable: bool = True
    kiosk: bool = True
    repeats: bool = False
    ends_run: bool = False
    check: Callable[..., object] | None = None
    label: Mapping[str, str] | None = None
    help: Mapping[str, str] | None = None

    def caps_in(self, words: Words) -> tuple[str, ...]:
        """Return the keys as written on a keyboard."""
        return tuple(_cap(k, words) for k in self.keys)

    def label_in(self, words: Words) -> str:
        """Return its words in the menu and on its button."""
        return words.pick(self.label) if self.label else words(f"command.{self.name}")

    def help_in(self, words: Words) -> str:
        """Return its words in the key map."""
        return words.pick(self.help) if self.help else words(f"help.{self.name}")

    def check_arguments(self, given: Mapping[str, Any]) -> None:
        """Refuse arguments that are not those of the command.

        Raises
        ------
        UnknownName
            For an argument that it does not have, or a choice that there is not; the message offers the nearest.
        ConfigError
            For an argument that is missing, of a wrong type or out of range.
        """
        known = {argument.name: argument for argument in self.arguments}
        where = f"command {self.name!r}"
        for name in given:
            if name not in known:
                if not known:
                    raise ConfigError(f"takes no argument {name!r}", where=where, remedy="Leave it out")
                raise unknown("argument", name, known, where=where)
        for name, argument in known.items():
            if name in given:
                limits = {"low": argument.low, "high": argument.high, "choices": argument.choices}
                check(f"{where}: {name}", given[name], argument.kind, limits)
            elif not argument.optional:
                raise ConfigError(f"lacks its argument {name!r}", where=where, remedy=f"Give {name}")
