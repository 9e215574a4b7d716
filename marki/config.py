"""Settings: frozen dataclasses; each field has a unit, a range and a sentence; invalid values are refused by name."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
import numbers
import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar, Union, get_args, get_origin, get_type_hints

from marki.errors import ConfigError, MarkIError, UnknownName, shown, unknown
from marki.reading import parse_toml, read_json, read_toml


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
            raise ConfigError(
                f"expected a table of settings, got {shown(mapping)}", where=where or cls.__name__,
                remedy="Give a table of names and values", code="expected.settings", value=shown(mapping),
            )  # fmt: skip
        fields = {f.name: f for f in dataclasses.fields(cls)}
        hints = _hints(cls)
        values = {}
        for key, value in mapping.items():
            if key not in fields:
                meanings = {name: f.metadata.get("meaning", "") for name, f in fields.items()}
                raise _unknown_setting(key, meanings, _renamed(cls), where)
            kind = hints[key]
            if isinstance(kind, type) and issubclass(kind, Config) and not isinstance(value, Config):
                value = kind.from_mapping(value, where=f"{where}: {key}" if where else key)
            values[key] = value
        try:
            return cls(**values)
        except MarkIError as error:
            if where is None:
                raise
            raise error.within(where) from error

    def to_mapping(self) -> dict[str, Any]:
        """Return nested plain mappings, ready for JSON."""
        return {
            f.name: v.to_mapping() if isinstance(v := getattr(self, f.name), Config) else plain(v)
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
                meanings = {name: meta["meaning"] for name, _, meta in self.items()}
                raise _unknown_setting(dotted, meanings, _renamed(type(self)), where)
            table[last] = value
        return type(self).from_mapping(mapping, where=where)


def _unknown_setting(name: str, known: Mapping[str, str], renamed: Mapping[str, str], where: object) -> UnknownName:
    """Return the refusal of a setting that does not exist, or no longer under this name; `known` has the meanings."""
    if name in renamed:
        new = repr(renamed[name])
        return UnknownName(
            f"setting {name!r} was renamed", where=where, remedy=f"Write {new}", code="setting.renamed",
            name=repr(name), new=new,
        )  # fmt: skip
    near = _nearest(name, known)
    path = name.rpartition(".")[0]
    beside = [n for n in known if path and n.rpartition(".")[0] == path]
    return unknown("setting", name, beside or known, where=where, near=near)


def full_name(name: str, known: Mapping[str, str], *, where: object = None) -> str:
    """Return the full dotted name of a setting that may be given by the end of it, where only one ends so.

    Parameters
    ----------
    name : str
        Such as ``theta`` or ``association.theta`` for ``machine.association.theta``.
    known : mapping of str to str
        The meaning of each setting, by full name.
    where : object, optional

    Raises
    ------
    UnknownName
        If none is called so, or ends so; the message offers those that are meant.
    ConfigError
        If several end so.
    """
    if name in known:
        return name
    ends = [full for full in known if full.endswith(f".{name}")]
    if len(ends) > 1:
        listed = ", ".join(ends)
        raise ConfigError(f"{name!r} is the end of {len(ends)} settings", where=where, remedy=f"Write one of {listed}",
                          code="setting.several", name=repr(name), count=len(ends), known=listed)  # fmt: skip
    if not ends:
        raise _unknown_setting(name, known, {}, where)
    return ends[0]


MOST_OFFERED = 3
"""Names that a refusal of an unknown setting offers at most."""


def _nearest(name: str, known: Mapping[str, str]) -> list[str]:
    """Return the settings that an unknown name means.

    They are those of the same last part; else those in whose last part it is a word, or whose meaning says it (see
    `_says`; the shortest first); else those whose last part is spelt nearly so.
    """
    *_, path, last = ("", *name.lower()[:LONGEST_NAME].split("."))
    ends = {full: full.rpartition(".")[2] for full in known}
    close = difflib.get_close_matches(last, set(ends.values()), n=1, cutoff=0.7)
    meant = [full for full in sorted(known, key=lambda full: len(known[full])) if _says(known[full], last)]
    for found in (
        [full for full, end in ends.items() if end == last],
        list(dict.fromkeys([*(full for full, end in ends.items() if last in end.split("_")), *meant])),
        [full for full, end in ends.items() if end in close],
        difflib.get_close_matches(name[:LONGEST_NAME], known, n=1, cutoff=0.75),
    ):
        if found:
            beside = [full for full in found if path and path in full.split(".")[:-1]]
            return (beside or found)[:MOST_OFFERED]
    return []


LONGEST_NAME = 100
"""Characters of an unknown name by which the nearest one is sought."""


def _says(meaning: str, name: str) -> bool:
    """Return whether the words of a name, or words with these letters as initials (``lr``), stand in a meaning."""
    words = re.findall(r"[a-z]+", meaning.lower())
    asked = name.split("_")
    return len(name) > 1 and (all(part in words for part in asked) or name in "".join(word[0] for word in words))


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


def plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers and arrays of NumPy as Python's own, whole numbers of any kind, lists."""
    if value is None or type(value) in (bool, int, float, str):  # nearly always, and soonest told
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(v) for name, v in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(v) for v in value]
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    if hasattr(value, "tolist"):
        return float(value) if isinstance(value, numbers.Real) else plain(value.tolist())
    return value


def check(where: str, value: Any, kind: Any, meta: Mapping[str, Any]) -> Any:
    """Return a value as a type allows it, in Python's own types, lists as tuples and whole numbers as fractions.

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

    def meant(remedy: str) -> str:
        return f"{meta['meaning']}. {remedy}" if meta.get("meaning") else remedy

    if get_origin(kind) in (Union, types.UnionType):
        kinds = get_args(kind)
        if value is None and type(None) in kinds:
            return None
        kind = next(k for k in kinds if k is not type(None))
    if not isinstance(value, range):  # of which only the length may be fit to be told
        value = plain(value)
    if get_origin(kind) is tuple:
        if not isinstance(value, (list, range)):
            raise _expected("a list", "list", value, where, meant("Write it in brackets, as in [1, 2]"))
        if len(value) > LONGEST:
            raise _too_long(f"{len(value):,} values", LONGEST, where)
        return tuple(check(where, v, get_args(kind)[0], meta) for v in value)
    if isinstance(kind, type) and issubclass(kind, Config):
        if not isinstance(value, kind):
            raise _expected(kind.__name__, "settings", value, where, "Give a table of settings")
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if value.bit_length() < 1000 else math.copysign(math.inf, value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        name, code, remedy = _NAMES.get(kind, (kind.__name__, "settings", "Give a table of settings"))
        raise _expected(name, code, value, where, meant(remedy))
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise _too_long(f"{len(value):,} characters", LONGEST_TEXT, where)
    choices, low, high = meta.get("choices"), meta.get("low"), meta.get("high")
    if choices and value not in choices:
        raise unknown("choice", value, choices, where=where)
    endless = isinstance(value, float) and not math.isfinite(value)
    if endless or (low is not None and not value >= low) or (high is not None and not value <= high):
        raise out_of_range(value, where, low=low, high=high, unit=meta.get("unit", ""))
    return value


C = TypeVar("C", bound=Config)


def settings_of(kind: type[C], value: C | None, *, where: object) -> C:
    """Return settings of a kind as they are, the default ones for None; refuse anything else.

    Raises
    ------
    ConfigError
        With what to write, where a name was given.
    """
    if value is None:
        return kind()
    if not isinstance(value, kind):
        named = isinstance(value, str) and "name" in _hints(kind)
        remedy = f"Give {kind.__name__}({f'name={shown(value)}' if named else '…'})"
        raise ConfigError(f"expected {kind.__name__}, got {shown(value)}", where=where, remedy=remedy)
    return value


_NAMES = {
    int: ("a whole number", "whole", "Give a whole number"),
    float: ("a number", "number", "Give a number"),
    bool: ("true or false", "flag", "Give true or false"),
    str: ("a name", "name", "Give a name, in quotes"),
    dict: ("a table", "table", "Give a table of names and values"),
}

LONGEST, LONGEST_TEXT = 10_000, 4_096
"""Entries of a list, and characters of a text, that a setting may have."""


def _too_long(what: str, most: int, where: object) -> ConfigError:
    return ConfigError(f"has {what}, above the limit of {most:,}", where=where, remedy="Give fewer", code="config.long",
                       part=what, limit=f"{most:,}")  # fmt: skip


def _expected(name: str, code: str, value: Any, where: object, remedy: str) -> ConfigError:
    quoted = shown(value)
    return ConfigError(
        f"expected {name}, got {quoted}", where=where, remedy=remedy, code=f"expected.{code}", value=quoted
    )


def out_of_range(
    value: Any, where: object, *, low: float | None = None, high: float | None = None, unit: str = ""
) -> ConfigError:
    """Return the refusal of a number that is not from `low` to `high`, or not finite."""
    quoted = shown(value)
    if low is not None and high is not None:
        code, span = "between", f"a value from {low} to {high}"
    elif low is not None:
        code, span = "least", f"a value {low} or more"
    elif high is not None:
        code, span = "most", f"a value of at most {high}"
    else:
        code, span = "finite", "a finite number"
    remedy = f"Give {span} {unit}".rstrip()
    return ConfigError(f"{quoted} is out of range", where=where, remedy=remedy, code=f"range.{code}", value=quoted,
                       low=low, high=high, unit=unit)  # fmt: skip


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
            new = f"'{room}.{name}'"
            raise ConfigError(f"{shown(name)} is no setting of the {room}", where=where, remedy=f"Write {new}",
                              code="setting.room", name=shown(name), new=new)  # fmt: skip
    return under(changes, room)


def parse_changes(assignments: list[str], *, where: object = "--set") -> dict[str, Any]:
    """Return `name=value` texts by name; values are read as TOML, bare words as text.

    Raises
    ------
    ConfigError
        For a text without a name and a sign of equality, or a value that is too large or nested too deep.
    """
    changes = {}
    for text in assignments:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise ConfigError(f"{shown(text)} is not of the form NAME=VALUE", where=where, remedy="Write NAME=VALUE")
        try:
            found = parse_toml(f"v = {value}", where=f"{where} {shown(name.strip())}")
        except ConfigError as error:
            if not error.code.startswith("toml"):
                raise
            found = {}
        changes[name.strip()] = found["v"] if set(found) == {"v"} else value.strip()
    return changes


def read_settings(path: Path | str) -> dict[str, Any]:
    """Return a settings file, TOML or ``.json``, as nested mappings.

    Raises
    ------
    ConfigError
        If it cannot be read, or holds no table.
    """
    content = read_json(path, error=ConfigError) if str(path).lower().endswith(".json") else read_toml(path)
    if not isinstance(content, dict):
        raise ConfigError(
            "holds no table of settings", where=path, remedy="Give names and values", code="expected.settings",
            value=shown(content),
        )  # fmt: skip
    return content
