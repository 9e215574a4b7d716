"""Curves over a setting that counts only while a system answers."""

import csv
import json

import numpy as np
import pytest

from marki.__main__ import main
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


def test_the_command_examines_the_shipped_weights(tmp_path, capsys):
    assert main(["curve", "hopfield", "sweeps=1,100", "--quiet", "--out", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    with open(tmp_path / "a/curve.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sweeps"] for row in rows] == ["1", "100"]
    assert float(rows[0]["score"]) < float(rows[1]["score"]) == registry.metrics("hopfield")["trials"][0]["seeds"]["0"]
    assert str(tmp_path / "a") in said
    assert (tmp_path / "a/curve.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "a/curve.json").read_text())["setting"] == "sweeps"


@pytest.mark.parametrize(
    ("name", "setting", "said"),
    [
        ("hopfield", "sweepz=1", "Did you mean 'sweeps'"),
        ("hopfield", "sweeps=0,1", "sweeps"),
        ("hopfield", "sweeps=one", "Give numbers"),
        ("hopfield", "sweeps", "NAME=VALUE"),
        ("hopfield", "sweeps=", "Give numbers"),
        ("hopfield", "recipe.steps=1,2", "counts only in training"),
        ("hopfeld", "sweeps=1", "Did you mean 'hopfield'"),
    ],
)
def test_what_cannot_be_examined_is_refused_and_writes_nothing(name, setting, said, tmp_path, capsys):
    assert main(["curve", name, setting, "--quiet", "--out", str(tmp_path / "a")]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not list(tmp_path.iterdir())
