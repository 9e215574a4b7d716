import numpy as np
import pytest

from marki.errors import ConfigError, OutputError, UnknownName
from marki.experiments import replicas
from marki.experiments.experiment import Experiment, Findings
from marki.experiments.lab import ExperimentSpec
from marki.jobs.options import RunOptions
from marki.measurements import COLUMNS

SETTINGS = {"machine.association.theta": 3, "world.size": 9.0}


@pytest.fixture(scope="module")
def found():
    return Experiment("left_right", SETTINGS).run(seeds=2)


@pytest.mark.slow
def test_it_finds_what_the_command_finds(found):
    spec = ExperimentSpec(experiment="left_right", changes=SETTINGS)
    result = replicas.run_many(spec, range(2), RunOptions(jobs=1, quiet=True))
    assert found.result["digest"] == result["digest"]
    assert [vars(e) for e in found.measurements] == result["measurements"]


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        (1.5, "seeds: expected a whole number, got 1.5"),
        (-1, "seeds: -1 is out of range"),
        (None, "seeds: expected a whole number, got None"),
        ([0.5], "seed: expected a whole number, got 0.5"),
        ("3", "seeds: expected a whole number, got '3'"),
    ],
)
def test_what_are_no_seeds_is_refused(seeds, said):
    with pytest.raises(ConfigError, match=said):
        Experiment("left_right").run(seeds=seeds)


def test_numbers_of_numpy_give_the_same_order():
    given = {"theta": np.int64(3), "world.size": np.float64(9), "dead_cells": np.arange(1, 3)}
    plain = {"theta": 3, "world.size": 9.0, "dead_cells": [1, 2]}
    assert Experiment("left_right", given).spec.identity() == Experiment("left_right", plain).spec.identity()


def test_seeds_are_a_count_or_a_choice(found):
    assert Experiment("left_right", SETTINGS).run(seeds=np.arange(1, 2)).result["seeds"] == [1]
    assert Experiment("left_right", SETTINGS).run(seeds=np.int64(1)).result["seeds"] == [0]
    chosen = Experiment("left_right", SETTINGS).run(seeds=[1])
    assert chosen.result["seeds"] == [1]
    assert chosen.result["by_seed"][0]["digest"] == found.result["by_seed"][1]["digest"]


def test_findings_are_a_data_frame_and_are_read_as_text(found):
    frame = found.frame()
    assert tuple(frame.columns) == COLUMNS
    assert frame["value"].tolist() == [e.value for e in found.measurements]
    lines = repr(found).splitlines()
    assert lines[0] == f"{found.result['title']}, seeds 0, 1"
    assert found.measurements[0].condition in repr(found)
    assert found._repr_html_() == f"<pre>{found!r}</pre>"


@pytest.mark.slow
def test_a_folder_is_written_and_taken_up_again(tmp_path):
    experiment = Experiment("left_right")
    first = experiment.run(out=str(tmp_path / "run"))
    assert (tmp_path / "run" / "result.json").exists()
    with pytest.raises(OutputError, match="--resume"):
        experiment.run(out=tmp_path / "run")
    assert experiment.run(out=tmp_path / "run", resume=True).result["digest"] == first.result["digest"]


def test_a_setting_may_be_named_by_the_end_of_its_name():
    short = Experiment("left_right", {"theta": 3, "world.size": 9.0})
    assert short.spec == Experiment("left_right", SETTINGS).spec


def test_it_says_what_it_is():
    assert repr(Experiment("left_right", {"world.size": 5})) == "Experiment('left_right', {'world.size': 5})"
    assert repr(Experiment("parity")) == "Experiment('parity')"
    assert Experiment("parity").title


def test_markup_in_findings_is_text():
    result = {"title": "<b>", "seeds": [0], "by_seed": [{"measurements": [
        {"name": "x", "condition": "a<b", "value": 1.0, "unit": "passes", "trials": 1}
    ]}]}  # fmt: skip
    assert "<b" not in Findings(result)._repr_html_().removeprefix("<pre>").removesuffix("</pre>")


@pytest.mark.parametrize(
    ("name", "settings", "error", "match"),
    [
        ("left_rigth", {}, UnknownName, "Did you mean 'left_right'"),
        ("parity", {"association.thet": 1}, UnknownName, "Did you mean 'machine.association.theta'"),
        ("parity", {"theme": 1}, UnknownName, "unknown setting 'theme'"),
        ("parity", {"world.size": 999.0}, ConfigError, "999.0 is out of range"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_runs(name, settings, error, match):
    with pytest.raises(error, match=match):
        Experiment(name, settings)


def test_no_seeds_are_refused():
    with pytest.raises(ConfigError, match="there are no seeds"):
        Experiment("parity").run(seeds=0)
