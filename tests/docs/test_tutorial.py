"""The tutorial, followed literally; and its Chinese, which has the same code."""

import csv
import re

import pytest
from followed_tutorial import DOCS, blocks, copied, follow

CODE = [block for block in blocks("tutorial.md") if block[1] != "text"]


def bare(block):
    """Return a block without comments, and without the words for people in what it prints and writes."""
    file, language, content = block
    return file, language, re.sub(r'("""|").*?\1|\s*#.*', "", content, flags=re.S)


def test_the_chinese_tutorial_has_the_same_code():
    assert [bare(b) for b in blocks("tutorial_zh.md")] == [bare(b) for b in blocks("tutorial.md")]


def test_the_tutorial_ends_with_an_experiment():
    assert [file for file, *_ in CODE if file] == ["theta.toml", "marki/experiments/cut.py"]
    assert "## 8. " in (DOCS / "tutorial.md").read_text(encoding="utf-8")


def measured(folder, name):
    with open(folder / "out" / name / "measurements.csv", encoding="utf-8", newline="") as file:
        return {row["condition"]: float(row["value"]) for row in csv.DictReader(file)}


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path, monkeypatch):
    folder = copied(tmp_path)
    monkeypatch.chdir(folder)
    follow("tutorial.md", folder)
    plain, steep, cut = (measured(folder, name) for name in ("left_right", "theta4", "cut"))
    assert plain["after 160 squares"] > 0.9
    assert steep["after 160 squares"] < 0.65  # the page: much worse
    assert cut["256 of 512 dead"] > cut["0 of 512 dead"] - 0.05  # the page: it bears the loss of half its A-units
    assert cut["504 of 512 dead"] < cut["0 of 512 dead"]
    assert len(list((folder / "out/sweep-theta/results").iterdir())) == 6


def test_there_are_ten_recipes():
    text = (DOCS / "how_to.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^## ", text, re.M)) == 10


@pytest.mark.slow
def test_the_recipes_do_what_they_say(tmp_path, monkeypatch):
    pytest.importorskip("pandas", reason="pandas is not installed: pip install -e '.[test]'")
    folder = copied(tmp_path)
    monkeypatch.chdir(folder)
    follow("how_to.md", folder)
    for made in ("branch.npz", "out/images/measurements.csv", "front.png", "run.gif", "run.html", "sheet.pdf"):
        assert (folder / made).stat().st_size > 100, made
    assert "Answers" in (folder / "key.html").read_text(encoding="utf-8")
    assert (folder / "out/spreadsheet/trials.csv").read_bytes().startswith(b"\xef\xbb\xbf")
