"""The tally: votes before the lamps light, counted and kept."""

import csv
import json

import pytest

from marki.errors import OutputError, SessionError
from marki.language import Words
from marki.teaching.ballots import COLUMNS, BallotBook


def two_cards():
    tally = BallotBook()
    tally.open(3, "left", ("left", "right"))
    tally.vote(0, 12)
    tally.vote(1)
    tally.unvote(0, 2)
    tally.close("left", True)
    tally.open(4, 'a "card", own', ["left", "right"])
    tally.vote(1, 5)
    tally.close("left", None)
    return tally


def test_votes_are_counted():
    tally = two_cards()
    assert [b.counts for b in tally.closed] == [[10, 1], [0, 5]]
    assert [(b.votes, b.hits) for b in tally.closed] == [(11, 10), (5, 0)]
    assert tally.totals() == {
        "ballots": 2, "votes": 16, "class_right": 10, "machine_judged": 1, "machine_right": 1
    }  # fmt: skip
    assert tally.current is None


def test_a_vote_taken_back_is_never_less_than_none():
    tally = BallotBook()
    tally.open(1, "A", ("right", "wrong"))
    tally.unvote(1, 3)
    tally.vote(1, -3)
    assert tally.current.counts == [0, 0]


def test_a_ballot_that_is_not_revealed_is_given_up():
    tally = BallotBook()
    tally.open(1, "A", ("right", "wrong"))
    tally.vote(0)
    tally.open(2, "B", ("right", "wrong"))
    assert (tally.current.trial, tally.current.counts, tally.closed) == (2, [0, 0], [])
    assert tally.close("right", True).shown == "B"
    assert tally.close("right", True) is None


def test_votes_that_cannot_be_are_refused():
    tally = BallotBook()
    with pytest.raises(SessionError, match="nothing is to be voted on"):
        tally.vote(0)
    for options in ((), ("a",), ("a", "a")):
        with pytest.raises(SessionError, match="two or more"):
            tally.open(1, "A", options)
    tally.open(1, "A", ("a", "b"))
    for option in (-1, 2):
        with pytest.raises(SessionError, match="there is no option"):
            tally.vote(option)
        with pytest.raises(SessionError, match="there is no option"):
            tally.unvote(option)


def test_as_a_table():
    rows = list(csv.reader(two_cards().to_csv().splitlines()))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == ["3", "left", "left", "10", "left", "1"]
    assert rows[4] == ["4", 'a "card", own', "right", "5", "left", ""]
    assert two_cards().to_csv(Words("zh")).splitlines()[0].startswith("试次,出示,")


@pytest.mark.parametrize("name", ["votes.csv", "votes.JSON"])
def test_saved_whole_or_not_at_all(tmp_path, name):
    tally, path = two_cards(), tmp_path / "new" / name
    tally.save(path)
    text = path.read_text(encoding="utf-8")
    if name == "votes.csv":
        assert text == tally.to_csv()
    else:
        assert json.loads(text) == json.loads(json.dumps(tally.to_mapping()))
    assert [p.name for p in path.parent.iterdir()] == [name]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"neither \.csv nor \.json"):
        two_cards().save(tmp_path / "votes.txt")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        two_cards().save(tmp_path / "file" / "votes.csv")
