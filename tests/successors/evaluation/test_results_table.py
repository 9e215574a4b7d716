"""What is on record of the systems, as a table and as a picture."""

import json

import numpy as np
import pytest
from PIL import Image

from marki.__main__ import main
from marki.errors import OutputError
from marki.io.rooms import PROGRAMS, ROOMS
from successors import registry
from successors.evaluation import results_table
from successors.serving import gallery


def test_the_table_has_a_line_for_each_system_and_its_words():
    lines = results_table.markdown().splitlines()[2:]
    assert [line.split("`")[1] for line in lines] == [s.name for s in registry.systems()]
    for system, line in zip(registry.systems(), lines, strict=True):
        assert registry.metrics(system.name)["mechanism"]["word"] in line.rpartition("needed:")[2]


def test_a_comparison_with_itself_says_what_differs():
    (line,) = [line for line in results_table.markdown().splitlines() if line.startswith("| `convit`")]
    assert "letters anywhere above itself with plain attention: " in line


def test_the_command_prints_the_same_record_as_json(capsys):
    assert main(["timeline", "--results", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == [s.name for s in registry.systems() if registry.metrics(s.name)]
    (lenet,) = [row for row in rows if row["name"] == "lenet5"]
    record = registry.metrics("lenet5")
    assert [trial["value"] for trial in lenet["trials"]] == [trial["value"] for trial in record["trials"]]
    assert lenet["mechanism"] == record["mechanism"]


def test_scores_at_a_task_are_those_on_record():
    rows = list(results_table.scores("letters"))
    asked = [s.name for s in registry.systems() if any(t.task == "letters" and not t.options for t in s.entry.trials)]
    assert [row["name"] for row in rows] == asked
    lenet = next(row for row in rows if row["name"] == "lenet5")
    (trial,) = [t for t in registry.metrics("lenet5")["trials"] if t["task"] == "letters"]
    assert (lenet["score"], [lenet["low"], lenet["high"]]) == (trial["value"], trial["interval"])
    assert lenet["shown"] is None  # that of its first trial, of digits, is no cost of reading letters


@pytest.mark.parametrize("hall", ROOMS, ids=lambda hall: hall.name)
def test_standings_of_a_room_are_those_of_whoever_has_a_plate_there(hall):
    rows = list(results_table.standings(hall))
    names = [s.name for s in registry.systems() if hall.takes(gallery.exhibit(s, {})) and registry.metrics(s.name)]
    assert [row["label"] for row in rows] == [registry.find(name).entry.label for name in names]
    for row, name in zip(rows, names, strict=True):
        found = registry.metrics(name)
        assert (row["score"], row["without"]) == (found["mechanism"]["with"], found["mechanism"]["without"])


def test_a_room_is_drawn_with_the_number_of_its_seeds(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    drawn = tmp_path / "programs.png"
    assert main(["timeline", "--picture", str(drawn), "--room", "programs", "--json"]) == 0
    told = capsys.readouterr()
    assert str(drawn) in told.err
    assert len(json.loads(told.out)) == len(registry.systems())
    assert np.asarray(Image.open(drawn)).std() > 10
    assert results_table._seeds(list(results_table.standings(PROGRAMS))) == "2 to 3 seeds"
    assert main(["timeline", "--picture", str(tmp_path / "x.png"), "--room", "cellar"]) == 2
    assert "programs" in capsys.readouterr().err


def test_scores_are_drawn_and_no_file_is_overwritten(tmp_path):
    pytest.importorskip("matplotlib")
    results_table.picture(tmp_path / "letters.png", "letters")
    assert np.asarray(Image.open(tmp_path / "letters.png")).std() > 10
    with pytest.raises(OutputError, match="exists already"):
        results_table.picture(tmp_path / "letters.png", "letters")
