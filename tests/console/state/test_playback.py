"""Playback: a frame that is late when it begins advances by one slice all the same."""

import itertools

import pytest

from marki.console.state import playback as module
from marki.console.state.playback import Playback


@pytest.fixture
def always_late(monkeypatch):
    """Let every look at the clock be an hour after the one before."""
    clock = itertools.count(0, 3600)
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))


@pytest.mark.usefixtures("always_late")
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(
    ("speed", "halt"), [(1, ""), (10_000, ""), (1, "trial"), (10_000, "read")], ids=["slices", "trials", "halt", "read"]
)
def test_a_late_frame_makes_one_slice(session, monkeypatch, speed, halt, fixed):
    playback = Playback(session, speed=speed, fixed=fixed)
    playback.halt = halt
    slices, advance = [], session.advance
    monkeypatch.setattr(session, "advance", lambda until, **how: (slices.append(until), advance(until, **how)))
    for frame in range(1, 6):
        before = session.now
        playback.tick(0.2)
        assert len(slices) == frame
        assert session.now > before


@pytest.mark.usefixtures("always_late")
def test_a_late_frame_searches_one_trial(session):
    playback = Playback(session, speed=1)
    playback.to_mistake()
    playback.tick(1 / 60)
    assert session.trial == 1
