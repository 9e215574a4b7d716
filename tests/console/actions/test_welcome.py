"""The first minute: what is offered, the tour, a speed that rises by itself, an alphabet learned within a minute."""

import pytest

from marki.console.state import first_minute
from marki.console.state import playback as playback_module
from marki.console.state.first_minute import OFFERS, STEP_S, STEPS, WELCOME
from marki.console.state.playback import FRAME_S, Playback
from marki.console.state.targets import Target
from marki.session import mark1_session


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Give the window a cache folder of its own."""
    monkeypatch.setenv("MARKI_CACHE", str(tmp_path / "cache"))


def press(app, drag, name):
    number = next(k for k, offer in enumerate(OFFERS) if offer.name == name)
    drag(app, app.handler.place_of(Target("offer", number)).center)


def said(app):
    """What the line under the header says."""
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    box = app.handler.panels["narration"].rect
    written, app.renderer.theme.written = app.renderer.theme.written, None
    return " ".join(text for text, place, _ in written if box.contains(place))


def test_what_is_offered_is_gone_for_good_once_it_is_put_away(window, drag):
    app = window(welcome=True)
    app.frame()
    assert set(app.handler.panels["narration"].places) == set(WELCOME)
    press(app, drag, "dismiss")
    app.frame()
    assert not app.handler.panels["narration"].places
    assert first_minute.was_put_away()
    assert not window(frames=None).ui.welcome
    assert window(frames=None, welcome=True).ui.welcome


def test_a_newcomer_is_offered_the_first_steps(window):
    assert window(frames=None).ui.welcome
    assert not window(frames=None, kiosk=True).ui.welcome
    assert not window().ui.welcome


def test_where_nothing_can_be_kept_the_offers_are_away_for_the_sitting(window, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MARKI_CACHE", str(tmp_path / "file"))
    app = window(frames=None)
    app.obey("dismiss")
    assert not app.ui.welcome
    assert app.ui.message == app.words("message.dismissed_now")


def test_a_letter_can_be_drawn_at_once(window, drag):
    app = window(welcome=True, speed=None, paused=False)
    app.frame()
    press(app, drag, "draw")
    assert app.ui.draft is not None


def test_the_tour_has_seven_steps_of_ten_seconds_and_points_at_each_part(window):
    app = window(speed=None, paused=False)
    app.frame()
    app.obey("tour")
    seen, seconds = [], 0.0
    while app.ui.tour >= 0:
        step = STEPS[app.ui.tour]
        if step not in seen:
            seen.append(step)
            assert app.words(f"tour.{step}")[:20] in said(app)
        assert app.renderer.watched(app.scene) == [step]
        app.frame(0.5)
        seconds += 0.5
    assert seen == list(STEPS)
    assert seconds == pytest.approx(len(STEPS) * STEP_S, abs=8)
    assert app.playback.rising


def test_the_tour_can_be_stepped_and_left(window, drag, key):
    app = window(speed=50, paused=False)
    app.frame()
    app.obey("tour")
    app.frame()
    assert app.playback.speed == 5
    press(app, drag, "tour_next")
    press(app, drag, "tour_next")
    press(app, drag, "tour_back")
    assert app.ui.tour == 1
    key(app, "ESCAPE")
    assert app.ui.tour == -1
    assert (app.playback.speed, app.playback.rising) == (50, False)


def test_the_first_frame_says_what_happens(window):
    app = window(speed=None, paused=False)
    app.renderer.theme.written = []
    app.frame()
    assert any(app.words("now.idle") == t or "before the camera" in t for t, _, _ in app.renderer.theme.written)


def rising(seed):
    """Return a playback whose speed rises by itself, on a computer that keeps up with it."""
    playback = Playback(mark1_session(seed=seed, keep="recent"), speed=5, fixed=True, rising=True)
    playback.budget_s = 60
    return playback


def seconds_until(playback, done, most):
    """Return the seconds of wall time, at 60 frames a second, until something is so."""
    for frame in range(round(most / FRAME_S)):
        if done():
            return frame * FRAME_S
        playback.tick(FRAME_S)
    return most


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_learning_shows_within_three_seconds_and_the_alphabet_within_a_minute(seed):
    playback = rising(seed)
    assert seconds_until(playback, lambda: playback.session.learner.view().values.any(), 9) <= 3
    assert 20 < seconds_until(playback, playback.learned, 90) <= 60
    playback.tick(FRAME_S)
    assert playback.speed == 20


def test_the_speed_rises_by_itself_until_somebody_chooses_one(window):
    app = window(speed=None, paused=False)
    app.frame()
    assert app.playback.speed == 5
    assert app.words("header.rising", speed="5x") in [t for t, _, _ in written(app)]
    while app.session.trial < 3:
        app.frame()
    assert app.playback.speed == 20
    app.obey("faster")
    while app.session.trial < 30:
        app.frame()
    assert app.playback.speed == 50


def written(app):
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    found, app.renderer.theme.written = app.renderer.theme.written, None
    return found


def test_a_speed_that_rises_changes_no_digest(window):
    app = window(speed=None, paused=False)
    while app.session.trial < 12:
        app.frame()
    app.session.visit(12)
    alone = mark1_session(seed=3)
    alone.run(12)
    assert app.session.digest == alone.digest


def test_run_to_the_end_stops_when_a_whole_pass_was_right():
    playback = rising(0)
    playback.run_until_learned()
    assert seconds_until(playback, lambda: not playback.running, 60) < 30
    assert not playback.session.records["wrong"][-26:].any()
    assert playback.message == ("message.learned", {"trials": f"{playback.session.trial:,}", "count": "26"})


def test_run_to_the_end_gives_up_where_nothing_is_learned(monkeypatch):
    monkeypatch.setattr(playback_module, "SEARCH_TRIALS", 60)
    playback = rising(0)
    playback.run_until_learned()
    seconds_until(playback, lambda: not playback.running, 60)
    assert playback.session.trial == 60
    assert playback.message[0] == "message.not_learned"
