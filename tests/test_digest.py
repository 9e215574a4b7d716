"""The digest covers all that a run follows from, and all that came of it."""

import numpy as np

from marki.hardware import plugboard
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig, MarkI
from marki.session import mark1_session


def test_two_runs_have_one_digest_from_the_start_only_if_all_that_they_follow_from_is_one():
    sessions = [
        mark1_session(),
        mark1_session(seed=1),
        mark1_session(WorldConfig(letters="ABC")),
        mark1_session(machine=MachineConfig().amend({"association.theta": 3})),
        mark1_session(wiring=plugboard.wire(MachineConfig().plugboard, 7)),
    ]
    assert len({s.digest for s in sessions}) == len(sessions)
    assert mark1_session().digest == sessions[0].digest


def test_what_was_learned_and_the_sums_are_covered_beside_the_events():
    machine = MarkI(seed=1)
    before = machine.witness()
    machine.turn([3], [5.0])
    turned = machine.witness()
    machine.response.u_r[2] = 1
    assert len({before, turned, machine.witness()}) == 3


def test_a_hand_cannot_turn_a_wiper_beyond_its_stops():
    machine = MarkI(seed=1)
    machine.turn([0, 511, 7], [400.0, -400.0, 12.5])
    assert np.array_equal(machine.view().values[[0, 511, 7]], [150, -150, 12.5])
