"""The editor and the charts: each comes with its key over the other, and a chart stands again behind the editor."""

import pygame
import pytest
from console.timeline.test_shots import BOOKS, BookTimeline, frames

from marki.console.actions.charts import OPENED_BY
from marki.console.actions.command_table import COMMANDS
from marki.teaching.lesson_types import CHARTS


@pytest.fixture
def window(session):
    """Return a window with a timeline on which a system reads code books."""
    from marki.console.app import App, WindowSettings

    app = App(session, WindowSettings(frames=1_000_000, paused=True), BookTimeline())
    app.timeline.wake(wait=True)
    app.frame()
    yield app
    pygame.quit()


def stands(app, name):
    return name in app.handler.panels


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_and_the_editor_come_over_each_other(window, chart):
    app = window
    app.obey(OPENED_BY[chart])
    frames(app)
    assert stands(app, chart)
    app.obey("editor")
    frames(app)
    assert stands(app, "program")
    assert not stands(app, chart)
    app.obey("view")
    frames(app)
    assert stands(app, chart), "it stood there before"
    app.obey("editor")
    app.obey(OPENED_BY[chart])
    frames(app)
    assert stands(app, chart)
    assert not app.ui.editing


def test_few_shot_has_a_key_of_its_own_beside_the_editor(window, key):
    app = window
    key(app, "e", mod=pygame.KMOD_CTRL)
    assert app.ui.editing
    key(app, "g", mod=pygame.KMOD_CTRL)
    frames(app)
    assert stands(app, "shots")
    assert (app.ui.editing, app.ui.book.prompt(4)) == (False, BOOKS[0])
    assert not set(COMMANDS["editor"].keys) & set(COMMANDS["examples"].keys)


def test_a_chart_behind_the_editor_does_not_change(window, key):
    app = window
    app.obey("scale")
    app.obey("zoom", way=4)
    frames(app)
    decade = app.ui.decade
    app.obey("editor")
    key(app, "ESCAPE")
    assert not app.ui.desk.writing
    key(app, "KP_PLUS", typed="+")
    app.obey("whole")
    assert app.ui.decade == decade
    key(app, "e", mod=pygame.KMOD_CTRL)
    key(app, "KP_PLUS", typed="+")
    assert app.ui.decade < decade


def test_the_hall_and_its_rooms_come_over_chart_and_editor(window):
    app = window
    for command, arguments in (("hall", {}), ("room", {"name": "programs"})):
        app.obey("scale")
        app.obey("editor")
        app.obey(command, **arguments)
        frames(app)
        assert stands(app, "wall"), command
        assert (app.ui.chart, app.ui.editing) == ("", False)
        app.obey("hall")


def test_a_training_that_is_begun_is_seen(window):
    app = window
    app.obey("put_up", name="lenet5")
    frames(app)
    app.obey("editor")
    app.obey("learn")
    frames(app)
    assert stands(app, "schooling")
