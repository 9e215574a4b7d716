import copy

import numpy as np
import pytest

from marki.errors import ConfigError, UnknownName
from marki.io.worlds import WorldConfig
from marki.probe import QUANTITIES, Probe
from marki.session import mark1_session

WORLD = WorldConfig(name="left_right")


def fresh():
    return mark1_session(WORLD, seed=3)


@pytest.mark.parametrize("grain", ["trial", "event"])
def test_probes_change_nothing_of_the_run(grain):
    session, probed = fresh(), fresh()
    for quantity in QUANTITIES:
        probed.attach(Probe(quantity))
    session.run(6)
    while probed.trial < 6:
        probed.step(grain)
    assert probed.digest == session.digest
    assert all(probe.trials.tolist() == list(range(6)) for probe in probed.probes)


def test_it_records_what_stands_when_the_response_is_read():
    session, seen = fresh(), []
    inputs, active = session.attach(Probe("u_a", [3, 500])), session.attach(Probe("a"))
    watched = fresh()
    for _ in range(8):
        watched.step("event")
        watched.advance(watched.began_us + watched.learner.config.sequencer.settle_us)
        seen.append(watched.learner.view().u_a[[3, 500]])
        watched.step("trial")
    session.run(8)
    assert inputs.values.tolist() == np.array(seen).tolist()
    assert np.abs(inputs.values).sum() > 0
    assert active.values.sum(axis=1).tolist() == session.records["active"].tolist()


def test_what_comes_after_a_command_in_the_middle_of_a_trial_is_recorded_too():
    session = fresh()
    lit = session.attach(Probe("s", [0]))
    session.step("event")
    session.advance(session.now + 1000)
    session.command("toggle", [1] + [0] * 399)
    session.step("trial")
    assert lit.values.tolist() == [[True]]


def test_going_back_keeps_what_is_known_and_a_new_branch_forgets_it():
    session = fresh()
    session.run(2)
    probe = session.attach(Probe("u_r"))
    session.run(4)
    assert probe.trials.tolist() == [2, 3, 4, 5]
    known = probe.values
    session.visit(0)
    session.replay(6)
    assert probe.trials.tolist() == [0, 1, 2, 3, 4, 5], "what was missing is filled in"
    assert np.array_equal(probe.values[2:], known)
    session.rewind(3)
    assert probe.trials.tolist() == [0, 1, 2]
    session.reset()
    assert not probe.trials.size


def test_a_branch_in_the_middle_of_a_trial_keeps_what_was_read():
    session = fresh()
    probe = session.attach(Probe("a"))
    session.run(3)
    session.visit(1)
    session.step("event")
    session.advance(session.began_us + session.learner.config.sequencer.settle_us)
    session.drop_future()
    assert probe.trials.tolist() == [0, 1]


def test_a_copy_of_a_session_has_probes_of_its_own():
    session = fresh()
    probe = session.attach(Probe("values", [1]))
    session.run(3)
    other = copy.deepcopy(session)
    other.run(2)
    assert (len(probe.trials), len(other.probes[0].trials)) == (3, 5)
    assert np.array_equal(other.probes[0].values[:3], probe.values)


def test_it_is_a_data_frame_with_a_column_a_unit():
    session = fresh()
    probe = session.attach(Probe("u_a", [17, 2]))
    assert list(probe.frame().columns) == ["trial", "u_a[17]", "u_a[2]"]
    session.run(2)
    assert probe.frame()["u_a[2]"].tolist() == probe.values[:, 1].tolist()
    assert repr(probe) == "<Probe of u_a: 2 units, 2 trials>"


def test_what_cannot_be_recorded_is_refused():
    with pytest.raises(UnknownName, match="Did you mean 'values'"):
        Probe("valves")
    for units in ([512], [-1], []):
        with pytest.raises(ConfigError, match="Give 0 to 511"):
            Probe("u_a", units)
    with pytest.raises(ConfigError, match="Give 0 to 7"):
        Probe("r", [8])
