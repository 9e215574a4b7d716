"""The reply of a system: what it says beside its answer."""

from types import SimpleNamespace

import numpy as np

from marki.io.ports import Port
from successors import registry
from successors.serving.worker import LoadedSystem


def test_the_runners_up_come_best_first_and_without_the_answer():
    system = registry.find("lenet5")
    trial = next(t for t in system.entry.trials if t.task == "digits")
    deck = registry.sample(trial)
    shares = np.array([[0.02, 0.05, 0.3, 0.01, 0.2, 0.02, 0.1, 0.05, 0.2, 0.05]])
    learner = SimpleNamespace(
        accepts=Port.FRAME, answers=Port.LAMPS, network=None, weigh=lambda x: (deck.code[[2]], shares)
    )
    frame = np.zeros((20, 20), np.float32)
    reply = LoadedSystem(system=system, trial=trial, learner=learner).reply(0, frame, "", views=False)
    assert (reply.said, reply.confidence) == (deck.classes[2], 0.3)
    # Of 4 and 8, which are equal, the first class comes first.
    assert reply.others == ((deck.classes[4], 0.2), (deck.classes[8], 0.2), (deck.classes[6], 0.1))
