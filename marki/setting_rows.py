"""Rows of settings, for people who look for one: name, kind, default, range, meaning, and how well it is known."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from marki.config import Config, full_name
from marki.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One setting.

    Parameters
    ----------
    name : str
        Dotted name, as ``--set`` takes it.
    kind : str
        What it is: ``whole number``, ``number``, ``true or false``, ``text``, or a list of one of them.
    value : object
        Its default.
    unit, meaning : str
    low, high : float, optional
    choices : tuple of str
    badge, source : str
        How well it is known of the machine, and by whom; "" for what no document could say.
    """

    name: str
    kind: str
    value: Any
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    meaning: str
    badge: str = ""
    source: str = ""

    @property
    def span(self) -> str:
        """What it may be, in a few words."""
        if self.choices:
            return " | ".join(self.choices)
        if self.kind == "true or false" or (self.low is None and self.high is None):
            return self.kind
        if self.high is None:
            return f"{self.kind}, {_plain(self.low)} or more"
        return (
            f"{self.kind}, at most {_plain(self.high)}"
            if self.low is None
            else f"{self.kind}, {_plain(self.low)} to {_plain(self.high)}"
        )


def _plain(number: float | None) -> str:
    """Return the end of a range as people write it; there is one."""
    assert number is not None
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


_KINDS = {int: "whole number", float: "number", bool: "true or false", str: "text"}


def rows_of(config: Config, prefix: str = "") -> Iterator[SettingRow]:
    """Yield the rows of settings, depth first, their names with `prefix` before them."""
    known = get_type_hints(type(config))
    for field in dataclasses.fields(config):
        name, meta, value = field.name, field.metadata, getattr(config, field.name)
        if isinstance(value, Config):
            yield from rows_of(value, f"{prefix}{name}.")
            continue
        yield SettingRow(
            name=prefix + name,
            kind=_kind(known[name]),
            value=list(value) if isinstance(value, tuple) else value,
            unit=meta.get("unit", ""),
            low=meta.get("low"),
            high=meta.get("high"),
            choices=tuple(meta.get("choices") or ()),
            meaning=meta.get("meaning", ""),
        )


def _kind(kind: Any) -> str:
    if get_origin(kind) in (Union, types.UnionType):
        inner = next(k for k in get_args(kind) if k is not type(None))
        return f"{_kind(inner)}, or none"
    if get_origin(kind) is tuple:
        return f"list of {_kind(get_args(kind)[0])}s" if get_args(kind)[0] is not str else "list of texts"
    return _KINDS.get(kind, str(getattr(kind, "__name__", kind)))


def matching(rows: Iterable[SettingRow], pattern: str) -> list[SettingRow]:
    """Return the rows whose name or meaning has all words of a pattern, whatever their case.

    Raises
    ------
    ConfigError
        If none has.
    """
    words = pattern.lower().split()
    found = [row for row in rows if all(word in f"{row.name} {row.meaning}".lower() for word in words)]
    if not found:
        raise ConfigError(f"no setting has {pattern!r} in its name or meaning", where="settings",
                          remedy="Give a part of a word, or nothing for all of them")  # fmt: skip
    return found


def meanings(rows: Iterable[SettingRow]) -> dict[str, str]:
    """Return the meaning of each setting by its name, as `config.full_name` takes it."""
    return {row.name: row.meaning for row in rows}


def full_names(names: Iterable[str], known: Mapping[str, str], *, where: object = None) -> dict[str, str]:
    """Return the full name of each given one, as `config.full_name` does; no two may be of the same setting.

    Raises
    ------
    UnknownName, ConfigError
        For a name that is none, or the end of several, and for a setting under two names.
    """
    found: dict[str, str] = {}
    for name in names:
        full = full_name(name, known, where=where)
        if other := next((given for given, of in found.items() if of == full), None):
            raise ConfigError(
                f"{other!r} and {name!r} are the same setting", where=where, remedy="Give one of them",
                code="setting.twice", one=repr(other), other=repr(name),
            )  # fmt: skip
        found[name] = full
    return found


def in_full(changes: Mapping[str, Any], known: Mapping[str, str], *, where: object = None) -> dict[str, Any]:
    """Return changes under their full names; see `full_names`."""
    full = full_names(map(str, changes), known, where=where)
    return {full[str(name)]: value for name, value in changes.items()}


def agreed(found: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the full name of each given one, where several agree on it; what they do not agree on stays as given."""
    full: dict[str, set[str]] = {}
    for names in found:
        for given, name in names.items():
            full.setdefault(given, set()).add(name)
    return {given: next(iter(names)) if len(names) == 1 else given for given, names in full.items()}


def as_text(rows: Iterable[SettingRow]) -> str:
    """Return rows for a terminal: name and default, what it may be, what it means, and its badge."""
    lines: list[str] = []
    for row in rows:
        unit = f" {row.unit}" if row.unit else ""
        lines.append(f"{row.name} = {typed(row.value)}{unit}")
        badge = f" [{row.badge}]" if row.badge else ""
        lines.append(f"    {row.meaning} ({row.span}){badge}")
    return "\n".join(lines)


def as_json(rows: Iterable[SettingRow]) -> list[dict[str, Any]]:
    """Return rows ready for JSON."""
    return [asdict(row) for row in rows]


def typed(value: Any) -> str:
    """Return a value as ``--set`` and settings files take it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(typed, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {typed(inner)}' for key, inner in value.items())}}}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
