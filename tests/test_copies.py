"""Machine, session and worlds are copied and pickled at any moment, and their copies go on as they would."""

import copy
import pickle

import numpy as np
import pytest

from marki import provenance
from marki.errors import SessionError
from marki.hardware import plugboard
from marki.io.worlds import WorldConfig, create
from marki.machine import MachineConfig, MarkI
from marki.seeding import Noise
from marki.session import mark1_session
from marki.trace import Trace
from marki.twin import Twin

WAYS = {"copied": copy.deepcopy, "pickled": lambda thing: pickle.loads(pickle.dumps(thing))}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def eventful():
    """A session that has been stopped in the middle of a presentation, after commands of several kinds."""
    session = mark1_session(WorldConfig(name="left_right"), seed=3)
    session.run(27)
    session.command("set", {"machine.association.theta": 2})
    session.command("turn", {"units": [4], "deg": [5.0]})
    session.run(2)
    session.take("exam", learn=False)
    session.step("event")
    session.advance(session.now + 100_000)
    session.command("toggle", [1] + [0] * 399)
    session.advance(session.now + 50_000)
    return session


def same(one, other):
    assert (one.now, one.trial, one.reached, one.digest) == (other.now, other.trial, other.reached, other.digest)
    for session in (one, other):
        session.run(4)
    assert one.digest == other.digest
    assert np.array_equal(one.trace.events(), other.trace.events())
    assert np.array_equal(one.records, other.records)


@ways
def test_a_session_in_the_middle_of_a_presentation(way):
    session = eventful()
    same(way(session), session)


@ways
def test_a_session_between_presentations_with_a_card_and_a_world_of_the_operators(way):
    session = mark1_session(WorldConfig(name="left_right"), seed=3)
    session.command("world", {"config": {"name": "parity", "exam_count": 5}, "learn": True})
    session.run(3)
    session.command("show", {"name": "mine", "frame": [255] * 200 + [0] * 200, "kind": 1})
    same(way(session), session)


@ways
def test_a_session_that_has_not_begun_and_one_that_stands_in_its_past(way):
    session = mark1_session(WorldConfig(name="left_right"), seed=3)
    same(way(session), session)
    session.visit(1)
    same(way(session), session)


@ways
def test_a_session_with_a_wiring_that_was_given(way):
    board = plugboard.wire(MachineConfig().plugboard, 9)
    session = mark1_session(WorldConfig(name="left_right"), seed=3, wiring=board)
    session.sources = {"machine.sensory.threshold": provenance.row("machine.sensory.threshold")}
    session.run(2)
    other = way(session)
    assert other.identity() == session.identity()
    assert other.sources == session.sources
    same(other, session)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_a_branch(copied):
    session = mark1_session(WorldConfig(name="left_right"), seed=3)
    session.run(3)
    before, events, branch = session.digest, session.trace.events(), copied(session)
    branch.command("set", {"machine.association.theta": 9})
    branch.run(2)
    assert session.digest == before
    assert np.array_equal(session.trace.events(), events)
    assert session.learner.config.association.theta != 9
    session.run(2)
    assert session.digest != branch.digest


@ways
def test_a_machine_with_moves_that_nobody_has_collected(way):
    machine = MarkI(MachineConfig().amend({"potentiometers.start": "random"}), seed=2)
    frames = np.random.default_rng(0).random((6, 20, 20), np.float32)
    machine.reinforce(frames[:3], np.ones((3, 8), bool))
    machine.toggle(np.array([1] * 30 + [0] * 370, np.int8))
    machine.advance(machine.now + 5_000_000)
    other = way(machine)
    assert machine.happened().size
    assert np.array_equal(other.happened(), machine.happened())
    assert np.array_equal(
        other.reinforce(frames[3:], np.ones((3, 8), bool)), machine.reinforce(frames[3:], np.ones((3, 8), bool))
    )
    assert (other.witness(), other.now) == (machine.witness(), machine.now)


@ways
def test_a_machine_that_presents_is_refused(way):
    session = mark1_session(WorldConfig(name="left_right"))
    session.step("event")
    with pytest.raises(SessionError, match=r"a presentation is under way. Let it end first, or copy the session"):
        way(session.learner)


@ways
def test_the_twin(way):
    twin = Twin(seed=1)
    frames = np.random.default_rng(0).random((20, 20, 20), np.float32)
    twin.reinforce(frames, np.ones((20, 8), bool))
    assert np.array_equal(way(twin).v, twin.v)
    assert np.array_equal(way(twin).respond(frames), twin.respond(frames))


@ways
@pytest.mark.parametrize(
    "name", ["letters", "handprint", "digits", "left_right", "forms", "parity", "connectedness", "dots"]
)
def test_worlds(way, name):
    world = create(WorldConfig(name=name, count=20, writers=1, turn_deg=10.0), 1)
    shown = [world.at(k) for k in (0, 5, 31)]
    for one, other in zip(shown, map(way(world).at, (0, 5, 31)), strict=True):
        assert (one.item, one.kind, one.name) == (other.item, other.kind, other.name)
        assert np.array_equal(one.frame, other.frame)


@ways
def test_noise(way):
    noise = Noise(1, "x", 5)
    row = noise.row(70)
    assert np.array_equal(way(noise).row(70), row)


@ways
def test_a_log_part_of_which_lies_in_a_file(way):
    trace = Trace(limit=1000)
    for k in range(20):
        trace.append(np.arange(50, dtype=np.int64) + k)
    assert trace._file is not None
    other = way(trace)
    for each in (trace, other):
        each.append(np.arange(7, dtype=np.int64))
    assert other.digest == trace.digest
    assert np.array_equal(other.events(), trace.events())
    assert other._file is not trace._file
