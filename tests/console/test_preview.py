"""The preview page: a picture is dropped, looked at, put right by keys and mouse, asked and taught."""

import numpy as np
import pytest
from PIL import Image

from marki.console.panels.page_panel import PagePanel
from marki.console.state.blocks import FramedPicture, PageRow, Text
from marki.console.state.targets import Target
from marki.io.stimuli import letters
from marki.io.stimuli.fitting import AS_IT_IS
from marki.io.worlds import WorldConfig
from marki.session import mark1_session


@pytest.fixture
def session():
    return mark1_session(WorldConfig(letters="ABC"), seed=3, keep="recent")


@pytest.fixture
def picture(tmp_path):
    """Return a photograph of an A, dark ink in the left half of a wide sheet, with a second letter at the right."""
    paper = np.full((200, 400), 225, np.uint8)
    for c, at in (("A", 20), ("C", 220)):
        paper[20:180, at : at + 160][letters.letter(c, height=0.6).card > 127] = 40
    Image.fromarray(paper).save(tmp_path / "A_1.png")
    return tmp_path / "A_1.png"


def page_of(app):
    for _ in range(3):
        app.frame()
    page = app.handler.panels["page"]
    assert isinstance(page, PagePanel)
    return page


def test_a_dropped_picture_opens_the_page(window, picture):
    app = window(size=(1280, 800))
    app.operator.obey("dropped", path=str(picture))
    assert app.ui.page == "preview"
    page = page_of(app)
    shown = next(block for block in page.blocks if isinstance(block, FramedPicture))
    assert np.frombuffer(shown.cells, np.uint8).reshape(20, 20).tolist() == app.ui.draft.tolist()
    assert shown.size[0] / shown.size[1] == pytest.approx(2, rel=0.02)
    said = " ".join(block.text for block in page.blocks if isinstance(block, Text))
    assert "Dark ink on a light ground" in said
    assert app.ui.draft.max() > 200


@pytest.mark.parametrize("size", [(1280, 800), (960, 600)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_names_its_keys_and_they_do_what_it_says(window, picture, key, size, language):
    app = window(size=size, language=language)
    app.operator.obey("dropped", path=str(picture))
    rows = " ".join(block.text for block in page_of(app).blocks if isinstance(block, PageRow))
    for name in ("Enter", "Shift+Enter", "Backspace", "Esc", *"12345678"):
        assert name in rows
    before = app.ui.preview.how
    values = before.to_mapping()
    changes = {}
    for name in "1234567":
        key(app, name, typed=name)
        assert not app.ui.alarm, app.ui.message
        how = app.ui.preview.how
        changes[name] = [n for n, value in how.to_mapping().items() if value != values[n]]
        key(app, "BACKSPACE")
        assert app.ui.preview.how == before
    assert changes == {
        "1": ["invert"], "2": ["turn_deg"], "3": ["turn_deg"], "4": ["even"], "5": ["fit"], "6": ["strokes"],
        "7": ["straighten"],
    }  # fmt: skip
    key(app, "ESCAPE")
    assert app.ui.preview is None
    assert app.ui.draft is None
    assert app.ui.page == ""


def test_the_frame_is_dragged_and_the_card_follows(window, picture, drag):
    app = window(size=(1280, 800))
    app.operator.obey("dropped", path=str(picture))
    page = page_of(app)
    box, both = page.place_of(Target("picture")), app.ui.draft
    assert box is not None

    def at(x, y):
        return round(box.x + x * box.w), round(box.y + y * box.h)

    left, top, right, bottom = page.frame
    assert right - left > 0.6  # both letters
    drag(app, at(right, bottom), at(0.6, 0.9), at(0.48, 0.95))
    assert app.ui.preview.how.frame == pytest.approx((left, top, 0.48, 0.95), abs=0.03)
    assert (app.ui.draft != both).any()
    alone = app.ui.draft
    drag(app, at(0.51, 0.02), at(0.7, 0.5), at(0.99, 0.98))  # a new one, round the other letter
    assert app.ui.preview.how.frame == pytest.approx((0.51, 0.02, 0.99, 0.98), abs=0.03)
    assert (app.ui.draft != alone).any()


def test_the_card_is_asked_and_taught(window, picture, key, session):
    app = window(size=(1280, 800))
    app.operator.obey("dropped", path=str(picture))
    page_of(app)
    key(app, "RETURN")
    assert [c.name for c in session.commands] == ["show"]
    assert session.commands[0].value["kind"] == -1
    assert app.ui.page == "preview"
    session.run(1)
    app.operator.obey("preview_teach")
    app.operator.obey("teach", text="b")
    assert session.commands[-1].value["kind"] == 1
    assert session.commands[-1].value["frame"] == session.commands[0].value["frame"]


def test_a_card_of_the_deck_is_taken_as_it_is_and_digits_as_digits(window, tmp_path, picture):
    app = window(size=(1280, 800), out=str(tmp_path / "out"))
    app.operator.give("ink", cells=[0, 1, 20, 21], level=255)
    app.operator.give("card_into_deck", text="dot")
    app.operator.give("page", name="")
    app.operator.give("picture_card", path=str(next((tmp_path / "out").rglob("dot*.png"))))
    assert app.ui.preview.how == AS_IT_IS
    assert np.flatnonzero(app.ui.draft).tolist() == [0, 1, 20, 21]
    app.operator.give("open_world", config={"name": "digits", "count": 20})
    app.operator.give("picture_card", path=str(picture))
    assert app.ui.preview.done.fitted == "digit"


def test_a_picture_without_contrast_is_seen_but_refused(window, picture, tmp_path, session):
    Image.fromarray(np.full((60, 60), 99, np.uint8)).save(tmp_path / "grey.png")
    app = window(size=(1280, 800))
    app.operator.obey("dropped", path=str(tmp_path / "grey.png"))
    assert "no contrast" in app.ui.message
    assert app.ui.alarm
    assert app.ui.page == "preview"
    assert "no contrast" in " ".join(block.text for block in page_of(app).blocks if isinstance(block, Text))
    for command in ("preview_ask", "preview_teach", "preview_invert"):
        app.ui.message = ""
        app.operator.obey(command)
        assert "no contrast" in app.ui.message
    assert not session.commands
    assert app.ui.draft is None
    app.operator.obey("dropped", path=str(picture))
    app.operator.obey("preview_ask")
    assert [c.name for c in session.commands] == ["show"]
