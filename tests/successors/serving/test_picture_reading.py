"""`read`: pictures before shipped readers, from the command line."""

import json
import re

import numpy as np
import pytest
from foreign_pictures import letter_cards, photographed, saved
from PIL import Image

from marki.__main__ import main
from marki.io.exhibits import HALL, MARK1
from marki.io.stimuli.digits import load
from successors import registry
from successors.serving import picture_reading


@pytest.fixture
def pictures(tmp_path):
    """Return a folder with two digits, and a sub-folder with two photographs of letters."""
    images, kinds = load("test")
    folder = tmp_path / "brought"
    (folder / "letters").mkdir(parents=True)
    for k in (1, 2):
        saved(images[k] / 255, k, "dark on white").save(folder / f"{kinds[k]}.png")
    for number, letter, card in letter_cards(2, 26):
        photographed(card, number).save(folder / "letters" / f"{letter}.jpg", quality=40)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_text("no picture")
    return folder


def test_a_folder_is_walked_and_each_picture_read(pictures, capsys):
    assert main(["read", "lenet5", str(pictures), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["refused"] == []
    names = [row["file"].rsplit("brought", 1)[1].strip("/\\") for row in found["pictures"]]
    assert names == ["1.png", "2.png", *(f"letters/{c}.jpg" for c in "AB")]
    for row in found["pictures"][:2]:
        (answer,) = row["answers"]
        assert row["task"] == "digits"
        assert row["file"].endswith(f"{answer['said']}.png")
        assert 0.5 < answer["confidence"] <= 1
        assert answer["confidence"] + sum(share for _, share in answer["others"]) <= 1 + 1e-4
        assert row["done"]["dark_ink"]
        assert row["done"]["fitted"] == "digit"
        assert set(row["done"]["sentence"]) == {"en", "zh"}


def test_letters_are_read_by_what_learned_letters(pictures, capsys):
    assert main(["read", "vgg", str(pictures / "letters")]) == 0
    out = capsys.readouterr().out
    for letter in "AB":
        assert f"{letter}.jpg\n  Dark ink on a light ground" in out
    assert [line.split()[1] for line in out.splitlines() if line.startswith("  vgg")] == ["A", "B"]
    assert main(["read", "vgg", str(pictures / "2.png"), "--task", "digits", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "亮底暗字" in out
    assert "vgg  2" in out


def test_a_refused_picture_does_not_stop_the_others(pictures, tmp_path, capsys):
    (pictures / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    Image.fromarray(np.full((50, 50), 90, np.uint8)).save(pictures / "4.png")
    assert main(["read", "lenet5", str(tmp_path / "missing.png"), str(pictures), "--json"]) == 1
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert len(found["pictures"]) == 4
    assert [row["file"].rsplit("/", 1)[-1] for row in found["refused"]] == ["missing.png", "3.png", "4.png"]
    lines = captured.err.splitlines()
    assert len(lines) == 3
    for line, name in zip(lines, ("missing.png", "3.png", "4.png"), strict=True):
        assert line.startswith("marki: ")
        assert name in line


def test_what_is_told_reaches_the_card(pictures, capsys):
    told = ["--no-invert", "--no-even", "--no-fit", "--turn", "90", "--no-strokes", "--straighten"]
    assert main(["read", "lenet5", str(pictures / "1.png"), "--json", *told]) == 0
    (row,) = json.loads(capsys.readouterr().out)["pictures"]
    assert not row["done"]["dark_ink"]
    assert row["done"]["fitted"] == "none"
    assert row["done"]["turned_deg"] == 90
    assert set(row["done"]["told"]) == {"invert", "even", "fit", "strokes", "straighten", "turn_deg"}
    assert main(["read", "lenet5", str(pictures / "1.png"), "--json", "--frame", "0,0,1,1"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["pictures"]
    assert row["done"]["told"] == ["frame"]
    assert main(["read", "lenet5", str(pictures / "1.png"), "--frame", "0,x"]) == 2
    assert "0.1,0.2,0.8,0.9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lnet5", "a.png"], "Did you mean 'lenet5'"),
        (["gpt", "a.png"], "gpt reads no single pictures.*Choose all"),
    ],
)
def test_what_cannot_read_is_refused_with_those_that_can(words, message, capsys):
    assert main(["read", *words]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(message, error)


def test_what_has_not_learned_a_task_is_refused_with_those_that_have(monkeypatch, capsys):
    weights = registry.weights
    monkeypatch.setattr(
        registry, "weights", lambda name, task: None if (name, task) == ("lenet5", "letters") else weights(name, task)
    )
    assert main(["read", "lenet5", "a.png", "--task", "letters"]) == 2
    assert re.search("lenet5 has not learned letters.*vgg", capsys.readouterr().err)


def test_all_are_the_systems_with_weights_of_the_task():
    chosen = picture_reading.choose(picture_reading.ALL, None)
    assert {"lenet5", "lecun", "neocognitron"} <= set(chosen["digits"])
    assert not set(chosen["digits"]) & set(chosen["letters"])
    assert set(picture_reading.readers("digits")) >= {"vgg", "lenet5"}
    assert "gpt" not in picture_reading.readers("letters")
    assert picture_reading.choose("all", "digits") == {"digits": picture_reading.readers("digits")}


@pytest.mark.parametrize("task", registry.HALL)
def test_the_machine_reads_with_the_wipers_that_are_shipped(task, capsys, tmp_path):
    assert picture_reading.readers(task)[0] == MARK1
    assert picture_reading.own_task(MARK1) == "letters"
    images, said = load("test")[0], set()
    for number, (_, name, card) in enumerate(letter_cards(10, 26)):
        Image.fromarray(card if task == "letters" else images[number]).save(tmp_path / f"{name}.png")
    assert main(["read", "mark1", str(tmp_path), "--task", task, "--json"]) == 0
    for row in json.loads(capsys.readouterr().out)["pictures"]:
        (answer,) = row["answers"]
        assert answer["system"] == MARK1
        said.add(answer["said"])
    assert said <= {*HALL[task], ""}
    assert len(said) > 3
