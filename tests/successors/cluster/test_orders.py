import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.errors import ConfigError, UnknownName
from successors.cluster.orders import SCHEDULES, Piece, most_kept, orders

sizes = st.tuples(st.integers(1, 8), st.integers(1, 12), st.integers(1, 4))


@pytest.mark.parametrize("schedule", SCHEDULES)
@given(sizes=sizes)
def test_every_rank_does_everything_once_and_forward_before_backward(schedule, sizes):
    ranks, micros, parts = sizes
    if schedule == "interleaved":
        micros *= ranks
    else:
        parts = 1
    wanted = {Piece(back, m, part) for back in (False, True) for m in range(micros) for part in range(parts)}
    for plan in orders(schedule, ranks, micros, parts):
        assert len(plan) == len(wanted)
        assert set(plan) == wanted
        at = {task: place for place, task in enumerate(plan)}
        assert all(at[Piece(False, m, part)] < at[Piece(True, m, part)] for m in range(micros) for part in range(parts))


@given(st.integers(1, 8), st.integers(1, 20))
def test_1f1b_keeps_as_many_activations_as_ranks_follow_and_gpipe_all(ranks, micros):
    kept = [most_kept(plan) for plan in orders("1f1b", ranks, micros)]
    assert kept == [min(ranks - rank, micros) for rank in range(ranks)]
    assert {most_kept(plan) for plan in orders("gpipe", ranks, micros)} == {micros}


def test_one_forward_one_backward():
    plans = orders("1f1b", 2, 3)
    assert ["".join("fb"[t.backward] + str(t.micro) for t in plan) for plan in plans] == [
        "f0f1b0f2b1b2",
        "f0b0f1b1f2b2",
    ]


def test_interleaving_goes_through_part_after_part():
    first = orders("interleaved", 2, 4, 2)[0]
    assert [(t.micro, t.part) for t in first if not t.backward] == [
        (0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0), (2, 1), (3, 1),
    ]  # fmt: skip
    assert [(t.micro, t.part) for t in first if t.backward][:4] == [(0, 1), (1, 1), (0, 0), (1, 0)]


def test_an_interleaved_rank_warms_up_two_pieces_more_than_the_next():
    plans = orders("interleaved", 4, 8, 2)
    assert [next(at for at, piece in enumerate(plan) if piece.backward) for plan in plans] == [11, 9, 7, 5]


def test_what_cannot_be_is_refused():
    with pytest.raises(UnknownName, match="'gpipe'"):
        orders("gpip", 2, 4)
    with pytest.raises(ConfigError, match="no parts"):
        orders("1f1b", 2, 4, 2)
    with pytest.raises(ConfigError, match="Give 4 micro-batches"):
        orders("interleaved", 4, 6, 2)
    with pytest.raises(ConfigError, match="at least one"):
        orders("gpipe", 2, 0)
