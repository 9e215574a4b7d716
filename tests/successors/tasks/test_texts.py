"""The worlds of text: what captions say is true of their scenes, and lines of the log book of their sessions."""

import re

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.text import LONGEST, check_text
from successors import tasks
from successors.nn.bytepairs import BytePairs, padded, shipped
from successors.tasks import logbook, scenes
from successors.tasks.bleu import bleu
from successors.tasks.scenes import Shape


def shape(kind, row, column, size="small"):
    return Shape(kind=kind, size=size, row=row, column=column)


def test_captions_say_what_is_there():
    scene = (shape("square", 0, 0), shape("bar", 0, 2, "large"), shape("plus", 2, 2))
    assert scenes.caption(scene, "list")[0] == (
        "a small square at the top left, a large bar at the top right and a small cross at the bottom right."
    )
    assert scenes.caption(scene, "relation") == ("the small square is left of the large bar.", "小方块在大竖条的左边。")
    assert scenes.caption(scene[1:], "relation") == (
        "the large bar is above the small cross.",
        "大竖条在小十字的上面。",
    )
    assert scenes.caption(scene, "compare") == ("the square is smaller than the bar.", "方块比竖条小。")
    assert scenes.caption(scene, "which") == (
        "the square that is left of the bar is small.",
        "在竖条左边的方块是小的。",
    )
    assert "chain" in scenes.plans(scene)
    assert scenes.plans(scene[:1]) == ["list"]


def test_relations_are_converse():
    rng = np.random.default_rng(0)
    other = {"left": "right", "right": "left", "above": "below", "below": "above"}
    for _ in range(100):
        a, b = scenes.draw(rng, least=2)[:2]
        assert b.relation(a) == other[a.relation(b)]


def test_a_scene_can_be_shown_to_the_machine():
    rng = np.random.default_rng(1)
    for _ in range(20):
        scene = scenes.draw(rng)
        light = scenes.card(scene).card
        for row in range(3):
            for column in range(3):
                there = any((s.row, s.column) == (row, column) for s in scene)
                assert (light[28 + 52 * row, 28 + 52 * column] > 200) == there


def test_no_caption_is_in_two_parts():
    deck = tasks.load("translate", train=600, valid=60, test=60)
    english = [
        {x if kind == 0 else y for x, y, kind in zip(p.stimuli, p.targets, p.kinds, strict=True)}
        for p in deck.parts().values()
    ]
    assert not english[0] & english[2]
    assert not english[0] & english[1]


def test_the_verdict_is_right_if_card_and_answer_are_one():
    for line in logbook.lines("test"):
        card, answer = re.search(r"The card (\w+)\..* answered (\w+):", line.text).groups()
        assert line.right == (card == answer)
        assert line.text[line.until :].startswith(" right." if line.right else " wrong.")
        for start, stop, kind in line.words:
            assert kind != "card" or line.text[start:stop] == card


def test_sessions_are_of_one_part():
    parts = logbook.sessions()
    assert sum(map(len, parts.values())) == 100
    assert [len(parts[p]) for p in ("train", "valid", "test")] == [80, 10, 10]
    two = logbook.corpus(2)[0].split("\n")
    assert two == list(parts["train"][0][:2])


def test_hidden_words_fit_back():
    deck = tasks.load("cloze", train=40, valid=8, test=8)
    told = {line for session in logbook.sessions()["train"] for line in session}
    for text, word in zip(deck.train.stimuli, deck.train.targets, strict=True):
        assert text.count("_") == 1
        assert text.replace("_", word) in told


def test_prompts_begin_what_documents_end():
    deck = tasks.load("prompts", documents=40, train=8, valid=8, test=8)
    kinds = [deck.classes[k] for k in deck.test.kinds]
    assert kinds[:4] == ["Chinese", "other words", "number", "verdict"]
    for kind, sign in (("Chinese", "In Chinese:"), ("other words", "In other words:"), ("number", "Shapes:")):
        assert all(p.endswith(sign) for p, k in zip(deck.test.stimuli, kinds, strict=True) if k == kind)
        assert any(sign in document for document in deck.corpus)
    asked = {prompt for prompt, k in zip(deck.test.stimuli, kinds, strict=True) if k != "verdict"}
    assert not any(document.startswith(prompt) for document in deck.corpus for prompt in asked)


def test_bleu_by_hand():
    assert bleu(np.array(["a b c d e"]), np.array(["a b c d e"])) == pytest.approx(1)
    assert bleu(np.array(["x y"]), np.array(["a b"])) == pytest.approx(0, abs=0.01)
    half = bleu(np.array(["a b c d x"]), np.array(["a b c d e"]))
    assert 0.4 < half < 0.9


def test_a_translation_that_is_too_short_is_punished():
    whole, half = np.array(["a b c d e f g h"]), np.array(["a b c d"])
    assert bleu(half, whole) == pytest.approx(np.exp(1 - 8 / 4))
    assert bleu(whole, whole) == pytest.approx(1)


def test_any_text_comes_back():
    pairs = shipped()
    for text in ("", "Ω 感知机 🙂", "R12, R3.", " two  spaces", "line\nfeed"):
        assert pairs.decode(pairs.encode(text)) == text
    assert len(pairs.encode(" the machine")) < len(" the machine")
    assert max(pairs.encode("the small square is left of the large circle.")) < pairs.size == 512


def test_pairs_are_merged_by_frequency():
    pairs = BytePairs.learn(["abab abab", "abc"], 263)
    assert pairs.decode(pairs.encode("abab")) == "abab"
    assert pairs._bytes[261] == b"ab"
    assert pairs.size == 263


def test_filling():
    np.testing.assert_array_equal(padded([[7], [8, 9]]), [[7, 0], [8, 9]])


def test_what_is_no_message_is_refused():
    assert check_text("one").tolist() == ["one"]
    for wrong, why in (
        (np.zeros(3), "expected text"),
        (["a\x07"], "cannot be printed"),
        (["a" * (LONGEST + 1)], "6,001"),
    ):
        with pytest.raises(PortError, match=why):
            check_text(np.array(wrong))
