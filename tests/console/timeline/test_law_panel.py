"""Runs at equal computing in the window: points appear as runs end, the best size when all of a budget have."""

import itertools

import pytest
from console.fake_timeline import FakeTimeline
from console.test_screens import faults

from marki.console.state.targets import Target
from marki.console.timeline.law_panel import means_of
from marki.io.scaling_record import ScalingOptimum, ScalingRecord, ScalingRun

SIZES = {8: 2_300, 16: 7_600, 32: 28_000, 64: 104_000}


def record(ended, optima=()):
    """Return the record of so many runs of three budgets; the best sizes of some of the budgets are known."""
    grid = itertools.product((3e9, 1e10, 3e10), SIZES, (0, 1))
    runs = tuple(
        ScalingRun(
            operations=c, width=width, seed=seed, parameters=SIZES[width], tokens=round(c / 6 / SIZES[width]),
            loss=0.85 + 30 / SIZES[width] ** 0.6 + 300 / (c / 6 / SIZES[width]) ** 0.5 + 0.01 * seed,
        )
        for c, width, seed in itertools.islice(grid, ended)
    )  # fmt: skip
    return ScalingRecord(
        name="chinchilla", label="Chinchilla", place="out/scaling-chinchilla", entropy=0.85, runs=runs, sizes=12,
        optima=tuple(ScalingOptimum(operations=c, parameters=n, loss=1.2, inside=True) for c, n in optima),
        exponent=0.41 if len(optima) > 1 else None,
    )  # fmt: skip


@pytest.fixture
def window(session):
    """Return a function that opens a window on the plot."""
    import pygame

    from marki.console.app import App, WindowSettings

    def open_it(**settings):
        app = App(session, WindowSettings(frames=1_000_000, paused=True, **settings), FakeTimeline())
        app.obey("law")
        return app

    yield open_it
    pygame.quit()


def look(app, found):
    """Let the window look at what has ended."""
    app.timeline.timeline.record = found
    app.timeline.law._left = 0
    app.renderer.theme.written = []
    app.frame()
    app.timeline.law.wait()
    app.frame()
    written, app.renderer.theme.written = app.renderer.theme.written, None
    return " ".join(text for text, _, _ in written)


def test_points_appear_as_runs_end(window):
    app = window()
    assert "scaling chinchilla" in look(app, None)
    panel = app.handler.panels["law"]
    assert panel._points == []
    assert "2 of 12 sizes" in look(app, record(4))
    assert len(panel._points) == 4
    assert "12 of 12 sizes" in look(app, record(24))
    assert len(panel._points) == 24
    said = look(app, record(24, [(3e9, 7_000), (1e10, 12_000)]))
    assert "0.41" in said
    assert "12,000" in said


def test_the_more_is_lost_the_higher_is_a_point_and_none_is_below_the_entropy(window):
    app = window()
    look(app, record(24))
    panel = app.handler.panels["law"]
    runs = panel._record.runs
    for (one, a), (other, b) in itertools.combinations(zip(runs, panel._points, strict=True), 2):
        if one.loss > other.loss + 0.02:
            assert a[1] < b[1]
        if one.parameters > other.parameters:
            assert a[0] > b[0]
    assert all(panel._plot.collidepoint(point) for point in panel._points)


def test_a_run_that_is_pointed_at_tells_its_figures(window):
    import pygame

    app = window()
    look(app, record(24))
    panel = app.handler.panels["law"]
    place = panel._points[13]
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0)))
    app.renderer.theme.written = []
    app.frame()
    app.frame()
    assert app.ui.hovered.kind == "run"
    run = panel._record.runs[app.ui.hovered.number]
    texts = " ".join(text for text, _, _ in app.renderer.theme.written)
    assert f"{run.tokens:,}" in texts
    assert panel.place_of(Target("run", 13)).center == place


def test_a_size_is_drawn_at_the_mean_of_its_runs():
    runs = record(4).runs
    means = means_of(runs)
    assert [size for size, _ in means] == [2_300, 7_600]
    assert means[0][1] == pytest.approx((runs[0].loss + runs[1].loss) / 2)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("size", "projector"), [((640, 480), False), ((800, 600), False), ((1280, 800), True), ((1920, 1080), False)]
)
def test_the_plot_is_whole(window, size, projector, language):
    app = window(size=size, projector=projector, language=language)
    for found in (None, record(5), record(24, [(3e9, 7_000), (1e10, 12_000), (3e10, 20_000)])):
        look(app, found)
        wrong = [fault for fault in faults(app) if fault[0] in ("outside", "upon another", "cut", "left out")]
        assert not wrong, found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_little_room_the_key_still_says_of_what_it_is(window, language):
    app = window(size=(720, 480), projector=True, language=language)
    said = look(app, record(24, [(3e9, 7_000), (1e10, 12_000), (3e10, 20_000)]))
    assert app.words("timeline.law_budget", operations="3e09") in said
