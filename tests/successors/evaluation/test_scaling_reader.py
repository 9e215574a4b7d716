"""The record of runs at equal computing: read as they end, from the newest order, with the best sizes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from marki.jobs.folders import claimed
from marki.jobs.options import RunOptions
from successors import registry
from successors.evaluation import scaling
from successors.evaluation.scaling import identity
from successors.evaluation.scaling_reader import SHIPPED, newest_record, record

BUDGETS = registry.find("chinchilla").entry.scaling.budgets


def row(operations, width, seed=0):
    """Return a run whose loss is a parabola of the logarithm of its weights, least at 1,000 (operations / 3e9)^0.5."""
    weights = 10 * width**2
    best = 1_000 * (operations / 3e9) ** 0.5
    loss = 1.0 + 0.1 * np.log(weights / best) ** 2 + 0.001 * seed
    return dict(operations=operations, width=width, seed=seed, parameters=weights,
                tokens=round(operations / 6 / weights), loss=float(loss), gap=float(loss) - 0.85)  # fmt: skip


def write(folder, run, name="chinchilla"):
    path = folder / "runs" / f"{run['operations']:.0e}-{run['width']}-{run['seed']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(run | {"order": {}}))


def test_there_is_none_before_a_run_has_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / "weights" / name)
    assert newest_record(tmp_path) is None
    with claimed(tmp_path / "scaling-chinchilla", identity("chinchilla"), resume=False):
        (tmp_path / "scaling-chinchilla" / "runs").mkdir()
        assert newest_record(tmp_path) is None


def test_it_grows_as_runs_end_and_finds_the_best_size_of_a_whole_budget(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / "none")
    folder = tmp_path / "scaling-chinchilla"
    with claimed(folder, identity("chinchilla"), resume=False):
        for count, width in enumerate(BUDGETS[3e9], 1):
            assert not (found := newest_record(tmp_path)) or not found.optima
            write(folder, row(3e9, width))
            found = newest_record(tmp_path)
            assert len(found.runs) == count
        assert [o.operations for o in found.optima] == [3e9]
        assert found.optima[0].parameters == pytest.approx(1_000, rel=0.01)
        assert found.optima[0].inside
        assert found.exponent is None
        assert found.place == str(folder)
        for width in BUDGETS[1e10]:
            write(folder, row(1e10, width))
        found = newest_record(tmp_path)
        assert found.exponent == pytest.approx(0.5, abs=0.01)
    assert found.sizes == sum(map(len, BUDGETS.values()))


def test_seeds_are_averaged():
    rows = [row(3e9, width, seed) for width in BUDGETS[3e9] for seed in (0, 2)]
    found = record("chinchilla", rows, "here")
    assert found.optima[0].loss == pytest.approx(1.001, abs=1e-6)


def test_what_is_no_run_is_passed_over(tmp_path):
    folder = tmp_path / "scaling-chinchilla"
    with claimed(folder, identity("chinchilla"), resume=False):
        write(folder, row(3e9, 8))
        (folder / "runs" / "broken.json").write_text("{")
        (folder / "runs" / "other.json").write_text('{"operations": "many"}')
        assert len(newest_record(tmp_path).runs) == 1


def test_a_folder_of_another_order_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / "weights" / name)
    folder = tmp_path / "scaling-gopher"
    with claimed(folder, identity("gopher"), resume=False):
        write(folder, row(3e9, 8))
        assert newest_record(tmp_path) is None


def test_what_was_shipped_is_read_where_nothing_else_is(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / "weights" / name)
    place = tmp_path / "weights" / "chinchilla"
    place.mkdir(parents=True)
    (place / SHIPPED).write_text(json.dumps({"rows": [row(3e9, 8), row(3e9, 12)]}))
    assert len(newest_record(tmp_path).runs) == 2
    folder = tmp_path / "scaling-chinchilla"
    with claimed(folder, identity("chinchilla"), resume=False):
        write(folder, row(3e9, 8))
        assert len(newest_record(tmp_path).runs) == 1


@pytest.mark.slow
def test_what_the_command_writes_is_read(tmp_path, monkeypatch):
    system = registry.find("chinchilla")
    about = replace(system.entry.scaling, budgets={1e7: (4, 8, 12)})
    new = replace(system, entry=replace(system.entry, scaling=about))
    monkeypatch.setattr(registry, "find", lambda name: new)
    monkeypatch.setattr(registry, "systems", lambda: (new,))
    monkeypatch.setattr(scaling, "HELD_OUT", 20)
    options = RunOptions(out=tmp_path / "scaling-chinchilla-2", jobs=1, quiet=True)
    rows = scaling.run_scaling("chinchilla", options, seeds=(0,))["rows"]
    found = newest_record(tmp_path)
    assert sorted(run.loss for run in found.runs) == sorted(row["loss"] for row in rows)
    assert found.place.endswith("scaling-chinchilla-2")
    assert found.sizes == 3
    assert len(found.optima) == 1
