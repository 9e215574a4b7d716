"""Fields as files: read back as they are, laid out on sheets, and shown one after the other."""

import io

import numpy as np
import pytest
from PIL import Image

from marki.io.camera import Camera
from marki.io.stimuli.images import fit_file
from marki.io.stimuli.light_pictures import FRAME_MS, GAP, GROUND, LAST_MS, field_png, film_gif, levels, sheet_png

LIGHT = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)


def dots(content):
    return np.array(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("size", [20, 160, 400])
def test_a_field_is_read_back_as_it_is(tmp_path, size):
    path = tmp_path / "a.png"
    path.write_bytes(field_png(LIGHT, size, {}))
    assert dots(path.read_bytes()).shape == (size, size)
    assert np.abs(Camera().frame(fit_file(path).card) - LIGHT).max() < 0.5 / 255 + 1e-3


def test_a_size_that_is_no_multiple_has_every_cell():
    found = dots(field_png(LIGHT, 50, {}))
    assert found.shape == (50, 50)
    assert set(found[0].tolist()) == set(levels(LIGHT)[0].tolist())


def test_the_file_says_what_it_is_told():
    with Image.open(io.BytesIO(field_png(LIGHT, 20, {"system": "gan", "asked": "七"}))) as picture:
        texts = picture.text
    assert (texts["system"], texts["asked"], texts["marki"]) == ("gan", "七", "card")


def test_a_sheet_has_its_fields_where_they_stand():
    dark, bright = np.zeros((20, 20)), np.ones((20, 20))
    sheet = dots(sheet_png([[dark, bright], [bright]], 20))
    pitch = 20 + GAP
    assert sheet.shape == (2 * pitch + GAP, 2 * pitch + GAP)
    part = [[sheet[GAP + r * pitch :, GAP + c * pitch :][:20, :20] for c in (0, 1)] for r in (0, 1)]
    assert [[set(p.ravel().tolist()) for p in row] for row in part] == [[{0}, {255}], [{255}, {GROUND}]]


def test_a_film_has_a_frame_for_each_moment_and_rests_at_the_end():
    film = Image.open(io.BytesIO(film_gif([[[LIGHT * share]] for share in (0, 0.5, 1)], 40)))
    times, last = [], None
    for k in range(film.n_frames):
        film.seek(k)
        times.append(film.info["duration"])
        last = np.array(film.convert("L"))
    assert times == [FRAME_MS, FRAME_MS, LAST_MS]
    assert np.array_equal(last, dots(sheet_png([[LIGHT]], 40)))
    assert film.info["loop"] == 0
