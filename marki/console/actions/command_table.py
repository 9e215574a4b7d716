"""The table of commands: the folder of commands, read as data. A file there is rows here, with nothing to edit."""

from __future__ import annotations

import importlib
import pkgutil

from marki.console import actions
from marki.console.state.commands import GROUPS, CommandSpec
from marki.errors import ConfigError, unknown

OTHERS = ("command_table", "operator")
"""Files of the folder that hold no commands."""


def collect() -> dict[str, CommandSpec]:
    """Return the commands of all files of the folder by name.

    Raises
    ------
    ConfigError
        For a file without commands, a name or key that is taken, or a key of a command that needs arguments.
    UnknownName
        For a group that there is not.
    """
    found: dict[str, CommandSpec] = {}
    keys: dict[str, str] = {}
    for file in sorted(m.name for m in pkgutil.iter_modules(actions.__path__) if m.name not in OTHERS):
        content = vars(importlib.import_module(f"{actions.__name__}.{file}"))
        if "COMMANDS" not in content:
            raise ConfigError("has no COMMANDS", where=f"actions/{file}.py", remedy="End it with COMMANDS = (…)")
        for command in content["COMMANDS"]:
            where = f"actions/{file}.py: command {command.name!r}"
            if command.name in found:
                raise ConfigError("is there twice", where=where, remedy="Give it another name")
            if command.group and command.group not in GROUPS:
                raise unknown("group", command.group, GROUPS, where=where)
            if command.keys and not all(argument.optional for argument in command.arguments):
                raise ConfigError("a key gives no arguments", where=where, remedy="Make them optional, or give no key")
            for key in command.keys:
                if key in keys:
                    raise ConfigError(
                        f"the key {key!r} gives {keys[key]!r} already", where=where, remedy="Give it another key"
                    )
                keys[key] = command.name
            found[command.name] = command
    return found


COMMANDS = collect()
"""Every command of the window by name."""


def listed() -> tuple[CommandSpec, ...]:
    """Return the commands of the key map, group by group."""
    found = [command for command in COMMANDS.values() if command.group]
    return tuple(sorted(found, key=lambda command: (GROUPS.index(command.group), command.place)))


def lockable() -> tuple[str, ...]:
    """Return the names of the commands that a lesson may lock."""
    return tuple(sorted(name for name, command in COMMANDS.items() if command.lockable))
