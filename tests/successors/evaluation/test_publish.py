"""What is shipped of a system: the run that did best on the validation set, never on the test set."""

import json
from dataclasses import replace

import numpy as np
import pytest

from marki.files import write_json
from successors import registry, tasks
from successors.evaluation import publish
from successors.model_card import Measure, Trial
from successors.nn import weights_file
from successors.training.training_job import TrainingJob


def test_the_shipped_seed_is_chosen_by_the_validation_score():
    orders = [TrainingJob(learner="perceptron", task="two_class", seed=seed) for seed in range(4)]
    valid, test = (0.7, 0.9, 0.9, 0.8), (0.95, 0.6, 0.97, 0.99)
    found = {order: {"valid": v, "score": s} for order, v, s in zip(orders, valid, test, strict=True)}
    assert publish._best(orders, found).seed == 1, "the best on the validation set, and of equals the first"


def test_a_measure_is_given_the_stimuli_that_it_asks_for(tmp_path):
    system, seen = registry.find("mlp"), []
    trials = [Trial(task="digits"), Trial(task="parity", label="few", options={"test": 40, "train": 40}, seeds=2)]
    system = replace(system, entry=replace(system.entry, trials=trials))
    for order in publish._main(system, trials[1], 3):
        learner = registry.create("mlp", seed=order.seed)
        settings = json.dumps(learner.config.to_mapping())
        weights_file.save(tmp_path / f"{order.key}.safetensors", learner.weights(), system="mlp", settings=settings)

    def run(learner, *given):
        seen.append(given)
        return float(len(seen))

    found = publish._measure(system, Measure(name="some", run=run, stimuli=7, trial="few"), 3, tmp_path)
    assert found["seeds"] == {"3": 1.0, "4": 2.0}
    assert (found["claim"], found["wanted"], found["value"]) == ("some", 0.0, 1.5)
    test = tasks.load("parity", test=40, train=40).test
    for stimuli, targets in seen:
        assert np.array_equal(stimuli, test.stimuli[:7])
        assert np.array_equal(targets, test.targets[:7])
    publish._measure(system, Measure(name="none", run=run, trial="few"), 3, tmp_path)
    assert seen[2:] == [(), ()]


def test_a_part_set_aside_is_claimed_by_the_mean_of_the_seeds(monkeypatch):
    monkeypatch.setattr(publish, "breakdown", lambda runs: {})
    system = registry.find("mlp")
    trial = Trial(task="digits", at_least=0.5, aside={"left out": 0.6, "far out": 0.1}, seeds=3)
    system = replace(system, entry=replace(system.entry, trials=(trial,)))
    found = {}
    for order, aside in zip(publish._main(system, trial, 0), (0.30, 0.32, 0.34), strict=True):
        found[order] = {
            "score": 1.0, "right": "1" * 50, "valid": 1.0, "also": {"left out": aside, "far out": aside},
            "order": {"settings": {"options": {}}}, "parameters": 1, "multiply_adds": 1, "warnings": [],
        }  # fmt: skip
    about = publish._trial(system, trial, found, 0)
    claims = {(claim["claim"], claim["than"]): claim for claim in about["claims"]}
    assert claims["at least", ""]["word"] == "holds"
    assert claims["at least on", "left out"]["word"] == "fails"
    assert claims["at least on", "left out"]["value"] == pytest.approx(0.32)
    assert claims["at least on", "far out"]["word"] == "holds"
    assert about["also"]["left out"] == pytest.approx(0.32)


def test_the_processor_s_time_is_that_of_all_runs_each_once(tmp_path):
    mine = {order for name in ("mlp", "perceptron") for order in publish._orders(registry.find(name), 5)}
    (tmp_path / publish.RUNS).mkdir()
    for order in mine:
        write_json(tmp_path / publish.RUNS / f"{order.key}.json", {"processor_seconds": 90.0})
    write_json(tmp_path / publish.RUNS / "of-another-system.json", {"processor_seconds": 1e6})
    assert publish.processor_minutes(["mlp", "perceptron"], tmp_path, seed=5) == pytest.approx(1.5 * len(mine))
    alone = publish.processor_minutes(["mlp"], tmp_path, seed=5)
    assert alone == pytest.approx(1.5 * len(set(publish._orders(registry.find("mlp"), 5))))


@pytest.mark.parametrize(
    ("name", "number", "than"), [("incoder", 1, "itself as it is"), ("alphacode", 1, "itself with samples=10")]
)
def test_whom_a_system_is_compared_with_if_with_itself(name, number, than):
    (claim,) = registry.metrics(name)["trials"][number]["claims"]
    assert claim["than"] == than
