"""What cards are called in the languages."""

import re

import pytest

from marki.io.card_names import card_name, sign_of
from marki.io.stimuli import forms, handprint, letters
from marki.io.worlds import WorldConfig, create
from marki.language import LANGUAGES, Words

HAN = re.compile(r"[\u4e00-\u9fff]")
WORLDS = [name for meta in [next(m for n, _, m in WorldConfig().items() if n == "name")] for name in meta["choices"]]


@pytest.mark.parametrize("world", [name for name in WORLDS if name != "images"])
def test_every_card_of_a_world_has_a_chinese_name(world):
    cards = create(WorldConfig(name=world), 1)
    for number in range(6):
        name = cards.at(number).name
        assert card_name(name, Words("en")) == name
        assert HAN.search(card_name(name, Words("zh"))), name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("O in routed-gothic", "O（routed-gothic 体）"),
        ("square on the left", "左边的正方形"),
        ("square of 9 at (-1.5, 2)", "正方形，大小 9，位于 (-1.5, 2)"),
        ("circle outline of 9 at (0, 0) turned 30", "空心圆，大小 9，位于 (0, 0)，转 30°"),
        ("odd: 7 fields", "奇数：7 格"),
        ("cat in hat", "cat in hat"),
    ],
)
def test_the_chinese_name(name, said):
    assert card_name(name, Words("zh")) == said
    assert card_name(name, Words("en")) == name


def test_the_sign_on_a_card():
    cards = [letters.letter("7"), letters.letter("T", "go"), handprint.hand_alphabet(3)[16], forms.form("square")]
    assert [sign_of(card.name) for card in cards] == ["7", "T", "Q", cards[3].name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_class_that_somebody_named_is_left_as_it_is(language):
    assert Words(language).class_name("eastern") == "eastern"
    assert Words(language).class_name("A") == "A"
