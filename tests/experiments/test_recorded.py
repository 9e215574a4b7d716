"""What is written can be read back: config.json of a run, of many seeds, and of a lab report."""

import json

import pytest

from marki.__main__ import main
from marki.errors import ConfigError
from marki.experiments import recorded, replicas
from marki.experiments.lab import ExperimentSpec
from marki.jobs.options import RunOptions

IDEAL = {"machine.association.theta": 3}


def result(folder):
    return json.loads((folder / "result.json").read_text())


def test_a_run_is_repeated_from_its_settings(tmp_path, capsys):
    given = ("--set", "theta=3", "--ideal", "--twin", "--seed", "4", "--quiet")
    assert main(["run", "left_right", *given, "--out", str(tmp_path / "a")]) == 0
    config = tmp_path / "a" / "config.json"
    assert main(["run", "left_right", "--config", str(config), "--quiet", "--out", str(tmp_path / "b")]) == 0
    assert result(tmp_path / "a")["digest"] == result(tmp_path / "b")["digest"]
    assert result(tmp_path / "a")["order"] == result(tmp_path / "b")["order"]
    told = recorded.read(config)
    assert told.seeds == (4,)
    assert told.scene["world.name"] == "left_right"
    assert told.scene["machine.association.theta"] == 3


@pytest.mark.slow
def test_many_seeds_are_repeated_as_many(tmp_path):
    spec = ExperimentSpec(experiment="left_right", changes=ideal(), twin=True)
    first = replicas.run_many(spec, range(2, 4), RunOptions(out=tmp_path / "a", jobs=1, quiet=True))
    told = recorded.read(tmp_path / "a" / "config.json")
    assert (told.seeds, told.twin) == ((2, 3), True)
    again = ["run", "left_right", "--config", str(tmp_path / "a" / "config.json")]
    assert main([*again, "--jobs", "1", "--quiet", "--out", str(tmp_path / "b")]) == 0
    assert result(tmp_path / "b")["digest"] == first["digest"]


def ideal():
    from marki.machine import MachineConfig

    return {f"machine.{name}": False for name, _, meta in MachineConfig().items() if meta["effect"]}


REPORT = {
    "seed": 7,
    "machine_at_launch": {"association": {"theta": 3}},
    "worlds_at_launch": {"learn": {"name": "forms", "shift": 1.0}},
    "wiring_given": False,
}


def test_a_lab_report_says_machine_and_world(tmp_path, capsys):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(REPORT))
    told = recorded.read(path)
    assert told.changes == {"machine.association.theta": 3, "world.name": "forms", "world.shift": 1.0}
    assert told.seeds == (7,)
    assert main(["session", "--config", str(path), "--trials", "1", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == 7
    path.write_text(json.dumps(REPORT | {"wiring_given": True}))
    assert main(["session", "--config", str(path), "--trials", "1"]) == 2
    assert "--wiring" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        {"experiment": "left_right", "runs": {}},
        {"experiment": "left_right", "runs": 3, "settings": {}, "files": {}, "base": {}, "sources": {}},
        REPORT | {"machine_at_launch": 3},
        {name: value for name, value in REPORT.items() if name != "seed"},
    ],
)
def test_what_lacks_something_is_refused_by_name(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match=r"config\.json"):
        recorded.read(path)


def test_r_units_in_use_follow_from_the_world_and_are_no_setting_of_the_run(tmp_path, capsys):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(REPORT | {"machine_at_launch": {"response": {"units": 1}}}))
    assert recorded.read(path).changes == {"world.name": "forms", "world.shift": 1.0}
    given = ["session", "--config", str(path), "--set", "world.name=letters", "--trials", "1", "--quiet"]
    assert main(given) == 0
    capsys.readouterr()


def test_a_file_by_hand_is_read_as_before(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("[machine.association]\ntheta = 3\n")
    assert recorded.read(path).changes == {"machine.association.theta": 3}
    assert recorded.read(path).seeds == ()
