import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from marki.errors import StimulusError
from marki.io.stimuli import CARD
from marki.io.stimuli.fitting import AS_IT_IS
from marki.io.stimuli.images import folder, image


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def shown_whole(path):
    """Return the card of a picture in which nothing is looked for."""
    return image(path, how=AS_IT_IS).card


@pytest.fixture
def corner():
    """Return an 80×80 grey picture with its left upper quarter white."""
    array = np.full((80, 80), 40, np.uint8)
    array[:40, :40] = 255
    return array


def png_header(width, height):
    """Return the beginning of a PNG of any size, with hardly any data."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", ["png", "gif", "bmp", "webp", "jpg"])
def test_every_format(tmp_path, corner, suffix):
    options = {"lossless": True} if suffix == "webp" else {"quality": 95} if suffix == "jpg" else {}
    card = shown_whole(save(tmp_path / f"cat_1.{suffix}", corner, **options)).astype(int)
    assert np.abs(card - np.kron(corner, np.ones((2, 2)))).max() <= (20 if suffix == "jpg" else 1)


def test_name_and_label(tmp_path, corner):
    for stem, label in (("cat_01", "cat"), ("dog3", "dog"), ("red fox-2", "red fox"), ("007", "007"), ("A", "A")):
        stimulus = image(save(tmp_path / f"{stem}.png", corner))
        assert (stimulus.name, stimulus.label) == (stem, label)
    assert image(tmp_path / "A.png", label="letter").label == "letter"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_lays_the_picture_upright(tmp_path, orientation):
    upright = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    stored = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: np.transpose,
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).T,
        8: lambda a: np.rot90(a, -1),
    }[orientation](upright)
    exif = Image.Exif()
    exif[274] = orientation
    path = save(tmp_path / "a.png", np.ascontiguousarray(stored), exif=exif)
    card = shown_whole(path)
    assert [[int(card[row, column]) for column in (20, 80, 140)] for row in (50, 110)] == upright.tolist()


def test_transparent_parts_behind_light_ink_are_black(tmp_path):
    coloured = np.full((10, 10, 4), 255, np.uint8)
    coloured[:, 5:, 3] = 0
    coloured[:5, :5, 3] = 128
    card = shown_whole(save(tmp_path / "a.png", coloured))
    assert card[120, 20] == 255
    assert card[:, 100:].max() == 0
    assert card[20, 20] == pytest.approx(128, abs=1)


def test_transparency_of_a_palette_and_of_grey(tmp_path):
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([255, 255, 255, 200, 200, 200])
    picture.putpixel((0, 0), 0)
    picture.save(tmp_path / "p.gif", transparency=0)
    picture.save(tmp_path / "p.png", transparency=bytes([0, 255]))
    for name in ("p.gif", "p.png"):
        card = shown_whole(tmp_path / name)
        assert (card[10, 10], card[100, 100]) == (0, 200)
    grey = np.full((4, 4), 190, np.uint8)
    grey[0, 0] = 7
    Image.fromarray(grey).save(tmp_path / "g.png", transparency=7)
    assert shown_whole(tmp_path / "g.png")[10, 10] == 0
    deep = grey.astype(np.uint16) * 257
    Image.fromarray(deep).save(tmp_path / "d.png", transparency=7 * 257)
    assert shown_whole(tmp_path / "d.png")[10, 10] == 0


def test_colour_depth_and_mode(tmp_path):
    coloured = np.zeros((2, 2, 3), np.uint8)
    coloured[0, 0], coloured[0, 1], coloured[1, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    card = shown_whole(save(tmp_path / "c.png", coloured))
    assert [int(card[y, x]) for y, x in ((9, 9), (9, 99), (99, 9), (99, 99))] == pytest.approx([76, 150, 29, 0], abs=1)
    deep = np.array([[0, 65535], [32768, 257 * 10]], np.uint16)
    card = shown_whole(save(tmp_path / "d.png", deep))
    assert [int(card[y, x]) for y, x in ((9, 9), (9, 99), (99, 9), (99, 99))] == [0, 255, 127, 10]
    Image.fromarray(np.eye(2, dtype=bool)).save(tmp_path / "b.png")
    assert set(np.unique(shown_whole(tmp_path / "b.png"))) == {0, 255}
    Image.fromarray(coloured).convert("CMYK").save(tmp_path / "k.jpg", quality=95)
    assert shown_whole(tmp_path / "k.jpg")[99, 99] < 40


def test_a_wide_picture_is_not_distorted_and_its_margins_take_the_border(tmp_path):
    array = np.full((50, 200), 90, np.uint8)
    array[10:40, 85:115] = 250
    card = shown_whole(save(tmp_path / "wide.png", array))
    assert (card[:60] == 90).all()
    assert (card[100:] == 90).all()
    rows, columns = (np.flatnonzero((card > 170).any(axis=axis)) for axis in (1, 0))
    assert len(rows) == len(columns) == 24
    tall = shown_whole(save(tmp_path / "tall.png", np.ascontiguousarray(array.T)))
    assert (tall == card.T).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (20, 20), (161, 159)])
def test_any_size(tmp_path, shape):
    assert (shown_whole(save(tmp_path / "a.png", np.full(shape, 77, np.uint8))) == 77).all()


def test_a_small_picture_shows_its_points(tmp_path):
    cells = np.random.default_rng(0).integers(0, 256, (20, 20), np.uint8)
    assert (shown_whole(save(tmp_path / "a.png", cells)) == np.kron(cells, np.ones((8, 8), np.uint8))).all()


@pytest.mark.parametrize("size", [(30000, 30000), (8001, 8000)])
def test_a_bomb_is_refused_by_its_header(tmp_path, size):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(*size))
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(StimulusError, match=rf"bomb\.png.*{size[0]} by {size[1]} points.*64 million"):
        image(path)
    assert before == Image.MAX_IMAGE_PIXELS


def test_files_that_are_no_whole_picture_are_refused(tmp_path, corner):
    noisy = np.random.default_rng(0).integers(0, 256, (80, 80), np.uint8)
    for suffix in ("png", "jpg", "gif", "bmp", "webp"):
        whole = save(tmp_path / f"whole.{suffix}", noisy).read_bytes()
        path = tmp_path / f"cut.{suffix}"
        for share in (0.02, 0.3, 0.7):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(StimulusError, match=rf"cut\.{suffix}.*Give a whole PNG"):
                image(path)
    for name, data, message in (
        ("e.png", b"", "is empty"),
        ("t.png", b"hello" * 50, "no picture"),
        ("h.png", b"\x89P", "no"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(StimulusError, match=message):
            image(tmp_path / name)
    with pytest.raises(StimulusError, match=r"missing\.png"):
        image(tmp_path / "missing.png")
    with pytest.raises(StimulusError, match="folder"):
        image(tmp_path)


@pytest.mark.slow
def test_damage_anywhere_in_a_file_gives_a_card_or_a_refusal(tmp_path, corner):
    rng = np.random.default_rng(0)
    for suffix in ("png", "jpg", "gif", "bmp", "webp"):
        whole = np.frombuffer(save(tmp_path / f"whole.{suffix}", corner).read_bytes(), np.uint8)
        for _ in range(60):
            broken = whole.copy()
            broken[rng.integers(0, len(broken), 3)] = rng.integers(0, 256, 3)
            (tmp_path / f"x.{suffix}").write_bytes(broken.tobytes())
            try:
                assert image(tmp_path / f"x.{suffix}").card.shape == (CARD, CARD)
            except StimulusError as error:
                assert f"x.{suffix}" in str(error)  # noqa: PT017


def test_a_folder_of_classes_in_natural_order(tmp_path, corner):
    for name in ("cat/b10.png", "cat/b2.png", "dog/a.JPG", ".hidden/a.png", "empty/readme.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        if name.endswith("txt"):
            (tmp_path / name).write_text("x")
        else:
            save(tmp_path / name, corner)
    assert [(s.label, s.name) for s in folder(tmp_path).cards] == [("cat", "b2"), ("cat", "b10"), ("dog", "a")]
    save(tmp_path / "loose.png", corner)
    with pytest.raises(StimulusError, match="class is unclear"):
        folder(tmp_path)


def test_a_flat_folder(tmp_path, corner):
    for name in ("X_2.png", "X_10.png", "E1.png", ".E2.png", "notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("x")
        else:
            save(tmp_path / name, corner)
    assert [(s.label, s.name) for s in folder(tmp_path).cards] == [("E", "E1"), ("X", "X_2"), ("X", "X_10")]
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(StimulusError, match=r"broken\.png"):
        folder(tmp_path)


def test_no_folder_and_no_pictures(tmp_path):
    with pytest.raises(StimulusError, match="holds no pictures"):
        folder(tmp_path)
    with pytest.raises(StimulusError, match="not a folder"):
        folder(tmp_path / "nowhere")
