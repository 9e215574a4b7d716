"""Every screen in both languages at four sizes: no lettering is cut, lies outside the window, or upon another."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from marki.console.state.picture_preview import look
from marki.console.state.ui_state import PAGES
from marki.io.stimuli.fitting import Fitting
from marki.io.stimuli.images import save_cells

SIZES = [(1024, 640), (1280, 800), (1920, 1080), (3840, 2160)]


def letterings(app):
    """Return all lettering of the screen, drawn anew: text, place, colour."""
    app.frame()
    app.theme.clipped.clear()
    app.theme.written = []
    app._key = None
    app.frame()
    written, app.theme.written = app.theme.written, None
    return written


def faults(app):
    import pygame

    written = letterings(app)
    screen = pygame.display.get_surface().get_rect()
    for text, place, _ in written:
        if not screen.contains(place):
            yield "outside", text, place
    for (text, a, _), (other, b, _) in itertools.combinations(written, 2):
        both = a.clip(b)
        if text != other and both.w > 2 and both.h > 0.35 * min(a.h, b.h):
            yield "upon another", text, other
    for text, place in app.theme.clipped:
        yield "cut", text, place


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Stand in a folder with something in it, for the page that lists it."""
    for name in ("a_rather_long_name_of_a_picture_without_any_space_in_it.png", "字母.jpg", "lesson.toml"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)


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


@pytest.mark.slow
@pytest.mark.parametrize("projector", [False, True], ids=["desk", "projector"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", ["schematic", "front"])
@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_every_screen_is_whole(window, session, size, view, language, projector):
    app = opened(window, session, size=size, view=view, language=language, projector=projector)
    found = {}
    for page in ("", *PAGES):
        app.operator.turn_to(page)
        if wrong := list(faults(app)):
            found[page] = wrong[:3]
    app.operator.turn_to("")
    app.helping = True
    app.frame()
    found |= {"help": list(app.theme.clipped)} if app.theme.clipped else {}
    assert not found


@pytest.mark.slow
@pytest.mark.parametrize("bay", range(1, 6))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_bay_looked_at_closely_is_whole(window, session, bay, language):
    for size in SIZES[:3]:
        app = opened(window, session, size=size, view="front", language=language)
        app.ui.bay, app.ui.open_doors = bay, True
        assert not list(faults(app))


def test_lessons_are_whole_on_all_their_pages(window, session):
    from marki.teaching import lesson

    for language in ("en", "zh"):
        app = window(size=(1024, 640), language=language)
        for name in lesson.names():
            app.obey("lesson", name=name)
            for _ in range(len(app.ui.lesson.pages)):
                app.playback.running = False
                assert not list(faults(app)), name
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
        full = app.theme.face(text, "b612", app.theme.least).get_height()
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
    assert app.theme.line() >= 3
    assert app.theme.line(0.1) >= 3
