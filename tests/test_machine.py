import numpy as np
import pytest

from marki.errors import ConfigError, PortError, SessionError
from marki.hardware import plugboard
from marki.io.check_learner import check_learner, sample_frames
from marki.machine import MachineConfig, MarkI
from marki.registers import fingerprint, restore, snapshot
from marki.ticks import LIMIT_US, NEVER
from marki.trace import Trace

FRAMES, TARGETS = sample_frames(6, seed=3)


def run(machine, frames=FRAMES, targets=TARGETS, look=lambda machine: None):
    trace = Trace()
    for frame, target in zip(frames, targets, strict=True):
        machine.present(frame, target[: machine.units], learn=True)
        look(machine)
        machine.finish()
        trace.append(machine.collect(), machine.witness())
    return trace


def state(machine):
    return fingerprint(snapshot(machine.registers()))


def test_the_machine_keeps_the_contract_of_a_learner():
    check_learner(MarkI, stimuli=FRAMES, targets=TARGETS)
    short = MachineConfig().amend({"sequencer.card_us": 5_000, "reinforcement.decay": 0.1})
    check_learner(lambda: MarkI(short), stimuli=FRAMES[:3], targets=TARGETS[:3])


def test_the_same_seed_gives_the_same_log_and_another_seed_another():
    digests = [run(MarkI(seed=seed)).digest for seed in (5, 5, 6)]
    assert digests[0] == digests[1] != digests[2]


def test_looking_changes_nothing():
    def look(machine):
        while not machine.idle:
            machine.advance(machine.now + 7_001)
            machine.view()
            machine.peek()
            machine.sensory.relays.state_at(machine.now)
            machine.registers()

    plain, watched = MarkI(seed=1), MarkI(seed=1)
    assert run(plain).digest == run(watched, look=look).digest
    assert state(plain) == state(watched)


def test_a_view_is_the_state_that_the_log_tells():
    machine = MarkI(seed=1)
    machine.present(FRAMES[0], TARGETS[0], learn=True)
    s, a, seen = np.zeros(400, bool), np.zeros(512, bool), 0
    while not machine.idle:
        machine.advance(machine.now + 10_007)
        for code in machine.collect().tolist():
            bank, unit, kind = code >> 13 & 7, code >> 4 & 511, code & 15
            if bank == 2:
                s[unit] = kind
            elif bank == 3:
                a[unit] = kind
        view = machine.view()
        np.testing.assert_array_equal(view.s.ravel(), s)
        np.testing.assert_array_equal(view.a, a)
        seen += a.any()
    assert seen > 10


def test_a_view_holds_copies():
    machine = MarkI(seed=1)
    before = state(machine)
    view = machine.view()
    for name in ("light", "signal", "s", "a", "values", "turning", "u_r", "r"):
        getattr(view, name)[...] = 1
    assert state(machine) == before


@pytest.mark.parametrize("card_us", [1, 5_000, 20_000, 5_500_000])
def test_restoring_the_registers_between_presentations_continues_identically(card_us):
    config = MachineConfig().amend({"sequencer.card_us": card_us})
    first = MarkI(config, seed=2)
    run(first, FRAMES[:3], TARGETS[:3])
    kept = snapshot(first.registers())
    rest = run(first, FRAMES[3:], TARGETS[3:])
    other = MarkI(config, seed=2)
    restore(other.registers(), kept)
    again = run(other, FRAMES[3:], TARGETS[3:])
    np.testing.assert_array_equal(rest.events(), again.events())
    assert state(first) == state(other)


def test_registers_listed_once_can_be_restored_later():
    giver, taker = MarkI(seed=2), MarkI(seed=2)
    held = taker.registers()
    giver.reinforce(FRAMES[:3], TARGETS[:3])
    taker.reinforce(FRAMES[3:5], TARGETS[3:5])
    kept = snapshot(giver.registers())
    restore(held, kept)
    now = snapshot(taker.registers())
    assert [name for name in kept if not np.array_equal(kept[name], now[name])] == []


def test_advance_in_small_steps_equals_finish():
    def steps(machine):
        while not machine.idle:
            machine.advance(machine.now + 123_457)

    def events(machine):
        while not machine.idle:
            machine.advance(machine.peek())

    digests = {
        run(MarkI(seed=1), FRAMES[:2], TARGETS[:2], look=look).digest for look in (lambda m: None, steps, events)
    }
    assert len(digests) == 1


def test_peek_names_the_next_event():
    machine = MarkI(seed=1)
    assert machine.peek() == NEVER
    machine.present(FRAMES[0], TARGETS[0], learn=True)
    machine.advance(0)
    machine.collect()
    for _ in range(50):
        at = machine.peek()
        machine.advance(at - 1)
        assert machine.collect().size == 0
        machine.advance(at)
        codes = machine.collect()
        assert codes.size
        assert (codes >> 16 == at).all()


def test_a_second_presentation_at_once_is_refused():
    machine = MarkI()
    machine.present(FRAMES[0], None, learn=False)
    with pytest.raises(SessionError, match="under way"):
        machine.present(FRAMES[0], None, learn=False)


def test_the_clock_has_an_end():
    machine = MarkI()
    machine.clock[0] = LIMIT_US + 1
    with pytest.raises(SessionError, match="clock ends"):
        machine.present(FRAMES[0], None, learn=False)


def test_idle_time_passes_and_is_kept():
    machine = MarkI(seed=1)
    machine.advance(1_000_000)
    machine.present(FRAMES[0], None, learn=False)
    machine.finish()
    assert machine.collect()[0] >> 16 == 1_000_000
    assert machine.now == 13_000_000


def test_wrong_frames_and_targets_are_refused():
    machine = MarkI()
    with pytest.raises(PortError, match=r"\(n, 20, 20\)"):
        machine.respond(np.zeros((19, 20)))
    with pytest.raises(PortError, match="NaN"):
        machine.respond(np.full((20, 20), np.nan))
    with pytest.raises(PortError, match="light levels"):
        machine.respond(np.full((20, 20), 1.5))
    with pytest.raises(PortError, match="expected bool"):
        machine.reinforce(FRAMES, TARGETS.astype(int))
    assert machine.now == 0


def test_a_given_wiring_is_used_whatever_the_seed():
    wiring = plugboard.wire(MachineConfig().plugboard, 99)
    machine = MarkI(seed=1, wiring=wiring)
    np.testing.assert_array_equal(machine.wiring, wiring)
    machine.reset(2)
    np.testing.assert_array_equal(machine.wiring, wiring)


def test_learning_makes_the_machine_answer_as_taught():
    machine = MarkI(seed=1)
    for _ in range(25):
        machine.reinforce(FRAMES[:3], TARGETS[:3])
    np.testing.assert_array_equal(machine.respond(FRAMES[:3]), TARGETS[:3])


def test_ideal_switches_off_every_effect_and_nothing_else():
    before, after = {n: v for n, v, _ in MachineConfig().items()}, MachineConfig().ideal()
    for name, value, meta in after.items():
        assert value == (False if meta["effect"] else before[name])


def test_forcing_switches_hold_the_r_units():
    machine = MarkI(seed=1)
    machine.force([1, -1, 0, 0, 1, 0, 0, -1])
    answers = machine.respond(FRAMES)
    assert answers[:, [0, 4]].all()
    assert not answers[:, [1, 7]].any()


@pytest.mark.parametrize("angle", [float("nan"), float("inf"), None, "3"])
def test_a_hand_turns_to_finite_angles_only(angle):
    machine = MarkI(seed=1)
    with pytest.raises(ConfigError, match="turn: deg"):
        machine.turn([3, 4], [1.0, angle])
    assert not machine.wipers().any()


def test_toggles_hold_the_s_units_whatever_the_light():
    machine = MarkI(seed=1)
    positions = np.where(np.arange(400) < 200, 1, -1)
    machine.toggle(positions)
    for frame in (np.zeros((20, 20)), np.ones((20, 20))):
        machine.present(frame, None, learn=False)
        machine.advance(machine.now + 500_000)
        np.testing.assert_array_equal(machine.view().s.ravel(), positions > 0)
        machine.finish()
    machine.toggle(np.zeros(400))
    machine.present(np.zeros((20, 20)), None, learn=False)
    machine.advance(machine.now + 500_000)
    assert not machine.view().s.any()


def test_a_toggle_thrown_amid_a_presentation_moves_the_a_units_that_it_feeds():
    machine = MarkI(MachineConfig().ideal(), seed=1)
    machine.present(np.zeros((20, 20)), None, learn=False)
    for half in (0, 1):
        machine.advance(machine.now + 100_000)
        machine.toggle(np.where(np.arange(400) % 2 == half, 1, -1))
        machine.advance(machine.now + 100_000)
        expected = machine.wiring[:, half::2].sum(axis=1) >= machine.association.theta
        assert expected.any()
        np.testing.assert_array_equal(machine.view().a, expected)
