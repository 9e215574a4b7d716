import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.console.input.frame_drag import LEAST, dragged, grasped

FRAME = (0.2, 0.3, 0.7, 0.8)
NEAR = (0.05, 0.05)


@pytest.mark.parametrize(
    ("place", "sides"),
    [
        ((0.2, 0.3), (True, True, False, False)),
        ((0.72, 0.79), (False, False, True, True)),
        ((0.22, 0.5), (True, False, False, False)),
        ((0.5, 0.82), (False, False, False, True)),
        ((0.45, 0.55), (True, True, True, True)),
        ((0.05, 0.5), (False, False, False, False)),
        ((0.5, 0.95), (False, False, False, False)),
    ],
)
def test_a_press_takes_hold_of_what_is_near(place, sides):
    assert grasped(FRAME, place, NEAR) == sides


def test_a_corner_a_side_the_whole_or_a_new_frame_is_dragged():
    assert dragged(FRAME, (True, True, False, False), (0.2, 0.3), (0.1, 0.4)) == pytest.approx((0.1, 0.4, 0.7, 0.8))
    assert dragged(FRAME, (False, False, True, False), (0.7, 0.5), (0.9, 0.1)) == pytest.approx((0.2, 0.3, 0.9, 0.8))
    assert dragged(FRAME, (True,) * 4, (0.5, 0.5), (0.9, 0.4)) == pytest.approx((0.5, 0.2, 1.0, 0.7))
    assert dragged(FRAME, (False,) * 4, (0.9, 0.1), (0.4, 0.2)) == pytest.approx((0.4, 0.1, 0.9, 0.2))


SHARE = st.floats(-0.5, 1.5)


@given(st.tuples(*[st.booleans()] * 4), st.tuples(SHARE, SHARE), st.tuples(SHARE, SHARE))
def test_a_frame_stays_a_frame_within_the_picture(sides, start, place):
    left, top, right, bottom = dragged(FRAME, sides, start, place)
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    assert right - left >= LEAST - 1e-9
    assert bottom - top >= LEAST - 1e-9
