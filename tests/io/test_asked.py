"""A picture and a question together: made, checked, refused."""

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.asked import asked, check_asked

FRAMES = np.random.default_rng(0).random((3, 20, 20), np.float32)
TEXTS = np.array(["how many?", "is there a ring?", "where is it?"])


def test_pairs_are_one_array_that_can_be_cut_and_shuffled():
    pairs = asked(FRAMES, TEXTS)
    assert pairs.shape == (3,)
    assert len(pairs[1:]) == 2
    order = np.array([2, 0, 1])
    assert np.array_equal(pairs[order]["frame"], FRAMES[order])
    assert pairs[order]["text"].tolist() == TEXTS[order].tolist()
    assert pairs["frame"].dtype == np.float32


def test_what_is_checked_is_what_was_made():
    pairs = asked(FRAMES.astype(float), TEXTS)
    found = check_asked(pairs)
    assert found is not pairs
    assert np.array_equal(found["frame"], FRAMES)
    assert found["text"].tolist() == TEXTS.tolist()
    one = check_asked(pairs[1])
    assert one.shape == (1,)
    assert len(check_asked(pairs[:0])) == 0
    double = np.zeros(1, [("text", "U9"), ("frame", float, (20, 20))])
    assert check_asked(double).dtype == [("frame", np.float32, (20, 20)), ("text", "U9")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (FRAMES, "expected pictures with questions"),
        (TEXTS, "expected pictures with questions"),
        (np.zeros((2, 2), [("frame", np.float32, (20, 20)), ("text", "U1")]), "expected pictures with questions"),
        (np.zeros(2, [("frame", np.float32, (20, 20)), ("words", "U1")]), "expected pictures with questions"),
        (np.zeros(2, [("frame", np.float32, (20, 19)), ("text", "U1")]), "expected frames of shape"),
        (np.zeros(2, [("frame", "U1", (20, 20)), ("text", "U1")]), "expected numbers"),
        (np.zeros(2, [("frame", np.float32, (20, 20)), ("text", "S1")]), "expected text"),
        (asked(FRAMES, np.array(["a", "b\x07", "c"])[[0, 0, 2]]), None),
    ],
)
def test_what_is_no_pair_is_refused_in_one_line(wrong, said):
    if said is None:
        assert len(check_asked(wrong)) == 3
        return
    with pytest.raises(PortError, match=said) as refusal:
        check_asked(wrong)
    assert "\n" not in str(refusal.value)
    assert "asked port" in str(refusal.value)


def test_light_and_words_are_checked_as_on_their_own_ports():
    for frames, texts, said in (
        (FRAMES + 2, TEXTS, "light levels"),
        (FRAMES * np.nan, TEXTS, "NaN"),
        (FRAMES, np.array(["a\x07"] * 3), "cannot be printed"),
        (FRAMES, TEXTS[:2], "2 questions about 3 pictures"),
    ):
        with pytest.raises(PortError, match=said):
            asked(frames, texts)
    bad = asked(FRAMES, TEXTS)
    bad["frame"][1, 3, 3] = np.nan
    with pytest.raises(PortError, match="NaN"):
        check_asked(bad)
    bad = asked(FRAMES, TEXTS)
    bad["text"][2] = "\x1b"
    with pytest.raises(PortError, match="message 2"):
        check_asked(bad)
