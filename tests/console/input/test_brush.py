"""The pen: which cells it touches, by hand."""

import pytest

from marki.console.input.brush import stroke


@pytest.mark.parametrize(
    ("one", "other", "width", "cells"),
    [
        ((3, 4), (3, 4), 1, {(3, 4)}),
        ((3, 4), (3, 7), 1, {(3, 4), (3, 5), (3, 6), (3, 7)}),
        ((5, 2), (3, 4), 1, {(5, 2), (4, 3), (3, 4)}),
        ((3, 4), (3, 4), 2, {(3, 4), (3, 5), (4, 4), (4, 5)}),
        ((3, 4), (4, 5), 2, {(3, 4), (3, 5), (4, 4), (4, 5), (4, 6), (5, 5), (5, 6)}),
        ((19, 19), (19, 19), 2, {(19, 19)}),
    ],
)
def test_the_cells_that_a_stroke_touches(one, other, width, cells):
    numbers = [row * 20 + column for row, column in (one, other)]
    assert {divmod(n, 20) for n in stroke(*numbers, width)} == cells


def test_the_eraser_is_as_wide_as_the_widest_pen():
    from marki.console.input.brush import ERASER, WIDEST, width_of

    assert [width_of(pen) for pen in (1, 2, ERASER)] == [1, 2, WIDEST]
