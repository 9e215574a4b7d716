import pytest

from marki.config import parse_changes
from marki.errors import ConfigError
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig
from marki.setting_rows import agreed, as_json, as_text, full_names, in_full, matching, rows_of, typed

ROWS = {row.name: row for row in rows_of(MachineConfig(), "machine.")} | {
    row.name: row for row in rows_of(WorldConfig(), "world.")
}


def test_every_setting_has_a_row_with_what_it_may_be():
    names = {f"machine.{name}" for name, _, _ in MachineConfig().items()}
    assert {name for name in ROWS if name.startswith("machine.")} == names
    theta = ROWS["machine.association.theta"]
    assert (theta.kind, theta.value, theta.span) == ("whole number", 2, "whole number, 1 to 400")
    assert ROWS["world.kinds"].kind == "list of texts"
    assert ROWS["machine.faults.dead_cells"].kind == "list of whole numbers"
    assert ROWS["machine.sensory.lag"].span == "true or false"
    assert "letters | handprint" in ROWS["world.name"].span
    assert ROWS["machine.sensory.pull_in_us"].span == "whole number, 0 to 1,000,000"
    assert ROWS["world.optics.blur"].name == "world.optics.blur"


def test_a_pattern_finds_words_of_name_and_meaning():
    assert [row.name for row in matching(ROWS.values(), "THETA")] == ["machine.association.theta"]
    assert "machine.sensory.pull_in_us" in {row.name for row in matching(ROWS.values(), "sensory time")}
    assert len(matching(ROWS.values(), "")) == len(ROWS)
    with pytest.raises(ConfigError, match="'nowhere'"):
        matching(ROWS.values(), "nowhere")


def test_text_and_json_say_the_same():
    row = ROWS["machine.sensory.pull_in_us"]
    assert as_text([row]).startswith("machine.sensory.pull_in_us = 12000 us\n")
    assert as_json([row])[0]["value"] == 12000


@pytest.mark.parametrize("value", [True, 3, 0.25, "a 'b'", [1, 2], ["x", 'y"z'], []])
def test_a_value_is_typed_as_it_is_read(value):
    assert parse_changes([f"x={typed(value)}"]) == {"x": value}


def test_no_setting_is_given_under_two_names():
    known = {"machine.theta": "", "machine.rate": ""}
    assert full_names(["theta", "rate"], known) == {"theta": "machine.theta", "rate": "machine.rate"}
    assert in_full({"theta": 3}, known) == {"machine.theta": 3}
    with pytest.raises(ConfigError, match=r"'theta' and 'machine\.theta' are the same setting") as refused:
        in_full({"theta": 3, "machine.theta": 3}, known, where="--set")
    assert refused.value.code == "setting.twice"


def test_what_several_do_not_agree_on_stays_as_given():
    assert agreed([{"a": "x.a", "b": "x.b"}, {"a": "x.a", "b": "y.b"}]) == {"a": "x.a", "b": "b"}
    assert agreed([]) == {}
