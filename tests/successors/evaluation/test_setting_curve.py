"""Curves over a setting that counts only while a system answers."""

import numpy as np
import pytest

from marki.errors import StateError, UnknownName
from successors import registry, tasks
from successors.evaluation.setting_curve import curve
from successors.training import loop

CHANGES = {"width": 8, "groups": 4, "last": 1.0}


def test_one_set_of_weights_is_examined_under_each_value():
    deck = tasks.load("imitate", cache=False, train=40, valid=10, test=12)
    entry = registry.find("diffusion").entry
    weights = entry.create(seed=5, changes=CHANGES).weights()
    rows = curve("diffusion", weights, deck, deck.test, setting="steps", values=(1, 3), changes=CHANGES)
    assert [row["steps"] for row in rows] == [1, 3]
    learner = entry.create(changes=CHANGES | {"steps": 3})
    learner.load_weights(weights)
    exam = loop.examine(learner, deck, deck.test)
    assert rows[1] == {"steps": 3, "score": exam.score, **exam.figures}
    assert rows[0]["FD"] != rows[1]["FD"]
    assert {"precision", "recall", "FD", "modes", "nearest", "read"} <= set(rows[0])


def test_weights_that_depend_on_the_setting_and_unknown_settings_are_refused():
    deck = tasks.load("imitate", cache=False, train=40, valid=10, test=12)
    weights = {
        name: np.array(a) for name, a in registry.find("diffusion").entry.create(changes=CHANGES).weights().items()
    }
    with pytest.raises(StateError, match="is"):
        curve("diffusion", weights, deck, deck.test, setting="width", values=(12,), changes=CHANGES)
    with pytest.raises(UnknownName, match="stepz"):
        curve("diffusion", weights, deck, deck.test, setting="stepz", values=(1,), changes=CHANGES)
