"""A line as people type it: what means the same is read as the same, and what is not known is named."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.__main__ import main
from marki.errors import PortError
from successors import tasks
from successors.serving.questions import LoadSystem, ShowStimulus
from successors.tasks import scenes, wording
from successors.tasks.wording import check_known, worded

SMALL = {"train": 400, "valid": 40, "test": 200}


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("translate", SMALL),
        ("judge", {"train": 64}),
        ("cloze", SMALL),
        ("prompts", SMALL | {"documents": 10}),
        ("programs", SMALL | {"documents": 0, "languages": ("en", "zh")}),
        ("typing", SMALL | {"languages": ("en", "zh")}),
        ("holes", SMALL),
        ("holes", SMALL | {"languages": ("en", "zh"), "words": True, "closed": False}),
        ("contest", SMALL | {"languages": ("en", "zh")}),
    ],
)
def test_the_texts_of_a_task_are_left_as_they_are_and_have_no_unknown_word(task, options):
    deck = tasks.load(task, cache=False, **options)
    for part in (deck.train, deck.valid, deck.test):
        for text in part.stimuli.tolist():
            found = worded(text, task)
            assert (found.text, found.unknown) == (text, ())


def test_sentences_to_choose_from_are_told_apart_by_their_stops():
    said = "A small circle at the top. 左边有一个小圆。 a small circle at the top"
    assert wording.typed(said, "match").text == "a small circle at the top.\n左边有一个小圆。"
    for line, refused in (
        ("a small circle at the top.", "1 caption to choose from"),
        ("...", "0 caption"),
        ("a small circle at the top. a small elephant on the left.", "unknown: elephant"),
    ):
        with pytest.raises(PortError, match=refused):
            wording.typed(line, "match")


ENGLISH = "the small square is left of the large circle."
CHINESE = "小方块在大圆的左边。"


@pytest.mark.parametrize(
    "line",
    [
        "The small square is left of the large circle.", "  the  small square is left of the large circle . ",
        "THE SMALL SQUARE IS LEFT OF THE LARGE CIRCLE", "ｔｈｅ small square is left of the large circle．",
        "the small square is left of the large circle。", "\ufeffthe small square\nis left of the large\u200b circle!",
    ],
)  # fmt: skip
def test_ways_to_type_a_caption_are_one_caption(line):
    assert worded(line, "translate").text == ENGLISH
    assert worded(line, "translate").unknown == ()


@pytest.mark.parametrize(
    "line",
    [
        "小方块在大圆的左边.", "小方块在大圆的左边", "小方塊在大圓的左邊。", "小方块 在 大圆 的 左边 ．",
        "小方块在大圆的左边｡",
        "小方块在大圆的左边。。",
    ],
)  # fmt: skip
def test_ways_to_type_a_chinese_caption_are_one_caption(line):
    assert worded(line, "translate").text == CHINESE
    assert worded(line, "translate").unknown == ()


@st.composite
def captions(draw):
    scene = scenes.draw(np.random.default_rng(draw(st.integers(0, 2**32))))
    return scenes.caption(scene, draw(st.sampled_from(scenes.plans(scene))))


@given(captions(), st.randoms())
def test_case_blanks_and_full_width_forms_do_not_matter(pair, rng):
    english, chinese = pair
    wide = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
    typed = "".join(c.upper() if rng.random() < 0.3 else wide.get(c, c) if rng.random() < 0.2 else c for c in english)
    typed = "".join(c + " " * (c in " ," and rng.random() < 0.3) for c in typed)
    assert worded(typed, "translate").text == english
    typed = "".join(c + " " * (rng.random() < 0.2) for c in chinese)
    assert worded(unicodedata.normalize("NFD", typed), "translate").text == chinese


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("the small triangel is left of the circle.", "triangel"),
        ("Hello, world!", "hello, world"),
        ("小狗在大圆的左边。", "狗"),
        ("小方块在circle的左边。", "circle"),
        ("圆在方的上面 and a circle", "and, a, circle"),
        ("the small circle 😀 is on the left.", "😀"),
    ],
)
def test_unknown_words_are_named(line, named):
    with pytest.raises(PortError, match=f"teleprinter: unknown: {named}\\."):
        check_known(worded(line, "translate"))


@pytest.mark.parametrize("line", ["😀", " 😀 ! ", "→", "☺☺"])
@pytest.mark.parametrize("task", ["translate", "illustrate", "question", "cloze", "programs", "sums"])
def test_a_line_of_signs_alone_is_not_called_empty(line, task):
    with pytest.raises(PortError, match="there is no word in") as refused:
        wording.typed(line, task)
    assert refused.value.code == "text.wordless"


def test_words_in_a_chinese_question_are_named_whole():
    assert worded("what is 左边 there", "question").unknown == ("what", "is", "there")
    assert worded("画一个 big circle", "programs").unknown[-2:] == ("big", "circle")


@pytest.mark.parametrize("line", ["", "  ", "\n", "...", "。", "\u200b", "？"])
@pytest.mark.parametrize("task", ["translate", "judge", "cloze", "prompts", "programs", "contest", "holes", "typing"])
def test_an_empty_line_is_refused(line, task):
    with pytest.raises(PortError, match="the line is empty"):
        worded(line, task)


def test_a_line_of_the_log_book_has_the_case_of_the_log_book():
    line = "Trial 3. The card B. 69 A-units took part. The machine answered _: right."
    for typed in (line.lower(), line.upper(), line.replace(". ", "."), f" {line}  "):
        assert worded(typed, "cloze").text == line
        assert worded(typed, "cloze").unknown == ()
    assert worded(line.replace("card", "kard"), "cloze").unknown == ("kard",)


def test_a_prompt_keeps_what_it_asks():
    wanted = f"{ENGLISH} In Chinese:"
    for typed in (wanted, "The small square is left of the large circle. in chinese", wanted.upper()):
        assert worded(typed, "prompts").text == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("A Square with sides of N to the right and down", "a square with sides of n to the right and down:"),
        ("a line of length 3 up , then dots of n down .", "a line of length 3 up, then dots of n down:"),
        ("向左、向上畫邊長３格的正方形,然後畫n個點,向下", "向左、向上画边长3格的正方形，然后画n个点，向下："),
    ],
)
def test_ways_to_ask_for_figures_are_one(line, wanted):
    assert (worded(line, "programs").text, worded(line, "programs").unknown) == (wanted, ())


def test_unknown_figures_are_named():
    assert worded("a horse of length 3 up", "programs").unknown == ("horse",)
    assert worded("画一匹马", "programs").unknown == ("一", "匹", "马")


@pytest.mark.parametrize(
    ("line", "task", "wanted"),
    [
        ("A square , then dots；EXAMPLE n=2", "contest", "a square, then dots; example n = 2:"),
        ("正方形,然後圓點 ,例子 n ＝ 2.", "contest", "正方形，然后圆点，例子 n = 2："),
        ("A line\n..#\n.#.", "contest", "a line:\n..#\n.#."),
        ("Draw UP 3[ ？ GO down-left 2]", "holes", "draw up 3 [ ? go down-left 2 ]"),
        ("A line of n up：Draw up ?", "holes", "a line of n up: draw up ?"),
        ("A line of n up", "typing", "a line of n up:"),
        ("向上畫n格直線:draw", "typing", "向上画n格直线： draw"),
        ("draw up 3\n# a comment\ngo", "typing", "draw up 3 go"),
    ],
)
def test_programs_with_what_asks_for_them_and_problems_are_worded(line, task, wanted):
    assert worded(line, task).text == wanted


def test_unknown_words_of_programs_and_problems_are_named():
    assert worded("a horse of n up: drwa up 3", "typing").unknown == ("horse", "drwa")
    assert worded("draw up 3 ? gallop", "holes").unknown == ("gallop",)
    assert worded("a horse; example n = 2:", "contest").unknown == ("horse",)
    assert worded("一匹马，例子 n = 2：", "contest").unknown == ("一", "匹", "马")


def test_the_translator_reads_a_sentence_with_its_capital(capsys):
    assert main(["write", "transformer", ENGLISH.capitalize()]) == 0
    assert capsys.readouterr().out == f"{CHINESE}\n"
    assert main(["write", "transformer", "小方塊在大圓的左邊."]) == 0
    assert capsys.readouterr().out == f"{ENGLISH}\n"
    assert main(["write", "transformer", ""]) == 2
    assert "the line is empty" in capsys.readouterr().err
    assert main(["write", "gpt2", "Once upon a time"]) == 0
    assert "not in what gpt2 has read: once, upon, time" in capsys.readouterr().err


def test_in_the_window_a_line_is_worded_too_and_a_refusal_passes(monkeypatch):
    from successors.serving import worker

    sent = []
    served = worker.Worker(None)
    monkeypatch.setattr(served, "_send", sent.append)
    served._answer(LoadSystem(name="transformer"))
    for number, line in enumerate((ENGLISH.capitalize(), "the small dog", "")):
        served._answer(ShowStimulus(number=number, stimulus=np.array(line), views=False))
    assert sent[0].said == CHINESE
    assert [came.passing for came in sent[1:]] == [True, True]
    assert "unknown: dog" in sent[1].text
    assert "empty" in sent[2].text
