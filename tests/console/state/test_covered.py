"""While votes are open nothing in the window, and no file, depends on what the machine or a system will answer."""

import time
from dataclasses import replace

import numpy as np
import pygame
import pytest
from console.fake_timeline import FakeRack, FakeTimeline

from marki import shipped_wipers
from marki.console.state.covered import TELLING
from marki.console.state.playback import Playback
from marki.console.state.targets import Target
from marki.console.state.ui_state import PAGES
from marki.console.timeline import mark1
from marki.session import mark1_session

ARRANGEMENTS = {
    "machine": {},
    "front": {"view": "front"},
    "close": {"view": "front", "bay": 4},
    "system": {"system": "lenet5"},
    "pair": {"system": "resnet", "beside": "mark1"},
    "other pair": {"system": "mark1", "beside": "resnet"},
    "hall": {"hall": True},
}
PLACES = [*((name, page) for name in ARRANGEMENTS for page in ("", "vote")), *(("machine", page) for page in PAGES)]


def at_a_vote(session, monkeypatch=None, turn=False):
    """Return a window in which votes are open, in the past of a run; every answer may be `turn`ed into another one."""
    from marki.console.app import App, WindowSettings

    session.run(40)
    app = App(session, WindowSettings(frames=10**6, speed=50, paused=True, system="mark1"), FakeTimeline())
    app.obey("go_to", trial=20)
    if turn:
        turn_answers(session, monkeypatch)
    app.ui.before = session.known["wrong"].copy()
    app.timeline.wake(wait=True)
    app.obey("predict")
    for _ in range(400):
        app.frame()
        if app.ui.covered:
            return app
    raise AssertionError("no vote was opened")


def turn_answers(session, monkeypatch):
    """Let everybody answer something else from here on: lamps, sums, mistakes to come, and all systems."""

    def other(reply):
        lamps = None if reply.lamps is None else ~reply.lamps
        return replace(reply, said="Q", confidence=0.123, others=(("J", 0.5),), lamps=lamps, views=())

    def turned(function):
        return lambda *args, **kwargs: other(function(*args, **kwargs))

    look = Playback.snapshot

    def snapshot(playback):
        seen = look(playback)
        return replace(seen, view=replace(seen.view, r=~seen.view.r, u_r=-7 - seen.view.u_r))

    session._records["wrong"][session.trial :] ^= True
    monkeypatch.setattr(Playback, "snapshot", snapshot)
    monkeypatch.setattr(FakeRack, "reply", turned(FakeRack.reply))
    monkeypatch.setattr(mark1, "reply", turned(mark1.reply))
    monkeypatch.setattr(shipped_wipers, "saved_reply", turned(shipped_wipers.saved_reply))


def pictures(app):
    """Return the window in each arrangement, with each page."""
    found = {}
    for name, page in PLACES:
        ui = {"view": "schematic", "bay": 0, "system": "mark1", "beside": "", "hall": False, "page": page}
        for key, value in (ui | ARRANGEMENTS[name]).items():
            setattr(app.ui, key, value)
        app.ui.example, app.ui.picked = -1, Target("r", 0)
        app.renderer.invalidate()
        for _ in range(3):
            app.frame()
            app.timeline.room.wait()  # the table of the machine room takes longer than three frames, once in a process
        found[name, page] = pygame.surfarray.array3d(pygame.display.get_surface())
    return found


@pytest.fixture
def voting():
    yield at_a_vote(mark1_session(seed=3, keep="recent"))
    pygame.quit()


@pytest.mark.slow
def test_no_arrangement_of_the_window_depends_on_the_answer(monkeypatch):
    plain = at_a_vote(mark1_session(seed=3, keep="recent"))
    seen = pictures(plain)
    plain.obey("reveal")
    open_to_all = pictures(plain)
    pygame.quit()
    with monkeypatch.context() as patch:
        other = at_a_vote(mark1_session(seed=3, keep="recent"), patch, turn=True)
        for place, picture in pictures(other).items():
            assert np.array_equal(picture, seen[place]), place
        other.obey("reveal")
        for name in ARRANGEMENTS:  # the answers were others indeed
            assert not np.array_equal(pictures(other)[name, ""], open_to_all[name, ""]), name
    pygame.quit()


def test_the_scene_is_without_the_answer(voting):
    app = voting
    app.ui.beside = "lenet5"
    app.frame()
    app.frame()
    scene = app.scene
    assert scene.covered
    assert not scene.snapshot.view.r.any()
    assert not scene.snapshot.view.u_r.any()
    assert not scene.snapshot.answered
    assert not scene.coming.size
    assert (scene.mistakes < scene.trial).all()
    assert (scene.timeline.first.reply, scene.timeline.second.reply, scene.timeline.hall) == (None, None, {})
    assert app.ui.message == ""
    app.obey("reveal")
    app.frame()
    scene = app.scene
    assert not scene.covered
    assert scene.timeline.first.reply is not None
    assert scene.timeline.second.reply is not None
    assert scene.coming.size


def test_nothing_is_given_away_before_the_votes_are_opened():
    """The systems of the timeline answer as soon as the lens is open, long before the machine does."""
    from marki.console.app import App, WindowSettings

    session = mark1_session(seed=3, keep="recent")
    app = App(session, WindowSettings(frames=10**6, speed=1, system="resnet"), FakeTimeline())
    app.timeline.wake(wait=True)
    app.ui.beside, app.ui.example = "mark1", -1
    app.obey("predict")
    looked = 0
    while not app.ui.covered:
        app.frame()
        if app.scene.snapshot.presentation is not None:
            looked += 1
            assert app.scene.timeline.first.reply is None
            assert app.scene.timeline.second.reply is None
    assert looked > 20
    app.obey("reveal")
    app.frame()
    app.obey("ink", cells=[45, 46], level=255)  # the next card
    for _ in range(3):
        app.frame()
    assert app.scene.timeline.first.reply is None
    pygame.quit()


def test_an_example_of_its_own_task_is_no_vote(voting):
    app = voting
    app.obey("put_up", name="lenet5")
    for _ in range(3):
        app.frame()
    assert app.ui.covered
    assert app.ui.example == 0
    assert app.scene.timeline.first.reply is not None


def test_the_page_of_an_r_unit_keeps_its_sum(voting):
    app = voting
    app.obey("pick", kind="r", number=0)
    for _ in range(10):
        app.frame()
    blocks = app.handler.panels["page"].blocks
    assert "?" in [getattr(b, "right", "") for b in blocks]
    assert not [b for b in blocks if "°" in getattr(b, "right", "")]


@pytest.mark.parametrize("command", sorted(TELLING))
def test_no_file_is_written_that_holds_the_answer(voting, command, tmp_path):
    app = voting
    app.operator.out = tmp_path
    app.obey(command)
    assert app.ui.message == app.words("timeline.covered_file")
    assert not list(tmp_path.iterdir())
    app.obey("reveal")
    app.obey(command)
    for _ in range(600):
        app.frame()
        if not app.recorder.exports.under_way:
            break
        time.sleep(0.05)
    assert list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["step_event", "step_trial", "back_trial", "to_mistake", "to_start", "play"])
def test_moving_in_time_reveals_first(voting, command):
    app = voting
    ballot = app.ui.tally.current
    app.obey(command)
    assert not app.ui.covered
    assert app.ui.tally.closed[-1] is ballot
    assert ballot.answered
