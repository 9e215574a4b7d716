"""True answers to questions about scenes, read by a grammar and not by a network."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import permutations, product

from successors.tasks import scenes
from successors.tasks.question import ANSWERS
from successors.tasks.scenes import KINDS, SIZES, Scene, Shape

HOW_MANY = {"en": "how many shapes are there?", "zh": "有几个图形？"}
"""The question that can be asked about any scene, by language."""

Answerer = Callable[[Scene], str | None]
"""What answers a question about a scene in English; None where nobody can."""

COUNTS = ("none", "one", "two", "three")


def answer(question: str, scene: Scene) -> int | None:
    """Return the number of the true answer, as in `question.ANSWERS`.

    None for a question of another form, and for one that asks something of a shape, or of a place, that is not there.

    Parameters
    ----------
    question : str
        As the questions of the task are written, in English or Chinese.
    scene : tuple of Shape
    """
    found = _answerers().get(question)
    said = None if found is None else found(scene)
    return None if said is None else ANSWERS["en"].index(said)


@lru_cache(maxsize=1)
def _answerers() -> dict[str, Answerer]:
    """Return all questions, in both languages, with what answers them."""
    found: dict[str, Answerer] = {}
    for size in (None, *SIZES):
        en, zh = ("", "") if size is None else (f"{size} ", scenes.size_name(size, "zh"))
        _add(
            found, f"how many {en}shapes are there?", f"有几个{zh}图形？", lambda scene, size=size: _count(scene, size)
        )
    for shape in scenes.singles():
        en, zh = (scenes.place_name(shape.row, shape.column, language) for language in ("en", "zh"))
        _add(
            found, f"is there {scenes.named(shape, 'en')} {en}?", f"{zh}有{scenes.named(shape, 'zh')}吗？",
            lambda scene, shape=shape: _yes(shape in scene),
        )  # fmt: skip
    for kind in KINDS:
        en, zh = (scenes.kind_name(kind, language) for language in ("en", "zh"))
        _add(
            found, f"is the {en} small or large?", f"{zh}是小的还是大的？", lambda scene, kind=kind: _size(scene, kind)
        )
        _add(found, f"where is the {en}?", f"{zh}在哪里？", lambda scene, kind=kind: _place(scene, kind))
    for row, column in product(range(3), repeat=2):
        en, zh = (scenes.place_name(row, column, language) for language in ("en", "zh"))
        _add(found, f"what is {en}?", f"{zh}是什么？", lambda scene, at=(row, column): _what(scene, *at))
    for one, other in permutations(KINDS, 2):
        names = [[scenes.kind_name(kind, language) for kind in (one, other)] for language in ("en", "zh")]
        for relation in ("left", "right", "above", "below"):
            en, zh = (scenes.relation_name(relation, language) for language in ("en", "zh"))
            _add(
                found, f"is the {names[0][0]} {en} the {names[0][1]}?", f"{names[1][0]}在{names[1][1]}的{zh}吗？",
                lambda scene, pair=(one, other), relation=relation: _stands(scene, *pair, relation),
            )  # fmt: skip
    return found


def _add(found: dict[str, Answerer], english: str, chinese: str, answerer: Answerer) -> None:
    found[english] = found[chinese] = answerer


def _of_kind(scene: Scene, kind: str) -> Shape | None:
    return next((shape for shape in scene if shape.kind == kind), None)


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _count(scene: Scene, size: str | None) -> str:
    return COUNTS[sum(size in (None, shape.size) for shape in scene)]


def _size(scene: Scene, kind: str) -> str | None:
    shape = _of_kind(scene, kind)
    return None if shape is None else shape.size


def _place(scene: Scene, kind: str) -> str | None:
    shape = _of_kind(scene, kind)
    return None if shape is None else scenes.place_name(shape.row, shape.column, "en")


def _what(scene: Scene, row: int, column: int) -> str | None:
    shape = next((shape for shape in scene if (shape.row, shape.column) == (row, column)), None)
    return None if shape is None else scenes.kind_name(shape.kind, "en")


def _stands(scene: Scene, kind: str, other: str, relation: str) -> str | None:
    """Return whether a shape stands so to another, both of which must be there."""
    one, two = _of_kind(scene, kind), _of_kind(scene, other)
    return None if one is None or two is None else _yes(one.relation(two) == relation)
