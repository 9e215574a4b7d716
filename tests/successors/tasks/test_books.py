"""The worlds that are read sign by sign: code books, sums, wires; what is said is true, and the test is new."""

import re

import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.text import LONGEST
from successors import tasks
from successors.nn.lexicon import teletype
from successors.tasks import books, by_heart, sums
from successors.tasks.wording import worded

FEW = {"train": 60, "valid": 60, "test": 60, "documents": 600}


def load(name, **options):
    few = {k: v for k, v in FEW.items() if name != "sums" or k != "documents"}
    return tasks.load(name, **{"cache": False, **few, **options})


def pairs_of(text):
    return re.findall(r"([A-H]) (\d)", text)


# -- code books ------------------------------------------------------------------------------------------------------


def test_a_book_has_one_code_and_the_answer_follows_from_it():
    deck = load("books", kinds=("code", "shift", "told"), pairs=(0, 3, 15))
    assert deck.classes[:4] == ("code, 0 before", "code, 3 before", "code, 15 before", "shift, 0 before")
    for prompt, lamp, kind in zip(deck.test.stimuli, deck.test.targets, deck.test.kinds, strict=True):
        shown = [*pairs_of(prompt), (prompt[-1], str(lamp))]
        code = dict(shown)
        assert len(set(code.values())) == len(code), "no two letters have one lamp"
        assert all(code[letter] == told for letter, told in shown)
        assert len(shown) - 1 == (0, 3, 15)[kind % 3]
        places = {(int(told) - 1 - books.LETTERS.index(letter)) % 8 for letter, told in shown}
        if kind >= 3:
            assert len(places) == 1
        assert prompt.startswith("add ") == (kind >= 6)
        if kind >= 6:
            assert int(prompt.split()[1]) == places.pop()


def test_no_code_of_the_test_is_in_a_document():
    deck = load("books", documents=3_000, test=600, pairs=(15,))
    learned = {tuple(sorted(set(pairs_of(text)))) for text in deck.corpus}
    whole = {code for code in learned if len(code) == 8}
    tested = [tuple(sorted({*pairs_of(p), (p[-1], str(t))})) for p, t in zip(*_both(deck.test), strict=True)]
    tested = [code for code in tested if len(code) == 8]
    assert len(whole) > 50
    assert len(tested) > 100
    assert not whole & set(tested)
    for part, count in (("test", 10), ("valid", 10)):
        found = [books.part_of(tuple(np.random.default_rng(k).permutation(8).tolist())) for k in range(2_000)]
        assert found.count(part) == pytest.approx(2_000 / count, abs=5 * (2_000 * 0.09) ** 0.5)


def _both(part):
    return part.stimuli.tolist(), part.targets.tolist()


def test_documents_have_few_letters_and_prompts_have_not():
    """Without such documents nothing is learned in the prompt: the share of those of few letters is held."""
    deck = load("books", documents=2_000, pairs=(15,), test=400)
    counts = np.array([len(set(pairs_of(text))) for text in deck.corpus])
    assert all(len(pairs_of(text)) == books.MOST_PAIRS for text in deck.corpus)
    assert (counts <= 4).mean() > 0.5
    assert np.bincount(counts, minlength=9)[1] / 2_000 == pytest.approx(1 / 8, abs=0.03)
    even = load("books", documents=500, bursty=False)
    assert np.mean([len(set(pairs_of(text))) for text in even.corpus]) == pytest.approx(
        8 * (1 - (7 / 8) ** 16), abs=0.2
    )
    asked = [len({letter for letter, _ in pairs_of(text)}) for text in deck.test.stimuli]
    assert np.mean(asked) == pytest.approx(8 * (1 - (7 / 8) ** 15), abs=0.2)


def test_of_what_can_be_told_half_is_told_in_words():
    deck = load("books", kinds=("code", "shift", "told"), documents=400)
    ahead = [re.match("code|add|", text)[0] for text in deck.corpus]
    assert [ahead.count(word) for word in ("code", "add", "")] == [100, 100, 200]


def test_an_answer_is_judged_by_its_beginning():
    task, targets = tasks.find("by_heart"), np.array(["K 7", "3", "3"])
    assert task.right(np.array(["K 7 A B", "3", "3 A"]), targets).tolist() == [True, True, True]
    assert task.right(np.array(["K", "4 3", ""]), targets).tolist() == [False, False, False]
    assert tasks.find("books").judge is task.judge


# -- sums ------------------------------------------------------------------------------------------------------------


def test_sums_are_right_and_steps_begin_with_the_first_digit():
    deck = load("sums")
    for question, answer, kind in zip(deck.test.stimuli, deck.test.targets, deck.test.kinds, strict=True):
        digits = [int(d) for d in re.findall(r"\d", question)]
        told = [int(d) for d in answer.split()]
        assert told[-1] == sum(digits) % 10
        assert question.endswith("one by one" if sums.KINDS[kind] == "worked" else "in all")
        if sums.KINDS[kind] == "worked":
            assert told == (np.cumsum(digits) % 10).tolist()
            assert told[0] == digits[0]
        else:
            assert len(told) == 1


def test_both_ways_are_learned_whatever_is_asked():
    deck = load("sums", asked=("bare",), digits=4)
    assert set(deck.test.kinds.tolist()) == {1}
    assert set(deck.train.kinds.tolist()) == {0, 1}


def test_no_digits_of_the_test_are_learned():
    decks = [
        load("sums", digits=4, train=3_000, test=300),
        load("by_heart", sums=True, asked=("sum",), documents=2_000),
    ]
    learned = {q[:7] for q in decks[0].train.stimuli} | {
        q for text in decks[1].corpus[1::2] for q in re.findall(r"(\d \d \d \d) in all", text)
    }
    assert len(learned) > 2_000
    for deck in decks:
        assert not learned & {q[:7] for q in deck.test.stimuli}


def test_an_answer_is_judged_by_its_end():
    task = tasks.find("sums")
    targets = np.array(["4 5 2", "3", "3"])
    assert task.right(np.array(["9 9 2", "3", "2"]), targets).tolist() == [True, True, False]
    assert task.right(np.array(["", "1 3", "30"]), targets).tolist() == [False, True, False]
    assert task.also["with all steps"](np.array(["9 9 2", "3", "2"]), targets) == pytest.approx(1 / 3)


# -- wires -----------------------------------------------------------------------------------------------------------


def test_the_wiring_list_has_every_wire_once():
    rows = by_heart.records(0)
    assert rows.shape == (10_240, 5)
    assert len({tuple(row[:3]) for row in rows.tolist()}) == 10_240
    assert rows[:, 3:].max() == 19
    assert rows[:, 2].max() == 19
    assert not np.array_equal(rows, by_heart.records(1))


def test_every_document_is_of_the_list():
    deck, known = load("by_heart"), {"".join(by_heart.SIGNS[s] for s in row) for row in by_heart.records(0).tolist()}
    for text in deck.corpus:
        signs = text.replace(" ", "")
        assert len(signs) == 30
        assert all(signs[k : k + 5] in known for k in range(0, 30, 5))
    for question, answer in zip(*_both(deck.test), strict=True):
        assert (question + answer).replace(" ", "") in known


def test_entropy_by_formula_and_by_counting():
    """The design's figures, and the entropy of what is drawn, with Miller's correction for its bias."""
    assert by_heart.entropy(1.3) == pytest.approx(0.8507, abs=5e-5)
    assert by_heart.entropy(1.0) == pytest.approx(1.324, abs=5e-4)
    drawn = by_heart.look_up(np.random.default_rng(0), 1.3, 400_000)
    counts = np.bincount(drawn)
    counts = counts[counts > 0]
    p = counts / counts.sum()
    found = (-(p * np.log(p)).sum() + (len(p) - 1) / (2 * counts.sum())) / 5
    assert found == pytest.approx(by_heart.entropy(1.3), abs=0.005)


def test_half_of_the_documents_are_sums_if_wanted():
    deck = load("by_heart", sums=True, asked=("wire", "sum"))
    told = [" in all " in text for text in deck.corpus]
    assert told == [bool(k % 2) for k in range(len(told))]
    for text in deck.corpus[1::2]:
        for digits, last in re.findall(r"(\d \d \d \d) in all (\d)", text):
            assert sum(map(int, digits.split())) % 10 == int(last)
        assert text.count("in all") == 4
    with pytest.raises(ConfigError, match="not learned"):
        load("by_heart", asked=("sum",))


# -- all -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["books", "sums", "by_heart"])
def test_all_texts_are_in_the_lexicon_and_in_its_form(name):
    more = {"books": {"kinds": ("code", "shift", "told")}, "by_heart": {"sums": True, "asked": ("wire", "sum")}}
    deck = load(name, **more.get(name, {}))
    texts = [*deck.corpus, *deck.test.stimuli, *deck.test.targets, *deck.train.targets]
    assert max(map(len, texts)) < LONGEST
    for text in texts:
        assert teletype().decode(teletype().encode(text)) == text
    for text in deck.test.stimuli.tolist():
        assert worded(text, name).text == text


def test_as_people_type_it():
    assert worded("k3 M7,k", "books").text == "K 3 M 7 , K"
    assert worded("k3 M7,k", "books").unknown == (",",)
    assert worded("ADD 3 a", "books").text == "add 3 A"
    assert worded("41 One by one", "sums").text == "4 1 one by one"


def test_wrong_options_are_refused():
    for options, told in (
        ({"pairs": ()}, "one or more"),
        ({"pairs": (16,)}, "at most 15"),
        ({"pairs": (1, 1)}, "once"),
    ):
        with pytest.raises(ConfigError, match=told):
            load("books", **options)
    for name in ("sums", "by_heart"):
        with pytest.raises(ConfigError, match="once"):
            load(name, asked=())
