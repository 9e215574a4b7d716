"""Settings: frozen dataclasses; each field has a unit, a range and a sentence; invalid values are refused by name."""

from __future__ import annotations

import dataclasses
import functools
import json
import tomllib
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from marki.errors import ConfigError, MarkIError, UnknownName, unknown


def setting(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
    effect: bool = False,
    formerly: str = "",
) -> Any:
    """Declare a field of a `Config`; `effect` marks the switch of a physical effect, `formerly` a name it once had."""
    metadata = dict(meaning=meaning, unit=unit, low=low, high=high, choices=choices, effect=effect, formerly=formerly)
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def _hints(cls: type[Config]) -> dict[str, Any]:
    """Return the type of each field; they are evaluated once a class."""
    return get_type_hints(cls)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Base of all settings: checks its fields when made, reads and writes plain mappings."""

    def __post_init__(self) -> None:
        hints = _hints(type(self))
        for f in dataclasses.fields(self):
            value = check(f"{type(self).__name__}.{f.name}", getattr(self, f.name), hints[f.name], f.metadata)
            object.__setattr__(self, f.name, value)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], *, where: object = None) -> Self:
        """Make the settings from nested plain mappings; fields left out keep their defaults.

        Raises
        ------
        UnknownName
            For a key that is no field; the message offers the nearest one.
        ConfigError
            For a value of a wrong type or out of range.
        """
        if not isinstance(mapping, Mapping):
            raise ConfigError(f"expected a table of settings, got {mapping!r}", where=where)
        fields = {f.name: f for f in dataclasses.fields(cls)}
        hints = _hints(cls)
        values = {}
        for key, value in mapping.items():
            if key not in fields:
                raise _unknown_setting(key, fields, _renamed(cls), where)
            kind = hints[key]
            if isinstance(kind, type) and issubclass(kind, Config) and not isinstance(value, Config):
                value = kind.from_mapping(value, where=f"{where}: {key}" if where else key)
            values[key] = value
        try:
            return cls(**values)
        except MarkIError as error:
            if where is None:
                raise
            place = where if error.where is None else f"{where}: {error.where}"
            raise type(error)(error.what, where=place, remedy=error.remedy) from error

    def to_mapping(self) -> dict[str, Any]:
        """Return nested plain mappings, ready for JSON."""
        return {
            f.name: v.to_mapping() if isinstance(v := getattr(self, f.name), Config) else _plain(v)
            for f in dataclasses.fields(self)
        }

    def items(self, prefix: str = "") -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
        """Yield (dotted name, value, metadata) of every plain field, depth first."""
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if isinstance(value, Config):
                yield from value.items(f"{prefix}{f.name}.")
            else:
                yield prefix + f.name, value, f.metadata

    def amend(self, changes: Mapping[str, Any], *, where: object = None) -> Self:
        """Return a copy with dotted names changed, e.g. ``{"sensory.threshold": 0.4}``."""
        mapping = self.to_mapping()
        for dotted, value in changes.items():
            *path, last = dotted.split(".")
            table: Any = mapping
            for key in path:
                table = table.get(key) if isinstance(table, dict) else None
            if not isinstance(table, dict) or last not in table:
                raise _unknown_setting(dotted, _dotted(mapping), _renamed(type(self)), where)
            table[last] = value
        return type(self).from_mapping(mapping, where=where)


def _unknown_setting(name: str, known: Iterable[str], renamed: Mapping[str, str], where: object) -> UnknownName:
    """Return the refusal of a setting that does not exist, or no longer under this name."""
    if name in renamed:
        return UnknownName(f"setting {name!r} was renamed", where=where, remedy=f"Write {renamed[name]!r}")
    return unknown("setting", name, known, where=where)


def _renamed(cls: type[Config], prefix: str = "") -> dict[str, str]:
    """Return the new dotted name of every setting that once had another."""
    found: dict[str, str] = {}
    hints = _hints(cls)
    for f in dataclasses.fields(cls):
        if former := f.metadata.get("formerly"):
            found[prefix + former] = prefix + f.name
        if isinstance(hints[f.name], type) and issubclass(hints[f.name], Config):
            found |= _renamed(hints[f.name], f"{prefix}{f.name}.")
    return found


def _dotted(mapping: Mapping[str, Any], prefix: str = "") -> list[str]:
    names: list[str] = []
    for key, value in mapping.items():
        names += _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]
    return names


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def check(where: str, value: Any, kind: Any, meta: Mapping[str, Any]) -> Any:
    """Return a value as a type allows it, lists as tuples and whole numbers as fractions where these are meant.

    Parameters
    ----------
    where : str
        What the value is of, for refusals.
    value : object
    kind : type
        ``int``, ``float``, ``bool``, ``str``, ``dict``, a `Config`, a list ``tuple[int, ...]``, or one of them or None.
    meta : mapping
        May have ``low``, ``high``, ``choices``, ``unit`` and ``meaning``, as `setting` takes them.

    Raises
    ------
    UnknownName
        For a choice that there is not.
    ConfigError
        For a wrong type, or a number out of range.
    """
    if get_origin(kind) in (Union, types.UnionType):
        kinds = get_args(kind)
        if value is None and type(None) in kinds:
            return None
        kind = next(k for k in kinds if k is not type(None))
    if get_origin(kind) is tuple:
        if not isinstance(value, (list, tuple)):
            raise ConfigError(f"expected a list, got {value!r}", where=where)
        return tuple(check(where, v, get_args(kind)[0], meta) for v in value)
    if isinstance(kind, type) and issubclass(kind, Config):
        if not isinstance(value, kind):
            raise ConfigError(f"expected {kind.__name__}, got {value!r}", where=where)
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise ConfigError(
            f"expected {_NAMES.get(kind, kind.__name__)}, got {value!r}", where=where, remedy=meta.get("meaning")
        )
    choices, low, high = meta.get("choices"), meta.get("low"), meta.get("high")
    if choices and value not in choices:
        raise unknown("choice", str(value), choices, where=where)
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        span = (
            f"from {low} to {high}"
            if None not in (low, high)
            else f"{low} or more"
            if high is None
            else f"at most {high}"
        )
        unit = f" {meta['unit']}" if meta.get("unit") else ""
        raise ConfigError(f"{value!r} is out of range", where=where, remedy=f"Give a value {span}{unit}")
    return value


_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a name", dict: "a table"}


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one, by dotted name."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def under(changes: Mapping[str, Any], room: str) -> dict[str, Any]:
    """Return the changes whose dotted names begin with `room`, without it."""
    return {n.removeprefix(f"{room}."): v for n, v in changes.items() if n.startswith(f"{room}.")}


def of_room(changes: Mapping[str, Any], room: str, *, where: object = None) -> dict[str, Any]:
    """Return changes without the `room` that all their dotted names begin with.

    Raises
    ------
    ConfigError
        For a name that does not.
    """
    for name in changes:
        if not name.startswith(f"{room}."):
            raise ConfigError(f"{name!r} is no setting of the {room}", where=where, remedy=f"Write '{room}.{name}'")
    return under(changes, room)


def parse_changes(assignments: list[str]) -> dict[str, Any]:
    """Parse `name=value` strings of the command line; values are read as TOML, bare words as text."""
    changes = {}
    for text in assignments:
        name, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(f"{text!r} is not of the form NAME=VALUE", where="--set")
        try:
            changes[name.strip()] = tomllib.loads(f"v = {value}")["v"]
        except tomllib.TOMLDecodeError:
            changes[name.strip()] = value.strip()
    return changes


def read_settings(path: Path | str) -> dict[str, Any]:
    """Read a settings file, `.toml` or `.json`, as nested mappings."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot be read ({error})", where=path, remedy="Give a TOML or JSON file") from error
    if not isinstance(content, dict):
        raise ConfigError("holds no table of settings", where=path)
    return content
