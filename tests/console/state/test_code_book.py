"""Code books as the window reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.console.state.code_book import code_book
from successors.timeline.y2020_gpt3 import ideal


def test_a_prompt_is_read_and_cut():
    book = code_book("C 3 A 5 C 3 B", "1")
    assert book.pairs == (("C", "3"), ("A", "5"), ("C", "3"))
    assert (book.asked, book.wanted, book.ahead) == ("B", "1", "")
    assert [book.prompt(k) for k in range(4)] == ["B", "C 3 B", "C 3 A 5 B", "C 3 A 5 C 3 B"]
    told = code_book("add 3 A 4 B", "5")
    assert told.ahead == "add 3"
    assert told.prompt(0) == "add 3 B"


@pytest.mark.parametrize("text", ["", "a square of n:", "A 3 B 4", "3 4 5", "the lamp is on", "A B C"])
def test_what_is_no_code_book_is_none(text):
    assert code_book(text, "") is None


@given(st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.sampled_from("12345678")), max_size=15))
def test_who_draws_all_that_follows_knows_a_letter_that_was_shown(pairs):
    book = code_book(" ".join([*(f"{a} {b}" for a, b in pairs), "A"]), "1")
    for count in range(len(pairs) + 1):
        letters = {letter for letter, _ in pairs[:count]}
        assert book.ideal(count) == (1.0 if "A" in letters else pytest.approx(1 / (8 - len(letters))))


def test_over_many_books_it_is_the_ideal_learner_of_gpt3():
    import random

    rng = random.Random(0)
    for count in (0, 2, 6, 12):
        mean = 0.0
        for _ in range(4_000):
            letters = [rng.choice("ABCDEFGH") for _ in range(count)]
            book = code_book(" ".join([*(f"{letter} 1" for letter in letters), rng.choice("ABCDEFGH")]), "1")
            mean += book.ideal(count) / 4_000
        assert mean == pytest.approx(ideal(count), abs=0.02)
