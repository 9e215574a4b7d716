"""Folders of people's own pictures: nothing is passed over without a word, and classes have the names given."""

import os
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from marki.errors import StimulusError
from marki.io.stimuli import images
from marki.io.stimuli.images import folder, survey
from marki.io.stimuli.picture_files import MOST_NAMED, kind, label_of
from marki.io.worlds import WorldConfig, create
from marki.language import Words


def fill(root, *names, kind="PNG"):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.kron([[0, 0, 0], [0, 255, 0], [0, 0, 0]], np.ones((8, 8))).astype(np.uint8)).save(path, kind)
    return root


def nfd(text):
    return unicodedata.normalize("NFD", text)


NAMES = {
    "cat_01": "cat", "cat-2": "cat", "dog3": "dog", "cat (4)": "cat", "red fox 5": "red fox", "0_1": "0", "2_02": "2",
    "0-1": "0", "12_3": "12", "A1_001": "A1", "007": "007", "7": "7", "A": "A", "A_white": "A_white", "大2": "大",
    "+_1": "+", "-_1": "-", "_1": "_", "กา_1": "กา", nfd("é_1"): "é", nfd("가_1"): "가",
    "IMG-20240101-WA0001": "IMG-20240101-WA",
}  # fmt: skip


@pytest.mark.parametrize(("stem", "label"), NAMES.items())
def test_a_class_is_the_name_without_its_running_number(stem, label):
    assert label_of(stem) == label


words = st.text(st.characters(categories=["L", "M"]), min_size=1, max_size=4)


@given(words, st.integers(0, 9999), st.sampled_from(["_", "-", " ", ".", "", "_00"]))
def test_pictures_of_one_name_are_of_one_class_however_it_is_written(name, number, between):
    wanted = unicodedata.normalize("NFC", name)
    for form in ("NFC", "NFD"):
        assert label_of(f"{unicodedata.normalize(form, name)}{between}{number}") == wanted


@given(words, words)
def test_names_that_differ_are_classes_that_differ(one, other):
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    assert (label_of(f"{one}_1") == label_of(f"{other}_2")) == same


def test_a_flat_folder_of_numbered_digits_has_a_class_for_each_digit(tmp_path):
    fill(tmp_path, *(f"{digit}_{k}.png" for digit in range(3) for k in range(3)))
    assert [s.label for s in folder(tmp_path).cards] == ["0"] * 3 + ["1"] * 3 + ["2"] * 3
    assert not survey(tmp_path).one_each


def test_subfolders_that_look_alike_are_one_class(tmp_path):
    fill(tmp_path, "a/1.png", nfd("é") + "/1.png", unicodedata.normalize("NFC", "é") + "/2.png", "a /2.png")
    assert len(folder(tmp_path).cards) == 4
    assert survey(tmp_path).labels == ["a", "é"]


@pytest.mark.parametrize("name", ["a.heic", "a", "a.txt", "a.PNG", "a.jpg"])
def test_what_a_file_is_follows_from_its_content(tmp_path, name):
    for what in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        fill(tmp_path, name, kind=what)
        assert kind(tmp_path / name) == what
    fill(tmp_path, "b/1.png")
    (tmp_path / "b" / name).write_bytes(b"hello, hello, hello")
    assert kind(tmp_path / "b" / name) == "no picture"
    assert kind(tmp_path / "missing") == "no picture"


FOREIGN = {
    "TIFF": b"II*\0\x08\0\0\0", "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0", "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0",
    "PDF": b"%PDF-1.4", "SVG": b'<svg xmlns="', "PSD": b"8BPS\0\1", "ICO": b"\0\0\1\0\1\0",
    "JPEG XL": b"\xff\x0a\0\0", "no picture": b"x,y\n1,2\n",
}  # fmt: skip
FOREIGN = {what: head for what, head in FOREIGN.items() if what not in images.kinds_read()}


def test_what_is_passed_over_is_listed_with_its_kind(tmp_path):
    fill(tmp_path, "A/1.png", "B/1.png", "A/deep/1.png")
    for what, head in FOREIGN.items():
        (tmp_path / "A" / f"{what}.png").write_bytes(head)
    for name in (".DS_Store", "Thumbs.db", "A/desktop.ini"):
        (tmp_path / name).write_bytes(b"x")
    found = survey(tmp_path)
    wanted = {(f"A{os.sep}{what}.png", what) for what in FOREIGN} | {(f"A{os.sep}deep/", "folder")}
    assert set(found.passed) == wanted
    assert [label for _, label in found.pictures] == ["A", "B"]
    said = folder(tmp_path).remarks(Words("en"))[1]
    assert said.startswith(f"{len(wanted)} skipped: ")
    assert said.endswith(f", +{len(wanted) - MOST_NAMED}")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_done_to_the_pictures_of_a_folder_is_told(tmp_path, language):
    fill(tmp_path, "A/1.png", "A/2.png", "B/1.png")
    Image.fromarray(255 - np.asarray(Image.open(tmp_path / "B/1.png"))).save(tmp_path / "B/2.png")
    words = Words(language)
    (said,) = folder(tmp_path).remarks(words)
    assert said.startswith("3 ")
    for part in ("light", "dark", "fit_letter"):
        assert words(f"fitting.{part}") in said
    assert sum(map(int, re.findall(r"(\d+) [×张]", said))) == 4


def test_a_picture_without_contrast_is_passed_over_and_the_others_are_taken(tmp_path):
    fill(tmp_path, "A/1.png", "B/1.png")
    grey = Image.fromarray(np.full((24, 24), 99, np.uint8))
    grey.save(tmp_path / "B/2.png")
    found = folder(tmp_path)
    assert [card.label for card in found.cards] == ["A", "B"]
    assert found.folder.passed == [(f"B{os.sep}2.png", "no contrast")]
    grey.save(tmp_path / "B/1.png")
    with pytest.raises(StimulusError, match=r"all of class 'A' \(2 passed over: B.1\.png \(no contrast\)"):
        create(WorldConfig(name="images", images=str(tmp_path)), 0)
    grey.save(tmp_path / "A/1.png")
    with pytest.raises(StimulusError, match="no picture with contrast"):
        folder(tmp_path)


def test_a_folder_without_a_picture_that_can_be_read_says_what_it_holds(tmp_path):
    (tmp_path / "a.png").write_bytes(FOREIGN["HEIC"])
    with pytest.raises(StimulusError, match=r"no pictures that can be read: a\.png \(HEIC\)\. Give PNG, JPEG"):
        survey(tmp_path)
    with pytest.raises(StimulusError, match=r"folders of folders\. Give one of test, train"):
        survey(fill(tmp_path / "s", "train/A/1.png", "train/B/1.png", "test/A/1.png"))


def test_a_folder_of_one_class_says_what_was_passed_over(tmp_path):
    fill(tmp_path, "A/1.png", "A/2.png")
    (tmp_path / "B").mkdir()
    (tmp_path / "B/1.png").write_bytes(FOREIGN["TIFF"])
    with pytest.raises(StimulusError, match=r"all of class 'A' \(1 passed over: B.1\.png \(TIFF\)\)\. Give at least"):
        create(WorldConfig(name="images", images=str(tmp_path)), 0)


@pytest.mark.parametrize(("names", "odd"), [("abc", True), ("ab", False), (["a1", "a2", "b1"], False)])
def test_a_picture_for_every_class_is_remarked_upon(tmp_path, names, odd):
    fill(tmp_path, *(f"{name}.png" for name in names))
    assert survey(tmp_path).one_each == odd
    assert len(folder(tmp_path).remarks(Words("en"))) == 1 + odd


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path):
    fill(tmp_path, "A/1.png", "B/1.png")
    os.mkfifo(tmp_path / "A/2.png")
    assert survey(tmp_path).passed == [(f"A{os.sep}2.png", "no file")]
