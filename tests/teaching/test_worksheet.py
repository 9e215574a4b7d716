"""Worksheets: printable pages that need nothing, with numbers that match the seed; the commands that make them."""

import argparse
import json
from html.parser import HTMLParser

import pytest

from marki.errors import ConfigError, UnknownName
from marki.language import LANGUAGES, Words
from marki.teaching import command
from marki.teaching.lesson import answer_of, begin, load, names
from marki.teaching.worksheet import TERMS, worksheet

VOID = {"meta", "path", "br"}


class Page(HTMLParser):
    """Collects text and attributes, and checks that every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.tags, self.attributes = [], "", [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [False, True])
def test_a_page_that_needs_nothing_else(language, key):
    lesson, words = load("left_right"), Words(language)
    page = Page(worksheet(lesson, words, key=key))
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not any(name in ("src", "href") or name.startswith("on") for name, _ in page.attributes)
    assert "url(" not in page.text
    assert "@import" not in page.text
    for term in TERMS:
        assert words(f"worksheet.vocabulary.{term}") in page.text
    for leaf in lesson.pages:
        for question in leaf.questions:
            assert question.ask[language] in page.text
            assert all(option in page.text for option in question.options.get(language, ()))
    assert page.tags.count("svg") == (0 if key else 2)
    last = [" ".join(text.split()) for text in lesson.pages[-1].text[language].strip().split("\n\n")]
    assert all((text in page.text) != key for text in last)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_key_has_the_answers(language):
    lesson, words = load("left_right"), Words(language)
    blank, key = (worksheet(lesson, words, key=k) for k in (False, True))
    questions = [q for page in lesson.pages for q in page.questions]
    for question in questions:
        said = words("worksheet.answer", answer=answer_of(question, lesson, language))
        assert said in key
        assert said not in blank
        assert not question.explain or question.explain[language] not in blank
    assert key.count('class="option right"') == sum(bool(q.options) for q in questions)
    assert "option right" not in blank
    assert words("worksheet.meanings.value") in key


@pytest.mark.slow
def test_the_digest_and_the_numbers_are_those_of_the_seed():
    lesson, words = load("alphabet"), Words("en")
    session = begin(lesson, 1)
    session.run(26)
    key = worksheet(lesson, words, key=True, seed=1)
    assert f"Seed 1. After 26 presentations the digest of the run is {session.digest}" in key
    assert "Answer: 11." in key
    assert "Answer: 16." in worksheet(lesson, words, key=True)
    assert worksheet(lesson, words, key=True, seed=1) == key


def test_text_is_escaped(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(
        'title = { en = "<b>&T", zh = "<b>" }\nsummary = { en = "\\"S\\" <i>", zh = "<i>" }\n[state.world]\n'
        'name = "left_right"\n[[pages]]\ntext = { en = "<script>x</script>", zh = "<u>" }\n[[pages.questions]]\n'
        'ask = { en = "1 < 2?", zh = "1 < 2?" }\noptions = { en = ["<y>", "n"], zh = ["<y>", "n"] }\nanswer = 0\n'
        'explain = { en = "a & b", zh = "a & b" }\n[[pages]]\ntext = { en = "End", zh = "完" }\n',
        encoding="utf-8",
    )
    for key in (False, True):
        page = Page(worksheet(load(path), Words("en"), key=key))
        assert not {"i", "script", "y", "u"} & set(page.tags)
        assert "<b>&T" in page.text
        assert "<y>" in page.text
        assert "<script>x</script>" in page.text


def arguments(add, *given):
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(list(given))


def test_the_command_writes_a_page(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command.worksheet(arguments(command.add_worksheet_arguments, "left_right")) == 0
    assert capsys.readouterr().out == "Written to left_right.html\n"
    given = ("left_right", "--key", "--lang", "zh", "--seed", "3", "--out", "out/key.html")
    assert command.worksheet(arguments(command.add_worksheet_arguments, *given)) == 0
    assert capsys.readouterr().out == "已写入 out/key.html\n"
    assert (tmp_path / "left_right.html").read_text(encoding="utf-8").startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "种子 3。" in (tmp_path / "out" / "key.html").read_text(encoding="utf-8")


def test_the_command_refuses():
    with pytest.raises(ConfigError, match="--seed: -1 is out of range"):
        command.worksheet(arguments(command.add_worksheet_arguments, "left_right", "--seed", "-1"))
    with pytest.raises(UnknownName, match="unknown lesson 'left'"):
        command.worksheet(arguments(command.add_worksheet_arguments, "left"))
    with pytest.raises(UnknownName, match="unknown language 'de'"):
        command.lessons(arguments(command.add_lessons_arguments, "--lang", "de"))


def test_the_list_of_lessons(capsys):
    assert command.lessons(arguments(command.add_lessons_arguments)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == names()
    assert "The alphabet" in lines[2]
    assert command.lessons(arguments(command.add_lessons_arguments, "--lang", "zh", "--json")) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == names()
    assert rows[2]["title"] == "字母表"
    assert set(rows[0]) == {"name", "minutes", "title", "summary", "pages"}
