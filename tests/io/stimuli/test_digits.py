import gzip
import time

import numpy as np
import pytest

from marki.errors import StimulusError, UnknownName
from marki.files import asset
from marki.io.camera import Camera
from marki.io.stimuli.digits import _shipped, cut, digit_frames, digit_stimuli, load


def write_idx(path, array, kind=8, pack=False):
    head = bytes((0, 0, kind, array.ndim)) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    data = head + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(data) if pack else data)


@pytest.fixture
def original():
    """Six 28×28 images whose ink lies anywhere, and their labels."""
    rng = np.random.default_rng(0)
    images = np.zeros((6, 28, 28), np.uint8)
    for image in images[:-1]:
        h, w = rng.integers(3, 21, 2)
        y, x = rng.integers(0, 29 - h), rng.integers(0, 29 - w)
        image[y : y + h, x : x + w] = rng.integers(1, 256, (h, w))
    return images, np.array([3, 1, 4, 1, 5, 9], np.uint8)


@pytest.mark.parametrize(("part", "count"), [("train", 20_000), ("test", 10_000)])
def test_shipped_digits(part, count):
    images, labels = load(part)
    assert images.shape == (count, 20, 20)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).min() > 0.08 * count
    assert len(labels) == count
    assert set(np.unique(images)) == set(range(0, 256, 17))
    assert (images.any(axis=2).sum(axis=1) >= 10).mean() > 0.9
    assert load(part)[0] is images
    with pytest.raises(ValueError, match="read-only"):
        images[0, 0, 0] = 1


def test_digits_can_be_read_by_their_nearest_neighbour():
    (known, told), (asked, right) = (load(part) for part in ("train", "test"))
    known, asked = (a.reshape(len(a), -1).astype(np.float32) / 255 for a in (known[:5000], asked[:200]))
    distance = (known**2).sum(axis=1) - 2 * asked @ known.T
    assert (told[distance.argmin(axis=1)] == right[:200]).mean() > 0.85


def test_the_file_is_small_and_quick():
    assert asset("digits.npz").stat().st_size < 4_000_000
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        _shipped("train")
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.4


@pytest.mark.parametrize("joint", ["-", "."])
@pytest.mark.parametrize("pack", [False, True])
def test_original_files_are_read_back(tmp_path, original, joint, pack):
    images, labels = original
    end = ".gz" if pack else ""
    write_idx(tmp_path / f"t10k-images{joint}idx3-ubyte{end}", images, pack=pack)
    write_idx(tmp_path / f"t10k-labels{joint}idx1-ubyte{end}", labels, pack=pack)
    found, told = load("test", tmp_path)
    assert (told == labels).all()
    assert not found[-1].any()
    for before, after in zip(images[:-1], found[:-1], strict=True):
        boxes = []
        for image in (before, after):
            rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
            boxes.append(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
            top, bottom = rows[0], 19 - rows[-1]
        assert np.array_equal(*boxes)
        assert 0 <= bottom - top <= 1
    frames, _ = digit_frames("test", tmp_path)
    assert frames.dtype == np.float32
    assert frames.max() <= 1
    assert (frames == found / np.float32(255)).all()


def test_broken_files_are_refused(tmp_path, original):
    images, labels = original
    picture, told = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    with pytest.raises(StimulusError, match="no file train-images-idx3-ubyte"):
        load("train", tmp_path)
    write_idx(told, labels)
    write_idx(picture, images)
    whole = picture.read_bytes()
    for data, message in (
        (whole[:-1], "promises"),
        (whole + b"\0", "promises"),
        (whole[:9], "header"),
        (b"", "begins with"),
        (b"\x89PNG" + whole, "begins with 89504e47"),
        (whole[:2] + b"\x0d" + whole[3:], "begins with 00000d03"),
    ):
        picture.write_bytes(data)
        with pytest.raises(StimulusError, match=message):
            load("train", tmp_path)
    write_idx(picture, images[:4])
    with pytest.raises(StimulusError, match="4 images but 6 labels"):
        load("train", tmp_path)
    picture.unlink()
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(whole)[:-20])
    with pytest.raises(StimulusError, match="cannot be read"):
        load("train", tmp_path)


def test_figures_that_do_not_fit_are_refused():
    with pytest.raises(StimulusError, match="image 1 is 21 points"):
        cut(np.stack([np.zeros((28, 28), np.uint8), np.pad(np.full((21, 3), 9, np.uint8), ((0, 7), (0, 25)))]))


def test_stimuli_are_balanced_and_show_one_point_a_cell():
    cards = digit_stimuli("test", 25)
    assert [s.label for s in cards] == [str(i % 10) for i in range(25)]
    images, labels = load("test")
    first = images[np.flatnonzero(labels == 0)[0]]
    assert np.abs(Camera().frame(cards[0].card) - first / 255).max() < 1 / 1024
    drawn = digit_stimuli("test", 100, rng=np.random.default_rng(5))
    assert sorted(s.label for s in drawn) == sorted("0123456789" * 10)
    assert len({s.name for s in drawn}) == 100
    assert [s.name for s in drawn] == [s.name for s in digit_stimuli("test", 100, rng=np.random.default_rng(5))]
    assert [s.name for s in drawn] != [s.name for s in digit_stimuli("test", 100, rng=np.random.default_rng(6))]


@pytest.mark.parametrize("count", [0, -3, 20_000])
def test_too_many_or_no_digits_are_refused(count):
    with pytest.raises(StimulusError, match="balanced"):
        digit_stimuli("test", count)


def test_an_unknown_part_is_refused():
    with pytest.raises(UnknownName, match="train"):
        load("trian")
