"""Checked access to TOML tables: each value is read by name and type; a wrong one is refused with its place."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from marki.errors import ConfigError, unknown
from marki.language import LANGUAGES


def among(kind: str, name: str, known: Iterable[str], where: object) -> str:
    """Return `name`, or refuse it if it is not one of the known."""
    if name not in (names := tuple(known)):
        raise unknown(kind, name, names, where=where)
    return name


_CODES = {
    "a whole number": "expected.whole",
    "a number": "expected.number",
    "true or false": "expected.flag",
    "a text": "expected.text",
    "a list": "expected.list",
}


class TomlTable:
    """A table of a lesson's file.

    Parameters
    ----------
    content : mapping
    known : iterable of str
        Keys that may stand in it.
    where : str
        Its place, for refusals.
    """

    def __init__(self, content: Any, known: Iterable[str], where: str):
        if not isinstance(content, Mapping):
            raise ConfigError(
                f"expected a table, got {reprlib.repr(content)}",
                where=where,
                remedy="Give names and values",
                code="expected.table",
                value=reprlib.repr(content),
            )
        self.content, self.where = content, where
        known = tuple(known)
        for key in content:
            among("key", key, known, where)

    def place(self, key: str) -> str:
        """Return the place of a key, for refusals."""
        return f"{self.where}.{key}" if ":" in self.where else f"{self.where}: {key}"

    def _of(self, key: str, kinds: tuple[type, ...], meant: str) -> Any:
        value = self.content[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ConfigError(
                f"expected {meant}, got {reprlib.repr(value)}",
                where=self.place(key),
                remedy=f"Give {meant}",
                code=_CODES.get(meant, "expected.table"),
                value=reprlib.repr(value),
            )
        return value

    def number(self, key: str, default: float, *, low: float, high: float = 1e9, whole: bool = False) -> Any:
        """Return a number, or `default` where there is none."""
        if key not in self.content:
            return default
        kinds, meant = ((int,), "a whole number") if whole else ((int, float), "a number")
        value = self._of(key, kinds, meant)
        if not low <= value <= high:
            raise ConfigError(
                f"{value!r} is out of range",
                where=self.place(key),
                remedy=f"Give a value from {low} to {high:g}",
                code="range.between",
                value=repr(value),
                low=low,
                high=f"{high:g}",
                unit="",
            )
        return value if whole else float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        return self._of(key, (bool,), "true or false") if key in self.content else default

    def text(self, key: str, default: str = "") -> str:
        """Return a text, or `default` where there is none."""
        return self._of(key, (str,), "a text") if key in self.content else default

    def name(self, key: str, default: str, known: Iterable[str]) -> str:
        """Return one of the known names."""
        if key not in self.content:
            return default
        return among(key, self._of(key, (str,), "a text"), known, self.place(key))

    def names(self, key: str, kind: str, known: Iterable[str]) -> tuple[str, ...]:
        """Return a list of known names."""
        return self.each(key, lambda name, where: among(kind, name, known, where))

    def each(self, key: str, read: Callable[[Any, str], Any]) -> tuple[Any, ...]:
        """Return what `read(entry, place)` makes of each entry of a list; empty where there is none."""
        if key not in self.content:
            return ()
        entries = self._of(key, (list,), "a list")
        return tuple(read(entry, f"{self.place(key)}[{k}]") for k, entry in enumerate(entries))

    def table(self, key: str) -> Mapping[str, Any]:
        """Return a table within this one; empty where there is none."""
        return self._of(key, (Mapping,), "a table") if key in self.content else {}

    def texts(self, key: str, *, lists: bool = False, needed: bool = True) -> Mapping[str, Any]:
        """Return a text in every language, or with `lists` a list of texts in every language.

        Raises
        ------
        ConfigError
            If it is not there though needed, or empty, or lacks a language.
        """
        if key not in self.content:
            if needed:
                raise ConfigError(
                    f"lacks {key!r}",
                    where=self.where,
                    remedy=f"Give it in {' and '.join(LANGUAGES)}",
                    code="lesson.lacks",
                    part=repr(key),
                )
            return {}
        found, place = self._of(key, (Mapping,), "a text in every language"), self.place(key)
        for language in LANGUAGES:
            if language not in found:
                raise ConfigError(
                    f"lacks the language {language!r}",
                    where=place,
                    remedy=f"Give it in {' and '.join(LANGUAGES)}",
                    code="lesson.language",
                    languages="、".join(LANGUAGES),
                )
        for language, value in found.items():
            among("language", language, LANGUAGES, place)
            here = f"{place}.{language}"
            if lists and not isinstance(value, list):
                raise ConfigError(
                    f"expected a list, got {reprlib.repr(value)}",
                    where=here,
                    remedy="Give a list of texts",
                    code="expected.list",
                    value=reprlib.repr(value),
                )
            for text in value if lists else [value]:
                if not isinstance(text, str) or not text.strip():
                    raise ConfigError(
                        f"expected a text, got {reprlib.repr(text)}",
                        where=here,
                        remedy="Give a text that is not empty",
                        code="expected.text",
                        value=reprlib.repr(text),
                    )
        return found
