import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import StimulusError, UnknownName
from marki.io.camera import Camera
from marki.io.stimuli.forms import KINDS, connected_card, form, parity_card, random_dots


def area(stimulus):
    """Lit area in cells."""
    return stimulus.card.astype(float).sum() / 255 / 64


def cells(stimulus):
    return Camera().frame(stimulus.card) > 0.5


def pieces(lit, *, diagonal=False):
    """Number of connected pieces, by flood fill."""
    left, count = {(int(r), int(c)) for r, c in np.argwhere(lit)}, 0
    near = [(0, 1), (1, 0), (0, -1), (-1, 0)] + [(1, 1), (1, -1), (-1, 1), (-1, -1)] * diagonal
    while left:
        count += 1
        stack = [left.pop()]
        while stack:
            r, c = stack.pop()
            for dr, dc in near:
                if (r + dr, c + dc) in left:
                    left.remove((r + dr, c + dc))
                    stack.append((r + dr, c + dc))
    return count


def euler(lit):
    """Return pieces less holes."""
    return pieces(lit) - (pieces(np.pad(~lit, 1, constant_values=True), diagonal=True) - 1)


AREAS = {
    "square": 144,
    "circle": math.pi * 36,
    "diamond": 72,
    "triangle": 72,
    "bar": 24,
    "plus": 44,
    "E": 24 + 14 + 14 + 11,
    "F": 24 + 14 + 11,
    "X": 2 * 2 * (12 * math.sqrt(2) - 2) - 4,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [{}, {"x": 1.3, "y": -2.1, "turn_deg": 33}])
def test_area(kind, place):
    assert area(form(kind, size=12, **place)) == pytest.approx(AREAS[kind], rel=0.01)


@pytest.mark.parametrize(("kind", "expected"), [("square", 144 - 100), ("circle", math.pi * (36 - 25))])
def test_outline_has_its_width_and_lies_within(kind, expected):
    outline = form(kind, size=12, outline=True)
    assert area(outline) == pytest.approx(expected, rel=0.02)
    assert (outline.card <= form(kind, size=12).card).all()
    assert outline.card[80, 80] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_is_whole_cells_where_it_should_be(kind):
    if kind in ("square", "plus", "bar"):
        assert set(np.unique(form(kind, size=12).card)) == {0, 255}
    moved = form(kind, x=3, y=-2).card
    assert (moved[:-16, 24:] == form(kind).card[16:, :-24]).all()


def test_a_quarter_turn_is_counter_clockwise():
    for kind in KINDS:
        turned = form(kind, turn_deg=90).card.astype(int)
        assert np.abs(turned - np.rot90(form(kind).card)).max() <= 1
    assert form("F", x=4).card[:, 80:].sum() > form("F", x=4).card[:, :80].sum()
    assert form("F", y=4).card[80:].sum() > form("F", y=4).card[:80].sum()


def test_e_and_f_differ_only_in_the_foot():
    differ = cells(form("E", size=12)) != cells(form("F", size=12))
    rows = np.flatnonzero(differ.any(axis=1))
    assert rows.tolist() == [14, 15]


@given(
    kind=st.sampled_from(KINDS),
    x=st.floats(-30, 30),
    y=st.floats(-30, 30),
    size=st.floats(8, 40),
    turn=st.floats(-720, 720),
)
@settings(max_examples=40, deadline=None)
def test_any_place_gives_a_card(kind, x, y, size, turn):
    stimulus = form(kind, x=x, y=y, size=size, turn_deg=turn)
    assert stimulus.label == kind
    assert area(stimulus) <= size * size + 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, "size"),
        ({"x": math.nan}, "finite"),
        ({"thickness": -1}, "thickness"),
        ({"outline": -2.0}, "outline"),
    ],
)
def test_wrong_numbers_are_refused(wrong, message):
    with pytest.raises(StimulusError, match=message):
        form("square", **wrong)


def test_strokes_too_thick_and_unknown_forms_are_refused():
    with pytest.raises(StimulusError, match="do not fit"):
        form("E", size=5, thickness=2)
    with pytest.raises(UnknownName, match="square"):
        form("squares")


def test_random_dots_light_their_share():
    rng = np.random.default_rng(0)
    seen = cells(random_dots(rng, 0.3)), cells(random_dots(rng, 0.3))
    assert seen[0].sum() == seen[1].sum() == 120
    assert (seen[0] != seen[1]).any()
    with pytest.raises(StimulusError, match="share"):
        random_dots(rng, 1.1)


@pytest.mark.parametrize("grid", [2, 4, 5, 10, 20])
def test_parity(grid):
    rng = np.random.default_rng(0)
    side = 20 // grid
    for odd in (True, False) * 10:
        seen = cells(parity_card(rng, odd, grid=grid))
        assert seen.sum() % side**2 == 0
        assert seen.sum() // side**2 % 2 == odd
    with pytest.raises(StimulusError, match="divide"):
        parity_card(rng, True, grid=3)


def test_connectedness_is_as_told_whatever_counts_as_neighbour():
    rng = np.random.default_rng(1)
    for _ in range(100):
        for connected in (True, False):
            lit = cells(connected_card(rng, connected))
            assert pieces(lit) == pieces(lit, diagonal=True) == (1 if connected else 2)


def test_neither_the_count_nor_the_euler_number_tells_the_classes_apart():
    counts, eulers = {}, {}
    for connected in (True, False):
        rng = np.random.default_rng(2)
        found = [cells(connected_card(rng, connected)) for _ in range(300)]
        counts[connected] = np.array([lit.sum() for lit in found])
        assert set(counts[connected]) == {118, 120, 122}
        eulers[connected] = np.array([euler(c) for c in found])
    for told in (counts, eulers):
        assert abs(told[True].mean() - told[False].mean()) < 0.3
        assert set(told[True]) == set(told[False])
    assert ((118 - counts[True]) / 2 == eulers[True] - 1).all()
    assert ((118 - counts[False]) / 2 == eulers[False] - 1).all()
