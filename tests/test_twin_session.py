import numpy as np
import pytest

from marki.errors import ConfigError, UnknownName
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig
from marki.session import mark1_session
from marki.twin_session import TwinSession

WITHOUT_TIME = [
    "number", "item", "kind", "active", "course", "target", "response", "learned", "wrong",
]  # fmt: skip


def both(world=None, seed=3, **changes):
    machine = MachineConfig().ideal().amend({name.replace("__", "."): value for name, value in changes.items()})
    return [
        mark1_session(world, machine=machine, seed=seed),
        TwinSession(mark1_session(world, machine=machine, seed=seed)),
    ]


@pytest.mark.parametrize(
    ("world", "changes"),
    [
        (None, {}),
        (WorldConfig(name="left_right", size=6.0), {"association__theta": 3}),
        (WorldConfig(name="dots", count=20), {"reinforcement__control": "forced", "plugboard__patches": ["A1+3"]}),
    ],
    ids=["letters", "left_right", "dots"],
)
def test_machine_and_twin_have_the_same_records_and_values(world, changes):
    """Lessons, damage in between, and an examination: what the twin says in a moment is what the machine does."""
    sessions = both(world, **changes)
    for session in sessions:
        for _ in range(12):
            session.step("trial")
        session.command("set", {"machine.faults.stuck_off": [1, 2, 3], "faults.dead_cells": [200]})
        session.step("trial")
        session.command("course", {"name": "exam", "learn": False})
        for _ in range(4):
            session.step("trial")
    machine, twin = sessions
    assert twin.records[WITHOUT_TIME].tolist() == machine.records[WITHOUT_TIME].tolist()
    assert len(twin.records) == 17
    np.testing.assert_array_equal(twin.learner.v, machine.learner.wipers())


def test_it_has_no_clock_and_its_own_digest():
    machine, twin = both()
    twin.step()
    assert twin.now == 0
    assert not twin.records["t_us"].any()
    assert twin.digest != machine.digest
    again = both()[1]
    again.step()
    assert again.digest == twin.digest
    other = both(seed=4)[1]
    other.step()
    assert other.digest != twin.digest


def test_a_given_wiring_is_taken():
    wiring = mark1_session(seed=9).learner.wiring
    machine = MachineConfig().ideal()
    ours = TwinSession(mark1_session(machine=machine, seed=1, wiring=wiring))
    theirs = TwinSession(mark1_session(machine=machine, seed=1))
    ours.step()
    theirs.step()
    assert ours.records["active"] != theirs.records["active"]


def test_what_it_cannot_compute_is_refused():
    with pytest.raises(ConfigError, match=r"machine\.sensory\.lag and 13 other effects"):
        TwinSession(mark1_session())
    twin = both()[1]
    with pytest.raises(ConfigError, match=r"machine\.sensory\.noise"):
        twin.command("set", {"sensory.noise": True})
    with pytest.raises(UnknownName, match="'toggle'"):
        twin.command("toggle", [0] * 400)
    with pytest.raises(UnknownName, match="'pass'"):
        twin.step("pass")
    assert twin.commands == []
