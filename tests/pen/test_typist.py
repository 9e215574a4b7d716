"""The simulated typist: what he is offered, takes and saves."""

import math

import pytest

from marki.pen.typist import Completion, Ghost, before, context, savings, typed

PROGRAM = "rep 2 [ draw up 1 go right 1 ]"
LINES = ["rep 2 [", "draw up 1", "go right 1", "]"]


def test_a_typist_is_offered_each_line():
    seen = []

    def suggest(text):
        seen.append(text)
        return Ghost(text=LINES[len(seen) - 1] if len(seen) != 2 else "draw up 2", probability=len(seen) / 10)

    offers = typed("two strokes:", PROGRAM, suggest)
    assert seen == [before("two strokes:", LINES[:k]) for k in range(4)]
    assert seen[2] == "two strokes: rep 2 [ draw up 1"
    assert [(o.keys, o.right) for o in offers] == [(8, True), (10, False), (11, True), (2, True)]
    everything = savings(offers, 0.0)
    assert (everything.shown, everything.accepted) == (1.0, 0.75)
    assert everything.saved == pytest.approx((7 + 10 + 1) / 31)
    careful = savings(offers, 0.3)
    assert (careful.shown, careful.accepted) == (0.5, 1.0)
    assert careful.saved == pytest.approx(11 / 31)


def test_with_nothing_shown_nothing_is_saved():
    found = savings([Completion(keys=5, probability=0.5, right=True)], 0.9)
    assert (found.shown, found.saved) == (0.0, 0.0)
    assert math.isnan(found.accepted)


def test_an_offer_that_is_always_right_saves_all_but_one_key_a_line():
    lines = iter(LINES)
    offers = typed("", PROGRAM, lambda text: Ghost(text=next(lines), probability=1.0))
    assert savings(offers, 0.5).saved == pytest.approx((31 - 4) / 31)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# two strokes\nrep 2 [\n  draw up 1\n", "two strokes: rep 2 [ draw up 1"),
        ("# two strokes:", "two strokes:"),
        ("＃ 两条线\nREP 2 [", "两条线： rep 2 ["),
        ("rep 2 [  # not the words, but the first comment\n go", "not the words, but the first comment: rep 2 [ go"),
        ("rep 2[draw up", "rep 2 [ draw up"),
        ("# a\n# b\ngo up 1", "a: go up 1"),
        ("#\ngo up 1", "go up 1"),
        ("", ""),
    ],
)
def test_what_stands_above_the_cursor_is_read_as_it_was_learned(text, wanted):
    assert context(text) == wanted


def test_the_context_of_an_editor_is_that_of_the_typist():
    seen = []
    typed("two strokes:", PROGRAM, lambda text: seen.append(text) or Ghost(text="", probability=0.0))
    lines = ["# two strokes", *LINES]
    assert seen == [context("\n".join(lines[: k + 1]) + "\n") for k in range(4)]
