"""The words of scenes: what a caption says, read by a grammar and not by a network, and what a line may have meant."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

from marki.errors import PortError
from marki.io.text import language_of
from successors.tasks import scenes
from successors.tasks.scenes import Scene, Shape

LANGUAGES = ("en", "zh")
MOST = 3
"""Shapes of a scene at most."""
_SYNONYMS = {
    "big": "large", "huge": "large", "little": "small", "tiny": "small", "disc": "circle", "ring": "circle",
    "round": "circle", "box": "square", "rhombus": "diamond", "plus": "cross", "line": "bar", "stick": "bar",
    "upper": "top", "lower": "bottom", "centre": "middle", "center": "middle",
    "正方形": "方块", "圆形": "圆", "圆圈": "圆", "加号": "十字", "竖线": "竖条", "中央": "中间", "巨": "大",
}  # fmt: skip
_EMPTY = frozenset(["a", "an", "the", "at", "in", "on", "to", "is", "there", *"有一个块根的在还"])
_CLAUSE_ENDS = re.compile(r",| and |，|。|\.")


def told(scene: Scene, language: str) -> str:
    """Return what is there, shape by shape in the given order, in English or in Chinese."""
    return scenes.caption(scene, "list")[LANGUAGES.index(language)]


@lru_cache(maxsize=1)
def clauses() -> dict[str, Shape]:
    """Return all ways to say that one shape is there, in both languages, without a stop."""
    return {told((shape,), language)[:-1]: shape for language in LANGUAGES for shape in scenes.singles()}


def understood(text: str) -> Scene | None:
    """Return the scene that a caption tells, in the order in which it does; None if it is no true form of one.

    Every clause has to be as the grammar makes it, joined and ended as it joins and ends them, in one language; and the
    shapes must be of different kinds at different places.
    """
    parts = [part.strip() for part in _CLAUSE_ENDS.split(text)]
    found = tuple(clauses()[part] for part in parts if part in clauses())
    if not 0 < len(found) <= MOST or told(found, language_of(text)) != text or not _possible(found):
        return None
    return found


def same(text: str, other: str) -> bool:
    """Return whether two captions tell one scene, in whatever order and language."""
    one, two = understood(text), understood(other)
    return one is not None and two is not None and set(one) == set(two)


def _possible(scene: Scene) -> bool:
    """Return whether all kinds and all places differ."""
    return len({s.kind for s in scene}) == len({(s.row, s.column) for s in scene}) == len(scene)


def nearest(text: str) -> str:
    """Return the caption that can be understood and is most like a line, clause by clause.

    Of a line that says how one shape stands to another, it is one in which they stand so.
    """
    if related := _related(text):
        return told(related, language_of(text))
    language = language_of(text)
    found: list[Shape] = []
    for part in (_usual(part.strip()) for part in _CLAUSE_ENDS.split(text)):
        if part and len(found) < MOST:
            own = [(clause, shape) for clause, shape in clauses().items() if language_of(clause) == language]
            fitting = [(clause, shape) for clause, shape in own if _possible((*found, shape))]
            found.append(max(fitting, key=lambda row: _alike(part, row[0]))[1])
    return told(tuple(found), language) if found else told((scenes.singles()[0],), language)


_PLACES = {
    "above": ((0, 1), (2, 1)), "below": ((2, 1), (0, 1)), "left": ((1, 0), (1, 2)), "right": ((1, 2), (1, 0)),
}  # fmt: skip
"""Where two shapes stand, row and column of each, of which the first is above the other, and so on."""
_RELATIONS = {
    "above": "above", "over": "above", "below": "below", "under": "below", "left of": "left", "right of": "right",
    "上": "above", "下": "below", "左": "left", "右": "right",
}  # fmt: skip


@lru_cache(maxsize=1)
def _relating() -> dict[str, re.Pattern[str]]:
    """Return what a line says, by language, that tells how one shape stands to another."""
    shapes = {
        language: f"({'|'.join(scenes.size_name(size, language) for size in scenes.SIZES)})? ?"
        f"({'|'.join(scenes.kind_name(kind, language) for kind in scenes.KINDS)})"
        for language in LANGUAGES
    }
    en, zh = shapes["en"], shapes["zh"]
    return {
        "en": re.compile(rf"{en}\b[^,.]*?\b(above|over|below|under|left of|right of)\b[^,.]*?{en}\b"),
        "zh": re.compile(rf"{zh}[^，。]*?在[^，。]*?{zh}的?(上|下|左|右)"),
    }


def _related(text: str) -> Scene | None:
    """Return two shapes that stand to each other as a line says; None if it says nothing of the kind."""
    language = language_of(text)
    match = _relating()[language].search(_usual(text))
    if match is None:
        return None
    size, kind, *rest = match.groups()
    how, second_size, second_kind = rest if language == "en" else (rest[2], *rest[:2])
    sizes = {scenes.size_name(one, language): one for one in scenes.SIZES}
    kinds = {scenes.kind_name(one, language): one for one in scenes.KINDS}
    named = ((size, kind), (second_size, second_kind))
    found = tuple(
        Shape(kind=kinds[what], size=sizes.get(large or "", "large"), row=row, column=column)
        for (large, what), (row, column) in zip(named, _PLACES[_RELATIONS[how]], strict=True)
    )
    return scenes.ordered(found) if _possible(found) else None


def _usual(part: str) -> str:
    """Return a clause with the words of captions for some that mean the same."""
    for other, word in _SYNONYMS.items():
        part = re.sub(rf"\b{other}\b" if other.isascii() else other, word, part)
    return part


def _alike(one: str, other: str) -> float:
    """Return how many words, or Chinese signs, of each of two clauses the other has, nearly or quite, as a share."""
    units = [_units(text) for text in (one, other)]
    if not all(units):
        return 0.0
    likeness = [[SequenceMatcher(None, a, b).ratio() for b in units[1]] for a in units[0]]
    return sum(map(max, likeness)) / len(units[0]) + sum(map(max, zip(*likeness, strict=True))) / len(units[1])


def _units(clause: str) -> list[str]:
    """Return the words, or Chinese signs, of a clause that tell something."""
    found = list(clause) if language_of(clause) == "zh" else clause.split()
    return [unit for unit in found if unit not in _EMPTY]


def demanded(text: str, unknown: tuple[str, ...] = ()) -> Scene:
    """Return the scene of a line that was brought to the form of captions.

    Parameters
    ----------
    text : str
    unknown : tuple of str
        Words of the line that are in no caption.

    Raises
    ------
    PortError
        If it is no caption: its unknown words are named, and the nearest caption is offered.
    """
    scene = understood(text)
    if scene is not None:
        return scene
    offer = nearest(text)
    if unknown:
        words = ", ".join(unknown)
        raise PortError(
            f"unknown: {words}", where="teleprinter", remedy=f"Say for instance: {offer}", code="scene.unknown",
            words=words, offer=offer,
        )  # fmt: skip
    raise PortError(
        f"{text!r} is no caption", where="teleprinter", remedy=f"Say for instance: {offer}", code="scene.unclear",
        text=text, offer=offer,
    )  # fmt: skip
