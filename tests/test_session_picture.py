import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from marki.io.worlds import WorldConfig
from marki.session import mark1_session
from marki.session_picture import HEIGHT, WIDTH


@pytest.fixture
def session():
    session = mark1_session(WorldConfig(name="left_right"), seed=2)
    session.run(25)
    return session


def dots(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"), np.int16)


def test_it_is_drawn_without_a_window_and_changes_nothing(session):
    digest, now = session.digest, session.now
    assert dots(session._repr_png_()).shape == (HEIGHT, WIDTH, 3)
    assert (session.digest, session.now) == (digest, now)
    other = mark1_session(WorldConfig(name="left_right"), seed=2)
    other.run(27)
    session.run(2)
    assert session.digest == other.digest


def test_a_cell_that_lights_is_where_it_stands_on_the_retina(session):
    middle = 338, 310  # of the lamp in row 20, column 20
    assert dots(session._repr_png_())[middle].max() < 80
    session.command("toggle", [0] * 399 + [1])
    session.learner.advance(session.now + 50_000)
    assert np.abs(dots(session._repr_png_())[middle] - (255, 190, 92)).max() < 10


def test_wipers_and_curve_are_in_it(session):
    before = dots(session._repr_png_())
    session.command("turn", {"units": [0], "deg": [-80.0]})
    session.command("turn", {"units": [511], "deg": [80.0]})
    after = dots(session._repr_png_())
    orange, blue = np.array([255, 172, 58]), np.array([98, 178, 255])
    first, last = after[49:58, 343:352].mean(axis=(0, 1)), after[274:283, 808:817].mean(axis=(0, 1))
    assert np.abs(first - blue).sum() < np.abs(first - orange).sum()
    assert np.abs(last - orange).sum() < np.abs(last - blue).sum()
    session.command("turn", {"units": [0, 511], "deg": [0.0, 0.0]})
    session.run(60)
    assert (np.abs(dots(session._repr_png_()) - before)[314:360, 340:820].max()) > 60


def test_in_a_notebook_it_stands_beside_what_there_is_to_say(session):
    html = session._repr_html_()
    shown = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert base64.b64decode(shown[1]) == session._repr_png_()
    assert session.digest in html
    assert "of the last 25 trials taught" in html
    assert repr(session) == f"<Session: learn (left_right), 25 trials, 0:05:00.000, seed 2, digest {session.digest}>"


def test_names_of_courses_are_no_markup():
    session = mark1_session(WorldConfig(name="left_right"))
    session.configs = dict(zip(("<script>", "exam"), session.configs.values(), strict=True))
    assert "<script>" not in session._repr_html_()
