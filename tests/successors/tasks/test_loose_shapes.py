"""Loose shapes: where they are, what belongs to them, and how answers are judged."""

import numpy as np
import pytest

from marki.io.camera import Camera
from marki.io.stimuli import forms
from successors import tasks
from successors.tasks import loose_shapes, scenes
from successors.tasks.locate import listed, placed_right
from successors.tasks.loose_shapes import APART, CELLS, LooseShape, alone, drawn, picture
from successors.tasks.retina import RetinaConfig
from successors.tasks.segment import found_right, overlap

PLAIN = RetinaConfig()


def test_a_shape_lies_where_it_is_said_to_lie():
    for row, column in ((10, 10), (4, 16), (13, 5)):
        for size in range(3):
            shape = LooseShape(kind="triangle", size=size, row=row, column=column)
            card = forms.form("triangle", size=CELLS[size], x=column - 10, y=row - 10, thickness=1.3).card
            assert np.array_equal(alone(shape, PLAIN), Camera().frame(card))


def test_shapes_keep_apart_and_some_overlap():
    rng = np.random.default_rng(0)
    shared = 0
    for k in range(300):
        shapes = drawn(rng, 1 + k % 3)
        assert len({s.kind for s in shapes}) == len(shapes) == 1 + k % 3
        assert list(shapes) == sorted(shapes, key=lambda s: (s.row, s.column))
        for a in shapes:
            assert all(a is b or max(abs(a.row - b.row), abs(a.column - b.column)) >= APART for b in shapes)
        pictures = np.array([alone(s, PLAIN) for s in shapes])
        assert np.array_equal(picture(shapes, PLAIN), pictures.max(0))
        shared += bool((np.sort(pictures, 0)[-2] > 0.5).any()) if len(shapes) > 1 else 0
    assert 20 < shared < 200


def test_cells_of_a_shape_include_what_it_shares():
    deck = tasks.load("segment", cache=False, train=120, valid=1, test=1)
    lit = deck.train.targets.any((1, 2))
    assert lit[::2].all()
    assert not lit[1::2].any()
    for pair, mask in zip(deck.train.stimuli[::2], deck.train.targets[::2], strict=True):
        assert (pair["frame"][mask > 0] >= 0.5).all()
        assert str(pair["text"]) in {scenes.kind_name(kind, "en") for kind in scenes.KINDS}
    # Every kind is asked after that is there and that is not.
    assert {str(t) for t in deck.train.stimuli["text"][::2]} == {str(t) for t in deck.train.stimuli["text"][1::2]}


def test_cells_are_judged_by_what_is_in_common():
    wanted = np.zeros((4, 20, 20), np.float32)
    wanted[:3, 4:8, 4:8] = 1  # 16 cells
    answers = np.zeros((4, 20, 20), np.float32)
    answers[0, 4:8, 4:8] = 0.9
    answers[1, 4:8, 4:7] = 0.9  # 12 of 16
    answers[2, 4:8, 4:7] = 0.9
    answers[2, 0, 0] = 0.9  # 12 of 17
    answers[3, 0, :3] = 0.6
    assert overlap(answers, wanted) == pytest.approx([1, 12 / 16, 12 / 17, 0])
    assert found_right(answers, wanted).tolist() == [True, True, False, False]
    answers[3, 0, 2] = 0.4  # two cells astray
    assert found_right(answers, wanted).tolist() == [True, True, False, True]
    task = tasks.find("segment")
    assert task.score(answers, wanted) == 0.75
    assert task.also["mean overlap"](answers, wanted) == pytest.approx((1 + 12 / 16 + 12 / 17) / 3)


def test_places_are_judged_by_kind_and_nearness():
    target = "bar 10 4, circle 3 16"
    said = [target, "circle 4 15, bar 11 3", "bar 10 4", "bar 10 4, circle 3 14", f"{target}, square 1 1", "nonsense"]
    assert placed_right(np.array(said), np.array([target] * 6)).tolist() == [True, True, False, False, False, False]
    assert listed("方块 3 4, 圆 10 12") == {"方块": (3, 4), "圆": (10, 12)}
    task = tasks.find("locate")
    assert task.also["kinds alone"](np.array(said), np.array([target] * 6)) == pytest.approx(3 / 6)


def test_what_is_where_is_told_in_both_languages():
    english, chinese = (
        tasks.load("locate", cache=False, train=30, valid=1, test=1, language=language) for language in ("en", "zh")
    )
    assert np.array_equal(english.train.stimuli, chinese.train.stimuli)
    for one, other in zip(english.train.targets, chinese.train.targets, strict=True):
        assert list(listed(str(one)).values()) == list(listed(str(other)).values())
    first = listed(str(english.train.targets[0]))
    assert len(first) == 1
    (row, column), light = next(iter(first.values())), english.train.stimuli[0]
    assert light[row - 1 : row + 1, column - 1 : column + 1].max() > 0.5
    assert loose_shapes.MOST == 3
