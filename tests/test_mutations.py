"""The list of changes that the tests must notice fits the files, and the script that tries them tells the truth."""

import mutate
import pytest

ROWS = mutate.mutations()


@pytest.mark.parametrize("name", ROWS)
def test_a_change_can_be_made(name):
    row = ROWS[name]
    assert mutate.misfit(row) == ""
    assert row["put"] != row["find"]
    assert row["why"].endswith(".")


def test_there_are_enough():
    assert len(ROWS) >= 40
    assert len({row["file"] for row in ROWS.values()}) >= 25


@pytest.mark.parametrize("count", [3, 4, 8])
def test_as_many_commits_as_there_are_parts_can_see_all(count):
    names = list(ROWS)
    parts = {tuple(mutate.a_part(names, f"commit {k}", count)) for k in range(120)}
    assert len(parts) == count
    assert sorted(name for part in parts for name in part) == sorted(names)


def test_what_does_not_fit_is_said(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n")
    row = {"file": "a.py", "find": "x = 1", "put": "x = 2", "tests": ["b.py::test"]}
    assert "occurs 2 times" in mutate.misfit(row, tmp_path)
    assert "occurs 0 times" in mutate.misfit(row | {"find": "y"}, tmp_path)
    assert "a.py does not exist" in mutate.misfit(row, tmp_path / "elsewhere")
    assert "b.py::test does not exist" in mutate.misfit(row | {"find": "x = 1\nx"}, tmp_path)
    (tmp_path / "b.py").write_text("def test(): ...")
    assert mutate.misfit(row | {"find": "x = 1\nx"}, tmp_path) == ""


@pytest.mark.slow
def test_a_change_that_nothing_notices_is_told_and_the_tree_stays_as_it_was(monkeypatch, capsys):
    row = ROWS["dominant_tie"]
    before = (mutate.ROOT / row["file"]).read_text()
    found = {
        "noticed": row,
        "unnoticed": row | {"tests": ["tests/test_ticks.py"]},
        "misfit": row | {"find": "no such text"},
    }
    monkeypatch.setattr(mutate, "mutations", lambda: found)
    monkeypatch.setattr("sys.argv", ["mutate.py", "--jobs", "1"])
    assert mutate.main() == 1
    said = capsys.readouterr().out
    assert "\nnoticed: noticed" in said
    assert "\nunnoticed: NOT NOTICED" in said
    assert "misfit: does not apply" in said
    assert "2 changes in" in said
    assert (mutate.ROOT / row["file"]).read_text() == before
    monkeypatch.setattr("sys.argv", ["mutate.py", "--jobs", "1", "--only", "noticed"])
    del found["misfit"]
    assert mutate.main() == 0
