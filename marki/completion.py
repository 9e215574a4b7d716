"""Completion of the command line in a shell, by argcomplete (extra ``completion``).

Once in a shell: ``eval "$(register-python-argcomplete marki)"``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Mapping

ASKED = "_ARGCOMPLETE"
"""Environment variable by which the shell asks what may come next."""

Names = Callable[[], Iterable[str]]


def complete(root: argparse.ArgumentParser, names: Mapping[str, Names]) -> None:
    """Answer the shell and end, if it is the shell that asks; else do nothing.

    Parameters
    ----------
    root : ArgumentParser
    names : mapping of str to callable
        What an argument may be, by its destination, or by command and destination as ``tasks.name``; it is called only
        when it is asked for.
    """
    if ASKED not in os.environ or importlib.util.find_spec("argcomplete") is None:
        return
    _offer("", root, names)
    importlib.import_module("argcomplete").autocomplete(root)


def _offer(command: str, parser: argparse.ArgumentParser, names: Mapping[str, Names]) -> None:
    """Let each argument of a parser, and of its commands, offer what it may be."""
    for action in parser._actions:  # argparse has no other way to ask a parser what it takes
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                _offer(name, inner, names)
        elif found := names.get(f"{command}.{action.dest}", names.get(action.dest)):
            setattr(action, "completer", _completer(found))  # noqa: B010 - argcomplete reads it from there


def _completer(names: Names) -> Callable[..., list[str]]:
    def offered(prefix: str, **_: object) -> list[str]:
        return [name for name in names() if name.startswith(prefix)]

    return offered
