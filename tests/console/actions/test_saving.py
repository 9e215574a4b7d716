"""A saved run is found again: where files are looked for, and pictures that were moved since."""

import numpy as np
import pygame
import pytest
from PIL import Image

from marki import savefile
from marki.files import pictures_folder
from marki.io.worlds import WorldConfig
from marki.session import mark1_session


def picture(path, column):
    levels = np.zeros((40, 40), np.uint8)
    levels[8:32, column : column + 6] = 255
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(levels).save(path)


@pytest.fixture
def moved(tmp_path):
    """Return a saved run whose pictures are now in the folder ``now``."""
    for name, column in (("a_1", 6), ("a_2", 9), ("b_1", 22), ("b_2", 27)):
        picture(tmp_path / "then" / f"{name}.png", column)
    session = mark1_session(WorldConfig(name="images", images=str(tmp_path / "then")))
    session.run(5)
    savefile.save(session, tmp_path / "run.npz")
    (tmp_path / "then").rename(tmp_path / "now")
    return tmp_path / "run.npz", session.digest


def typed(app, text):
    app.ui.typing.text = text
    app.keyboard._enter()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_run_whose_pictures_were_moved_asks_where_they_are(window, moved, language):
    path, digest = moved
    app = window(language=language, size=(1920, 1080))
    app.frame()
    app.obey("dropped", path=str(path))
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    foot = app.handler.panels["footer"].rect
    (asked,) = (text.rstrip("_ ") for text, box, _ in app.renderer.theme.written if foot.colliderect(box))
    app.renderer.theme.written = None
    assert asked[-12:] == app.words("typing.saved_with", folder="")[-12:]
    assert not app.ui.message
    assert "--" not in asked
    typed(app, "now")  # in the folder that the run was opened from
    assert app.session.digest == digest
    assert app.session.world.size == 4


def test_another_folder_is_asked_about_again_and_a_dropped_one_is_taken(window, moved, tmp_path):
    path, digest = moved
    app = window()
    picture(tmp_path / "others" / "x.png", 3)
    app.obey("saved", path=str(path))
    typed(app, str(tmp_path / "others"))
    assert app.ui.typing is not None
    assert app.ui.typing.values["folder"].endswith("others")
    app.frame()
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=str(tmp_path / "now")))
    app.frame()
    assert app.ui.typing is None
    assert app.session.digest == digest


def test_files_are_looked_for_first_among_ones_own_pictures(monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert pictures_folder() == home
    (home / "Pictures").mkdir()
    assert pictures_folder() == home / "Pictures"
    (home / ".config").mkdir()
    told = home / ".config" / "user-dirs.dirs"
    told.write_text('# by the desktop\nXDG_DESKTOP_DIR="$HOME/Tisch"\nXDG_PICTURES_DIR="$HOME/Bilder"\n')
    assert pictures_folder() == home  # it is not there
    (home / "Bilder").mkdir()
    assert pictures_folder() == home / "Bilder"


def test_the_page_of_files_begins_there_and_then_in_the_folder_used_last(window, monkeypatch, tmp_path):
    home = tmp_path / "home"
    (home / "Pictures").mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    picture(home / "Pictures" / "of_mine.png", 9)
    picture(tmp_path / "stick" / "of_others.png", 9)
    app = window()
    app.frame()

    def listed():
        app.operator.turn_to("open")
        for _ in range(3):
            app.frame()
        rows = [block.text for block in app.handler.panels["page"].blocks if hasattr(block, "command")]
        return [text for text in rows if text.endswith(".png")]

    assert listed() == ["of_mine.png"]
    app.obey("typed_folder", text="of_mine.png")
    assert app.ui.page == "preview"
    app.frame()
    app.obey("dropped", path=str(tmp_path / "stick" / "of_others.png"))
    assert listed() == ["of_others.png"]
