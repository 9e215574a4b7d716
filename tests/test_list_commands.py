"""The commands that list what there is, and what a machine file changes in them."""

import json

import pytest

from marki import experiments
from marki.__main__ import main
from marki.experiments import validation
from marki.experiments.lab import ExperimentSpec, Lab
from marki.jobs.options import RunOptions
from marki.machine_file import MachineFile


def listed(capsys, *args):
    assert main([*args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_settings_are_listed_by_pattern_and_of_a_system(capsys):
    (theta,) = listed(capsys, "settings", "theta")
    assert (theta["name"], theta["value"], theta["badge"]) == ("machine.association.theta", 2, "assumed")
    assert "recipe.rate" in {row["name"] for row in listed(capsys, "settings", "--of", "lenet5")}
    assert main(["settings", "theta"]) == 0
    assert capsys.readouterr().out.startswith("machine.association.theta = 2\n")


def test_experiments_and_tasks_are_listed_with_titles_and_options(capsys):
    rows = {row["name"]: row for row in listed(capsys, "experiments")}
    assert set(rows) == set(experiments.names())
    assert rows["parity"] == {
        "name": "parity", "title": "Parity", "own": ["world.grid", "world.name", "world.part"],
    }  # fmt: skip
    (task,) = listed(capsys, "tasks", "two_class")
    assert (task["accepts"], task["answers"]) == ("frame", "lamps")
    assert "train" in {row["name"] for row in task["settings"]}
    assert len(listed(capsys, "tasks")) > 20
    assert main(["experiments"]) == 0
    assert "Square on the left or on the right" in capsys.readouterr().out


def test_a_part_of_the_validation_is_made_alone_and_the_whole_is_not_overwritten(tmp_path, capsys):
    found = listed(capsys, "validate", "--only", "topology,table_1", "--quiet", "--out", str(tmp_path / "v"))
    assert len(found["rows"]) == 5
    assert found["tally"].startswith("5 agree,")
    assert set(listed(capsys, "validate", "--parts")) >= {"topology", "table_1", "damage"}
    assert main(["validate", "--resume", "--out", str(tmp_path / "v")]) == 2
    assert "only" in capsys.readouterr().err


def test_the_validation_names_the_sources_of_a_machine_file(tmp_path, capsys):
    path = tmp_path / "m.toml"
    path.write_text('fan_out = { value = 40, badge = "documented", source = "Manual", page = "9" }\n')
    given = ("validate", "--only", "topology", "--machine", str(path), "--quiet", "--out", str(tmp_path / "v"))
    assert main(given) == 0
    assert "machine.plugboard.fan_out = 40  [documented]  Manual, p. 9" in capsys.readouterr().out
    assert "Manual, p. 9" in (tmp_path / "v/validation.md").read_text()
    content = json.loads((tmp_path / "v/validation.json").read_text())
    assert content["machine"]["machine.plugboard.fan_out"]["page"] == "9"


def test_a_machine_file_stands_under_the_experiments_own_settings():
    base = MachineFile(changes={"machine.association.theta": 4, "machine.reinforcement.rule": "gamma"})
    lab = Lab(ExperimentSpec(experiment="rules", base=base))
    machine = lab.machine(reinforcement__rule="alpha")
    assert (machine.association.theta, machine.reinforcement.rule) == (4, "alpha")
    assert ExperimentSpec(experiment="rules", base=base).identity() != ExperimentSpec(experiment="rules").identity()


def test_a_machine_other_than_ours_is_another_validation():
    base = MachineFile(changes={"machine.association.theta": 4})
    assert validation.identity((), base) != validation.identity()
    assert validation.identity(("topology",)) != validation.identity()
    with pytest.raises(Exception, match="topology"):
        validation.validate(2, RunOptions(quiet=True), ("topolgy",))
