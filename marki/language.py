"""Languages: one table of strings for each, in `assets/language/`; the window and the lessons speak through it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from marki.config import flat
from marki.errors import MarkIError, unknown
from marki.files import asset

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=len(LANGUAGES))
def table(language: str) -> dict[str, str]:
    """Return all strings of a language by dotted name.

    Raises
    ------
    UnknownName
        For a language that there is no table of.
    """
    if language not in LANGUAGES:
        raise unknown("language", language, LANGUAGES)
    return flat(tomllib.loads(asset(f"language/{language}.toml").read_text(encoding="utf-8")))


class Words:
    """The strings of one language.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    """

    def __init__(self, language: str = "en"):
        self.language = language
        self._table = table(language)
        self._errors = [
            (re.compile(self._table[f"{name}.like"]), text)
            for name, text in ((n.removesuffix(".say"), t) for n, t in self._table.items())
            if name.startswith("errors.") and f"{name}.like" in self._table and not name.endswith(".like")
        ]

    def __call__(self, name: str, /, **values: Any) -> str:
        """Return the string `name` with its values put in; an unknown name is a mistake in the code."""
        text = self._table[name]
        return text.format(**values) if values else text

    def get(self, name: str, default: str = "") -> str:
        """Return the string `name`, or `default` where there is none."""
        return self._table.get(name, default)

    def pick(self, texts: Mapping[str, Any]) -> Any:
        """Return the entry of this language in a table of languages, or the English one."""
        return texts.get(self.language, texts["en"])

    def error(self, error: MarkIError) -> str:
        """Return a refusal as a sentence of this language.

        English says what the error says. Other tables have patterns of the English sentence (`errors.NAME.like`) with
        a translation (`errors.NAME.say`); what none of them knows is introduced in the language and then quoted.
        """
        text = str(error)
        if self.language == "en":
            return text
        for pattern, say in self._errors:
            if found := pattern.search(text):
                return say.format(*found.groups())
        return self("message.refused", text=text)
