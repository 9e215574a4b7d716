import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.console.drawing.layout import Box, bands, frame, front, schematic, square_grid, unit_of

SIZES = [(960, 600), (1024, 640), (1280, 800), (1920, 1080), (3840, 2160)]


@pytest.mark.parametrize("least", [0.0, 1 / 36])
@pytest.mark.parametrize("side", [False, True])
@pytest.mark.parametrize("view", [schematic, front])
@pytest.mark.parametrize("scale", [0.75, 1.0, 1.25])
@pytest.mark.parametrize("size", SIZES)
def test_boxes_lie_inside_and_apart(size, scale, view, side, least):
    least *= size[1]
    boxes = frame(size, scale, side=side, least=least)
    stage = boxes.pop("stage")
    boxes |= view(
        stage if view is schematic else stage._replace(w=stage.w // 4),
        unit_of(size, scale),
        **({"plain": bool(least)} if view is schematic else {}),
        least=least,
    )
    if view is schematic and not (least and scale > 1):
        assert boxes["values"].w > 0.17 * stage.w
    for name, box in boxes.items():
        assert box.w > 0, name
        assert box.h > 0, name
        assert box.x >= 0, name
        assert box.y >= 0, name
        assert box.right <= size[0], name
        assert box.bottom <= size[1], name
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        apart = a.right <= b.x or b.right <= a.x or a.bottom <= b.y or b.bottom <= a.y
        assert apart, (one, other)


@given(
    st.lists(st.integers(0, 512), min_size=1, max_size=8).filter(lambda s: 0 < sum(s) <= 512),
    st.integers(300, 3000), st.integers(250, 1500),
)  # fmt: skip
def test_bands_hold_their_cells(sizes, width, height):
    pitch, boxes = bands(Box(5, 7, width, height), sizes, 6, 20)
    assert boxes[0].y == 7
    assert boxes[-1].bottom == 7 + height
    for n, box in zip(sizes, boxes, strict=True):
        assert -(-n // (width // pitch)) * pitch <= box.h
    for above, below in itertools.pairwise(boxes):
        assert below.y - above.bottom == 6


def test_a_square_grid_is_in_the_middle():
    grid, pitch = square_grid(Box(10, 10, 105, 90), 4, 5)
    assert (grid, pitch) == (Box(12, 13, 105 - 5, 84), 20) or pitch == 21
    assert grid.w == 5 * pitch
    assert grid.h == 4 * pitch
