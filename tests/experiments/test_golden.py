"""Runs of before: digests that must not change unless what they are of is meant to change.

`tests/golden/digests.json` is made by `python tests/golden/make_digests.py --write`, which also compares all of it.
"""

import importlib.util
import json
from pathlib import Path

import pytest

from successors import registry

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
WANTED = json.loads((GOLDEN / "digests.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def make():
    spec = importlib.util.spec_from_file_location("make_digests", GOLDEN / "make_digests.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["alphabet", "left_right"])
def test_an_experiment_runs_as_it_did(make, tmp_path, name):
    assert make.experiment(name, tmp_path / name, range(1))["digests"] == WANTED["experiments"][name]["digests"][:1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dots", "spontaneous", "forms", "ablation"])
def test_a_longer_experiment_runs_as_it_did(make, tmp_path, name):
    assert make.experiment(name, tmp_path / name, range(1))["digests"] == WANTED["experiments"][name]["digests"][:1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "lenet5", "vit", "gpt"])
def test_a_training_ends_as_it_did(make, tmp_path, name):
    assert make.training(name, tmp_path) in WANTED["trainings"][name]  # one for each kind of processor


@pytest.mark.brief
@pytest.mark.parametrize("name", registry.names())
def test_a_training_begins_as_it_did(make, name):
    digest, moved = make.brief(name)
    row = WANTED["brief"][name]
    if make.rounding() in row["digests"]:
        assert digest == row["digests"][make.rounding()]
    else:  # sums are rounded otherwise here, which tells little after so few steps
        assert moved == pytest.approx(row["moved"], rel=0.001)
