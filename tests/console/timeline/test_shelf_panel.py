"""The shelf of tries with its curve, and the sieve."""

import pygame
import pytest
from console import fake_timeline
from console.fake_timeline import LINE, FakeTimeline

from marki.console.state.push_buttons import NUMBER
from marki.console.state.targets import Target
from marki.console.state.timeline_view import tried
from marki.console.timeline.shelf_panel import A_FRAME, SHELF, SIEVED, ShelfPanel, SievePanel, grid
from marki.pen.tries import pass_at_k


@pytest.fixture(autouse=True)
def with_programs(monkeypatch):
    """Have those on the timeline who program."""
    monkeypatch.setattr(fake_timeline, "EXHIBITS", fake_timeline.WITH_PROGRAMS)


@pytest.fixture
def standing(session, with_programs):
    """Return a function that opens a window with a system of the timeline up."""
    from marki.console.app import App, WindowSettings

    def open_it(system="codex", **settings):
        timeline = FakeTimeline()
        wanted = {"frames": 1_000_000, "paused": True, "system": system, **settings}
        app = App(session, WindowSettings(**wanted), timeline)
        app.lent = timeline
        app.frame()
        app.timeline.wake(wait=True)
        frames(app)
        return app

    yield open_it
    pygame.quit()


def frames(app, n=3):
    for _ in range(n):
        app.frame()


def asked(app):
    return [said for rack in app.lent.racks for said in rack.said if said[0] == "try_out"]


def written(app):
    app.renderer.theme.written = []
    app.renderer.invalidate()
    frames(app, 14)
    found, app.renderer.theme.written = app.renderer.theme.written, None
    return [text for text, _, _ in found]


def test_nothing_is_drawn_until_it_is_asked_for(standing):
    app = standing()
    assert not asked(app)
    assert not isinstance(app.handler.panels["registers"], ShelfPanel)


def test_a_hundred_tries_come_onto_the_shelf_some_in_each_frame(standing, drag):
    app = standing()
    app.ui.strip = False
    frames(app)
    drag(app, app.handler.place_of(Target("knob", NUMBER["tries"])).center)
    app.frame()
    shelf = app.handler.panels["registers"]
    assert isinstance(shelf, ShelfPanel)
    (question,) = asked(app)
    assert question[2:] == ("codex", "the left light is on", "das linke Licht ist an", SHELF, 0.6)
    seen = [shelf._drawn]
    while shelf._drawn < SHELF:
        app.frame()
        seen.append(shelf._drawn)
        assert seen[-1] - seen[-2] <= A_FRAME
        assert len(seen) < 40
    assert sum(shelf._right) == sum(text == LINE for text in shelf._texts) > 0
    assert shelf._texts[:2] == [LINE, "draw left 3"]


def test_right_tries_have_a_rim(standing):
    app = standing()
    app.obey("tries")
    frames(app, 20)
    shelf = app.handler.panels["registers"]
    side, columns = shelf._side, shelf._columns

    def rim(number):
        left, top = shelf._shelf.x + number % columns * side, shelf._shelf.y + number // columns * side
        return tuple(app.renderer.surface.get_at((left + side // 2, top + app.renderer.theme.px(2) - 1)))[:3]

    assert rim(0) == (94, 214, 168)
    assert rim(1) != rim(0)


def test_the_curve_is_that_of_the_estimator(standing):
    app = standing()
    app.obey("tries")
    frames(app, 20)
    shelf = app.handler.panels["registers"]
    n, c = SHELF, sum(shelf._right)
    plot, trace = shelf._plot, app.renderer.theme.palette.trace
    for k in (1, 10, 50):
        x, y = shelf._x(k), plot.bottom - round(plot.h * pass_at_k(n, c, k))
        near = [tuple(app.renderer.surface.get_at((x, y + d)))[:3] for d in (-1, 0, 1)]
        assert trace in near, k


def test_another_text_or_temperature_is_tried_anew_and_the_same_once(standing):
    app = standing()
    app.obey("tries")
    frames(app, 10)
    assert len(asked(app)) == 1
    app.obey("next_temperature")
    frames(app, 5)
    assert [said[6] for said in asked(app)] == [0.6, 1.0]
    app.obey("example")
    frames(app, 5)
    assert asked(app)[-1][3] == "the upper light is on"
    assert len(asked(app)) == 3
    app.obey("tries")
    app.obey("example")
    frames(app, 5)
    assert len(asked(app)) == 3


def test_what_was_typed_is_tried_but_not_judged(standing):
    app = standing()
    app.obey("tries")
    app.obey("typed_line", text="a line of n up")
    said = written(app)
    assert asked(app)[-1][3:5] == ("a line of n up", "")
    assert app.words("timeline.tries_unjudged") in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sieve_tells_what_is_left_at_each_stage(standing, language):
    app = standing("alphacode", language=language)
    app.obey("tries")
    said = written(app)
    assert isinstance(app.handler.panels["registers"], SievePanel)
    assert asked(app)[0][5] == SIEVED
    told = [app.words.forms(f"timeline.sieve_{k}", count=count) for k, count in enumerate(("1,000", "3", "2", "2"))]
    assert all(set(forms) & set(said) for forms in told)


def test_only_who_draws_many_programs_can_be_tried(standing):
    app = standing("copilot")
    many = {e.name: tried(e) for e in app.scene.timeline.exhibits if tried(e)}
    assert many == {"codex": SHELF, "alphacode": SIEVED}
    app.obey("tries")
    frames(app, 5)
    assert not asked(app)
    assert not isinstance(app.handler.panels["registers"], ShelfPanel)


@pytest.mark.parametrize("system", ["codex", "alphacode"])
@pytest.mark.parametrize("size", [(800, 600), (1280, 800), (1920, 1080)], ids=str)
@pytest.mark.parametrize(("language", "projector"), [("en", False), ("zh", True), ("en", True)])
def test_shelf_and_sieve_are_whole(standing, system, size, language, projector):
    """What other panels leave out in large type is as without them."""
    app = standing(system, size=size, language=language, projector=projector)
    theme = app.renderer.theme
    app.ui.strip = False
    left_out = []
    for _ in range(2):
        frames(app, 3)
        theme.clipped.clear()
        theme.dropped.clear()
        written(app)
        left_out.append({text for text, _ in theme.clipped} | set(theme.dropped))
        app.obey("tries")
    assert left_out[1] <= left_out[0]


@pytest.mark.parametrize(
    ("width", "height", "count"), [(620, 330, 100), (90, 400, 100), (30, 20, 1_000), (200, 200, 10)]
)
def test_squares_are_as_large_as_will_fit(width, height, count):
    columns, side = grid(width, height, count)
    assert columns * side <= max(width, columns)
    rows = -(-count // columns)
    assert rows * side <= max(height, rows)
    assert not any((side + 1) * c <= width and (side + 1) * -(-count // c) <= height for c in range(1, count + 1))
