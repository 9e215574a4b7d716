"""The scale bar: areas are as large as weights are many, and what is large enough has its name."""

import itertools

import pytest
from console.fake_timeline import EXHIBITS, FakeTimeline
from hypothesis import given
from hypothesis import strategies as st

from marki.console.state.targets import Target
from marki.console.timeline.counts import spoken
from marki.console.timeline.scale_panel import kept_apart, uncounted, weight_areas
from marki.language import Words


@pytest.fixture
def window(session):
    """Return a function that opens a window on the scale bar of made-up systems."""
    import pygame

    from marki.console.app import App, WindowSettings

    def open_it(**settings):
        app = App(session, WindowSettings(frames=1_000_000, paused=True, **settings), FakeTimeline())
        app.timeline.wake(wait=True)
        app.obey("scale")
        app.frame()
        return app

    yield open_it
    pygame.quit()


def test_a_count_is_told_in_the_units_of_the_language():
    english, chinese = Words("en"), Words("zh")
    assert spoken(540_350_000_000, english) == "540.35 billion"
    assert spoken(540_350_000_000, chinese) == "5,403.5 亿"
    assert spoken(60_192_808, english) == "60.193 million"
    assert spoken(60_192_808, chinese) == "6,019.3 万"
    assert spoken(9_760, english) == spoken(9_760, chinese) == "9,760"
    assert spoken(512, english) == "512"
    assert spoken(562_341_325_190, english, 2) == "562 billion"
    assert spoken(40_000_000, english) == "40 million"


def test_the_largest_comes_first_and_nobody_without_a_count():
    areas = weight_areas(EXHIBITS)
    assert [a.weights for a in areas] == sorted((a.weights for a in areas), reverse=True)
    assert {a.exhibit.name for a in areas} == {e.name for e in EXHIBITS if e.published}
    assert {e.name for e in uncounted(EXHIBITS)} == {e.name for e in EXHIBITS if not e.published}
    assert uncounted(EXHIBITS)


@given(
    st.lists(st.integers(-50, 700), max_size=20).map(sorted),
    st.integers(1, 20),
)
def test_lines_are_kept_apart_within_their_bounds(wanted, row):
    places = kept_apart(wanted, 0, 600, row)
    assert len(places) == len(wanted)
    assert all(b - a >= row for a, b in itertools.pairwise(places))
    assert all(0 <= place <= 600 for place in places)


def test_lines_with_room_stand_where_they_are_wanted():
    assert kept_apart([10, 40, 90], 0, 600, 20) == [10, 40, 90]


def test_squares_have_the_areas_of_the_weights(window):
    app = window(size=(1280, 800))
    panel = app.handler.panels["scale"]
    for decade in (0.0, 7.5, 6.0):
        app.ui.decade = decade
        app.frame()
        whole = panel._square.w**2
        held = 10**decade if decade else 1.04 * panel._areas[0].weights
        assert len(panel._places) > 5
        for number, place in panel._places:
            wanted = min(1.0, panel._areas[number].weights / held)
            assert place.w == place.h
            assert abs(place.w - (wanted * whole) ** 0.5) <= 1


def test_wheel_and_keys_zoom_and_stop_at_the_ends(window, key):
    import pygame

    app = window(size=(1280, 800))
    panel = app.handler.panels["scale"]
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=panel._square.center, rel=(0, 0), buttons=(0, 0, 0)))
    pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=4, flipped=False))
    app.frame()
    assert app.ui.decade == pytest.approx(10.9)
    key(app, "KP_PLUS", typed="+")
    closer = app.ui.decade
    assert closer < 10.9
    key(app, "MINUS", typed="-")
    assert app.ui.decade > closer
    app.obey("zoom", way=100.0)
    assert app.ui.decade == 2.8
    app.obey("zoom", way=-100.0)
    assert app.ui.decade == 0.0


def test_each_weight_of_the_mark_1_is_seen_at_the_closest(window):
    app = window(size=(1280, 800))
    app.obey("zoom", way=100.0)
    app.frame()
    panel = app.handler.panels["scale"]
    number = next(k for k, a in enumerate(panel._areas) if a.exhibit.name == "mark1")
    assert panel._areas[number].weights == app.session.learner.response.source_set.size == 512
    place = panel.place_of(Target("area", number))
    each = panel._square.w / 10 ** (2.8 / 2)
    sheet = app.renderer.surface
    y = place.bottom - 1 - round(each / 2)
    inside = [sheet.get_at((place.x + round((k + 0.5) * each), y))[:3] for k in range(20)]
    between = [sheet.get_at((place.x + round(k * each), y))[:3] for k in range(1, 20)]
    assert set(inside) == {app.renderer.theme.palette.lamp}
    assert set(between) == {app.renderer.theme.palette.black}


def test_a_click_puts_the_system_up(window, drag):
    app = window(size=(1280, 800))
    panel = app.handler.panels["scale"]
    number, place = panel._places[0]
    drag(app, (place.right - 3, place.y + 3))
    assert (app.ui.system, app.ui.chart) == (panel._areas[number].exhibit.name, "")
    app.obey("scale")
    app.frame()
    app.obey("view")
    assert (app.ui.system, app.ui.chart) == ("mark1", "")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("size", "projector"), [((640, 480), False), ((800, 600), False), ((1280, 800), True), ((1920, 1080), False)]
)
def test_names_are_whole_and_on_what_is_large_enough(window, size, projector, language):
    app = window(size=size, projector=projector, language=language)
    theme = app.renderer.theme
    for way in (0, 4, 8, 12, 30):
        app.obey("whole")
        app.obey("zoom", way=float(way))
        theme.clipped.clear()
        theme.written = []
        app.renderer.invalidate()
        app.frame()
        written, theme.written = theme.written, None
        panel = app.handler.panels["scale"]
        assert not [text for text, place in theme.clipped if panel.rect.colliderect(place)]
        column = [(text, place) for text, place, _ in written if place.colliderect(panel._column)]
        assert all(panel.rect.contains(place) for _, place in column)
        for (text, a), (other, b) in itertools.combinations(column, 2):
            both = a.clip(b)
            assert both.w <= 2 or both.h <= 0.35 * min(a.h, b.h), (text, other)
        large = [
            panel._areas[k].exhibit
            for k, place in panel._places
            if 0.026 * panel._square.w <= place.w < panel._square.w
        ]
        texts = {text.split("  ")[0] for text, _ in column}
        assert len(texts & {e.label for e in large}) >= min(4, len(large))
