import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.hardware.relays import Agenda, RelayBank
from marki.ticks import NEVER
from marki.trace import Bank, Kind, encode

LAW = settings(max_examples=150, deadline=None, derandomize=True)
DELAYS = st.integers(0, 12)


def inertial(changes, pull_in, drop_out):
    """Return the moves (t, state) of one relay whose coil changes at the given times, off at first."""
    moves, contact, coil, due = [], False, False, None
    for t in range(200):
        if t in changes:
            coil = not coil
            due = t + (pull_in if coil else drop_out) if coil != contact else None
        if due == t:
            contact, due = coil, None
            moves.append((t, contact))
    return moves


@LAW
@given(st.lists(st.tuples(st.sets(st.integers(0, 99), max_size=12), DELAYS, DELAYS), min_size=1, max_size=5))
def test_a_bank_moves_as_inertial_relays_one_by_one(units):
    bank = RelayBank(Bank.SENSORY, np.array([u[1] for u in units]), np.array([u[2] for u in units]))
    who = np.concatenate([np.full(len(u[0]), k) for k, u in enumerate(units)]).astype(np.intp)
    at = np.concatenate([sorted(u[0]) for u in units]).astype(np.int64)
    to = np.concatenate([np.arange(len(u[0])) % 2 == 0 for u in units]).astype(bool)
    bank.follow(0, at, who, to)
    expected = sorted(
        int(encode(t, Bank.SENSORY, k, Kind.ON if on else Kind.OFF))
        for k, u in enumerate(units)
        for t, on in inertial(*u)
    )
    assert bank.agenda.codes.tolist() == expected
    bank.settle(1000)
    np.testing.assert_array_equal(bank.coil, [len(u[0]) % 2 == 1 for u in units])
    np.testing.assert_array_equal(bank.contact, bank.coil)


@LAW
@given(st.sets(st.integers(0, 99), max_size=14), DELAYS, DELAYS, st.integers(0, 120))
def test_planning_anew_at_any_moment_changes_nothing(changes, pull_in, drop_out, moment):
    at = np.array(sorted(changes), np.int64)
    to = np.arange(len(at)) % 2 == 0
    who = np.zeros(len(at), np.intp)
    bank = RelayBank(Bank.SENSORY, np.array([pull_in]), np.array([drop_out]))
    bank.follow(0, at, who, to)
    rest = at > moment
    bank.follow(moment, at[rest], who[rest], to[rest])
    bank.agenda.advance(1000)
    codes = np.concatenate([*bank.agenda.log, np.empty(0, np.int64)])
    assert [(int(c) >> 16, bool(c & 1)) for c in codes] == inertial(changes, pull_in, drop_out)


def test_state_at_looks_without_touching():
    bank = RelayBank(Bank.SENSORY, np.array([5]), np.array([5]))
    bank.follow(0, np.array([10, 40]), np.array([0, 0]), np.array([True, False]))
    assert [bool(bank.state_at(t)[0]) for t in (14, 15, 44, 45)] == [False, True, True, False]
    assert not bank.contact.any()
    bank.state_at(15)[:] = True
    assert not bank.contact.any()


def test_a_stuck_relay_never_moves():
    bank = RelayBank(Bank.ASSOCIATION, np.zeros(3, np.int64), np.zeros(3, np.int64), np.array([0, 1, -1], np.int8))
    assert bank.contact.tolist() == [False, True, False]
    for t, on in ((10, True), (20, False)):
        bank.follow(t, np.full(3, t), np.arange(3), np.full(3, on))
        bank.settle(t)
        assert bank.contact.tolist() == [on, True, False]
    bank.agenda.advance(100)
    assert [(int(c) >> 4) & 511 for c in np.concatenate(bank.agenda.log)] == [0, 0]


def test_an_agenda_logs_each_event_once():
    agenda = Agenda()
    codes = encode(np.array([5, 5, 9]), Bank.SENSORY, np.arange(3), Kind.ON)
    agenda.plan(0, codes)
    assert agenda.peek() == 5
    agenda.advance(5)
    agenda.advance(5)
    assert agenda.peek() == 9
    agenda.plan(8, encode(np.array([20]), Bank.SENSORY, np.array([7]), Kind.OFF))
    agenda.advance(100)
    assert [int(c) >> 16 for c in np.concatenate(agenda.log)] == [5, 5, 20]
    assert agenda.peek() == NEVER
