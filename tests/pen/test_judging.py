"""Judging: a program is right if it draws the same for every input."""

import numpy as np

from marki.pen.interpreter import drawings
from marki.pen.judging import INPUTS, draws_the_same, passing


def test_a_program_that_is_right_for_one_input_alone_is_wrong():
    for n in INPUTS:
        assert drawings("draw up n", [n]) == drawings(f"draw up {n}", [n])
        assert not draws_the_same(np.array([f"draw up {n}"]), np.array(["draw up n"])).any()


def test_a_target_that_is_no_program_is_never_met():
    assert not draws_the_same(np.array(["x", ""]), np.array(["x", "]"])).any()


def test_equal_texts_are_judged_alike():
    texts = ["draw up n", "draw up 3", "draw up n", "x"]
    assert passing(texts, "draw up n").tolist() == [True, False, True, False]
    assert passing(texts, "draw up n", [3]).tolist() == [True, True, True, False]
    assert not passing(texts, "x").any()
