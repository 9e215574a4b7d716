"""The settings of machine and world as people give them: by full name, or by the end of it where only one ends so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from marki import provenance
from marki.config import plain, under
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig
from marki.setting_rows import SettingRow, full_names, in_full, meanings, rows_of

MACHINE, WORLD = "machine", "world"


@cache
def rows() -> tuple[SettingRow, ...]:
    """Return all settings of machine and world, each with its badge and source where the provenance table has one."""
    sources = provenance.table()
    found = [*rows_of(MachineConfig(), f"{MACHINE}."), *rows_of(WorldConfig(), f"{WORLD}.")]
    return tuple(
        replace(row, badge=known.badge, source=known.source) if (known := sources.get(row.name)) else row
        for row in found
    )


@cache
def _meanings() -> dict[str, str]:
    return meanings(rows())


def meaning(name: str) -> str:
    """Return the meaning of a setting by its full name, "" for a constant that is none."""
    return _meanings().get(name, "")


def named_in_full(changes: Mapping[str, Any], *, where: object = None) -> dict[str, Any]:
    """Return changes of settings under their full names, ``machine.…`` and ``world.…``, their values plain.

    Raises
    ------
    UnknownName, ConfigError
        For a name that is none, or the end of several, and for a setting under two names.
    """
    given = {str(name): plain(value) for name, value in changes.items()}
    return in_full(given, _meanings(), where=where) if given else {}  # else all would be read for nothing


def full_names_of(names: Iterable[str], *, where: object = None) -> dict[str, str]:
    """Return the full name of each given one; refused as in `named_in_full`."""
    return full_names(names, _meanings(), where=where)


def check(changes: Mapping[str, Any], *, where: object = None) -> dict[str, Any]:
    """Return changes under their full names, each checked to be a value that its setting may have."""
    found = named_in_full(changes, where=where)
    if not found:
        return found
    for room, kind in ((MACHINE, MachineConfig), (WORLD, WorldConfig)):
        kind().amend(under(found, room), where=where)
    return found
