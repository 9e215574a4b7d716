"""What the Mark I is said to answer before it is asked, and what it then answers."""

from copy import deepcopy

import numpy as np
import pytest

from marki.console.timeline import mark1
from marki.io.camera import Camera
from marki.io.stimuli.letters import letter
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig
from marki.session import mark1_session

STILL = {"sensory.noise": False}
MACHINES = {
    "as it is": {},
    "dead cells": {"faults.dead_cells": tuple(range(150, 260))},
    "stuck relays": {"faults.stuck_on": (3, 70, 71, 200), "faults.stuck_off": tuple(range(300, 400))},
    "dominant": {"response.readout": "dominant"},
    "mean": {"response.statistic": "mean"},
    "wide dead zone": {"response.dead_zone_deg": 12.0},
    "coarse wire": {"potentiometers.levels": 12},
}


@pytest.mark.parametrize("changes", MACHINES.values(), ids=MACHINES)
@pytest.mark.parametrize("switched", [False, True])
def test_what_it_would_answer_is_what_it_answers(changes, switched):
    session = mark1_session(WorldConfig(letters="ABCDEFG"), machine=MachineConfig().amend({**STILL, **changes}), seed=3)
    session.run(40)
    if switched:
        session.learner.force(np.array([1, -1, 0, 0, 0, 0, 0, 0], np.int8))
        toggles = np.zeros((20, 20), np.int8)
        toggles[8:11] = 1
        toggles[:, 12] = -1
        session.learner.toggle(toggles)
    for name in "ABCDEFGHIJ":
        frame = Camera().frame(letter(name))
        before = session.learner.view()
        told = mark1.reply(session, frame, 0, "")
        assert (session.learner.view().values == before.values).all()
        machine = deepcopy(session.learner)
        assert told.lamps.tolist() == machine.respond(frame[None])[0].tolist()
        assert told.views[1].array == pytest.approx(machine.response.u_r[: machine.units] / 1e6, abs=1e-4)
