"""Tables: trials and registers as a spreadsheet reads them."""

import csv
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from marki import measurements
from marki.comparison import ComparisonRow
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig
from marki.session import mark1_session
from marki.tables import REGISTERS, TRIALS, registers_csv, trials_csv
from marki.teaching import ballots
from successors.evaluation import ablation_path, compare

LAMPS = {0: "dark", 1: "R1", 2: "R2", 3: "R1 R2"}
CODES = {"R1": "A", "R2": "B", "R1 R2": "C"}


def rows(text):
    assert "\r" not in text
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture
def session():
    return mark1_session(WorldConfig(letters="ABC"), seed=3)


def test_no_trials_is_a_heading(session):
    assert trials_csv([("a", session)]) == ",".join(TRIALS) + "\n"
    assert trials_csv([]) == ",".join(TRIALS) + "\n"


def test_trials_say_what_the_records_say(session):
    session.run(4)
    session.take("exam", learn=False)
    session.run(3)
    other = mark1_session(WorldConfig(letters="XY"), seed=1)
    other.run(2)
    table = rows(trials_csv([("first", session), ("second", other)]))
    assert [r["run"] for r in table] == ["first"] * 7 + ["second"] * 2
    assert [int(r["trial"]) for r in table] == [*range(7), 0, 1]
    assert [r["course"] for r in table] == ["learn"] * 4 + ["exam"] * 3 + ["learn"] * 2
    assert [r["learned"] for r in table[:7]] == ["1"] * 4 + ["0"] * 3
    for row, record in zip(table, session.records, strict=False):
        assert int(row["end_us"]) == record["t_us"]
        assert row["shown"] == row["wanted"] == "ABC"[record["kind"]]
        assert row["wanted_lamps"] == LAMPS[record["target"]]
        assert row["answered_lamps"] == LAMPS[record["response"]]
        assert row["answered"] == CODES.get(row["answered_lamps"], "")
        assert (row["answered"] == row["wanted"]) != record["wrong"]
        assert int(row["wrong"]) == record["wrong"]


def test_the_first_trial_letter_for_letter(session):
    session.run(1)
    record = session.records[0]
    shown = "ABC"[record["kind"]]
    assert trials_csv([("a", session)]).splitlines()[1] == (
        f"a,0,{record['t_us']},learn,1,{record['item']},{shown},{shown},{CODES.get(LAMPS[record['response']], '')},"
        f"{LAMPS[record['target']]},{LAMPS[record['response']]},{record['active']},{int(record['wrong'])}"
    )


def test_a_card_of_unknown_class_has_none(session):
    session.command("show", {"name": "?", "frame": [255] * 400, "kind": -1})
    session.run(1)
    row = rows(trials_csv([("a", session)]))[0]
    assert row["shown"] == row["wanted"] == row["wanted_lamps"] == ""


def test_lamps_that_are_nobodys_code_answer_no_class(session):
    session.run(2)
    session._records["response"][:2] = 0b1010, 0b1001  # R4 is out of use in this world, and may have been left on
    silent = rows(trials_csv([("a", session)]))
    assert [row["answered_lamps"] for row in silent] == ["R2 R4", "R1 R4"]
    assert [row["answered"] for row in silent] == ["B", "A"]
    session._records["response"][:1] = 0b0000
    assert rows(trials_csv([("a", session)]))[0]["answered"] == ""


def test_for_a_spreadsheet_texts_stay_texts(session):
    session.run(2)
    plain, marked = trials_csv([("01", session)]), trials_csv([("01", session)], "excel")
    assert marked[0] == "\ufeff"
    assert marked.count('"=""01"""') == 2
    assert marked[1:].replace('"=""01"""', "01") == plain


def test_registers_are_the_registers(session):
    session.run(2)
    table = rows(registers_csv(session))
    assert tuple(table[0]) == REGISTERS
    listed = session.learner.registers()
    assert len(table) == sum(r.array.size for r in listed)
    at = 0
    for register in listed:
        mine = table[at : at + register.array.size]
        at += register.array.size
        assert {r["register"] for r in mine} == {register.name}
        assert [int(r["index"]) for r in mine] == list(range(1, register.array.size + 1))
        values = np.array([float(r["value"]) for r in mine])
        assert np.array_equal(values, register.array.reshape(-1).astype(float))
        assert {r["unit"] for r in mine} == {register.unit}
        assert [r["meaning"] for r in mine] == [register.meaning] + [""] * (len(mine) - 1)


def test_looking_in_the_middle_of_a_presentation_changes_nothing():
    config = MachineConfig()
    plain, watched = (mark1_session(WorldConfig(letters="ABC"), machine=config, seed=5) for _ in range(2))
    plain.run(3)
    while watched.trial < 3:
        watched.step("event")
        if watched.learner.peek() % 7 == 0:
            assert registers_csv(watched) == registers_csv(watched)
    assert watched.digest == plain.digest


def test_the_docs_name_every_column():
    page = (Path(__file__).resolve().parent.parent / "docs/outputs.md").read_text(encoding="utf-8")
    lines = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for name, columns in (
        ("measurements.csv", measurements.COLUMNS),
        ("trials.csv", ("seed", *TRIALS)),
        ("registers.csv", REGISTERS),
        ("tally.csv", ballots.COLUMNS),
        ("validation.csv", [field.name for field in fields(ComparisonRow)]),
        ("comparison.csv", compare.COLUMNS),
        ("roadmap.csv", ablation_path.COLUMNS),
    ):
        assert set(columns) <= set(lines[name].split("`")), name
