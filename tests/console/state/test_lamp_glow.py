"""A lamp glows with the share of the frame for which it was on."""

import numpy as np
import pytest

from marki.console.state.lamp_glow import LEVELS, LampGlow, levels
from marki.trace import Bank, Kind, decode


@pytest.mark.parametrize("frame_us", [30_000, 700_000, 31_000_000])
def test_shares_are_the_times_on(session, frame_us):
    glow = LampGlow(session)
    glow.since_last(session.learner.view())
    total, spans = np.zeros(512), 0
    for _ in range(max(3, 40_000_000 // frame_us)):
        session.advance(session.now + frame_us)
        total += glow.since_last(session.learner.view()).a * frame_us
        spans += frame_us
    blocks = [session.trace.block(n) for n in range(session.trial)]
    events = decode(np.concatenate([*blocks, session.learner.happened()]))
    events = events[events["bank"] == Bank.ASSOCIATION]
    on = np.zeros(512)
    for event in events:
        on[event["unit"]] += (spans - int(event["t_us"])) * (1 if event["kind"] == Kind.ON else -1)
    np.testing.assert_allclose(total, on, atol=1)
    assert on.max() > 0


def test_brightness_grows_with_the_share():
    got = levels(np.linspace(0, 1, 50))
    assert (np.diff(got) >= 0).all()
    assert (got[0], got[-1]) == (0, LEVELS - 1)


def test_the_eye_sees_the_square_root_of_the_light():
    assert levels(np.array([0, 0.04, 0.16, 0.36, 0.64, 1])).tolist() == [0, 3, 6, 9, 12, 15]
