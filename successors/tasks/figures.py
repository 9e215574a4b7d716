"""Figures that the pen draws, as they are asked for in words, English or Chinese, and as a program.

A figure has one program, and in each language four ways to be asked for, which say the same. What is asked for at a
time is a chain of figures, each beginning where the pen stands at the end of the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from zlib import crc32

import numpy as np

from marki.pen.interpreter import lit
from marki.pen.judging import INPUTS
from marki.pen.statements import Amount, PenProgram, Repeat, Stroke, one_line

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
SIZES = {"battlements": (2, 3)}
"""Numbers that are the size of a kind of figure, if not 2 to 5: what is wider than half the panel leaves it."""
INPUT_SHARE = 0.6
"""Share of figures whose size is the input."""
SIDES = ("right", "left")
ENDS = ("down", "up")
_BACK = {"right": "left", "left": "right", "up": "down", "down": "up"}


@dataclass(frozen=True, kw_only=True)
class PenFigure:
    """A figure.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    side, end : str
        Its directions: ``left``, ``right`` or none, and ``up``, ``down`` or none; see `WAYS`.
    size : int or "n"
    """

    kind: str
    side: str
    end: str
    size: Amount

    def program(self) -> PenProgram:
        """Return the program that draws it."""
        return _PROGRAMS[self.kind](self.side, self.end, self.size)

    def words(self, way: int, language: Language = "en") -> str:
        """Return what asks for it.

        Parameters
        ----------
        way : int
            0 to 3, the way to say it.
        language : str
            ``en`` or ``zh``.
        """
        name = _NAMES[self.kind][language][way % 2]
        size = _SIZES[self.kind][language].format(k=self.size)
        where = self._where(language)
        if language == "zh":
            return f"{where}画{size}{name}" if way < 2 else f"画{size}{name}，{where}"
        return f"{name} {size} {where}" if way < 2 else f"{where}, {name} {size}"

    def name(self, way: int, language: Language = "en") -> str:
        """Return its name without directions and size, one of two."""
        name = _NAMES[self.kind][language][way % 2]
        return name.removeprefix("的") if language == "zh" else name

    def _where(self, language: Language) -> str:
        if self.kind == "slope":
            joined = f"{_WHERE['zh'][self.side]}{_WHERE['zh'][self.end][1:]}"
            return joined if language == "zh" else f"diagonally {self.end} and {_WHERE['en'][self.side]}"
        told = [_WHERE[language][way] for way in (self.side, self.end) if way]
        return (" and " if language == "en" else "、").join(told)


Ways = Literal["four", "side", "corner"]
WAYS: dict[str, Ways] = {
    "line": "four", "dots": "four", "gap": "four", "zigzag": "side", "diamond": "side", "stairs": "corner",
    "square": "corner", "field": "corner", "stripes": "corner", "slope": "corner", "comb": "corner", "hook": "corner",
    "battlements": "corner",
}  # fmt: skip
"""For each kind its directions: one of four, a side, or a side and an end."""
KINDS = tuple(WAYS)
CLOSED = ("square", "diamond", "battlements")
"""Kinds of which each stroke follows from the others."""

_WHERE: dict[Language, dict[str, str]] = {
    "en": {"right": "to the right", "left": "to the left", "up": "up", "down": "down"},
    "zh": {"right": "向右", "left": "向左", "up": "向上", "down": "向下"},
}
_NAMES: dict[str, dict[Language, tuple[str, str]]] = {
    "line": {"en": ("a line", "a stroke"), "zh": ("的直线", "的线段")},
    "dots": {"en": ("dots", "a dotted line"), "zh": ("点", "圆点")},
    "gap": {"en": ("a line with a gap", "a broken line"), "zh": ("的中间断开的线", "的断线")},
    "zigzag": {"en": ("a zigzag", "a saw"), "zh": ("的锯齿线", "的折线")},
    "diamond": {"en": ("a diamond", "a rhombus"), "zh": ("的菱形", "的斜放的正方形")},
    "stairs": {"en": ("stairs", "a staircase"), "zh": ("的楼梯", "的阶梯")},
    "square": {"en": ("a square", "a box"), "zh": ("的正方形", "的方框")},
    "field": {"en": ("a field", "a filled square"), "zh": ("的实心方块", "的涂满的正方形")},
    "stripes": {"en": ("stripes", "parallel lines"), "zh": ("条纹", "平行线")},
    "slope": {"en": ("a slope", "a slanting line"), "zh": ("的斜线", "的斜坡")},
    "comb": {"en": ("a comb", "a rake"), "zh": ("的梳子", "的耙子")},
    "hook": {"en": ("a hook", "an angle"), "zh": ("的钩子", "的拐角")},
    "battlements": {"en": ("battlements", "a castle wall"), "zh": ("的城垛", "的城墙")},
}  # fmt: skip
_LONG: dict[Language, str] = {"en": "of length {k}", "zh": "长{k}格"}
_WIDE: dict[Language, str] = {"en": "with sides of {k}", "zh": "边长{k}格"}
_SIZES: dict[str, dict[Language, str]] = {
    "line": _LONG, "gap": {"en": "of {k} on each side", "zh": "两边各长{k}格"},
    "slope": _LONG, "hook": _LONG, "square": _WIDE, "field": _WIDE, "diamond": _WIDE,
    "dots": {"en": "of {k}", "zh": "{k}个"}, "zigzag": {"en": "of {k} teeth", "zh": "{k}个齿"},
    "stairs": {"en": "of {k} steps", "zh": "{k}级"},
    "stripes": {"en": "of length and number {k}", "zh": "{k}条长{k}格的"},
    "comb": {"en": "of {k} teeth", "zh": "{k}个齿"}, "battlements": {"en": "of {k} merlons", "zh": "{k}个垛口"},
}  # fmt: skip


def _go(direction: str, amount: Amount) -> Stroke:
    return Stroke("go", direction, amount)


def _draw(direction: str, amount: Amount) -> Stroke:
    return Stroke("draw", direction, amount)


_PROGRAMS: dict[str, Callable[[str, str, Amount], PenProgram]] = {
    "line": lambda s, e, k: (_draw(s or e, k),),
    "dots": lambda s, e, k: (Repeat(k, (_draw(s or e, 1), _go(s or e, 1))),),
    "gap": lambda s, e, k: (_draw(s or e, k), _go(s or e, 2), _draw(s or e, k)),
    "zigzag": lambda s, e, k: (Repeat(k, (_draw(f"up-{s}", 1), _draw(f"down-{s}", 1))),),
    "diamond": lambda s, e, k: (
        _draw(f"up-{s}", k), _draw(f"down-{s}", k), _draw(f"down-{_BACK[s]}", k), _draw(f"up-{_BACK[s]}", k),
    ),
    "stairs": lambda s, e, k: (Repeat(k, (_draw(s, 2), _draw(e, 2))),),
    "square": lambda s, e, k: (_draw(s, k), _draw(e, k), _draw(_BACK[s], k), _draw(_BACK[e], k)),
    "field": lambda s, e, k: (Repeat(k, (_draw(s, k), _go(_BACK[s], k), _go(e, 1))),),
    "stripes": lambda s, e, k: (Repeat(k, (_draw(s, k), _go(_BACK[s], k), _go(e, 2))),),
    "slope": lambda s, e, k: (_draw(f"{e}-{s}", k),),
    "comb": lambda s, e, k: (Repeat(k, (_draw(e, 3), _go(_BACK[e], 3), _draw(s, 2))),),
    "hook": lambda s, e, k: (_draw(s, k), _draw(e, 3)),
    "battlements": lambda s, e, k: (Repeat(k, (_draw(e, 2), _draw(s, 1), _draw(_BACK[e], 2), _draw(s, 2))),),
}  # fmt: skip

Chain = tuple[PenFigure, ...]
"""Figures, one after the other."""


def program(chain: Chain) -> PenProgram:
    """Return the program that draws a chain."""
    return tuple(statement for figure in chain for statement in figure.program())


def words(chain: Chain, ways: Sequence[int], language: Language = "en") -> str:
    """Return what asks for a chain, each figure in its way to say it, with the colon after which the program stands."""
    told = [figure.words(way, language) for figure, way in zip(chain, ways, strict=True)]
    return _joined(told, language)


def names(chain: Chain, ways: Sequence[int], language: Language = "en") -> str:
    """Return the names of a chain alone, with the colon."""
    told = [figure.name(way, language) for figure, way in zip(chain, ways, strict=True)]
    return _joined(told, language)


def _joined(told: list[str], language: Language) -> str:
    return "，然后".join(told) + "：" if language == "zh" else ", then ".join(told) + ":"


def part_of(text: str) -> str:
    """Return the part of a deck that a text belongs to: one of ten is for the test."""
    number = crc32(text.encode()) % 10
    return ("test", "valid")[number] if number < 2 else "train"


def draw_figure(rng: np.random.Generator, kind: str) -> PenFigure:
    """Return a random figure of a kind."""
    ways = WAYS[kind]
    side, end = SIDES[int(rng.integers(2))], ENDS[int(rng.integers(2))]
    if ways == "side" or (ways == "four" and rng.integers(2)):
        end = ""
    elif ways == "four":
        side = ""
    sizes = SIZES.get(kind, (2, 3, 4, 5))
    size: Amount = "n" if rng.random() < INPUT_SHARE else sizes[int(rng.integers(len(sizes)))]
    return PenFigure(kind=kind, side=side, end=end, size=size)


def draw_kinds(rng: np.random.Generator, length: int) -> list[str]:
    """Return random kinds, any of them several times."""
    return [KINDS[int(kind)] for kind in rng.integers(len(KINDS), size=length)]


def draw_chain(rng: np.random.Generator, kinds: Sequence[str]) -> Chain:
    """Return a random figure of each kind."""
    return tuple(draw_figure(rng, kind) for kind in kinds)


def belongs(chain: Chain, part: str) -> bool:
    """Return whether a chain may be asked for in a part of a deck.

    Its program is of that part, and each figure lights lamps that those before it do not, whatever the input, so that
    none can be left out.
    """
    if part_of(one_line(program(chain))) != part:
        return False
    beginnings = [program(chain[:length]) for length in range(1, len(chain) + 1)]
    return all(lit(a, n) != lit(b, n) for a, b in pairwise(beginnings) for n in INPUTS)


def chain_of(rng: np.random.Generator, part: str, length: int) -> Chain:
    """Return a random chain of a part, of so many figures."""
    while not belongs(chain := draw_chain(rng, draw_kinds(rng, length)), part):
        pass
    return chain


def draw_ways(rng: np.random.Generator, chain: Chain) -> list[int]:
    """Return a way to say each figure of a chain."""
    return [int(way) for way in rng.integers(4, size=len(chain))]
