import csv
import json

import pytest

from marki.__main__ import main
from marki.errors import ConfigError, UnknownName
from marki.jobs.options import RunOptions
from successors import registry
from successors.evaluation import ablation_path


@pytest.fixture
def stepped(monkeypatch):
    """The perceptron with a road map of two short steps, on its own task."""
    system = registry.find("perceptron")
    steps = (("two steps", {"recipe.steps": 2, "recipe.eval_every": 1}), ("ten", {"recipe.steps": 10}))
    entry = type(system.entry)(**{**vars(system.entry), "roadmap": steps})
    new = type(system)(name=system.name, year=system.year, entry=entry)
    monkeypatch.setattr(registry, "find", lambda name: new)


def test_each_step_is_trained_with_all_changes_up_to_it(stepped, tmp_path):
    rows = ablation_path.train_path("perceptron", RunOptions(out=tmp_path, jobs=1, quiet=True), seeds=(0, 1))
    assert [row["step"] for row in rows] == ["two steps", "ten"]
    for row in rows:
        assert tuple(row) == ablation_path.COLUMNS
        assert 0 <= row["low"] <= row["score"] <= row["high"] <= 1
        assert row["seeds"] == 2
    orders = [json.loads(path.read_text())["order"] for path in (tmp_path / "runs").glob("*.json")]
    changes = [order["settings"]["changes"] for order in orders]
    assert sorted(changes, key=str) == [{"recipe.eval_every": 1, "recipe.steps": steps} for steps in (10, 10, 2, 2)]
    assert (tmp_path / "roadmap.png").read_bytes().startswith(b"\x89PNG")
    with open(tmp_path / "roadmap.csv", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["two steps", "ten"]
    assert json.loads((tmp_path / "roadmap.json").read_text())["rows"] == rows
    assert "two steps" in ablation_path.as_text(rows)


def test_the_command(stepped, tmp_path, capsys):
    command = ["roadmap", "perceptron", "--seeds", "1", "--quiet", "--jobs", "1", "--out", str(tmp_path)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "ten" in said
    assert str(tmp_path) in said


def test_refusals(tmp_path):
    choice = ", ".join(s.name for s in registry.systems() if s.entry.roadmap)
    with pytest.raises(ConfigError, match=rf"lenet5 has no road map\. Choose {choice}"):
        ablation_path.train_path("lenet5", RunOptions(out=tmp_path / "a"))
    with pytest.raises(UnknownName, match="Did you mean 'convnext'"):
        ablation_path.train_path("convnet", RunOptions(out=tmp_path / "a"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [s.name for s in registry.systems() if s.entry.roadmap])
def test_every_step_can_be_made(name):
    entry = registry.find(name).entry
    for changes in entry.roads().values():
        assert entry.create(changes=changes).network.count() > 0
