"""Question: a scene is before the camera, a question about it comes over the teleprinter, and the lamps say the answer.

There are six kinds of question, in turn, and 23 answers. Those that are answered by yes or no are as often answered by
the one as by the other, whatever they ask, so that the question alone tells nothing of them: what is asked after
falsely is there but for one attribute, and a relation that does not hold is a true one turned round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from marki.config import setting
from marki.io.asked import asked
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from successors.tasks import scene_decks, scene_pictures, scenes
from successors.tasks.deck import PARTS, Split
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.scene_decks import HELD, ScenesConfig
from successors.tasks.scenes import KINDS, SIZES, Scene, Shape
from successors.tasks.task import Task

ASKS = ("how many", "is there", "relation", "what is", "size", "where")
_EN_NUMBERS, _ZH_NUMBERS = ("none", "one", "two", "three"), ("没有", "一个", "两个", "三个")
_PLACES = [(row, column) for row in range(3) for column in range(3)]
ANSWERS = {
    "en": ("yes", "no", *_EN_NUMBERS, *(scenes.kind_name(k, "en") for k in KINDS), *SIZES,
           *(scenes.place_name(r, c, "en") for r, c in _PLACES)),
    "zh": ("是", "否", *_ZH_NUMBERS, *(scenes.kind_name(k, "zh") for k in KINDS), "小", "大",
           *(scenes.place_name(r, c, "zh") for r, c in _PLACES)),
}  # fmt: skip
"""The 23 answers, by language."""
_NUMBER, _KIND, _SIZE, _PLACE = 2, 6, 12, 14
"""Where in them numbers, kinds, sizes and places begin."""


@dataclass(frozen=True, kw_only=True)
class QuestionConfig(ScenesConfig):
    """Settings of questions."""

    train: int = setting(60_000, "Questions to learn from, each about a scene of its own", low=1, high=1_000_000)
    valid: int = setting(600, "Questions to choose settings by", low=1, high=100_000)
    test: int = setting(1_800, "Questions of the test", low=1, high=100_000)


@dataclass(frozen=True, kw_only=True)
class AskedScene:
    """A question about a scene.

    Attributes
    ----------
    english, chinese : str
    answer : int
        Number of the answer in `ANSWERS`.
    """

    english: str
    chinese: str
    answer: int


def _without(rng: np.random.Generator, part: str, scene: Scene, shape: Shape) -> Scene | None:
    """Return a scene of the same part in which another shape stands for one of a scene, changed in one attribute.

    So, what is asked after falsely is drawn as what is asked after truly: the question alone tells nothing.
    """
    for _ in range(40):
        row, column = _PLACES[int(rng.integers(9))]
        changed = (
            replace(shape, kind=KINDS[int(rng.integers(6))]),
            replace(shape, size=SIZES[int(rng.integers(2))]),
            replace(shape, row=row, column=column),
        )[int(rng.integers(3))]
        found = scenes.ordered(tuple(changed if s == shape else s for s in scene))
        if changed != shape and scene_decks.belongs(found, part):
            return found
    return None


def _how_many(rng: np.random.Generator, scene: Scene, first: Shape) -> AskedScene:
    size = (None, *SIZES)[int(rng.integers(3))]
    count = sum(size in (None, s.size) for s in scene)
    en, zh = ("", "") if size is None else (f"{size} ", scenes.size_name(size, "zh"))
    return AskedScene(
        english=f"how many {en}shapes are there?", chinese=f"有几个{zh}图形？", answer=_NUMBER + count
    )  # fmt: skip


def _is_there(rng: np.random.Generator, scene: Scene, first: Shape) -> AskedScene:
    place_en, place_zh = (scenes.place_name(first.row, first.column, language) for language in ("en", "zh"))
    return AskedScene(
        english=f"is there {scenes.named(first, 'en')} {place_en}?",
        chinese=f"{place_zh}有{scenes.named(first, 'zh')}吗？",
        answer=0 if first in scene else 1,
    )


def _relation(rng: np.random.Generator, scene: Scene, first: Shape) -> AskedScene:
    others = [s for s in scene if s != first]
    other = others[int(rng.integers(len(others)))]
    pair = (first, other) if rng.integers(2) else (other, first)
    where, yes = pair[0].relation(pair[1]), bool(rng.integers(2))
    one, two = pair if yes else pair[::-1]
    en, zh = (scenes.relation_name(where, language) for language in ("en", "zh"))
    (en_one, zh_one), (en_two, zh_two) = ([scenes.kind_name(s.kind, n) for n in ("en", "zh")] for s in (one, two))
    return AskedScene(
        english=f"is the {en_one} {en} the {en_two}?", chinese=f"{zh_one}在{zh_two}的{zh}吗？", answer=0 if yes else 1
    )


def _what_is(rng: np.random.Generator, scene: Scene, first: Shape) -> AskedScene:
    en, zh = (scenes.place_name(first.row, first.column, language) for language in ("en", "zh"))
    return AskedScene(english=f"what is {en}?", chinese=f"{zh}是什么？", answer=_KIND + KINDS.index(first.kind))


def _size(rng: np.random.Generator, scene: Scene, first: Shape) -> AskedScene:
    en, zh = (scenes.kind_name(first.kind, language) for language in ("en", "zh"))
    return AskedScene(
        english=f"is the {en} small or large?", chinese=f"{zh}是小的还是大的？", answer=_SIZE + SIZES.index(first.size)
    )


def _where(rng: np.random.Generator, scene: Scene, first: Shape) -> AskedScene:
    en, zh = (scenes.kind_name(first.kind, language) for language in ("en", "zh"))
    place = _PLACES.index((first.row, first.column))
    return AskedScene(english=f"where is the {en}?", chinese=f"{zh}在哪里？", answer=_PLACE + place)


_MAKERS: dict[str, Callable[[np.random.Generator, Scene, Shape], AskedScene]] = dict(
    zip(ASKS, (_how_many, _is_there, _relation, _what_is, _size, _where), strict=True)
)


def asked_of(rng: np.random.Generator, part: str, ask: str) -> tuple[Scene, AskedScene]:
    """Return a scene of a part, and a question of a kind about it; of `HELD`, about the held-out combination."""
    no = ask == "is there" and bool(rng.integers(2))
    while True:
        count = int(rng.integers(2 if ask == "relation" else 1, 4))
        scene = scene_decks.drawn(rng, part, count)
        first = scene[int(rng.integers(count))]
        if part == HELD:
            first = next(shape for shape in scene if scenes.is_held(shape))
        shown = _without(rng, part, scene, first) if no else scene
        if shown is not None:
            return shown, _MAKERS[ask](rng, shown, first)


def _part(config: QuestionConfig, workshop: Workshop, name: str, count: int) -> Split:
    pictures, answers = np.empty((count, 20, 20), np.float32), np.empty(count, np.int16)
    texts: list[str] = []
    for number in range(count):
        rng = ItemKey(task="question", seed=workshop.seed, part=name, number=number).rng()
        scene, found = asked_of(rng, name, ASKS[number % len(ASKS)])
        pictures[number], answers[number] = scene_pictures.picture(scene, config.seen), found.answer
        texts.append(found.english if config.language == "en" else found.chinese)
    code = lamps(binary_code(len(ANSWERS["en"])))
    return Split(stimuli=asked(pictures, np.array(texts)), targets=code[answers], kinds=answers)


def _make(config: QuestionConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {name: _part(config, workshop, name, getattr(config, name)) for name in PARTS}
    return parts | {HELD: _part(config, workshop, HELD, config.held)}


def _of(ask: int, answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the fraction of right answers to a kind of question; they are asked in turn."""
    right = (answers == targets).all(axis=1)[ask :: len(ASKS)]
    return float(right.mean()) if len(right) else 1.0


TASK = Task(
    name="question",
    title="Answers to questions about a scene",
    accepts=Port.ASKED,
    answers=Port.LAMPS,
    config=QuestionConfig,
    metric="questions answered rightly",
    chance=1 / len(ANSWERS["en"]),
    classes=lambda config: ANSWERS[config.language],
    make=_make,
    also={ask: lambda a, b, k=k: _of(k, a, b) for k, ask in enumerate(ASKS)},
)
"""The task."""
