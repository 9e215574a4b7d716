import pytest

from marki.session import mark1_session


def alone(trials, seed=3):
    session = mark1_session(seed=seed, keep="none")
    session.run(trials)
    return session.digest


@pytest.mark.parametrize("speed", [10, 1000, 10_000])
def test_watching_does_not_change_the_run(window, session, speed):
    app = window(speed=speed, paused=False)
    for _ in range(60):
        app.frame()
    app.playback.settle()
    assert session.trial == int(speed // 12)
    assert session.digest == alone(session.trial)


def test_nor_do_stops_steps_searches_resizing_and_going_back(window, session):
    import pygame

    app = window(speed=500, paused=False)
    for k in range(90):
        if k % 10 == 5:
            app.obey("play")
        if k in (12, 13):
            app.obey("step_event")
        if k in (20, 21, 22, 60):
            app.obey("step_trial")
        if k in (30, 64, 65):
            app.obey("back_trial")
        if k == 40:
            app.obey("to_mistake")
        if k in (33, 70):
            app.obey("faster")
        if k == 50:
            pygame.display.set_mode((1024, 640), pygame.RESIZABLE)
        if k == 80:
            app.obey("help")
        app.frame()
    assert session.trial > 10
    assert session.digest == alone(session.trial)


def test_a_wall_clock_does_not_change_it_either(session):
    from marki.console.state.playback import Playback

    playback = Playback(session, speed=10_000)
    for _ in range(20):
        playback.tick(1 / 60)
    playback.speed = 50
    for _ in range(20):
        playback.tick(0.013)
    assert session.digest == alone(session.trial)
    assert 0 < playback.got <= 11_000


def test_debt_is_dropped_when_the_machine_cannot_keep_up(session):
    from marki.console.state.playback import BUDGET_S, Playback

    playback = Playback(session, speed=10_000)
    for _ in range(5):
        playback.tick(BUDGET_S)
    assert session.now < 5 * BUDGET_S * 10_000 * 1e6 + 13e6


@pytest.mark.parametrize("trials", [1, 4, 9])
def test_going_back_one_trial_leads_to_the_moment_before(session, trials):
    from marki.console.state.playback import Playback

    playback = Playback(session, speed=1, paused=True, fixed=True)
    for _ in range(trials):
        playback.step_trial()
    playback.back_trial()
    assert session.trial == trials - 1
    assert session.digest == alone(trials - 1)
    assert session.learner.idle


def test_going_back_keeps_commands_given_at_that_moment(session):
    from marki.console.state.playback import Playback

    playback = Playback(session, speed=1, paused=True, fixed=True)
    playback.step_trial()
    playback.step_trial()
    session.command("set", {"machine.potentiometers.speed_deg_per_s": 3.0})
    digest = session.digest
    playback.step_trial()
    playback.back_trial()
    assert len(session.commands) == 1
    assert session.digest == digest


def test_a_fixed_run_owes_what_it_had_no_time_for(session, monkeypatch):
    from marki.console.state import playback as room

    monkeypatch.setattr(room, "BUDGET_S", 0.0)
    playback = room.Playback(session, speed=1000, fixed=True)
    for _ in range(6):
        playback.tick(1 / 60)
    assert playback.owing
    assert playback.simulated < 6 / 60 * 1000 * 1e6
    playback.settle()
    assert abs(session.now - 6 / 60 * 1000 * 1e6) < 10
    assert not playback.owing
    assert session.digest == alone(session.trial)


@pytest.mark.parametrize("speed", [100, 1000, 10_000])
def test_as_much_time_asked_for_at_any_speed_is_the_same_run(session, speed):
    from marki.console.state.playback import Playback

    playback = Playback(session, speed=speed, fixed=True)
    for _ in range(360_000 // speed):
        playback.tick(1 / 60)
    playback.settle()
    assert session.now == 6_000_000_000
    assert session.digest == alone(500)
