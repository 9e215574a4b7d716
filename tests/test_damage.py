import pytest

from marki.damage import break_cells, cut, stick
from marki.errors import ConfigError, WiringError
from marki.machine import MachineConfig
from marki.session import mark1_session
from marki.twin_session import TwinSession


@pytest.fixture
def session():
    return mark1_session(seed=2)


def test_wires_are_cut_one_by_one_or_all(session):
    wires = session.learner.wiring[11].nonzero()[0] + 1
    cut(session, 12, int(wires[0]))
    assert session.learner.wiring[11, wires[0] - 1] == 0
    assert len(session.learner.wiring[11].nonzero()[0]) == len(wires) - 1
    cut(session, 13)
    assert session.learner.config.faults.cut_wires == (13,)
    assert [c.name for c in session.commands] == ["set", "set"]


def test_damage_is_added_to_what_there_is(session):
    break_cells(session, 17, 18)
    break_cells(session, 18, 19)
    stick(session, on=[5], off=[6], motors=[7])
    stick(session, on=[8])
    faults = session.learner.config.faults
    assert faults.dead_cells == (17, 18, 19)
    assert (faults.stuck_on, faults.stuck_off, faults.stuck_motors) == ((5, 8), (6,), (7,))


def test_the_twin_is_damaged_in_the_same_way():
    twin = TwinSession(mark1_session(machine=MachineConfig().ideal(), seed=2))
    break_cells(twin, 17)
    cut(twin, 12, 3)
    assert twin.learner.config.faults.dead_cells == (17,)
    assert twin.learner.config.plugboard.patches == ("A12=3",)


def test_units_that_there_are_not_are_refused(session):
    with pytest.raises(ConfigError, match="401"):
        break_cells(session, 401)
    with pytest.raises(WiringError, match="A513=1"):
        cut(session, 513, 1)
    stick(session, on=[5])
    with pytest.raises(ConfigError, match="A-unit 5"):
        stick(session, off=[5])
    assert len(session.commands) == 1
