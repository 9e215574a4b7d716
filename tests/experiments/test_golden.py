"""Runs of before: digests that must not change unless what they are of is meant to change.

`tests/golden/digests.json` is made by `python tests/golden/make_digests.py --write`, which also compares all of it.
"""

import importlib.util
import json
from pathlib import Path

import pytest

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
