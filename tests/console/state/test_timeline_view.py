"""Whether an answer in the window is right, wrong, or nobody can say."""

from dataclasses import replace

import numpy as np
import pytest
from console.fake_timeline import EXHIBITS, FakeRack

from marki.console.state.timeline_view import foreign, restored, verdict

ABC = replace(next(e for e in EXHIBITS if e.name == "lenet5"), classes=("A", "b", "C"))
REPLY = FakeRack().reply("lenet5", 0, np.zeros((20, 20), np.float32), "", False)


@pytest.mark.parametrize(
    ("said", "wanted", "found"),
    [
        ("A", "A", True),
        ("A", "a", True),
        ("B", "b", True),
        ("A", "C", False),
        ("A", "", None),
        ("A", "7", None),  # it has no word for a 7, and cannot be wrong about it
        ("", "A", False),  # lamps that are nobody's code
    ],
)
def test_a_verdict_on_an_answer(said, wanted, found):
    reply = replace(REPLY, said=said, wanted=wanted)
    assert verdict(reply, ABC) is found
    assert foreign(reply, ABC) is (wanted == "7")


@pytest.mark.parametrize(
    ("task", "wanted", "found"),
    [("letters", "W", None), ("letters", "A", True), ("digits", "A", None), ("digits", "4", False)],
)
def test_an_answer_is_judged_by_the_classes_of_the_weights_that_gave_it(task, wanted, found):
    """A system with weights of another task of the hall answers with those."""
    reply = replace(REPLY, said="A", wanted=wanted, task=task)
    assert verdict(reply, ABC) is found
    assert foreign(reply, ABC) is (found is None)


def test_a_text_is_right_if_it_is_the_wanted_one():
    reader = next(e for e in EXHIBITS if e.name == "gpt")
    assert verdict(replace(REPLY, said="le rond", wanted="le rond"), reader) is True
    assert verdict(replace(REPLY, said="le rond", wanted="le carré"), reader) is False


@pytest.mark.parametrize(("wrong", "found"), [(0, True), (3, False)])
def test_a_field_is_right_if_every_cell_of_it_is(wrong, found):
    """A field names no class: Hopfield's net is not wrong about a T because it says nothing."""
    memory = next(e for e in EXHIBITS if e.name == "hopfield")
    field = np.zeros((20, 20), np.float32)
    field[:, 3] = 0.9
    target = (field > 0.5).astype(np.float32)
    target.reshape(-1)[:wrong] = 1
    reply = replace(REPLY, said="", wanted="T", field=field, target=target)
    assert verdict(reply, memory) is found
    assert restored(reply) == 400 - wrong
    assert verdict(replace(reply, target=None), memory) is None


def test_without_an_answer_there_is_no_verdict():
    assert verdict(None, ABC) is None
