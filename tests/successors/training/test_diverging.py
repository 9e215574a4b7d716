"""A training that diverges is a result: step, reason, state; the others go on, and --resume does not stop there."""

import json

import numpy as np
import pytest

from marki import files
from marki.__main__ import main
from marki.jobs.options import RunOptions
from marki.reading import read_arrays
from successors.evaluation import ablation_path, compare, publish
from successors.nn import optimiser
from successors.nn.optimiser import Diverged
from successors.training import loop, training_job
from successors.training.training_job import DIVERGED, training

SMALL = {"train": 200, "valid": 60, "test": 60, "shift": 0.0}
WILD = {"recipe.rate": 1e38, "recipe.steps": 30, "recipe.eval_every": 5, "recipe.warm_up": 0}
TAME = {"recipe.steps": 10, "recipe.eval_every": 5}


def wild(**changes):
    return training("mlp", "two_class", options=SMALL, changes=WILD | changes)


def test_step_reason_and_state_are_the_result(tmp_path):
    found = training_job.train(wild(), tmp_path)
    about = found[DIVERGED]
    assert 0 < about["step"] < 30
    assert "not a number" in about["reason"] or "nan" in about["reason"] or "inf" in about["reason"]
    arrays, _ = read_arrays(tmp_path / about["state"])
    assert all(np.isfinite(a).all() for a in arrays.values())
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".npz"}
    assert training_job.train(wild(), tmp_path, resume=True) == found


def test_a_training_that_is_killed_as_it_diverges_comes_to_the_same_result(tmp_path, monkeypatch):
    whole = training_job.train(wild(), tmp_path / "whole")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training_job.os, "replace", lambda a, b: killed() if "diverged" in str(b) else a.rename(b))
        patch.setattr(files.os, "replace", lambda a, b: killed() if "diverged" in str(b) else a.rename(b))
        with pytest.raises(KeyboardInterrupt):
            training_job.train(wild(), tmp_path / "killed")
    calls = []
    monkeypatch.setattr(optimiser.Optimiser, "step", lambda self, rate: calls.append(rate))
    again = training_job.train(wild(), tmp_path / "killed", resume=True)
    assert again | {"processor_seconds": whole["processor_seconds"]} == whole
    assert not calls


def test_the_error_of_the_loop_says_where_it_stopped():
    deck = loop.tasks.load("two_class", **SMALL)
    entrant = training_job.participants.enter("mlp", deck, changes=WILD)
    with pytest.raises(Diverged) as found, np.errstate(all="ignore"):
        loop.train(entrant.learner, deck, entrant.recipe)
    assert found.value.step > 0
    assert found.value.reason
    assert str(found.value).endswith("Lower the learning rate, or clip the gradient")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_sweep_goes_on_past_points_that_diverge(tmp_path, capsys, jobs):
    spec = tmp_path / "rates.toml"
    spec.write_text(
        'kind = "training"\nseeds = 2\n[fixed]\nlearner = "mlp"\ntask = "two_class"\n'
        "options = {train = 200, valid = 60, test = 60, shift = 0.0}\n"
        "recipe = {steps = 10, eval_every = 5, warm_up = 0}\n[grid]\nrecipe.rate = [1e38, 0.01]\n"
    )
    args = ["sweep", str(spec), "--out", str(tmp_path / "o"), "--jobs", jobs, "--quiet"]
    assert main(args) == 0
    said = capsys.readouterr().out
    assert "4 points, 2 of them diverged" in said
    assert said.count("diverged: recipe.rate=1e+38, seed=") == 2
    rows = json.loads((tmp_path / "o/sweep.json").read_text())["rows"]
    assert [row.get("score") is None for row in rows] == [True, True, False, False]
    assert all((tmp_path / "o" / row["state"]).is_file() for row in rows[:2])
    before = (tmp_path / "o/sweep.csv").read_bytes()
    assert main([*args, "--resume"]) == 0
    assert (tmp_path / "o/sweep.csv").read_bytes() == before


@pytest.fixture
def some_diverge(monkeypatch):
    """Let runs diverge of which ``which(order)`` is true."""

    def let(which):
        real = training_job._train

        def train(order, folder, checkpoint, machine, **options):
            if which(order):
                order = training_job.replace(order, changes=tuple(WILD.items()))
            return real(order, folder, checkpoint, machine, **options)

        monkeypatch.setattr(training_job, "_train", train)

    return let


def test_a_comparison_counts_seeds_that_diverge_and_averages_the_others(tmp_path, some_diverge, capsys):
    some_diverge(lambda order: order.learner == "mlp" and order.seed == 1)
    rows = compare.compare(
        "two_class", ["perceptron", "mlp"], seeds=(0, 1), run=RunOptions(out=tmp_path, jobs=1), options=SMALL
    )
    by_name = {row["name"]: row for row in rows}
    assert (by_name["perceptron"]["seeds"], by_name["perceptron"]["diverged"]) == (2, 0)
    assert (by_name["mlp"]["seeds"], by_name["mlp"]["diverged"]) == (1, 1)
    assert "1 seeds diverged" in compare.as_text(rows)
    assert "diverged: mlp on two_class" in capsys.readouterr().err
    assert len(json.loads((tmp_path / "comparison.json").read_text())["diverged"]) == 1


def test_a_comparison_of_which_all_diverges_is_a_table_still(tmp_path, some_diverge):
    some_diverge(lambda order: True)
    rows = compare.compare(
        "two_class", ["mlp"], seeds=(0, 1), run=RunOptions(out=tmp_path, jobs=1, quiet=True), options=SMALL
    )
    assert (rows[0]["score"], rows[0]["seeds"], rows[0]["diverged"]) == (None, 0, 2)
    assert "2 seeds diverged" in compare.as_text(rows)
    assert not (tmp_path / "comparison.png").exists()


def test_a_road_map_keeps_a_step_that_diverges(monkeypatch, tmp_path):
    order = {"seed": 0, "settings": {"options": {}}}
    found = {"score": 0.9, "right": "1111111110", "parameters": 3, "multiply_adds": 4, "order": order}
    lost = {DIVERGED: {"step": 3, "reason": "a gradient is not a number", "state": "x.npz"}}
    monkeypatch.setattr(
        ablation_path,
        "train_all",
        lambda orders, *_: {order: lost if order == orders[-1] else found for order in orders},
    )
    rows = ablation_path.train_path("convnext", RunOptions(out=tmp_path, quiet=True), seeds=(0,))
    assert {row["diverged"] for row in rows} == {0, 1}
    text = ablation_path.as_text(rows)
    assert "diverged" in text
    assert "90.0 %" in text


def test_of_systems_that_are_trained_one_that_diverges_does_not_stop_the_others(monkeypatch, tmp_path, capsys):
    lost = {DIVERGED: {"step": 3, "reason": "a gradient is not a number", "state": "x.npz"}}
    monkeypatch.setattr(
        training_job,
        "train_all",
        lambda orders, *_, **__: {
            order: lost if order.learner == "mlp" and order.seed == 1 else {} for order in orders
        },
    )
    monkeypatch.setattr(publish, "_conclude", lambda system, *_: {"trials": []})
    assert main(["train", "mlp", "lenet5", "--out", str(tmp_path), "--quiet"]) == 1
    said = capsys.readouterr().out
    assert "mlp" in said
    assert "seed 1, at step 3: a gradient is not a number" in said
    assert "seed 1" in json.loads((tmp_path / "mlp" / publish.LOST).read_text())[DIVERGED][0]
    assert not (tmp_path / "lenet5" / publish.LOST).exists()
    assert "all runs together: 0.0 minutes of the processor" in said
