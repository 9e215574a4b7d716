"""Every CSV that is written, read with plain `pandas.read_csv`: types, names of classes, codes that stay texts."""

import ast
import io
import json
from pathlib import Path

import pytest

from marki import sweep
from marki.__main__ import main, mark1, parser
from marki.experiments import command as experiments
from marki.experiments import replicas, validation
from marki.experiments.lab import ExperimentSpec
from marki.experiments.validation import machine_rows, theory_rows
from marki.io.worlds import WorldConfig
from marki.jobs.options import RunOptions
from marki.session import mark1_session
from marki.tables import TRIALS_TEXTS, registers_csv, trials_csv
from marki.teaching.ballots import BallotBook
from successors import registry
from successors.evaluation import downstream, mark1_as_judge, scaling

pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install -e '.[test]'")

ROOT = Path(__file__).resolve().parent.parent


def read(table):
    return pandas.read_csv(io.StringIO(table) if isinstance(table, str) else table)


def kinds(frame):
    """Return the names of the columns of texts, and of those of numbers."""
    numbers = {name for name in frame if pandas.api.types.is_numeric_dtype(frame[name])}
    return set(frame) - numbers, numbers


def test_the_tables_below_are_all_that_are_written():
    calls = {
        str(path.relative_to(ROOT))
        for room in ("marki", "successors")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("csv_text", "csv.writer", "csv.DictWriter")
    }
    assert calls == {
        "marki/files.py",
        "marki/measurements.py",
        "marki/tables.py",
        "marki/sweep.py",
        "marki/teaching/ballots.py",
        "marki/experiments/replicas.py",
        "marki/experiments/validation/__init__.py",
        "successors/evaluation/compare.py",
        "successors/evaluation/ablation_path.py",
        "successors/evaluation/downstream.py",
        "successors/evaluation/trained_points.py",
        "successors/evaluation/mark1_as_judge.py",
        "successors/evaluation/scaling.py",
        "successors/evaluation/setting_curve.py",
    }


@pytest.mark.parametrize("form", ["plain", "excel"])
def test_trials_of_a_session(form):
    session = mark1_session(WorldConfig(letters="ABCDE"), seed=3)
    session.run(10)
    session.take("exam", learn=False)
    session.run(5)
    found = read(trials_csv([("window", session)], form))
    texts, numbers = kinds(found)
    assert texts == set(TRIALS_TEXTS)
    assert all(found[name].dtype == "int64" for name in numbers)
    assert set(found["shown"]) == set(found["wanted"]) == set("ABCDE")
    assert set(found["answered"].dropna()) <= set("ABCDE")
    assert ((found["answered"] == found["wanted"]) != found["wrong"].astype(bool)).all()
    assert set(found["wanted_lamps"]) == {"R1", "R2", "R1 R2", "R3", "R1 R3"}


def test_classes_whose_names_are_digits_are_equal_all_the_same():
    session = mark1_session(WorldConfig(name="dots", count=20), seed=0)
    session.run(40)
    found = read(trials_csv([("window", session)]))
    assert set(found["shown"]) == {0, 1}
    assert ((found["answered"] == found["wanted"]) != found["wrong"].astype(bool)).all()
    assert set(found["wanted_lamps"]) == {"dark", "R1"}


def test_registers():
    session = mark1_session(WorldConfig(letters="ABC"), seed=3)
    session.run(2)
    found = read(registers_csv(session))
    assert kinds(found) == ({"register", "unit", "meaning"}, {"index", "value"})
    assert set(found["register"]) == {register.name for register in session.learner.registers()}


@pytest.mark.parametrize("form", ["plain", "excel"])
def test_a_run_of_two_seeds_and_of_one(tmp_path, form):
    options = RunOptions(out=tmp_path, jobs=1, quiet=True, csv=form)
    replicas.run_many(ExperimentSpec(experiment="left_right"), range(2), options)
    both, one = read(tmp_path / "measurements.csv"), read(tmp_path / "seed-001" / "measurements.csv")
    for found in (both, one):
        assert kinds(found)[0] == {"name", "condition", "unit"}
        assert list(found["condition"]) == [f"after {n} squares" for n in (10, 20, 40, 80, 160)]
    assert both["low"].between(0, both["value"]).all()
    assert both["high"].between(both["value"], 1).all()
    assert one["low"].isna().all()
    assert one["high"].isna().all()
    trials = read(tmp_path / "trials.csv")
    assert kinds(trials)[0] == set(TRIALS_TEXTS)
    assert set(trials["seed"]) == {0, 1}
    assert set(trials["answered"]) == {"left", "right"}
    code = json.loads((tmp_path / "config.json").read_text())["codes"]["left_right"]["learn"]
    assert (trials["wanted"].map(code) == trials["wanted_lamps"]).all()
    marked = (tmp_path / "trials.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert marked == (form == "excel")


@pytest.mark.slow
def test_seeds_that_were_written_in_the_other_form_are_gathered(tmp_path):
    order = ExperimentSpec(experiment="left_right")
    plain = RunOptions(out=tmp_path / "plain", jobs=1, quiet=True)
    mixed = RunOptions(out=tmp_path / "mixed", jobs=1, quiet=True, resume=True, csv="excel")
    replicas.run_many(order, range(2), plain)
    replicas.run_many(order, range(1), mixed)
    replicas.run_many(order, range(2), RunOptions(out=tmp_path / "mixed", jobs=1, quiet=True, resume=True))
    assert (tmp_path / "plain/trials.csv").read_bytes() == (tmp_path / "mixed/trials.csv").read_bytes()


@pytest.mark.slow
def test_a_sweep_of_experiments(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text(
        'kind = "experiment"\nseeds = 2\n[fixed]\nexperiment = "left_right"\n'
        "[grid]\nmachine.association.theta = [2, 3]\n"
    )
    known = {"experiment": sweep.SweepKind(check=experiments.check_point, run=experiments.run_point)}
    rows = sweep.run_sweep(sweep.read(path, known), known, RunOptions(out=tmp_path / "out", jobs=2, quiet=True))
    found = read(tmp_path / "out/sweep.csv")
    assert len(found) == len(rows) == 2 * 2 * 5
    assert kinds(found)[0] == {"experiment", "name", "condition", "unit", "digest"}
    assert len(found.drop_duplicates(["machine.association.theta", "seed", "name", "condition"])) == len(found)
    means = read(tmp_path / "out/measurements.csv")
    assert len(means) == 2 * 5
    assert kinds(means)[0] == {"experiment", "name", "condition", "unit"}
    by = ["machine.association.theta", "condition"]
    wanted = found.groupby(by)["value"].mean()
    assert means.set_index(by)["value"].sort_index().tolist() == pytest.approx(wanted.sort_index().tolist())
    assert means["low"].between(0, means["value"]).all()


def test_documented_and_simulated(tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "CHECKS", (theory_rows.table_1_rows, machine_rows.open_rows))
    rows = validation.validate(2, RunOptions(out=tmp_path, jobs=1, quiet=True))
    found = read(tmp_path / "validation.csv")
    assert kinds(found) == ({"statement", "source", "documented", "simulated", "verdict", "reason"}, set())
    assert list(found["statement"]) == [row.statement for row in rows]


def test_votes(tmp_path):
    book = BallotBook()
    book.open(1, "letter A", ("A", "B"))
    book.vote(0)
    book.close("B", False)
    book.save(tmp_path / "votes.csv")
    found = read(tmp_path / "votes.csv")
    assert kinds(found) == ({"shown", "option", "answered"}, {"trial", "votes", "machine_right"})


@pytest.mark.slow
def test_a_comparison_and_a_road_map(tmp_path, capsys):
    small = ["train=100", "valid=40", "test=40", "shift=0.0"]
    settings = [word for setting in small for word in ("--set", setting)]
    learners = ["--learners", "perceptron,mark1", "--seeds", "2", "--quiet", "--jobs", "1"]
    assert main(["compare", "--task", "two_class", *learners, *settings, "--out", str(tmp_path / "c")]) == 0
    found = read(tmp_path / "c/comparison.csv")
    assert list(found["name"]) == ["perceptron", "mark1"]
    assert {"name", "recipe"} <= kinds(found)[0]
    assert {"year", "score", "low", "high", "seeds", "parameters", "multiply_adds", "shown"} <= kinds(found)[1]


@pytest.mark.parametrize("form", ["plain", "excel"])
def test_a_curve_over_a_setting(tmp_path, form):
    command = ["curve", "hopfield", "sweeps=1,100", "--quiet", "--csv", form, "--out", str(tmp_path)]
    assert main(command) == 0
    found = read(tmp_path / "curve.csv")
    assert kinds(found)[0] == set()
    assert list(found["sweeps"]) == [1, 100]
    assert found["score"].is_monotonic_increasing
    marked = (tmp_path / "curve.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert marked == (form == "excel")


def test_runs_at_equal_computing(tmp_path, monkeypatch):
    rows = json.loads((registry.shipped("chinchilla") / "scaling.json").read_text())["rows"]
    monkeypatch.setattr(scaling, "run_jobs", lambda jobs, options, **rest: rows)
    scaling.run_scaling("chinchilla", RunOptions(out=tmp_path, jobs=1, quiet=True))
    found = read(tmp_path / "scaling.csv")
    assert kinds(found)[0] == set()
    assert len(found) == len(rows)
    assert found.groupby(["operations", "width"])["seed"].nunique().min() > 1


def test_a_judgement(tmp_path, monkeypatch):
    run = {"score": 0.5, "right": "10", "shown": 60, "order": {"settings": {"options": {}}}}
    monkeypatch.setattr(mark1_as_judge, "run_jobs", lambda jobs, options, **rest: [run for _ in jobs])
    mark1_as_judge.judge("gan", RunOptions(out=tmp_path, jobs=1, quiet=True), machine=mark1, seeds=(0, 1))
    found = read(tmp_path / "judge.csv")
    assert kinds(found) == ({"learned_from"}, {"score", "low", "high", "seeds", "cards", "shown"})


def test_heads_on_backbones(tmp_path, monkeypatch):
    run = {
        "score": 0.5, "right": "10", "parameters": 7, "multiply_adds": 9, "year": 2021, "shown": 1, "seconds": 1.0,
        "note": "", "warnings": [], "order": {"settings": {"options": {}}},
    }  # fmt: skip
    monkeypatch.setattr(downstream, "train_all", lambda orders, folder, options, **rest: dict.fromkeys(orders, run))
    downstream.train_heads(RunOptions(out=tmp_path, quiet=True), seeds=range(2))
    found = read(tmp_path / "downstream.csv")
    assert kinds(found)[0] == {"task", "head"}
    assert len(found) == 20
    assert set(found["seeds"]) == {2}


def test_trainings_of_ones_own(tmp_path, capsys):
    small = ["--set", "options.train=40", "--set", "options.test=20", "--set", "recipe.steps=2", "--set", "rate=0.01"]
    command = ["train", "mlp", "--task", "two_class", *small, "--seeds", "2", "--quiet", "--jobs", "1"]
    assert main([*command, "--out", str(tmp_path)]) == 0
    found = read(tmp_path / "manifest.csv")
    assert {"name", "recipe", "task", "weights", "result"} <= kinds(found)[0]
    assert {"seed", "score", "valid", "steps"} <= kinds(found)[1]
    assert list(found["seed"]) == [0, 1]
    assert all((tmp_path / file).is_file() for file in found["weights"])


def test_the_form_is_asked_for_on_the_command_line(tmp_path, capsys):
    run = ["run", "left_right", "--quiet", "--out"]
    assert main([*run, str(tmp_path / "a"), "--csv", "excel"]) == 0
    assert main([*run, str(tmp_path / "b")]) == 0
    for name in ("trials.csv", "measurements.csv"):
        first, second = ((tmp_path / folder / name).read_bytes() for folder in "ab")
        assert first.startswith(b"\xef\xbb\xbf")
        assert not second.startswith(b"\xef\xbb\xbf")
    assert parser().parse_args(["--csv", "excel", "run", "left_right"]).csv == "excel"
    capsys.readouterr()
    assert main([*run, str(tmp_path / "c"), "--csv", "exel"]) == 2
    assert "Did you mean 'excel'?" in capsys.readouterr().err
