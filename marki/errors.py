"""Errors of the simulator: what is wrong, where, and what to do about it, in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MarkIError(Exception):
    """Base of all errors that a user can cause and fix.

    Parameters
    ----------
    what : str
        What is wrong, with the offending value.
    where : str, optional
        The file, field or unit concerned.
    remedy : str, optional
        What to do about it, as an imperative sentence.
    """

    def __init__(self, what: str, *, where: object = None, remedy: str | None = None):
        self.what, self.where, self.remedy = what, where, remedy
        place = f"{where}: " if where is not None else ""
        advice = f". {remedy}" if remedy else ""
        super().__init__(" ".join(f"{place}{what}{advice}".split()))


class UnknownName(MarkIError):
    """An unknown name; the message offers the nearest known one."""


class ConfigError(MarkIError):
    """A setting of a wrong name, type or range."""


class WiringError(MarkIError):
    """A plugboard that cannot be wired as asked, or a wiring list that does not fit the board."""


class StimulusError(MarkIError):
    """A picture, typeface or data file that cannot be put before the camera."""


class PortError(MarkIError):
    """An array whose shape, dtype or content does not fit the port it was given to."""


class StateError(MarkIError):
    """A saved state that is truncated, foreign, or of another machine."""


class OutputError(MarkIError):
    """A folder or file that cannot be written."""


class SessionError(MarkIError):
    """A command that the session cannot carry out in its present state."""


def unknown(kind: str, name: str, known: Iterable[str], *, where: object = None) -> UnknownName:
    """Return the error for a name that is not among `known`, with the nearest name as remedy."""
    names = [str(k) for k in known]
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    remedy = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(names)}"
    return UnknownName(f"unknown {kind} {name!r}", where=where, remedy=remedy)
