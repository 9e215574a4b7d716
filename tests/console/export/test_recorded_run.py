"""A recorded run: what is recorded is what the machine was, trial by trial."""

import numpy as np
import pytest

from marki import savefile
from marki.console.export.recorded_run import FORCED, HELD, MOST, chosen, record
from marki.errors import StateError
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.session import mark1_session
from marki.teaching.narration import Narrator
from marki.trace import Bank, decode

CARD = {"name": "mine", "frame": [255.0 * (k % 3 == 0) for k in range(400)], "kind": -1}


def watched():
    """Run a session in which much happens; return it, and what was seen of it after each trial."""
    session = mark1_session(WorldConfig(letters="ABCDEFGH"), seed=3)
    seen = []
    s = np.zeros(400, bool)

    def go(trials):
        for _ in range(trials):
            began = session.now
            session.step("trial")
            machine = session.learner
            read = began + machine.config.sequencer.settle_us
            events = decode(session.trace.block(session.trial - 1))
            cells = events[events["bank"] == Bank.SENSORY]
            now = s.copy()
            for event in cells[cells["t_us"] <= read]:
                now[event["unit"]] = event["kind"]
            for event in cells:
                s[event["unit"]] = event["kind"]
            seen.append({
                "after": machine.wipers(), "a": machine.active.copy(), "s": now,
                "sums": machine.response.u_r.copy(), "card": session.presentation.frame.copy(),
            })  # fmt: skip

    go(30)
    session.command("turn", {"units": [4, 5], "deg": [20.0, -31.5]})
    session.command("show", CARD)
    go(3)
    session.command("force", [1, 0, 0, 0, 0, 0, 0, 0])
    go(2)
    session.take("exam", learn=False)
    go(5)
    session.advance(session.now + 1_300_000)
    return session, seen


@pytest.fixture(scope="module")
def run():
    session, seen = watched()
    copy = savefile.restored(savefile.copied(session), "copy")
    return session, seen, record(copy, Words()), copy


def nearest(angles):
    return np.floor(np.asarray(angles) / 10_000 + 0.5).astype(int)


def test_what_is_recorded_is_what_was_seen(run):
    session, seen, recorded, _ = run
    assert recorded.number.tolist() == list(range(40))
    for k, one in enumerate(seen):
        assert recorded.a[k].tolist() == one["a"].tolist()
        assert recorded.s[k].tolist() == one["s"].tolist(), k
        assert recorded.after[k].tolist() == nearest(one["after"]).tolist()
        # What the operator did before the card counts as the trial's.
        assert recorded.before[k].tolist() == (nearest(seen[k - 1]["after"]) if k else recorded.before[0] * 0).tolist()
        assert recorded.sums[k].tolist() == nearest(one["sums"]).tolist()
        card = recorded.frames[recorded.frame[k]]
        assert np.abs(card / 15 - one["card"].reshape(-1)).max() <= 1 / 30 + 1e-6
    records = session.records
    for name, field in (("r", "response"), ("wanted", "target"), ("shown", "kind"), ("course", "course")):
        assert getattr(recorded, name).tolist() == records[field].tolist()
    assert recorded.wrong.tolist() == records["wrong"].tolist()
    assert recorded.wrong.any()
    assert recorded.learned.tolist() == records["learned"].tolist()
    assert recorded.after[30, [4, 5]].tolist() == [2000, -3150]
    assert (recorded.reason[33:, 0] == FORCED).all()
    assert (recorded.reason == HELD).any()
    held = recorded.reason[1:] == HELD
    lamps = recorded.r[:, None] >> np.arange(8) & 1
    assert (lamps[1:] == lamps[:-1])[held].all()


def test_the_words_are_those_of_the_narration(run):
    session, _, recorded, _ = run
    # The log of the trials, and what the operator did since.
    told = [line for text in recorded.told for line in text.split("\n")]
    assert told == Narrator(session, Words()).log(0, 40)[: len(told)]
    assert len(told) == 44


def test_recording_leaves_the_copy_where_it_was_and_the_session_alone(run):
    session, _, _, copy = run
    assert (copy.digest, copy.now, copy.trial) == (session.digest, session.now, session.trial)
    other, _ = watched()
    assert other.digest == session.digest
    copy.run(2)
    session.run(2)
    assert copy.digest == session.digest


def test_a_replay_that_differs_is_refused():
    session = mark1_session(WorldConfig(letters="AB"), seed=3)
    session.run(4)
    copied = savefile.restored(savefile.copied(session), "copy")
    copied.learner.config = copied.launched = copied.launched.amend({"association.theta": 5})
    with pytest.raises(StateError, match="replays to digest"):
        record(copied, Words())


def test_how_far_it_is_is_told():
    session = mark1_session(WorldConfig(letters="AB"), seed=3)
    session.run(60)
    shares = []
    record(savefile.restored(savefile.copied(session), "copy"), Words(), shares.append)
    assert shares == [pytest.approx(n / 60) for n in (20, 40, 60)]


def test_of_a_long_run_the_mistakes_come_first():
    wrong = np.zeros(50_000, bool)
    wrong[7:9_000:11] = True
    found = chosen(wrong, [123, 124, 49_000, 50_000], MOST)
    assert len(found) == MOST
    assert (np.diff(found) > 0).all()
    assert np.isin(np.flatnonzero(wrong), found).all()
    assert np.isin([0, 123, 124, 49_000, 49_999], found).all()
    assert np.diff(found).max() < 100  # the rest of the run is there too
    everything = chosen(np.ones(9_000, bool), [], MOST)
    assert len(everything) == MOST
    assert (np.diff(everything) > 0).all()
    assert chosen(wrong[:20], [], MOST).tolist() == list(range(20))
