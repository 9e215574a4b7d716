"""Going back without losing what follows; commands in the middle of a presentation; cards, worlds and hands."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marki import registers, savefile
from marki.errors import MarkIError, SessionError, WiringError
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig, MarkI
from marki.session import mark1_session
from marki.ticks import SECOND


def state(session):
    return registers.fingerprint(registers.snapshot(session.learner.registers()))


def busy(seed=2, until=70):
    """Return a session with commands of every kind, some in the middle of presentations, and its moments."""
    session = mark1_session(seed=seed)
    moments = []
    for trial in range(until):
        match trial:
            case 5:
                session.command("set", {"machine.association.theta": 3})
            case 12:
                session.step("event")
                session.advance(session.now + 300_000)
                session.command("toggle", [1] * 20 + [0] * 380)
            case 14:
                session.command("toggle", [0] * 400)
            case 20:
                session.command("show", {"name": "own", "frame": [255] * 200 + [0] * 200, "kind": 3})
            case 21:
                session.command("show", {"name": "own", "frame": [0, 255] * 200, "kind": -1})
            case 30:
                session.command("turn", {"units": [0, 511], "deg": [20.0, -400.0]})
            case 40:
                session.command("world", {"config": WorldConfig(name="left_right").to_mapping(), "learn": True})
            case 50:
                session.command(
                    "set", {"machine.plugboard.patches": ["A1+1", "A1=2"], "machine.faults.stuck_motors": [3]}
                )
            case 60:
                session.take("learn", learn=False)
        moments.append((session.digest, session.now if session.learner.idle else None))
        session.step("trial")
    return session, moments


@pytest.fixture(scope="module")
def run():
    return busy()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=st.lists(st.tuples(st.integers(0, 70), st.booleans()), min_size=1, max_size=4))
def test_wherever_one_goes_the_run_stays_the_same(run, visits):
    session, moments = run
    digest = moments[-1]
    for trial, on in visits:
        session.visit(trial)
        assert session.trial == trial
        assert session.reached == 70
        if trial < 70 and moments[trial][1] is not None:
            assert session.digest == moments[trial][0]
        if on and trial < 70:
            session.step("event")
            session.advance(session.now + 2 * SECOND)
    session.visit(69)
    assert session.digest == digest[0]
    session.step("trial")
    assert not session.in_past


def test_the_state_of_a_visit_is_that_of_the_run(run):
    session, _ = run
    for trial in (0, 13, 31, 41, 55):
        alone, _ = busy(until=trial)
        session.visit(trial)
        if trial not in (5, 20, 21, 30, 40, 50, 60):
            assert (session.digest, state(session), session.now) == (alone.digest, state(alone), alone.now)
    session.visit(70)
    whole, _ = busy()
    assert (session.digest, state(session)) == (whole.digest, state(whole))
    assert np.array_equal(session.records, whole.records)


def test_a_command_in_the_past_is_refused_until_the_future_is_dropped():
    session = mark1_session(seed=1)
    session.run(30)
    session.visit(10)
    before = session.digest
    with pytest.raises(SessionError, match="20 trials follow"):
        session.command("set", {"machine.association.theta": 3})
    assert (session.digest, session.reached) == (before, 30)
    session.drop_future()
    session.command("set", {"machine.association.theta": 3})
    assert session.reached == 10
    session.run(5)
    assert len(session.known) == 15


def test_worlds_of_a_dropped_future_leave_no_trace():
    def opened(session, name):
        session.command("world", {"config": WorldConfig(name=name).to_mapping(), "learn": True})

    session = mark1_session(seed=1)
    session.run(5)
    opened(session, "left_right")
    session.run(5)
    session.rewind(4)
    session.run(1)
    opened(session, "parity")
    session.run(4)
    alone = mark1_session(seed=1)
    alone.run(5)
    opened(alone, "parity")
    alone.run(4)
    assert session.digest == alone.digest
    assert np.array_equal(session.records, alone.records)
    assert list(session.configs) == list(alone.configs) == ["learn", "exam", "parity 2"]


def test_a_world_opened_before_the_dropped_future_stays():
    session = mark1_session(seed=1)
    session.run(3)
    session.command("world", {"config": WorldConfig(name="left_right").to_mapping(), "learn": True})
    session.run(6)
    session.rewind(5)
    assert list(session.configs) == ["learn", "exam", "left_right 2"]
    session.run(4)
    alone = mark1_session(seed=1)
    alone.run(3)
    alone.command("world", {"config": WorldConfig(name="left_right").to_mapping(), "learn": True})
    alone.run(6)
    assert session.digest == alone.digest


def test_a_world_takes_the_r_units_that_it_needs_and_keeps_the_values():
    session = mark1_session(seed=1)
    session.run(26)
    values = session.learner.view().values
    session.command("world", {"config": WorldConfig(name="left_right").to_mapping(), "learn": True})
    assert session.learner.units == 1
    assert np.array_equal(session.learner.view().values, values)
    session.run(3)
    assert {session.worlds[r["course"]].classes for r in session.records[-3:]} == {("left", "right")}
    session.take("learn", learn=True)
    assert session.learner.units == 5
    session.run(1)


def test_going_back_event_by_event_ends_at_the_beginning():
    session = mark1_session(seed=1)
    session.run(1)
    session.step("event")
    for _ in range(6):
        session.step("event")
    times = [session.now]
    while session.now:
        session.visit_event(session.now)
        times.append(session.now)
    assert times == sorted(set(times), reverse=True)
    events = np.unique(mark1_events(1))
    assert set(times[1:]) <= set(events.tolist()) | {0}
    session.visit(1)
    alone = mark1_session(seed=1)
    alone.run(1)
    assert session.digest == alone.digest


def mark1_events(trials):
    session = mark1_session(seed=1)
    session.run(trials)
    codes = [session.trace.events()]
    session.step("event")
    for _ in range(20):
        session.step("event")
    return np.concatenate([*codes, session.learner.happened()]) >> 16


def test_a_toggle_thrown_while_the_lens_is_open_is_seen_at_once_and_replayed():
    session = mark1_session(seed=1)
    session.step("event")
    session.advance(500_000)
    session.command("toggle", [1] * 400)
    session.advance(700_000)
    assert session.learner.view().s.all()
    session.step("trial")
    digest = session.digest
    session.visit(0)
    session.run(1)
    assert session.digest == digest
    assert session.commands[0].after_us == 500_000


def test_turning_by_hand_moves_the_wiper_and_stops_hold_it():
    session = mark1_session(seed=1)
    session.command("turn", {"units": [3, 4], "deg": [12.5, 1000]})
    values = session.learner.view().values
    assert values[3] == 12.5
    assert values[4] == 150.0
    assert not values[[0, 1, 2, 5]].any()
    for wrong in ({"units": [512], "deg": [1]}, {"units": [1, 2], "deg": [1]}):
        with pytest.raises(SessionError, match="A-units"):
            session.command("turn", wrong)
    assert len(session.commands) == 1


def test_a_turning_motor_is_not_turned_by_hand():
    session = mark1_session(seed=1)
    session.step("event")
    session.advance(1_600_000)
    unit = int(np.flatnonzero(session.learner.view().turning)[0])
    with pytest.raises(SessionError, match="turning"):
        session.command("turn", {"units": [unit], "deg": [5.0]})
    resting = int(np.flatnonzero(session.learner.view().turning == 0)[0])
    session.command("turn", {"units": [resting], "deg": [5.0]})
    assert session.learner.view().values[resting] == 5.0


def test_cards_of_ones_own_are_shown_once_and_do_not_move_the_deck_on():
    session = mark1_session(seed=1)
    session.run(2)
    third = session.world.at(2).name
    session.command("show", {"name": "mine", "frame": [255] * 400, "kind": -1})
    session.step("trial")
    assert (session.presentation.name, session.records[-1]["kind"], session.records[-1]["learned"]) == (
        "mine",
        -1,
        False,
    )
    assert not session.records[-1]["wrong"]
    session.step("trial")
    assert session.presentation.name == third
    session.command("show", {"name": "an A", "frame": [0] * 400, "kind": 0})
    session.step("trial")
    assert session.records[-1]["learned"]
    for wrong in ({"frame": [0] * 399, "kind": 0}, {"frame": [0] * 400, "kind": 26}, {"frame": [300] * 400, "kind": 0}):
        with pytest.raises(MarkIError):
            session.command("show", {"name": "x", **wrong})


def test_patches_change_the_wiring_and_nothing_else():
    plain, patched = (
        MarkI(seed=3),
        MarkI(MachineConfig().amend({"plugboard.patches": ["A7+9", "A7=9", "A8-400"]}), seed=3),
    )
    changed = np.argwhere(plain.wiring != patched.wiring).tolist()
    assert [6, 8] in changed or plain.wiring[6, 8] == 0
    assert patched.wiring[6, 8] == 0
    assert patched.wiring[7, 399] == -1
    assert set(map(tuple, changed)) <= {(6, 8), (7, 399)}


@pytest.mark.parametrize("patch", ["", "A0+1", "A513+1", "A1+401", "A1*2", "1+2"])
def test_patches_that_make_no_sense_are_refused(patch):
    with pytest.raises(WiringError, match="patch"):
        MarkI(MachineConfig().amend({"plugboard.patches": [patch]}))


def test_patches_keep_the_limit_of_an_s_unit():
    with pytest.raises(WiringError, match="limit is 40"):
        MarkI(MachineConfig().amend({"plugboard.patches": [f"A{n}+1" for n in range(1, 60)]}))


@pytest.mark.parametrize("stand", [70, 33])
def test_a_saved_session_keeps_commands_worlds_and_future(run, tmp_path, stand):
    session, _ = run
    session.visit(stand)
    session.step("event")
    session.advance(session.now + SECOND)
    savefile.save(session, tmp_path / "s.npz")
    again = savefile.load(tmp_path / "s.npz")
    assert (again.trial, again.now, again.reached) == (session.trial, session.now, session.reached)
    assert (again.digest, state(again)) == (session.digest, state(session))
    again.visit(again.reached)
    session.visit(session.reached)
    assert again.digest == session.digest
    again.visit(7)
    session.visit(7)
    assert (again.digest, state(again)) == (session.digest, state(session))


def test_lamps_of_r_units_that_go_out_of_use_go_out():
    session = mark1_session(seed=1)
    session.command("force", [1] * 8)
    session.run(2)
    assert session.learner.view().r[:5].all()
    session.command("world", {"config": WorldConfig(name="left_right").to_mapping(), "learn": True})
    session.step("trial")
    assert not session.learner.view().r[1:].any()
    assert session.records["response"][-1] in (0, 1)
    digest = session.digest
    session.visit(0)
    session.visit(3)
    assert session.digest == digest


@pytest.mark.parametrize(
    ("name", "value"), [("course", {}), ("world", {"learn": True}), ("show", {"kind": 1}), ("turn", 3)]
)
def test_commands_that_lack_something_are_refused(name, value):
    session = mark1_session(seed=1)
    with pytest.raises(MarkIError, match=name):
        session.command(name, value)
    assert not session.commands
