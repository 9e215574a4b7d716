"""The reply of a system: what it says beside its answer."""

from types import SimpleNamespace

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.asked import asked
from marki.io.exhibits import LAMP_SHARES
from marki.io.ports import Port
from successors import registry
from successors.serving.loaded_system import LoadedSystem


def test_the_runners_up_come_best_first_and_without_the_answer():
    system = registry.find("lenet5")
    trial = next(t for t in system.entry.trials if t.task == "digits")
    deck = registry.sample(trial)
    shares = np.array([[0.02, 0.05, 0.3, 0.01, 0.2, 0.02, 0.1, 0.05, 0.2, 0.05]])
    learner = SimpleNamespace(
        accepts=Port.FRAME,
        answers=Port.LAMPS,
        network=None,
        noise=np.zeros(0),
        weigh=lambda x: (deck.code[[2]], shares),
    )
    frame = np.zeros((20, 20), np.float32)
    reply = LoadedSystem(system=system, trial=trial, learner=learner).reply(0, frame, "", views=False)
    assert (reply.said, reply.confidence) == (deck.classes[2], 0.3)
    # Of 4 and 8, which are equal, the first class comes first.
    assert reply.others == ((deck.classes[4], 0.2), (deck.classes[8], 0.2), (deck.classes[6], 0.1))


def one(accepts, stimulus):
    """Return what a system of these ports takes a stimulus for."""
    system = registry.find("lenet5")
    learner = SimpleNamespace(accepts=accepts, answers=Port.FIELD, network=None, noise=np.zeros(0))
    return LoadedSystem(system=system, trial=system.entry.trials[0], learner=learner).one(stimulus)


def test_lamps_are_one_stimulus():
    lit = np.arange(8) % 3 == 0
    assert one(Port.LAMPS, lit).tolist() == [lit.tolist()]
    for wrong in (lit[:7], lit.astype(float), np.stack([lit, lit]), np.zeros((20, 20), np.float32)):
        with pytest.raises(PortError, match="lenet5's lamps port"):
            one(Port.LAMPS, wrong)


def test_a_picture_with_its_question_is_one_stimulus():
    pairs = asked(np.random.default_rng(0).random((2, 20, 20), np.float32), np.array(["how many?", "where is it?"]))
    found = one(Port.ASKED, pairs[1])
    assert found.shape == (1,)
    assert found["text"].tolist() == ["where is it?"]
    assert np.array_equal(found["frame"][0], pairs["frame"][1])
    for wrong in (pairs, pairs[:0], pairs["frame"][0], np.array("how many?")):
        with pytest.raises(PortError, match="lenet5's asked port"):
            one(Port.ASKED, wrong)


def test_a_system_that_reads_code_books_tells_its_certainty_and_the_digest_of_its_weights():
    system = registry.find("gpt3")
    learner = system.entry.create(changes={"width": 16, "hidden": 32})
    stands = LoadedSystem(system=system, trial=system.entry.trials[0], learner=learner)
    few, many = (stands.reply(0, np.array(text), "", views=True) for text in ("A", "C 3 A 5 B 2 A"))
    shares = [next(v.array for v in reply.views if v.name == LAMP_SHARES) for reply in (few, many)]
    assert all(array.shape == (8,) for array in shares)
    assert not np.allclose(*shares)  # the answer changes
    assert few.weights == many.weights  # the weights do not
    assert len(few.weights) == 16
    learner.network.state()["tokens"][0, 0] += 1
    assert stands.reply(0, np.array("A"), "", views=False).weights != few.weights


def test_the_digest_of_a_system_of_frames_is_not_told():
    system = registry.find("lenet5")
    stands = LoadedSystem(system=system, trial=system.entry.trials[0], learner=system.entry.create())
    assert stands.reply(0, np.zeros((20, 20), np.float32), "", views=False).weights == ""


def test_a_lamp_that_is_told_first_is_right_whatever_follows(monkeypatch):
    system = registry.find("gpt3")
    stands = LoadedSystem(system=system, trial=system.entry.trials[0], learner=system.entry.create())
    monkeypatch.setattr(stands.learner, "weigh", lambda x: (np.array(["5 G 5 A 1"]), np.zeros((1, 0))))
    assert stands.reply(0, np.array("G 5 A 1 G"), "5", views=False).judged is True
    assert stands.reply(0, np.array("G 5 A 1 G"), "1", views=False).judged is False
    assert stands.reply(0, np.array("G 5 A 1 G"), "", views=False).judged is None
