"""A photograph of a written sheet, dropped on the window."""

from collections import Counter

import numpy as np
import pygame
import pytest
from photographed_sheets import written_sheet
from PIL import Image

from marki.console.app import App
from marki.console.window_settings import WindowSettings
from marki.io.stimuli.images import folder
from marki.io.worlds import WorldConfig
from marki.session import mark1_session


@pytest.fixture
def app(tmp_path):
    session = mark1_session(WorldConfig(letters="AB"), seed=0, keep="recent")
    yield App(session, WindowSettings(frames=1_000_000, paused=True, out=str(tmp_path / "out")))
    pygame.quit()


def cards_in(app):
    return Counter(card.label for card in folder(app.operator.deck_folder).cards)


@pytest.mark.parametrize("page", [pytest.param("", marks=pytest.mark.slow), "deck"])
def test_its_cards_go_into_the_deck_and_the_doubtful_ones_are_shown(app, tmp_path, page):
    written = written_sheet(tmp_path / "class 4b.png")
    app.ui.page = page
    app.operator.give("dropped", path=str(tmp_path / "class 4b.png"))
    app.frame()
    assert not app.ui.alarm, app.ui.message
    assert cards_in(app) == Counter(written)
    assert app.ui.page == "sheet"
    assert str(len(written)) in app.ui.message
    assert app.ui.contact == tmp_path / "out" / "class 4b-contact.png"
    app.operator.give("learn_deck")
    app.frame()
    assert set(app.operator.session.world.classes) == set(written)


def test_a_second_one_adds_to_the_deck_and_overwrites_nothing(app, tmp_path):
    written = written_sheet(tmp_path / "p.png")
    for _ in range(2):
        app.operator.give("dropped", path=str(tmp_path / "p.png"))
        assert not app.ui.alarm, app.ui.message
    assert cards_in(app) == Counter(written * 2)
    assert app.ui.contact == tmp_path / "out" / "p-2-contact.png"
    assert (tmp_path / "out" / "p-contact.png").is_file()


def test_a_picture_that_is_no_sheet_is_a_card_as_before(app, tmp_path):
    light = np.zeros((60, 60), np.uint8)
    light[10:50, 25:35] = 255
    Image.fromarray(light).save(tmp_path / "I.png")
    app.operator.give("dropped", path=str(tmp_path / "I.png"))
    app.frame()
    assert app.ui.page == "preview"
    assert app.ui.sheet is None
    assert not app.operator.deck_folder.exists()


def test_the_page_shows_each_doubtful_card_in_both_languages(app, tmp_path):
    written_sheet(tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as image:
        pale = image.point(lambda v: 255 if v > 240 else v)
    pale.paste(120, (110, 158, 181, 161))  # along the upper line of the first box and into it
    pale.paste(60, (130, 156, 136, 200))
    pale.save(tmp_path / "p2.png")
    app.operator.give("dropped", path=str(tmp_path / "p2.png"))
    app.frame()
    assert [box.label for box in app.ui.sheet.unsure] == ["A"]
    app.operator.give("language")
    app.frame()
    assert not app.ui.alarm
