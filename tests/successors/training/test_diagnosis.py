"""Dead and stuck trainings say so; sound ones do not."""

from dataclasses import replace

import numpy as np
import pytest

from marki.__main__ import mark1
from marki.registers import fingerprint, snapshot
from successors import registry, tasks
from successors.evaluation.compare import _row
from successors.nn.activity import monitored
from successors.nn.tensor import Tensor, no_grad
from successors.training import loop, participants, training_job
from successors.training.diagnosis import Symptom, diagnose
from successors.training.loop import Record

PAIR = {"train": 400, "valid": 100, "test": 100, "shift": 1.0}


def trained(name, changes, deck):
    """Return a learner and the record of its training."""
    entrant = participants.enter(name, deck, changes=changes, machine=mark1)
    return entrant.learner, loop.train(entrant.learner, deck, entrant.recipe)


@pytest.fixture(scope="module")
def pair():
    return tasks.load("two_class", **PAIR)


def test_lecuns_network_at_its_rate_for_ten_classes_is_dead_on_two_and_at_its_own_rate_is_not(pair):
    short = {"recipe.steps": 400, "recipe.eval_every": 100}
    learner, record = trained("lecun", short | {"recipe.rate": 0.1}, pair)
    assert record.best == 0.5
    assert set(diagnose(learner, pair, record)) == set(Symptom) - {Symptom.SILENT}
    own = dict(participants.default_changes("lecun", "two_class"))
    assert own == {"recipe.rate": 0.02}
    learner, record = trained("lecun", short | own, pair)
    assert record.best > 0.95
    assert diagnose(learner, pair, record) == []


def test_rectifiers_that_are_never_on_are_reported(pair):
    learner = registry.find("alexnet").entry.create(changes={"classes": 2})
    assert Symptom.SILENT not in diagnose(learner, pair, Record())
    for name, p in learner.network.parameters().items():
        if name.endswith("bias"):
            p.data[...] = -1e3
    assert Symptom.SILENT in diagnose(learner, pair, Record())


def test_learners_by_rule_and_the_machine_are_diagnosed_too(pair):
    still = {"control": "none", "recipe.steps": 4, "recipe.eval_every": 1}
    learner, record = trained("perceptron", still, pair)
    assert record.losses == []
    assert diagnose(learner, pair, record) == [Symptom.ONE_ANSWER, Symptom.CHANCE]
    learner, record = trained("perceptron", {}, pair)
    assert diagnose(learner, pair, record) == []
    machine = mark1(1, 0)
    assert diagnose(machine, pair, Record(best=0.5, curve=[[1, 0.5, 0.5]])) == [Symptom.ONE_ANSWER, Symptom.CHANCE]


def test_a_better_score_by_luck_is_not_better_than_chance_and_a_loss_must_fall(pair):
    learner = registry.find("perceptron").entry.create()
    lucky = Record(best=0.6, curve=[[k, 0.5, 0.5] for k in range(20)])
    assert Symptom.CHANCE in diagnose(learner, pair, lucky)
    assert Symptom.CHANCE not in diagnose(learner, pair, replace(lucky, best=0.7))
    assert Symptom.LOSS in diagnose(learner, pair, Record(losses=[1.0, 1.1, 0.995]))
    assert Symptom.LOSS not in diagnose(learner, pair, Record(losses=[1.0, 0.9, 1.2]))


def test_diagnosing_changes_no_network(pair):
    learner = registry.find("lenet5").entry.create(changes={"classes": 2})
    before = fingerprint(snapshot(learner.registers()))
    diagnose(learner, pair, Record())
    assert fingerprint(snapshot(learner.registers())) == before


def test_layers_are_apart_unless_they_are_called_many_times():
    with monitored(2, repeated=True) as monitor, no_grad():
        Tensor(np.array([[9.0, 9.0], [9.0, 0.0]])).tanh()
        assert monitor.saturated() == 0.5
        Tensor(np.array([[0.0, 9.0], [0.0, 0.0]])).tanh()
        assert monitor.saturated() == 0  # neither unit stayed at its limit
    with monitored(2, repeated=False) as monitor, no_grad():
        Tensor(np.array([[9.0, -9.0], [-9.0, -9.0]])).sigmoid()
        Tensor(np.array([[-1.0, 0.0], [-1.0, 1.0]])).relu()
        Tensor(np.full((3, 2), -9.0)).sigmoid()  # not one for each stimulus
        assert (monitor.saturated(), monitor.silent()) == (0.5, 0.5)


def test_results_tables_and_sweeps_show_the_warnings(tmp_path):
    changes = {"control": "none", "recipe.steps": 2, "recipe.eval_every": 1}
    order = training_job.training("perceptron", "two_class", options=PAIR, changes=changes)
    found = training_job.train(order, tmp_path / "one")
    words = ["one answer for everything", "never better than chance"]
    assert found["warnings"] == words
    note = _row("perceptron", "historical", [found, found | {"warnings": words[:1]}])["note"]
    assert note == "one answer for everything (2 of 2 seeds); never better than chance (1 of 2 seeds)"
    settings = {"learner": "perceptron", "task": "two_class"} | {f"options.{k}": v for k, v in PAIR.items()} | changes
    assert training_job.run_point(settings, 0, tmp_path / "point")["warnings"] == "; ".join(words)


def test_the_machines_wipers_are_kept(tmp_path):
    options = {"train": 20, "valid": 10, "test": 10}
    changes = {"recipe.batch": 10, "recipe.steps": 2, "recipe.eval_every": 1}
    order = training_job.training("mark1", "two_class", options=options, changes=changes, seed=3)
    found = training_job.train(order, tmp_path, machine=mark1)
    kept = training_job.wiper_positions(order, found)
    assert len(kept["wipers"]) == 512
    assert any(kept["wipers"])
    assert (kept["seed"], kept["task"], kept["digest"]) == (3, "two_class", found["digest"])
    assert "wipers" not in training_job.train(training_job.training("perceptron", "two_class", options=PAIR), tmp_path)
