"""Languages: one table of strings for each, in `assets/language/`; the window and the lessons speak through it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from marki.config import flat
from marki.errors import MarkIError, unknown
from marki.files import asset
from marki.reading import read_toml

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
        raise unknown("language", language, LANGUAGES, where="language")
    return flat(read_toml(asset(f"language/{language}.toml")))


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

    def __call__(self, name: str, /, **values: Any) -> str:
        """Return the string `name` with its values put in; an unknown name is a mistake in the code."""
        text = self._table[name]
        return text.format(**values) if values else text

    def forms(self, name: str, /, **values: Any) -> tuple[str, ...]:
        """Return the string `name` and its shorter forms (``short.NAME``, divided by bars), the longest first."""
        shorter = self._table.get(f"short.{name}")
        forms = (self._table[name], *(shorter.split("|") if shorter else ()))
        return tuple(form.format(**values) for form in forms) if values else forms

    def count(self, name: str, count: int, /, **values: Any) -> str:
        """Return the string `name` for a number of things, ``NAME.one`` for one and ``NAME.many`` for others."""
        return self(f"{name}.one" if count == 1 else f"{name}.many", count=count, **values)

    def quoted(self, name: str) -> str:
        """Return the name of a class as it stands in a sentence: in quotation marks, but for a single letter."""
        return name if len(name) == 1 else self("now.quoted", name=name)

    def sentences(self, *told: str) -> str:
        """Return what is told one after the other, each divided from the next by a full stop, and none at the end."""
        return self("message.stop").join(text.rstrip(".。") for text in told)

    def class_name(self, name: str, task: str = "") -> str:
        """Return the name of a class in this language; of a task in which it means something else, that. A name that
        somebody else gave is returned as it is."""
        return self.get(f"class.{name}_{task}") or self.get(f"class.{name}", name)

    def get(self, name: str, default: str = "") -> str:
        """Return the string `name`, or `default` where there is none."""
        return self._table.get(name, default)

    def of_task(self, name: str, task: str) -> str:
        """Return the name of the text for a task, where it has one of its own."""
        return own if self.get(own := f"{name}_{task}") else name

    def trial(self, label: str) -> str:
        """Return the name of a trial, or of what is compared in it, in this language; as it is if it has none here."""
        return self.get(f"trial.{re.sub(r'[^a-z0-9]+', '_', label.lower()).strip('_')}", label)

    def pick(self, texts: Mapping[str, Any]) -> Any:
        """Return the entry of this language in a table of languages, or the English one."""
        return texts.get(self.language, texts["en"])

    def source(self, cited: str) -> str:
        """Return a source as it is cited, its general remarks (``cited.REMARK``) in this language."""
        for name, said in self._table.items():
            if name.startswith("cited."):
                cited = cited.replace(name.removeprefix("cited."), said)
        return cited

    def error(self, error: MarkIError) -> str:
        """Return a refusal as a sentence of this language.

        English says what the error says. Other tables have a sentence for its code (``errors.CODE``), or for all of its
        kind (``errors.KIND.other``), in which its fields are put by name; a field whose value has words of its own
        (``errors.FIELD.VALUE``) is said in these. What has no sentence is introduced in the language and then quoted.
        """
        text = str(error)
        if self.language == "en":
            return text
        where = self.get(f"errors.where.{error.where}") or self.get(f"setting.{error.where}", str(error.where))
        place = "" if error.where is None else self("errors.place", where=where)
        values = {name: self.get(f"errors.{name}.{value}", str(value)) for name, value in error.fields.items()}
        for code in (error.code, f"{error.code.partition('.')[0]}.other"):
            if say := self.get(f"errors.{code}"):
                return say.format(where=where, place=place, **values)
        return self("message.refused", text=text)
