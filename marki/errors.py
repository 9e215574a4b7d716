"""Errors of the simulator: what is wrong, where, and what to do about it, in one line."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

LONGEST = 600
"""Characters of what is wrong, and of where, which may quote a file or a name of any length."""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[-LONGEST // 4 :]}"


class MarkIError(Exception):
    """Base of all errors that a user can cause and fix.

    Parameters
    ----------
    what : str
        What is wrong, with the offending value.
    where : object, optional
        The file, field or unit concerned.
    remedy : str, optional
        What to do about it, as an imperative sentence; left out, the `advice` of the class.
    code : str, optional
        Stable name of this kind of message, under which the language tables have it; left out, that of the class.
    **fields : object
        The values that a translation puts in, by name.
    """

    kind: ClassVar[str] = "any"
    """The code of a message without one of its own."""

    advice: ClassVar[str | None] = None
    """The remedy of a message without one of its own."""

    def __init__(self, what: str, *, where: object = None, remedy: str | None = None, code: str = "", **fields: object):
        remedy = remedy or self.advice
        what = _short(what)
        self.what, self.where, self.remedy = what, where, remedy
        self.code, self.fields = code or self.kind, fields
        place = f"{_short(str(where))}: " if where is not None else ""
        advice = f". {remedy}" if remedy else ""
        super().__init__(" ".join(f"{place}{what}{advice}".split()))

    def within(self, place: object) -> Self:
        """Return the same refusal with `place` put before where it was."""
        where = place if self.where is None else f"{place}: {self.where}"
        return type(self)(self.what, where=where, remedy=self.remedy, code=self.code, **self.fields)

    def at(self, place: object) -> Self:
        """Return the same refusal with `place` in the place of where it was."""
        return type(self)(self.what, where=place, remedy=self.remedy, code=self.code, **self.fields)


class UnknownName(MarkIError, KeyError):
    """An unknown name; the message offers the nearest known one."""

    kind = "unknown"

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError would put the message in quotes


class ConfigError(MarkIError, ValueError):
    """A setting of a wrong name, type or range."""

    kind = "config"


class WiringError(MarkIError):
    """A plugboard that cannot be wired as asked, or a wiring list that does not fit the board."""

    kind = "wiring"


class StimulusError(MarkIError):
    """A picture, typeface or data file that cannot be put before the camera."""

    kind = "stimulus"


class PortError(MarkIError):
    """An array whose shape, dtype or content does not fit the port it was given to."""

    kind = "port"


class StateError(MarkIError):
    """A saved state that is truncated, foreign, or of another machine."""

    kind = "state"


class OutputError(MarkIError):
    """A folder or file that cannot be written."""

    kind = "output"


class SessionError(MarkIError):
    """A command that the session cannot carry out in its present state."""

    kind = "session"


def _listed(names: Sequence[str]) -> str:
    """Return names in a row, as many as are read in one line."""
    text = ", ".join(names)
    return text if len(text) <= LONGEST else text[: text.rindex(", ", 0, LONGEST)] + ", …"


def unknown(
    kind: str, name: object, known: Iterable[str], *, where: object = None, near: Sequence[str] | None = None
) -> UnknownName:
    """Return the error for a name that is not among `known`, with the nearest name as remedy.

    Parameters
    ----------
    kind : str
        What it is a name of.
    name : object
    known : iterable of str
    where : object, optional
    near : sequence of str, optional
        The nearest names, where the caller knows better than their letters say; none of them: `known` is listed.
    """
    names = [str(k) for k in known]
    if near is None:
        near = difflib.get_close_matches(str(name)[:SHOWN], names, n=1, cutoff=0.5)
    meant = " or ".join(map(repr, near))
    listed = _listed(names)
    remedy = f"Did you mean {meant}?" if near else f"Known: {listed}"
    return UnknownName(
        f"unknown {kind} {shown(name)}",
        where=where,
        remedy=remedy,
        code="unknown.near" if near else "unknown.known",
        kind=kind,
        name=shown(name),
        near=meant,
        known=listed,
    )


SHOWN = 60
"""Characters of an offending value that a refusal quotes at most."""


def shown(value: object) -> str:
    """Return a value as a refusal quotes it: as Python writes it, its middle left out if it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of more digits than Python writes, or a table without end
        return f"a {type(value).__name__} that is too long to be shown"
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]}…{text[-SHOWN // 4 :]}"


_REASONS = {
    errno.ENOENT: "missing",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EISDIR: "is_folder",
    errno.ENOTDIR: "no_folder",
    errno.EEXIST: "no_folder",
    errno.ENAMETOOLONG: "long_name",
    errno.EROFS: "read_only",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
}


def reason(act: str, error: OSError) -> str:
    """Return the code of what the system refused, such as ``write.full`` of the act ``write``."""
    return f"{act}.{_REASONS.get(error.errno or 0, 'other')}"
