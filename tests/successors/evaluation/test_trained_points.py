import csv
import json

import pytest

from marki.__main__ import main
from marki.errors import MarkIError
from successors import registry, tasks
from successors.evaluation import trained_points
from successors.training import training_job

QUICK = ("--set", "options.train=60", "--set", "recipe.steps=4", "--set", "recipe.rate=0.02")


def test_the_manifest_leads_from_each_point_to_its_weights(tmp_path, capsys):
    out = tmp_path / "out"
    args = ["train", "mlp", "--task", "two_class", *QUICK, "--seeds", "2", "--jobs", "1", "--quiet", "--out", str(out)]
    assert main([*args, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    manifest = json.loads((out / "manifest.json").read_text())
    assert {k: v for k, v in told.items() if k != "out"} == manifest
    (point,) = manifest["points"]
    assert point["changes"]["recipe.rate"] == 0.02
    assert point["options"]["train"] == 60
    assert [run["seed"] for run in point["runs"]] == [0, 1]
    for run in point["runs"]:
        learner = registry.create("mlp", weights=out / run["weights"])
        assert learner.config.recipe.rate == 0.02
        assert json.loads((out / run["result"]).read_text())["score"] == run["score"]
    with open(out / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["weights"] for row in rows] == [run["weights"] for run in point["runs"]]
    assert all((row["recipe.rate"], row["options.train"], row["diverged"]) == ("0.02", "60", "") for row in rows)
    assert main(args) == 2  # taken
    assert main([*args, "--resume"]) == 0
    assert main([*args, "--resume", "--set", "recipe.rate=0.03"]) == 2
    assert "recipe.rate" in capsys.readouterr().err


def test_settings_have_one_name_in_the_manifest_whichever_way_they_were_given(tmp_path, capsys):
    out = tmp_path / "out"
    args = ["train", "mlp", "--task", "two_class", "--jobs", "1", "--quiet", "--out", str(out)]
    short = ["--set", "train=60", "--set", "recipe.steps=4", "--set", "rate=0.02"]
    assert main([*args, *short]) == 0
    with open(out / "manifest.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["recipe.rate"], row["options.train"], row["recipe.steps"]) == ("0.02", "60", "4")
    assert not {"rate", "train"} & set(row)
    assert main([*args, *QUICK, "--resume"]) == 0
    capsys.readouterr()
    for one, other in (("rate=0.1", "recipe.rate=0.2"), ("options.train=20", "train=30")):
        assert main([*args[:-1], str(tmp_path / "none"), "--set", one, "--set", other]) == 2
        assert "are the same setting" in capsys.readouterr().err
    assert main(["compare", "--task", "digits", "--set", "options.train=20", "--set", "train=30"]) == 2
    assert "'options.train' and 'train' are the same setting" in capsys.readouterr().err


def test_both_recipes_and_the_mark_i_are_points():
    found = trained_points.points(["mlp", "mark1"], "two_class", given={"recipe.steps": 3}, recipe="both")
    assert list(found) == [("mlp", "historical"), ("mlp", "modern"), ("mark1", "historical")]
    assert dict(found["mlp", "modern"].changes)["recipe.schedule"] == "cosine"
    assert all(dict(order.changes)["recipe.steps"] == 3 for order in found.values())


def test_the_own_task_has_the_options_of_its_own_trial():
    (order,) = trained_points.points(["lenet5"]).values()
    trial = registry.find("lenet5").entry.trials[0]
    assert (order.task, dict(order.options)) == (trial.task, dict(trial.options))


@pytest.mark.parametrize(
    ("names", "task", "given", "words"),
    [
        (["lenet"], "digits", {}, "lenet5"),
        (["lenet5"], "digitz", {}, "digits"),
        (["lenet5"], "translate", {}, "cannot take part"),
        (["lenet5"], "digits", {"lr": 1}, "recipe.rate"),
        (["lenet5"], "digits", {"recipe.rate": "fast"}, "'fast'"),
        (["lenet5"], "digits", {"options.train": -1}, "-1"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is(names, task, given, words):
    with pytest.raises(MarkIError, match=words):
        trained_points.points(names, task, given=given)


def test_options_of_a_task_may_be_nested_and_named_in_short():
    (order,) = trained_points.points(["mlp"], "two_class", given={"blur": 0.5, "train": 60}).values()
    assert dict(order.options) == {"optics.blur": 0.5, "train": 60}
    few = {"train": 2, "valid": 1, "test": 1}
    sharp, blurred = (tasks.load("two_class", cache=False, **few, **more) for more in ({}, {"optics.blur": 2.0}))
    assert (sharp.train.stimuli[:] != blurred.train.stimuli[:]).any()


def test_a_comparison_takes_the_same_names():
    for name in ("train", "options.train"):
        assert training_job.task_options("two_class", {name: 60}) == {"train": 60}
    with pytest.raises(MarkIError, match=r"'options\.train'"):
        training_job.task_options("two_class", {"trian": 60}, where="--set")
