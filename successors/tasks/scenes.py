"""Scenes: one to three shapes on the retina, and true captions of them in English and in Chinese.

A caption follows a plan, which says the same in both languages. The word orders differ: the reference of a relation
comes after it in English and before it in Chinese, and bars and crosses have measure words of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from marki.io.stimuli import Stimulus, forms

KINDS = ("square", "circle", "diamond", "triangle", "bar", "plus")
SIZES = ("small", "large")
CELLS = {"small": 4.0, "large": 6.0}
PITCH = 6.5
"""Cells between the centres of neighbouring places."""

_EN_KIND = {"plus": "cross"}
_ZH_KIND = {
    "square": "方块", "circle": "圆", "diamond": "菱形", "triangle": "三角形", "bar": "竖条", "plus": "十字",
}  # fmt: skip
_ZH_MEASURE = {"bar": "根", "square": "块"}
_ZH_SIZE = {"small": "小", "large": "大"}
_EN_PLACE = (
    ("at the top left", "at the top", "at the top right"),
    ("on the left", "in the middle", "on the right"),
    ("at the bottom left", "at the bottom", "at the bottom right"),
)
_ZH_PLACE = (("左上角", "上边", "右上角"), ("左边", "中间", "右边"), ("左下角", "下边", "右下角"))
_EN_RELATION = {"left": "left of", "right": "right of", "above": "above", "below": "below"}
_ZH_RELATION = {"left": "左边", "right": "右边", "above": "上面", "below": "下面"}
PLANS = ("list", "relation", "which", "chain", "compare")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A shape.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    size : str
        One of `SIZES`.
    row, column : int
        Its place, 0 to 2 from the top and from the left.
    """

    kind: str
    size: str
    row: int
    column: int

    def relation(self, other: Shape) -> str:
        """Return its position relative to another one; beside takes precedence over above."""
        if self.column != other.column:
            return "left" if self.column < other.column else "right"
        return "above" if self.row < other.row else "below"


Scene = tuple[Shape, ...]
"""One to three shapes of different kinds at different places."""


def is_held(shape: Shape) -> bool:
    """Return whether no system of pictures and language learns from this kind, size and place together.

    They are 18 of the 108. Each kind, size and place is learned from, and so is each pair of them.
    """
    place, kind, size = 3 * shape.row + shape.column, KINDS.index(shape.kind), SIZES.index(shape.size)
    return (place + 2 * kind + 5 * size) % 6 == 0


def singles() -> list[Shape]:
    """Return all 108 shapes: of each kind, each size, at each place."""
    return [
        Shape(kind=kind, size=size, row=row, column=column)
        for kind in KINDS
        for size in SIZES
        for row in range(3)
        for column in range(3)
    ]


def ordered(scene: Scene) -> Scene:
    """Return a scene with its shapes in the order of reading: from the top, and from the left."""
    return tuple(sorted(scene, key=lambda s: (s.row, s.column)))


def draw(rng: np.random.Generator, *, least: int = 1) -> Scene:
    """Return a random scene of `least` to three shapes."""
    count = int(rng.integers(least, 4))
    kinds: list[int] = rng.permutation(len(KINDS))[:count].tolist()
    places: list[int] = rng.permutation(9)[:count].tolist()
    return tuple(
        Shape(kind=KINDS[kind], size=SIZES[int(rng.integers(2))], row=place // 3, column=place % 3)
        for kind, place in zip(kinds, places, strict=True)
    )


def card(scene: Scene) -> Stimulus:
    """Return the scene as a card before the camera."""
    shown = [
        forms.form(s.kind, x=(s.column - 1) * PITCH, y=(s.row - 1) * PITCH, size=CELLS[s.size], thickness=1.3)
        for s in scene
    ]
    label = " and ".join(s.kind for s in scene)
    return Stimulus(name=label, label=label, card=np.maximum.reduce([stimulus.card for stimulus in shown]))


def caption(scene: Scene, plan: str) -> tuple[str, str]:
    """Return the caption of a scene by a plan, in English and in Chinese.

    Parameters
    ----------
    scene : tuple of Shape
        Of at least two shapes, unless the plan is ``list``; of three for ``chain``, of different sizes for ``compare``.
    plan : str
        One of `PLANS`.
    """
    return {"list": _list, "relation": _relation, "which": _which, "chain": _chain, "compare": _compare}[plan](scene)


def plans(scene: Scene) -> list[str]:
    """Return the plans that a scene has enough shapes for."""
    found = ["list"]
    if len(scene) > 1:
        found += ["relation", "which"]
        if scene[0].size != scene[1].size:
            found.append("compare")
    if len(scene) > 2:
        found.append("chain")
    return found


def part_of(english: str) -> str:
    """Return the part of a deck that a caption belongs to, by its English words: one of ten is for the test."""
    number = crc32(english.encode()) % 10
    return ("test", "valid")[number] if number < 2 else "train"


def described(
    rng: np.random.Generator, part: str, *, least: int = 1, plan: str | None = None
) -> tuple[Scene, str, str]:
    """Return a random scene with a caption of a part of a deck, in English and in Chinese; by a plan, or by any."""
    while True:
        scene = draw(rng, least=least)
        choice = plans(scene) if plan is None else [plan]
        english, chinese = caption(scene, choice[int(rng.integers(len(choice)))])
        if part_of(english) == part:
            return scene, english, chinese


def kind_name(kind: str, language: str) -> str:
    """Return what a kind of shape is called in a language, "en" or "zh"."""
    return _ZH_KIND[kind] if language == "zh" else _EN_KIND.get(kind, kind)


def size_name(size: str, language: str) -> str:
    """Return what a size is called in a language."""
    return _ZH_SIZE[size] if language == "zh" else size


def place_name(row: int, column: int, language: str) -> str:
    """Return what a place is called in a language."""
    return (_ZH_PLACE if language == "zh" else _EN_PLACE)[row][column]


def relation_name(relation: str, language: str) -> str:
    """Return what a relation is called in a language."""
    return (_ZH_RELATION if language == "zh" else _EN_RELATION)[relation]


def named(shape: Shape, language: str) -> str:
    """Return a shape with its size, as one that is not known yet: "a small cross", or in Chinese without a number."""
    return f"a {_named(shape)[0]}" if language == "en" else _named(shape)[1]


def _kind(shape: Shape) -> str:
    return kind_name(shape.kind, "en")


def _named(shape: Shape) -> tuple[str, str]:
    return f"{shape.size} {_kind(shape)}", _ZH_SIZE[shape.size] + _ZH_KIND[shape.kind]


def _list(scene: Scene) -> tuple[str, str]:
    english = [f"{named(s, 'en')} {_EN_PLACE[s.row][s.column]}" for s in scene]
    chinese = [
        f"{_ZH_PLACE[s.row][s.column]}有一{_ZH_MEASURE.get(s.kind, '个')}{_named(s)[1]}" for s in scene
    ]  # fmt: skip
    return _joined(english) + ".", "，".join(chinese) + "。"


def _joined(parts: list[str]) -> str:
    start = ", ".join(parts[:-1])
    return f"{start} and {parts[-1]}" if start else parts[-1]


def _relation(scene: Scene) -> tuple[str, str]:
    (en_a, zh_a), (en_b, zh_b) = _named(scene[0]), _named(scene[1])
    where = scene[0].relation(scene[1])
    return f"the {en_a} is {_EN_RELATION[where]} the {en_b}.", f"{zh_a}在{zh_b}的{_ZH_RELATION[where]}。"


def _which(scene: Scene) -> tuple[str, str]:
    a, b = scene[:2]
    where = a.relation(b)
    return (
        f"the {_kind(a)} that is {_EN_RELATION[where]} the {_kind(b)} is {a.size}.",
        f"在{_ZH_KIND[b.kind]}{_ZH_RELATION[where]}的{_ZH_KIND[a.kind]}是{_ZH_SIZE[a.size]}的。",
    )


def _chain(scene: Scene) -> tuple[str, str]:
    (en_a, zh_a), (en_b, zh_b), (en_c, zh_c) = map(_named, scene)
    near, far = scene[0].relation(scene[1]), scene[0].relation(scene[2])
    return (
        f"the {en_a} {_EN_RELATION[near]} the {en_b} is {_EN_RELATION[far]} the {en_c}.",
        f"在{zh_b}{_ZH_RELATION[near]}的{zh_a}在{zh_c}的{_ZH_RELATION[far]}。",
    )


def _compare(scene: Scene) -> tuple[str, str]:
    a, b = scene[:2]
    large = a.size == "large"
    return (
        f"the {_kind(a)} is {'larger' if large else 'smaller'} than the {_kind(b)}.",
        f"{_ZH_KIND[a.kind]}比{_ZH_KIND[b.kind]}{'大' if large else '小'}。",
    )
