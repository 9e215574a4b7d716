"""Scenes before the camera: what is held out everywhere, the reader that is no network, and words met with grace."""

from collections import Counter

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.camera import Camera
from successors import tasks
from successors.tasks import scene_pictures, scenes
from successors.tasks.question import ANSWERS, ASKS, asked_of
from successors.tasks.scene_decks import COUNTS, HELD, drawn, part_of
from successors.tasks.scene_words import nearest, same, told, understood
from successors.tasks.scenes import Shape
from successors.tasks.wording import asked_for, typed, worded

SMALL = {"train": 300, "valid": 30, "test": 90, "held": 30, "cache": False}


def shape(kind, row, column, size="small"):
    return Shape(kind=kind, size=size, row=row, column=column)


def some(part, count, seed=0):
    rng = np.random.default_rng(seed)
    return [drawn(rng, part, 1 + k % 3) for k in range(count)]


def test_18_combinations_are_held_out_and_every_pair_of_attributes_is_seen():
    held = [s for s in scenes.singles() if scenes.is_held(s)]
    seen = [s for s in scenes.singles() if not scenes.is_held(s)]
    assert (len(held), len(seen)) == (18, 90)
    for pair in (lambda s: (s.kind, s.size), lambda s: (s.kind, s.row, s.column), lambda s: (s.size, s.row, s.column)):
        assert {pair(s) for s in held} <= {pair(s) for s in seen}


def test_parts_share_no_scene_and_only_one_has_held_out_combinations():
    parts = {part: set(some(part, 600)) for part in ("train", "valid", "test", HELD)}
    for part, found in parts.items():
        assert all(scene == scenes.ordered(scene) for scene in found)
        assert {sum(map(scenes.is_held, scene)) for scene in found} == ({1} if part == HELD else {0})
        if part != HELD:
            assert {part_of(scene) for scene in found} == {part}
    assert not parts["train"] & parts["test"]
    # Of single shapes too there are some that are never learned from alone.
    assert sum(len(scene) == 1 for scene in parts["test"]) > 3


@pytest.mark.parametrize("name", ["caption", "question"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_learned_from_held_out_combinations(name, language):
    deck = tasks.load(name, language=language, **SMALL)
    for part in (*deck.parts().values(), deck.aside[HELD]):
        frames = part.stimuli["frame"] if name == "question" else part.stimuli
        held = [any(map(scenes.is_held, scene)) for scene in scene_pictures.read(np.asarray(frames))]
        assert all(held) if part is deck.aside[HELD] else not any(held)
    assert list(deck.aside) == [HELD]
    assert len(deck.aside[HELD]) == 30


def test_a_picture_of_a_scene_is_what_the_camera_makes_of_its_card():
    for scene in some("train", 60):
        assert np.array_equal(Camera().frame(scenes.card(scene).card), scene_pictures.picture(scene))


def test_the_reader_is_right_on_true_pictures_and_bears_some_noise():
    shown = some("test", 200) + some(HELD, 100)
    pictures = np.array([scene_pictures.picture(scene) for scene in shown])
    assert scene_pictures.read(pictures) == shown
    noise = np.random.default_rng(1).standard_normal(pictures.shape)
    right = [
        np.mean([a == b for a, b in zip(scene_pictures.read((pictures + s * noise).clip(0, 1)), shown, strict=True)])
        for s in (0.1, 0.2, 0.3)
    ]
    assert right[0] > 0.99
    assert right[1] > 0.95
    assert 0.75 < right[2] < 0.97  # what is hard to see is not read out of thin air


def test_the_reader_always_finds_a_scene_that_there_can_be():
    for picture in np.random.default_rng(0).random((20, 20, 20)):
        scene = scene_pictures.read(picture[None])[0]
        assert 1 <= len(scene) <= 3
        assert understood(told(scene, "en")) == scene
    assert len(scene_pictures.read(np.zeros((1, 20, 20)))[0]) == 1


def test_every_caption_is_understood_as_what_it_tells():
    for scene in [(s,) for s in scenes.singles()] + some("train", 300) + some(HELD, 60):
        for language in ("en", "zh"):
            assert understood(told(scene, language)) == scene
            assert understood(told(scene[::-1], language)) == scene[::-1]
        assert same(told(scene, "en"), told(scene[::-1], "zh"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a small circle at the top",  # no stop
        "a small circle at the top and a large circle on the left.",  # one kind twice
        "a small circle at the top and a large bar at the top.",  # one place twice
        "a small circle at the top, a large bar on the left.",  # joined in no way of the grammar
        "a small circle at the top and 左边有一根大竖条.",
        "a small circle a large bar.",
        "a small circle at the top and a large bar on the left and a small cross on the right.",
    ],
)
def test_what_is_no_caption_is_not_understood(text):
    assert understood(text) is None
    assert not same(text, text)


def test_what_is_typed_is_put_in_order():
    assert asked_for(" A SMALL  circle at the top left") == (shape("circle", 0, 0),)
    assert asked_for("左 上角有一個大圓") == (shape("circle", 0, 0, "large"),)
    assert worded("Where is the Circle", "question").text == "where is the circle?"
    assert worded("圆 在哪里", "question").text == "圆在哪里？"


@pytest.mark.parametrize(
    ("line", "unknown", "offer"),
    [
        ("a smal circle on top left", "smal", "a small circle at the top left."),
        (
            "Big square in the middle and a large circle to the right!",
            "big, to",
            "a large square in the middle and a large circle on the right.",
        ),
        ("左上角有个大圆，还有一个小方块在左边", "还", "左上角有一个大圆，左边有一块小方块。"),
        (
            "a tiny ring over a box",
            "tiny, ring, over, box",
            "a small circle at the top and a large square at the bottom.",
        ),
    ],
)
def test_unknown_words_are_named_and_the_nearest_caption_is_offered(line, unknown, offer):
    with pytest.raises(PortError) as refused:
        asked_for(line)
    assert str(refused.value) == f"teleprinter: unknown: {unknown}. Say for instance: {offer}"
    assert understood(offer) is not None


def test_what_is_to_be_drawn_has_to_be_a_caption():
    assert typed("A small bar at the top", "illustrate").text == "a small bar at the top."
    with pytest.raises(PortError, match="Say for instance"):
        typed("the small bar is left of the large cross", "illustrate")
    assert typed("the small bar is left of the large cross", "translate").text.endswith(".")


def test_known_words_in_no_order_are_offered_one():
    with pytest.raises(PortError, match=r"is no caption.*中间有一个大圆"):
        asked_for("大圆在中间")
    for line in ("banana", "?!x", "a small circle at the top and a small circle at the top"):
        assert understood(nearest(line)) is not None


@pytest.mark.parametrize(
    ("line", "offer"),
    [
        ("a small circle above a large bar.", "a small circle at the top and a large bar at the bottom."),
        ("a small circle below a large bar.", "a large bar at the top and a small circle at the bottom."),
        ("the bar is right of the small cross.", "a small cross on the left and a large bar on the right."),
        ("the small cross is left of the bar.", "a small cross on the left and a large bar on the right."),
        ("大圆在小方块的右边。", "左边有一块小方块，右边有一个大圆。"),
        ("小十字在圆上面。", "上边有一个小十字，下边有一个大圆。"),
    ],
)
def test_shapes_that_stand_to_each_other_are_offered_so(line, offer):
    assert nearest(line) == offer
    assert understood(offer) is not None


def test_of_one_kind_nothing_stands_to_another():
    assert nearest("a circle above a circle.").startswith("a large circle")


def test_captions_are_judged_by_what_they_tell():
    task = tasks.find("caption")
    scene = (shape("square", 0, 0), shape("bar", 0, 2, "large"))
    target = np.array([told(scene, "en")] * 5)
    swapped = (shape("bar", 0, 0), shape("square", 0, 2, "large"))
    answers = np.array([*(told(s, "en") for s in (scene, scene[::-1], scene[:1], swapped)), "the the the"])
    assert task.right(answers, target).tolist() == [True, True, False, False, False]
    assert task.also["sentences"](answers, target) == 0.8
    assert task.also["two shapes"](answers, target) == 0.4
    assert task.also["one shape"](answers, target) == 1  # of none


def test_questions_are_answered_by_what_is_there():
    deck = tasks.load("question", **SMALL)
    for part in (deck.train, deck.aside[HELD]):
        for pair, kind, number in zip(part.stimuli, part.kinds, range(len(part)), strict=False):
            scene = scene_pictures.read(pair["frame"][None])[0]
            said, text, ask = deck.classes[kind], str(pair["text"]), ASKS[number % len(ASKS)]
            named = {scenes.kind_name(s.kind, "en"): s for s in scene}
            if ask == "how many":
                size = next((size for size in scenes.SIZES if size in text), None)
                assert said == ("none", "one", "two", "three")[sum(size in (None, s.size) for s in scene)]
            elif ask == "is there":
                there = [f"is there {scenes.named(s, 'en')} {scenes.place_name(s.row, s.column, 'en')}?" for s in scene]
                assert said == ("yes" if text in there else "no")
            elif ask == "relation":
                one, two = (s for _, s in sorted((text.rindex(name), s) for name, s in named.items() if name in text))
                assert said == ("yes" if scenes.relation_name(one.relation(two), "en") in text else "no")
            elif ask == "what is":
                assert text == f"what is {scenes.place_name(named[said].row, named[said].column, 'en')}?"
            elif ask == "size":
                assert said == next(s.size for name, s in named.items() if name in text)
            else:
                found = next(s for name, s in named.items() if name in text)
                assert said == scenes.place_name(found.row, found.column, "en")


def test_yes_and_no_are_balanced_whatever_is_asked():
    rng = np.random.default_rng(0)
    for ask in ("is there", "relation"):
        asked, yes = Counter(), Counter()
        for _ in range(4_000):
            _, found = asked_of(rng, "train", ask)
            asked[found.english] += 1
            yes[found.english] += found.answer == 0
        off = np.array([(yes[text] - asked[text] / 2) / (0.5 * asked[text] ** 0.5) for text in asked])
        assert np.mean(off**2) == pytest.approx(1, abs=0.35)  # as of fair coins
        assert abs(sum(yes.values()) / 4_000 - 0.5) < 0.03


def test_both_languages_ask_the_same():
    english, chinese = (tasks.load("question", language=language, **SMALL) for language in ("en", "zh"))
    assert np.array_equal(english.train.kinds, chinese.train.kinds)
    assert np.array_equal(english.train.stimuli["frame"], chinese.train.stimuli["frame"])
    assert len(set(ANSWERS["en"])) == len(set(ANSWERS["zh"])) == 23
    assert all(text[0] > "\u3400" for text in chinese.train.stimuli["text"])
    for text in (*english.test.stimuli["text"], *chinese.test.stimuli["text"]):
        assert worded(str(text), "question").text == text
        assert not worded(str(text), "question").unknown


def test_parts_set_aside_come_back_from_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MARKI_CACHE", str(tmp_path))
    monkeypatch.setattr("successors.tasks.cache.WORTH_S", 0.0)
    fresh = tasks.load("caption", **{**SMALL, "cache": True})
    monkeypatch.setattr("successors.tasks.caption._part", None)  # made again it could not be
    kept = tasks.load("caption", **{**SMALL, "cache": True})
    for a, b in ((fresh.test, kept.test), (fresh.aside[HELD], kept.aside[HELD])):
        assert np.array_equal(a.stimuli, b.stimuli)
        assert np.array_equal(a.targets, b.targets)
    assert fresh.classes == COUNTS
