import json

import pytest

from marki.experiments import validation
from marki.experiments.validation import machine_rows, theory_rows
from marki.experiments.validation.table import AGREES, DEVIATES, OPEN, Bench
from marki.jobs.options import RunOptions


@pytest.fixture
def bench(tmp_path):
    return Bench(seeds=4, options=RunOptions(out=tmp_path, jobs=1, quiet=True))


@pytest.mark.parametrize("check", [theory_rows.activity_rows, theory_rows.table_1_rows, theory_rows.overlap_rows])
def test_theory_agrees(bench, check):
    assert {row.verdict for row in check(bench)} == {AGREES}


def test_a_wrong_formula_would_deviate(bench, monkeypatch):
    monkeypatch.setattr("marki.theory.activity", lambda n, r, x, y, theta: 0.2)
    assert {row.verdict for row in theory_rows.activity_rows(bench)} == {DEVIATES}


def test_worked_example(bench):
    rows = list(theory_rows.example_rows(bench))
    verdicts = [row.verdict for row in rows]
    assert verdicts.count(AGREES) == 8  # two sets of values, and three stimuli in each case
    assert verdicts.count(OPEN) == 6
    assert verdicts.count(DEVIATES) == 1  # the printed sums of S4 to S6 do not add up
    assert all(row.reason for row in rows if row.verdict != AGREES)


def test_machine_as_built(bench):
    assert {row.verdict for row in machine_rows.topology_rows(bench)} == {AGREES}


def test_the_table_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "CHECKS", (theory_rows.table_1_rows, machine_rows.open_rows))
    rows = validation.validate(2, RunOptions(out=tmp_path, jobs=1, quiet=True))
    assert len(json.loads((tmp_path / "validation.json").read_text())["rows"]) == len(rows)
    page = (tmp_path / "validation.md").read_text()
    assert page.count("\n| ") == len(rows) + 2
    assert validation.tally(rows) in page
    assert validation.tally(rows) in validation.as_text(rows)
