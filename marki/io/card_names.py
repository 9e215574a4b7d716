"""The names of cards in the languages: what the worlds call them, such as ``T in routed-gothic``."""

from __future__ import annotations

import re

from marki.language import Words

_LETTER = r"(?P<sign>\S) (?:in [a-z0-9-]+|by hand|by writer \d+)"
_FORMS = (
    ("in", r"(?P<sign>\S) in (?P<face>[a-z0-9-]+)"),
    ("by_hand", r"(?P<sign>\S) by hand"),
    ("by_writer", r"(?P<sign>\S) by writer (?P<writer>\d+)"),
    ("digit", r"(?P<sign>\d) by hand, no\. (?P<number>\d+) of (?P<part>\w+)"),
    ("square", r"square on the (?P<side>left|right)"),
    ("turned", r"(?P<kind>\w+) of (?P<size>\S+) at (?P<place>\(.*\)) turned (?P<deg>\S+)"),
    ("form", r"(?P<kind>\w+) of (?P<size>\S+) at (?P<place>\(.*\))"),
    ("outline_turned", r"(?P<kind>\w+) outline of (?P<size>\S+) at (?P<place>\(.*\)) turned (?P<deg>\S+)"),
    ("outline", r"(?P<kind>\w+) outline of (?P<size>\S+) at (?P<place>\(.*\))"),
    ("fields", r"(?P<kind>even|odd): (?P<count>\d+) fields"),
    ("figure", r"(?P<kind>connected|disconnected) figure"),
    ("dots", r"dots (?P<share>\d+%)"),
)
_OF_CLASSES = ("kind", "side", "part")


def card_name(name: str, words: Words) -> str:
    """Return what a card is called in a language; what somebody else named is left as it is."""
    for form, pattern in _FORMS:
        if found := re.fullmatch(pattern, name):
            parts = {k: words.class_name(v) if k in _OF_CLASSES else v for k, v in found.groupdict().items()}
            return words(f"card_name.{form}", **parts)
    return words.class_name(name)


def sign_of(name: str) -> str:
    """Return the sign on a card that shows one, for places where there is room for no more; else the whole name."""
    found = re.fullmatch(_LETTER, name)
    return name if found is None else found["sign"]
