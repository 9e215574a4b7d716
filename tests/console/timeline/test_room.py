"""The machine room in the window: sliders, the chart that grows with the clock, and the page with the ledger card."""

import pytest
from console.fake_timeline import FakeTimeline
from console.test_screens import faults

from marki.comparison import AGREES, DEVIATES, OPEN
from marki.console.state.blocks import Heading, PageRow, Text
from marki.console.timeline.gantt_panel import FRAMES
from successors.cluster.lent_room import ClusterRoom


@pytest.fixture
def window(session):
    """Return a function that opens a window on the machine room."""
    import pygame

    from marki.console.app import App, WindowSettings

    def open_it(**settings):
        app = App(session, WindowSettings(frames=1_000_000, paused=True, **settings), FakeTimeline())
        app.obey("machine_room")
        settle(app)
        return app

    yield open_it
    pygame.quit()


def settle(app):
    for _ in range(2):
        app._eager = True
        app.frame()
        app.timeline.room.wait()
    app._eager = True
    app.frame()


def row(app, name):
    return next(b for b in app.handler.panels["page"].blocks if isinstance(b, PageRow) and b.text == app.words(name))


def test_lines_of_the_page_change_the_step(window):
    app = window()
    assert (row(app, "room.ranks").right, row(app, "room.micros").right) == ("4", "8")
    assert row(app, "room.measured").right == "37.50 %"
    assert app.handler.turn_row(row(app, "room.ranks"), -1)
    settle(app)
    assert row(app, "room.ranks").right == "3"
    assert row(app, "room.measured").right == "25.00 %"
    app.handler.turn_row(row(app, "room.micros"), 1)
    settle(app)
    assert row(app, "room.measured").right == "22.22 %"
    app.obey("room_schedule", name="interleaved")
    settle(app)
    assert app.ui.plan.micros % app.ui.plan.ranks == 0
    assert app.ui.plan.parts == 2
    assert row(app, "room.measured").right == "11.11 %"


def test_the_chart_grows_with_the_clock_and_tells_the_bubble_at_its_end(window):
    app = window()
    panel, theme = app.handler.panels["room"], app.renderer.theme
    area = panel._area
    early = app.renderer.surface.get_at((area.right - 4, area.bottom - 8))
    app.obey("room_again")
    theme.written = []
    app.frame()
    assert "…" in {text for text, _, _ in theme.written}
    assert "37.50 %" in {text for text, _, _ in theme.written}  # by the formula
    for _ in range(FRAMES):
        theme.written = []
        app.frame()
        if panel._frame == FRAMES and theme.written:
            break
    assert [text for text, _, _ in theme.written].count("37.50 %") == 2
    theme.written = None
    assert app.renderer.surface.get_at((area.right - 4, area.bottom - 8)) != early
    assert app.renderer.surface.get_at((area.right - 4, area.y + 8))[:3] != (24, 24, 25)


def test_what_stands_still_is_there_at_once(window):
    app = window(still=True)
    assert app.handler.panels["room"]._drawn == app.handler.panels["room"]._area.w


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_training_has_its_ledger_card_with_badges_and_sources(window, language):
    app = window(language=language)
    words = app.words
    assert Heading(words("room.group_cost")) not in app.handler.panels["page"].blocks
    app.obey("room_training", name="palm")
    settle(app)
    blocks = app.handler.panels["page"].blocks
    assert row(app, "room.devices").right == "6,144 × tpu_v4"
    at = blocks.index(Heading(words("room.group_cost")))
    energy = next(b for b in blocks[at:] if isinstance(b, PageRow) and b.text == words("machine_room.energy"))
    assert energy.right.endswith("GWh")
    told = blocks[blocks.index(energy) + 1]
    assert isinstance(told, Text)
    assert words("machine_room.badge.documented") in told.text
    assert "TPU v4" in told.text
    assert Heading(words("room.group_figures")) in blocks


def test_a_training_goes_back_to_how_it_was_done(window):
    app = window()
    app.obey("room_training", name="gopher")
    done = app.ui.plan
    for _ in range(3):
        app.obey("room_turn", name="replicas", way=-1)
    assert app.ui.plan.devices == done.devices // 8
    app.obey("room_documented")
    assert app.ui.plan == done


def test_nobody_waits_in_a_frame_for_a_step_that_takes_long(window):
    app = window()
    app.timeline.room.room.step = lambda plan: pytest.fail("asked twice")  # the step is known
    app.frame()
    assert app.scene.room.chart is not None


def test_it_is_gone_into_and_out_of(window):
    app = window()
    assert (app.ui.chart, app.ui.page) == ("room", "room")
    app.obey("machine_room")
    assert (app.ui.chart, app.ui.page) == ("", "")
    app.obey("machine_room")
    app.obey("hall")
    assert (app.ui.chart, app.ui.hall) == ("", True)
    app.obey("view")
    assert not app.ui.hall


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("size", "projector"), [((640, 480), False), ((800, 600), False), ((1280, 800), True), ((1920, 1080), False)]
)
@pytest.mark.parametrize("training", ["", "gopher"])
def test_the_room_is_whole(window, size, projector, language, training):
    app = window(size=size, projector=projector, language=language, still=True)
    app.obey("room_training", name=training)
    settle(app)
    kinds = ("outside", "upon another", "cut", "left out")
    assert not [fault for fault in faults(app) if fault[0] in kinds]


def test_the_lesson_shows_its_charts_and_the_card(window):
    app = window()
    app.obey("machine_room")
    app.obey("lesson", name="machine_room")
    seen = []
    for page in app.ui.lesson.pages:
        app.frame()
        seen.append((app.ui.chart, app.ui.plan.training, app.ui.plan.micros, app.ui.decade))
        assert app.ui.chart == page.chart
        assert app.ui.page == ("vote" if page.predict and app.ui.covered else "lesson")
        if page is not app.ui.lesson.pages[-1]:
            app.obey("next_leaf")
    assert [row[0] for row in seen] == ["", "scale", "room", "room", "room", "room", "scale"]
    assert [row[1] for row in seen[2:6]] == ["", "", "mt_nlg", "palm"]
    assert [row[2] for row in seen[2:5]] == [1, 8, 240]
    assert (seen[1][3], seen[6][3]) == (2.8, 0.0)
    app.obey("last_leaf")
    app.obey("machine_room")
    assert (app.ui.chart, app.ui.page) == ("room", "room")
    app.obey("machine_room")
    assert (app.ui.chart, app.ui.page) == ("room", "lesson")
    app.obey("end_lesson")
    app.obey("view")
    assert app.ui.chart == ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_documented_stands_beside_what_is_simulated(window, language):
    app = window(language=language)
    words = app.words
    app.obey(row(app, "room.table").command)
    assert (app.ui.chart, app.ui.page) == ("room", "room_table")
    settle(app)
    blocks = app.handler.panels["page"].blocks
    table = ClusterRoom().table(words)
    for line in table:
        at = blocks.index(Text(line.statement))
        printed, found, source = blocks[at + 1 : at + 4]
        assert (printed.right, found.right) == (line.documented, line.simulated)
        assert found.mark == {AGREES: "right", DEVIATES: "wrong", OPEN: "dot"}[line.verdict]
        assert words.source(line.source) in source.text
        assert words(f"machine_room.verdict.{line.verdict.replace(' ', '_')}") in source.text
        assert not line.note or blocks[at + 4] == Text(line.note, dim=True)
    for verdict in (AGREES, DEVIATES, OPEN):
        counted = row(app, f"machine_room.verdict.{verdict.replace(' ', '_')}")
        assert counted.right == f"{sum(line.verdict == verdict for line in table)}"
    assert [b.text for b in blocks if isinstance(b, Heading)] == list(dict.fromkeys(line.part for line in table))
    app.obey(row(app, "room.back").command)
    assert app.ui.page == "room"


@pytest.mark.parametrize(
    ("size", "projector", "language"),
    [((640, 480), False, "en"), ((640, 480), False, "zh"), ((1280, 800), True, "zh")],
)
def test_the_table_is_whole_to_its_end(window, size, projector, language):
    app = window(size=size, projector=projector, language=language, still=True)
    app.obey("room_table")
    settle(app)
    kinds = ("outside", "upon another", "cut", "left out")
    assert not [fault for fault in faults(app) if fault[0] in kinds]
    theme, panel = app.renderer.theme, app.handler.panels["page"]
    theme.clipped.clear()
    theme.dropped.clear()
    end = panel.height - panel._body.h
    for at in range(0, end + panel._body.h, panel._body.h):
        app.ui.scroll = at
        app.frame()
        assert app.ui.scroll == min(at, end)
    assert (theme.clipped, theme.dropped) == ([], [])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("size", "projector"), [((1280, 800), False), ((1280, 800), True), ((720, 480), True)])
def test_rows_and_times_of_the_chart_are_named(window, size, projector, language):
    app = window(size=size, projector=projector, language=language)
    panel = app.handler.panels["room"]
    app.renderer.theme.written = []
    app.renderer.invalidate()
    settle(app)
    written, app.renderer.theme.written = app.renderer.theme.written, None
    panel = app.handler.panels["room"]
    said = [text for text, _, _ in written]
    assert app.words("timeline.room_stage") in said
    times = [(int(text), place) for text, place, _ in written if text.isdigit() and panel._axis.contains(place)]
    assert [time for time, _ in times][:3] == [0, 5, 10]  # of 33
    for time, place in times[1:]:
        assert abs(place.centerx - panel._axis.x - panel._axis.w * time / 33) <= 2
