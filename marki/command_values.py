"""The values of the operator's commands: refused before anything happens if they are none, made plain for the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marki.config import check, plain
from marki.errors import SessionError, unknown
from marki.io.frame import CELLS
from marki.io.responses import R_UNITS

KEYS: dict[str, dict[str, Any]] = {
    "course": {"name": str, "learn": bool},
    "world": {"config": dict, "learn": bool},
    "show": {"name": str, "frame": tuple[float, ...], "kind": int, "learn": bool},
    "turn": {"units": tuple[int, ...], "deg": tuple[float, ...]},
}
"""What the value of a command has, and of which types."""

OPTIONAL = {"show": {"learn"}}
LEVELS = {"low": 0, "high": 255}
SWITCHES = {"toggle": CELLS, "force": R_UNITS}


def checked(name: str, value: Any) -> Any:
    """Return the value of a command as plain JSON, which a replay takes as the command did.

    Names of courses and settings, and numbers that only machine and world can judge, are left to them.

    Raises
    ------
    ConfigError
        For a value of a wrong type, or a level of light that there is not.
    SessionError, UnknownName
        For a table that lacks something, or has something else.
    """
    where, value = f"command {name!r}", plain(value)
    if name in SWITCHES:
        check(where, flat(value), tuple[float, ...], {"meaning": f"It takes {SWITCHES[name]} positions"})
    elif name == "set":
        check(where, value, dict, {"meaning": "It takes settings by dotted name"})
    elif name in KEYS:
        _check_table(name, value, where)
    return value


def _check_table(name: str, value: Any, where: str) -> None:
    keys, optional = KEYS[name], OPTIONAL.get(name, set())
    needed = ", ".join(key for key in keys if key not in optional)
    given: Mapping[str, Any] = check(where, value, dict, {"meaning": f"It takes {needed}"})
    for key in given:
        if key not in keys:
            raise unknown("key", key, keys, where=where)
    for key, kind in keys.items():
        if key in given:
            check(f"{where}: {key}", flat(given[key]), kind, LEVELS if key == "frame" else {})
        elif key not in optional:
            raise SessionError(f"its value lacks {key!r}", where=where, remedy=f"Give {needed}",
                               code="session.value_lacks", key=repr(key), needed=needed)  # fmt: skip


def flat(value: Any) -> Any:
    """Return rows of switches or of light as one list; anything else as it is."""
    if not isinstance(value, list):
        return value
    return [one for row in value for one in (flat(row) if isinstance(row, list) else [row])]
