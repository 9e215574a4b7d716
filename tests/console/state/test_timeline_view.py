"""Whether an answer in the window is right, wrong, or nobody can say."""

from dataclasses import replace

import numpy as np
import pytest
from console.fake_timeline import EXHIBITS, FakeRack

from marki.console.state.timeline_view import verdict

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
        ("le rond", "le rond", True),
        ("le rond", "le carré", False),
    ],
)
def test_a_verdict_on_an_answer(said, wanted, found):
    assert verdict(replace(REPLY, said=said, wanted=wanted), ABC) is found


def test_without_an_answer_there_is_no_verdict():
    assert verdict(None, ABC) is None
