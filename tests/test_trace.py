import errno
import io
import os
import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import OutputError
from marki.session import mark1_session
from marki.ticks import LIMIT_US
from marki.trace import Bank, Kind, Trace, count_until, decode, encode, moves, time_of


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, LIMIT_US * 2 - 1), st.sampled_from(Bank), st.integers(0, 511), st.sampled_from(Kind))
def test_codes_can_be_read_back(t, bank, unit, kind):
    code = encode(t, bank, unit, kind)
    event = decode(np.array([code]))[0]
    assert tuple(int(x) for x in event) == (t, bank, unit, kind)
    assert time_of(code) == t


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(Bank), st.integers(0, 511), st.sampled_from(Kind))))
def test_codes_sort_by_time_bank_unit_and_kind(events):
    codes = sorted(int(encode(*e)) for e in events)
    assert codes == [int(encode(*e)) for e in sorted(events)]
    if codes:
        assert count_until(np.array(codes), 4) == sum(e[0] <= 4 for e in events)


def test_moves_split_codes():
    codes = encode(np.array([3, 4]), Bank.SENSORY, np.array([511, 0]), np.array([Kind.ON, Kind.OFF]))
    at, unit, state = moves(codes)
    assert (at.tolist(), unit.tolist(), state.tolist()) == ([3, 4], [511, 0], [True, False])


def blocks(count, seed=0):
    rng = np.random.default_rng(seed)
    return [np.sort(rng.integers(0, 1 << 50, int(rng.integers(0, 40)))) for _ in range(count)]


@pytest.mark.parametrize("limit", [0, 200, 1000, 1 << 20])
def test_a_spilled_trace_equals_one_in_memory(limit):
    trace, written = Trace(limit=limit), blocks(60)
    for block in written:
        trace.append(block)
    assert trace.blocks == 60
    np.testing.assert_array_equal(trace.events(), np.concatenate(written))
    for k in (59, 0, 31):
        np.testing.assert_array_equal(trace.block(k), written[k])


class Full:
    """A temporary folder on which so many bytes have room."""

    def __init__(self, monkeypatch, room):
        self.room = room
        real, full = tempfile.TemporaryFile, self

        class File(io.FileIO):
            def write(self, data):
                fits = max(0, full.room - self.tell())
                if not fits:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return super().write(bytes(data)[:fits])

        def make(*args, **options):
            with real() as file:
                return File(os.dup(file.fileno()), "r+b")

        monkeypatch.setattr(tempfile, "TemporaryFile", make)


@pytest.mark.parametrize("room", [0, 5, 500, 2000])
def test_a_block_is_added_whole_or_not_at_all_when_the_disk_is_full(monkeypatch, room):
    full = Full(monkeypatch, room)
    trace, whole, written = Trace(limit=300), Trace(), blocks(60)
    for block in written:
        whole.append(block)
        before = trace.blocks, trace.digest
        try:
            trace.append(block)
        except OutputError:
            with pytest.raises(OutputError, match=r"event log cannot be written \(No space left on device\).*TMPDIR"):
                trace.append(block)
            assert (trace.blocks, trace.digest) == before
            np.testing.assert_array_equal(trace.events(), np.concatenate(written[: trace.blocks]))
            full.room = 1 << 30
            trace.append(block)
    assert full.room == 1 << 30
    assert trace.digest == whole.digest
    np.testing.assert_array_equal(trace.events(), np.concatenate(written))


def test_a_session_on_a_full_disk_stands_between_two_trials_and_goes_on(monkeypatch):
    whole = mark1_session(seed=4)
    whole.run(12)
    full = Full(monkeypatch, 10_000)
    session = mark1_session(seed=4)
    session.trace.limit = 10_000
    with pytest.raises(OutputError):
        session.run(12)
    done = session.trial
    assert 0 < done < 12
    assert (session.trace.blocks, len(session.records), session.learner.idle) == (done, done, True)
    full.room = 1 << 30
    session.run(12 - done)
    assert session.digest == whole.digest


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.sampled_from([0, 300, 1 << 20]), st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30)), max_size=6))
def test_truncating_and_going_on_equals_never_having_gone_astray(limit, steps):
    trace, expected, digests = Trace(limit=limit), [], [bytes(16)]
    for seed, (more, back) in enumerate(steps):
        for block in blocks(more, seed):
            trace.append(block, b"w")
            expected.append(block)
            digests.append(trace.digest)
        keep = max(len(expected) - back, 0)
        del expected[keep:], digests[keep + 1 :]
        trace.truncate(keep, digests[-1])
        assert trace.blocks == keep
        np.testing.assert_array_equal(trace.events(), np.concatenate([np.empty(0, np.int64), *expected]))
    straight = Trace(limit=limit)
    for block in expected:
        straight.append(block, b"w")
    assert trace.digest == straight.digest


def test_recent_forgets_the_oldest_and_keeps_the_digest():
    everything, recent, nothing = Trace(), Trace("recent", limit=1000), Trace("none")
    written = blocks(50)
    for block in written:
        for trace in (everything, recent, nothing):
            trace.append(block)
    assert everything.digest == recent.digest == nothing.digest
    assert everything.blocks == recent.blocks == nothing.blocks == 50
    assert recent.block(0).size == 0
    np.testing.assert_array_equal(recent.block(49), written[49])
    assert 0 < recent.events().nbytes <= 1000
    assert nothing.events().size == 0
    for trace in (recent, nothing):
        trace.truncate(20, b"d" * 16)
        assert trace.blocks == 20
        trace.append(written[20])
        assert trace.blocks == 21
    np.testing.assert_array_equal(recent.block(20), written[20])


def test_the_digest_chains_codes_and_witness():
    def digest(*appended):
        trace = Trace()
        for codes, witness in appended:
            trace.append(np.array(codes, np.int64), witness)
        return trace.digest

    runs = [
        [([1], b"")],
        [([2], b"")],
        [([1], b"w")],
        [([1], b""), ([], b"")],
        [([1], b""), ([2], b"")],
        [([1, 2], b"")],
    ]
    assert len({digest(*run) for run in runs}) == len(runs)
    assert digest(*runs[4]) == digest(*runs[4])


def test_memory_stays_bounded_after_a_rewind():
    trace = Trace(limit=1000)
    for _ in range(3):
        for block in blocks(60):
            trace.append(block)
        kept = sum(block.nbytes for block in trace._blocks if isinstance(block, np.ndarray))
        assert kept <= 1000
        trace.truncate(2, bytes(16))
