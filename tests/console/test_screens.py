"""Every screen: no text is cut, left out, outside the window, or upon another; and all that should be there is."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from console import fake_timeline
from console.fake_timeline import FakeTimeline

from marki.console.actions.command_table import listed
from marki.console.panels.header_panel import CELLS, PLAIN
from marki.console.panels.trainer_panel import TrainerPanel
from marki.console.state.first_minute import OFFERS, WELCOME
from marki.console.state.picture_preview import look
from marki.console.state.ui_state import PAGES
from marki.io.stimuli.fitting import Fitting
from marki.io.stimuli.images import save_cells

SIZES = [(640, 480), (1024, 560), (1280, 800), (1366, 728), (1920, 1080), (2560, 1440), (3840, 2160)]
SCHEMATIC = (
    "panel.stimulus", "panel.s_units", "panel.plugboard", "panel.a_units", "panel.values", "panel.r_units",
    "response.answer", "response.sum", "response.wanted", "value.above", "value.below", "value.zero", "value.turning",
)  # fmt: skip


def letterings(app):
    """Return all lettering of the screen, drawn anew: text, place, colour."""
    app.frame()
    app.renderer.theme.clipped.clear()
    app.renderer.theme.dropped.clear()
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    written, app.renderer.theme.written = app.renderer.theme.written, None
    return written


def should_be_there(app):
    """Return what the window has to say in its present state: the forms that each text may have."""
    words, plain = app.words, app.renderer.theme.profile.plain
    names = [f"header.{name}" for name in (PLAIN if plain else CELLS)]
    names += [f"trainer.{name}" for name in ("shown", "answered", "verdict")]
    trainer = app.handler.panels.get("trainer")
    lit = app.scene.snapshot.phase
    phases = ("look", "read", "teach", "change")
    if isinstance(trainer, TrainerPanel) and trainer.lit_alone:  # where there is no room for the names of all
        phases = (lit,) if lit in phases else ()
    names += [] if plain else [f"phase.{name}" for name in phases]
    names += [f"offer.{OFFERS[k].name}" for k in WELCOME] if app.ui.welcome else []
    names += [*SCHEMATIC, "panel.trainer", "panel.curve"] if app.ui.view == "schematic" else []
    if plain and app.ui.view == "schematic" and "plugboard" not in app.handler.panels:
        names.remove("panel.plugboard")  # beside a page large type leaves no room for the board itself
    forms = [words.forms(name) for name in names]
    barred = [c.name for c in listed() if c.button]
    if app.playback.running:
        barred[barred.index("play")] = "stop"
    if app.timeline is None:
        barred = [name for name in barred if name not in ("strip", "hall")]
    return forms + [words.forms(f"command.{name}") for name in barred]


def faults(app):
    written = letterings(app)
    screen = app.renderer.theme.sheet.get_rect()
    for text, place, _ in written:
        if not screen.contains(place):
            yield "outside", text, place
    for (text, a, _), (other, b, _) in itertools.combinations(written, 2):
        both = a.clip(b)
        if text != other and both.w > 2 and both.h > 0.35 * min(a.h, b.h):
            yield "upon another", text, other
    for text, place in app.renderer.theme.clipped:
        yield "cut", text, place
    for text in app.renderer.theme.dropped:
        yield "left out", text
    if not app.ui.hidden:  # a lesson may hide panels
        there = {text for text, _, _ in written}
        yield from (("missing", forms[0]) for forms in should_be_there(app) if not there & set(forms))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Stand in a folder with something in it, for the page that lists it."""
    for name in ("a_rather_long_name_of_a_picture_without_any_space_in_it.png", "字母.jpg", "lesson.toml"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "pictures").mkdir()
    monkeypatch.setattr("marki.console.actions.operator.pictures_folder", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def window(session):
    """Return a function that opens a window on the session, with a timeline lent to it."""
    import pygame

    from marki.console.app import App, WindowSettings

    def open_it(lent=True, **settings):
        settings = {"frames": 1_000_000, "paused": True, **settings}
        return App(session, WindowSettings(**settings), FakeTimeline() if lent else None)

    yield open_it
    pygame.quit()


def opened(window, session, **settings):
    from marki.console.state.targets import Target

    app = window(speed=1, **settings)
    session.run(40)
    session.step("event")
    session.advance(session.now + 1_700_000)
    app.ui.picked = Target("a", 100)
    save_cells(np.eye(20) * 255, "a_rather_long_name_of_a_card.png")
    app.ui.preview = look(Path("a_rather_long_name_of_a_card.png"), Fitting())
    return app


def faults_of_pages(app, pages):
    """Return what is wrong, by page."""
    found = {}
    for page in pages:
        app.operator.turn_to(page)
        if wrong := list(faults(app)):
            found[page] = wrong[:4]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("projector", [False, True], ids=["desk", "projector"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("strip", [False, True], ids=["folded", "strip"])
@pytest.mark.parametrize("view", ["schematic", "front"])
@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_every_screen_is_whole(window, session, size, view, strip, language, projector):
    app = opened(window, session, size=size, view=view, language=language, projector=projector, welcome=True)
    app.ui.strip = strip
    found = faults_of_pages(app, ("", *PAGES))
    app.operator.turn_to("")
    app.ui.helping = True
    app.frame()
    found |= {"help": list(app.renderer.theme.clipped)} if app.renderer.theme.clipped else {}
    assert not found


@pytest.mark.parametrize(
    ("size", "view", "strip", "language", "projector"),
    [
        ((640, 480), "schematic", False, "zh", False),
        ((640, 480), "front", True, "en", True),
        ((1024, 560), "front", True, "en", False),
        ((1280, 800), "front", True, "zh", False),
        ((1366, 728), "schematic", True, "en", False),
        ((1280, 800), "schematic", False, "en", True),
        ((1920, 1080), "schematic", True, "zh", True),
    ],
    ids=str,
)
def test_some_screens_are_whole(window, session, size, view, strip, language, projector):
    app = opened(window, session, size=size, view=view, language=language, projector=projector, welcome=True)
    app.ui.strip = strip
    assert not faults_of_pages(app, ("", "settings", "inspect"))


@pytest.mark.parametrize("size", [(1280, 800), (1366, 728), (1920, 1080)], ids=str)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_the_projector_the_machine_is_seen_above_the_timeline(window, session, size, language):
    """Rows of R-units and potentiometers keep apart, in whole cells, and no bar lies upon a sum; pens have words."""
    app = opened(window, session, size=size, language=language, projector=True)
    app.ui.strip = True
    app.timeline.wake(wait=True)
    app.frame()
    rows, values = app.handler.panels["response"]._rows, app.handler.panels["values"]
    assert values._pitch >= 6
    for one, other in itertools.pairwise(rows):
        assert one.figure.centery + 0.7 * app.renderer.theme.least <= other.figure.centery
    for row in rows:
        assert not row.bar.h or not row.bar.colliderect(row.figure)
    app.obey("hall")
    letterings(app)
    knobs = ("wide", "thin", "eraser", "clear", "card")
    words = {app.words(f"timeline.{kind}.{name}") for kind in ("knob", "knob_short") for name in knobs}
    assert not words & {text for text, _ in app.renderer.theme.clipped}


@pytest.mark.parametrize(("size", "projector"), [((1024, 560), False), ((1280, 800), True)], ids=str)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tour_is_whole(window, session, size, language, projector):
    app = opened(window, session, size=size, language=language, projector=projector)
    app.obey("tour")
    for _ in range(7):
        assert app.ui.tour >= 0
        assert not list(faults(app))
        app.obey("tour_next")
    assert app.ui.tour == -1


@pytest.mark.slow
@pytest.mark.parametrize("bay", range(1, 6))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_bay_looked_at_closely_is_whole(window, session, bay, language):
    for size in SIZES[:3]:
        app = opened(window, session, size=size, view="front", language=language)
        app.ui.bay, app.ui.open_doors = bay, True
        assert not list(faults(app))


@pytest.mark.slow
def test_lessons_are_whole_on_all_their_pages(window, session):
    from marki.teaching import lesson

    for language in ("en", "zh"):
        app = window(lent=False, size=(1024, 640), language=language)
        for name in lesson.names():
            app.obey("lesson", name=name)
            for _ in range(len(app.ui.lesson.pages)):
                app.playback.running = False
                assert not list(faults(app)), name
                app.obey("next_leaf")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(640, 480), (1280, 800)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_pages_on_who_speaks_of_pictures_are_whole(window, session, monkeypatch, size, language):
    """As above, with the systems of the lesson in place: what is typed about the picture, and the shutter closed."""
    monkeypatch.setattr(fake_timeline, "EXHIBITS", fake_timeline.WITH_SCENES)
    app = window(size=size, language=language)
    app.timeline.wake(wait=True)
    app.obey("lesson", name="say_what_you_see")
    system = ""
    for page in app.ui.lesson.pages:
        app.playback.running = False
        for _ in range(60):
            app.frame()
        letterings(app)
        system = page.system or system
        assert not app.renderer.theme.clipped, system
        assert app.scene.timeline.first.exhibit.name == system
        app.obey("next_leaf")


@pytest.mark.parametrize("scale", [0.75, 1.25])
def test_another_scale_is_whole_too(window, session, scale):
    app = opened(window, session, scale=scale)
    assert not list(faults(app))


# -- the projector ---------------------------------------------------------------------------------------------------


def luminance(colour):
    """Relative luminance of a colour (WCAG 2)."""
    parts = [c / 255 for c in colour[:3]]
    r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    a, b = sorted((luminance(a), luminance(b)), reverse=True)
    return (a + 0.05) / (b + 0.05)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
@pytest.mark.parametrize("view", ["schematic", "front"])
@pytest.mark.parametrize("page", ["", "settings", "inspect", "vote"])
def test_on_the_projector_lettering_is_high_and_strong(window, session, size, language, view, page):
    """Measured in the rendered frame: height of a line, ink of capitals, contrast of ink and ground."""
    import numpy as np
    import pygame

    app = opened(window, session, size=size, language=language, projector=True, view=view, page=page)
    written = letterings(app)
    frame = pygame.surfarray.array3d(pygame.display.get_surface())
    assert len(written) > 20
    for text, place, colour in written:
        if place.w <= 0 or place.h <= 0 or not text.strip():
            continue
        cells = frame[place.x : place.right, place.y : place.bottom]
        ink = np.abs(cells.astype(int) - np.array(colour)).sum(2) < 60
        if not ink.any():
            continue  # scrolled out of sight
        full = app.renderer.theme.face(text, "b612", app.renderer.theme.least).get_height()
        if place.h >= 0.95 * full:
            assert place.h >= size[1] / 36, text
        if text.isascii() and text.isupper() and len(text) > 3 and place.h >= 0.95 * full:
            rows = np.flatnonzero(ink.any(0))
            assert rows[-1] - rows[0] + 1 >= 0.62 * size[1] / 36, text
        # What is far from the ink is ground; the pixels between are the letters' smooth edges.
        far = np.abs(cells.astype(int) - np.array(colour)).sum(2) > 240
        ground = np.median(cells[far], axis=0) if far.any() else cells.reshape(-1, 3).mean(0)
        assert contrast(colour, ground) >= 7, (text, colour, ground.tolist())


def test_on_the_projector_lines_are_thick(window, session):
    app = opened(window, session, projector=True)
    app.frame()
    assert app.renderer.theme.line() >= 3
    assert app.renderer.theme.line(0.1) >= 3
