"""Examples before a question: added and taken away one at a time, each answer noted, the weights' digest beside it."""

from dataclasses import replace

import numpy as np
import pytest
from console.fake_timeline import EXHIBITS, FakeRack, FakeTimeline
from console.test_screens import faults

from marki.io.exhibits import LAMP_SHARES, ActivationView, Rendering, Reply
from marki.io.ports import Port
from marki.teaching.lesson_types import CHARTS

BOOKS = ("C 3 A 5 D 2 B 1 A", "B 4 E 8 B")
WANTED = ("5", "4")
GPT3 = replace(next(e for e in EXHIBITS if e.name == "gpt"), name="gpt3", label="GPT-3", year=2020, task="books")


class BookRack(FakeRack):
    """A rack whose system looks a letter up among the pairs before it, and else says lamp 8."""

    def show(self, number, stimulus, *, views=True, task=""):
        self.said.append(("show", number, str(stimulus)))
        self.came.append(self.told(number, str(stimulus), ""))

    def example(self, number, *, views=True):
        self.said.append(("example", number))
        self.came.append(self.told(number, BOOKS[number % 2], WANTED[number % 2]))

    def told(self, number, text, wanted):
        signs = text.split()
        pairs = dict(zip(signs[0:-1:2], signs[1:-1:2], strict=True))
        lamp = pairs.get(signs[-1], "8")
        shares = np.full(8, 0.02, np.float32)
        shares[int(lamp) - 1] = 0.86
        return Reply(
            name="gpt3", number=number, stimulus=np.array(text), wanted=wanted, said=f"{lamp} C 3",
            confidence=float("nan"), others=(), lamps=None, field=None, seconds=0.001, weights="0123456789abcdef",
            views=(ActivationView(name=LAMP_SHARES, rendering=Rendering.BARS, array=shares),),
        )  # fmt: skip


class BookTimeline(FakeTimeline):
    """The made-up systems, and one that reads code books."""

    def names(self):
        return (*super().names(), "gpt3")

    def exhibits(self, told=None):
        return (*super().exhibits(told), GPT3)

    def rack(self):
        self.racks.append(BookRack())
        return self.racks[-1]


@pytest.fixture
def window(session):
    """Return a function that opens a window on the strip of examples."""
    import pygame

    from marki.console.app import App, WindowSettings

    def open_it(lent=BookTimeline, **settings):
        app = App(session, WindowSettings(frames=1_000_000, paused=True, **settings), lent())
        app.timeline.wake(wait=True)
        app.obey("examples")
        frames(app)
        return app

    yield open_it
    pygame.quit()


def frames(app, n=5):
    for _ in range(n):
        app.frame()


def test_the_system_that_reads_code_books_is_put_up(window):
    app = window()
    assert GPT3.accepts == Port.TEXT
    assert (app.ui.system, app.ui.chart, app.ui.shots) == ("gpt3", "shots", 0)
    assert app.ui.book.prompt(4) == BOOKS[0]
    assert app.ui.typed == "A"
    assert app.ui.book.told[0].lamp == "8"


def test_one_more_example_and_one_fewer_change_the_answer(window, key):
    app = window()
    key(app, "KP_PLUS", typed="+")
    key(app, "KP_PLUS", typed="+")
    frames(app)
    assert app.ui.typed == "C 3 A 5 A"
    assert app.ui.book.told[2] == ("5", pytest.approx([0.02] * 4 + [0.86] + [0.02] * 3))
    key(app, "MINUS", typed="-")
    frames(app)
    assert app.ui.typed == "C 3 A"
    assert app.ui.book.told[1].lamp == "8"
    assert sorted(app.ui.book.told) == [0, 1, 2]
    for _ in range(3):
        app.obey("shots", way=-1)
    assert app.ui.shots == 0
    app.obey("shots_to", count=99)
    frames(app)
    assert app.ui.typed == BOOKS[0]
    assert app.ui.book.told[4].lamp == "5"


def test_the_next_code_begins_anew_with_as_many_examples(window):
    app = window()
    app.obey("shots_to", count=1)
    frames(app)
    app.obey("next_book")
    frames(app)
    assert app.ui.book.prompt(2) == BOOKS[1]
    assert app.ui.typed == "B 4 B"
    assert app.ui.book.told[1].lamp == "4"
    assert 0 not in app.ui.book.told


def test_the_answer_and_the_digest_of_the_weights_are_written(window):
    app = window()
    texts = written(app)
    assert "0123456789abcdef" in texts
    assert app.words("timeline.shots_wrong", pairs=0, letter="A", lamp="8", wanted="5") in texts
    app.obey("shots_to", count=2)
    frames(app)
    assert app.words("timeline.shots_right", pairs=2, letter="A", lamp="5") in written(app)


def written(app):
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    found, app.renderer.theme.written = app.renderer.theme.written, None
    return " ".join(text for text, _, _ in found)


def test_leaving_it_leaves_the_system_with_its_examples(window):
    app = window()
    app.obey("examples")
    assert (app.ui.chart, app.ui.typed, app.ui.system) == ("", "", "gpt3")
    app.frame()
    app.obey("put_up", name="mark1")
    assert app.ui.chart == ""


def test_without_such_a_system_it_is_said(window):
    app = window(lent=FakeTimeline)
    assert app.ui.chart == ""
    assert app.ui.message == app.words("timeline.shots_none")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("size", "projector"), [((640, 480), False), ((800, 600), False), ((1280, 800), True), ((1920, 1080), False)]
)
def test_the_strip_is_whole(window, size, projector, language):
    app = window(size=size, projector=projector, language=language)
    app.obey("shots_to", count=2)
    frames(app)
    assert not [fault for fault in faults(app) if fault[0] in ("outside", "upon another", "cut", "left out")]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_opened_at_the_start(session, chart):
    import pygame

    from marki.console.app import App, WindowSettings

    app = App(session, WindowSettings(frames=1_000_000, paused=True, chart=chart), BookTimeline())
    app.timeline.wake(wait=True)
    frames(app)
    assert app.ui.chart == chart
    assert chart in app.handler.panels
    assert (app.ui.book is not None) == (chart == "shots")
    pygame.quit()


def test_a_picture_without_a_screen_shows_the_first_answer(session, tmp_path):
    from marki.console.app import App
    from marki.console.window_settings import WindowSettings

    app = App(session, WindowSettings(frames=1, chart="shots"), BookTimeline())
    assert app.run() == 0
    assert app.ui.chart == "shots"
    assert app.ui.book.told[0].lamp == "8"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_axes_and_the_dashed_line_are_named_in_little_room(window, language):
    app = window(size=(720, 480), projector=True, language=language)
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    found, app.renderer.theme.written = app.renderer.theme.written, None
    said = "".join(text for text, _, _ in found).replace(" ", "")
    assert app.words("timeline.shots_curve").replace(" ", "") in said
    plot = app.handler.panels["shots"]._curve
    none = next(place for text, place, _ in found if text == "0 %")
    figure = next(place for text, place, _ in found if text == "0" and plot.contains(place))
    assert none.bottom <= figure.bottom - figure.h // 2
