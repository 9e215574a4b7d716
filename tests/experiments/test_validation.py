import json

import numpy as np
import pytest

from marki.comparison import AGREES, DEVIATES, OPEN, UNDECIDED, as_text, tally
from marki.experiments import validation
from marki.experiments.ablation import LETTERS_LOST, LETTERS_UNSURE, SHARES, letters_wrong, removed
from marki.experiments.lab import RIGHT
from marki.experiments.spontaneous import DECAYS, SEPARATION
from marki.experiments.validation import machine_rows, theory_rows
from marki.experiments.validation.table import Bench, exceeds
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
    assert tally(rows) in page
    assert tally(rows) in as_text(rows)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.3, AGREES), (-0.3, 0.0, DEVIATES), (-0.1, 0.3, UNDECIDED), (0.0, 0.3, UNDECIDED), (None, None, UNDECIDED)],
)
def test_a_difference_must_exceed_its_bound_with_its_whole_interval(low, high, verdict):
    assert exceeds(0, low, high) == verdict


def made_up(values):
    """Return a bench on which each experiment found what is given: by name, the value of each seed at a condition."""

    class MadeUp(Bench):
        def results(self, experiment, seeds=None):
            return [
                {"measurements": [
                    {"name": name, "condition": condition, "value": value(seed, condition), "unit": unit, "trials": 78}
                    for name, unit, conditions, value in values for condition in conditions
                ]}
                for seed in range(10)
            ]  # fmt: skip

    return MadeUp(seeds=10, options=RunOptions(quiet=True))


@pytest.mark.parametrize(
    ("lost", "verdict"),
    [(lambda seed: 3 + seed % 2, DEVIATES), (lambda seed: 0, AGREES), (lambda seed: seed % 3, UNDECIDED)],
)
def test_a_letter_that_is_wiped_out_deviates_though_the_mean_falls_gradually(lost, verdict):
    conditions = [removed(share) for share in SHARES]
    bench = made_up(
        [
            (RIGHT, "fraction", conditions, lambda seed, c: 1 - conditions.index(c) / 10),
            (LETTERS_LOST, "letters", conditions, lambda seed, c: lost(seed)),
            (LETTERS_UNSURE, "letters", conditions, lambda seed, c: 1),
        ]
    )
    assert [row.verdict for row in machine_rows.damage_rows(bench)] == [AGREES, verdict]


@pytest.mark.parametrize(
    ("without", "verdict"),
    [
        (lambda seed: 0.6 + seed / 50, AGREES),
        (lambda seed: (0.7, 1.0)[seed % 2], AGREES),
        (lambda seed: 0.5 + (seed > 0) / 2, UNDECIDED),
    ],
)
def test_decay_agrees_only_if_it_separates_better_than_none(without, verdict):
    bench = made_up([(SEPARATION, "fraction", [f"decay {d:g}" for d in DECAYS],
                      lambda seed, c: without(seed) if c == "decay 0" else 1.0)])  # fmt: skip
    assert [row.verdict for row in machine_rows.spontaneous_rows(bench)] == [verdict]


def exam(*wrong):
    records = np.zeros(len(wrong), [("kind", np.int16), ("wrong", bool)])
    records["kind"], records["wrong"] = range(len(wrong)), wrong
    return records


def test_letters_are_counted_one_by_one():
    """The same mean, from one letter that is always wrong or from three that are wrong once each."""
    one = letters_wrong([exam(1, 0, 0, 0), exam(1, 0, 0, 0), exam(1, 0, 0, 0)], "a condition")
    three = letters_wrong([exam(1, 0, 0, 0), exam(0, 1, 0, 0), exam(0, 0, 1, 0)], "a condition")
    assert [(m.name, m.value) for m in one] == [(LETTERS_LOST, 1), (LETTERS_UNSURE, 0)]
    assert [(m.name, m.value) for m in three] == [(LETTERS_LOST, 0), (LETTERS_UNSURE, 3)]
    assert {m.trials for m in (*one, *three)} == {12}
