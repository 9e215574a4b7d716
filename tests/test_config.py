from dataclasses import FrozenInstanceError, dataclass, field
from enum import IntEnum

import numpy as np
import pytest

from marki.config import Config, full_name, parse_changes, read_settings, setting
from marki.errors import ConfigError, UnknownName
from marki.machine import MachineConfig


@dataclass(frozen=True, kw_only=True)
class Lamp(Config):
    volts: float = setting(6.0, "Voltage of the lamp", unit="V", low=1, high=12)
    count: int = setting(400, "Number of lamps", low=1)
    lit: bool = setting(False, "Whether it glows", effect=True)
    colour: str = setting("amber", "Colour", choices=("amber", "green"))
    rows: tuple[int, ...] = setting((1, 2), "Rows", low=1, high=20)
    label: str | None = setting(None, "Label, if any")


@dataclass(frozen=True, kw_only=True)
class Panel(Config):
    lamp: Lamp = field(default_factory=Lamp)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"lamp.volts": "six"}, ConfigError, r"Lamp\.volts: expected a number, got 'six'. Voltage of the lamp"),
        ({"lamp.volts": True}, ConfigError, "expected a number, got True"),
        ({"lamp.volts": 13}, ConfigError, r"Lamp\.volts: 13.0 is out of range. Give a value from 1 to 12 V"),
        ({"lamp.volts": float("nan")}, ConfigError, "nan is out of range"),
        ({"lamp.volts": None}, ConfigError, "expected a number, got None"),
        ({"lamp.count": 0}, ConfigError, r"Lamp\.count: 0 is out of range. Give a value 1 or more"),
        ({"lamp.count": 2.0}, ConfigError, "expected a whole number, got 2.0"),
        ({"lamp.count": True}, ConfigError, "expected a whole number, got True"),
        ({"lamp.lit": 1}, ConfigError, "expected true or false, got 1"),
        ({"lamp.colour": "ambre"}, UnknownName, r"Lamp\.colour: unknown choice 'ambre'. Did you mean 'amber'"),
        ({"lamp.rows": 3}, ConfigError, "expected a list, got 3"),
        ({"lamp.rows": [3, 21]}, ConfigError, r"Lamp\.rows: 21 is out of range. Give a value from 1 to 20"),
        ({"lamp.rows": "12"}, ConfigError, "expected a list"),
        ({"lamp.vlots": 3}, UnknownName, r"unknown setting 'lamp.vlots'. Did you mean 'lamp.volts'"),
        ({"lmap.volts": 3}, UnknownName, r"Did you mean 'lamp.volts'"),
        ({"lamp.volts.x": 3}, UnknownName, "unknown setting"),
    ],
)
def test_wrong_settings_are_refused_with_field_value_and_remedy(changes, kind, message):
    with pytest.raises(kind, match=message):
        Panel().amend(changes)
    with pytest.raises(kind, match="panel"):
        Panel().amend(changes, where="panel")


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("volts", np.float32(2.5), 2.5),
        ("volts", np.int64(3), 3.0),
        ("volts", np.longdouble(3), 3.0),
        ("count", np.int64(3), 3),
        ("count", np.uint8(3), 3),
        ("count", IntEnum("Three", {"THREE": 3}).THREE, 3),
        ("lit", np.bool_(True), True),
        ("colour", np.str_("green"), "green"),
        ("rows", np.arange(1, 4), (1, 2, 3)),
        ("rows", range(1, 4), (1, 2, 3)),
        ("rows", [np.int8(1), 2], (1, 2)),
    ],
)
def test_numbers_texts_and_arrays_of_numpy_are_stored_as_pythons_own(name, value, plain):
    for lamp in (Lamp(**{name: value}), Panel().amend({f"lamp.{name}": value}).lamp):
        found = getattr(lamp, name)
        assert found == plain
        assert type(found) is type(plain)
        assert repr(found) == repr(plain)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("count", np.bool_(True), "expected a whole number, got True"),
        ("count", np.float64(2), "expected a whole number, got 2.0"),
        ("lit", np.int64(1), "expected true or false, got 1"),
        ("volts", np.float64("nan"), "nan is out of range"),
        ("rows", np.array(3), "expected a list, got 3"),
        ("rows", np.array([1.5]), "expected a whole number, got 1.5"),
        ("rows", range(10**12), "has 1,000,000,000,000 values, above the limit"),
    ],
)
def test_numpy_does_not_soften_a_setting(name, value, message):
    with pytest.raises(ConfigError, match=message):
        Lamp(**{name: value})


def test_settings_made_directly_are_checked_too():
    with pytest.raises(ConfigError, match=r"Lamp\.volts"):
        Lamp(volts=99.0)
    with pytest.raises(ConfigError, match=r"Panel\.lamp: expected Lamp"):
        Panel(lamp={"volts": 3})


def test_tables_of_a_wrong_kind_are_refused():
    with pytest.raises(ConfigError, match=r"x.toml: lamp: expected a table"):
        Panel.from_mapping({"lamp": 3}, where="x.toml")
    with pytest.raises(UnknownName, match="Did you mean 'lamp'"):
        Panel.from_mapping({"lamps": {}})
    with pytest.raises(ConfigError, match="expected a table"):
        Panel.from_mapping([])


def test_a_mapping_round_trip_keeps_everything():
    panel = Panel().amend({"lamp.volts": 3, "lamp.rows": [4, 5], "lamp.label": "A", "lamp.colour": "green"})
    assert panel.lamp == Lamp(volts=3.0, rows=(4, 5), label="A", colour="green")
    assert isinstance(panel.lamp.volts, float)
    assert Panel.from_mapping(panel.to_mapping()) == panel
    machine = MachineConfig().amend({"faults.dead_cells": [3, 4]})
    assert MachineConfig.from_mapping(machine.to_mapping()) == machine


def test_settings_are_frozen_and_amending_makes_a_copy():
    panel = Panel()
    assert panel.amend({"lamp.volts": 3}) != panel == Panel()
    with pytest.raises(FrozenInstanceError):
        panel.lamp.volts = 3.0


def test_items_name_every_field():
    assert [name for name, _, _ in Panel().items()] == [
        "lamp.volts", "lamp.count", "lamp.lit", "lamp.colour", "lamp.rows", "lamp.label",
    ]  # fmt: skip


def test_every_setting_of_the_machine_has_a_meaning_and_lies_in_its_range():
    for name, value, meta in MachineConfig().items():
        assert meta["meaning"], name
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            assert meta["low"] is not None, name
        assert not (name.endswith("_us") and meta["unit"] != "us"), name


def test_changes_of_the_command_line_are_read_as_toml():
    assert parse_changes(["a.b=3", "c = 0.5", "d=true", "e=[1, 2]", "f=beta", 'g="x=y"', "h="]) == {
        "a.b": 3, "c": 0.5, "d": True, "e": [1, 2], "f": "beta", "g": "x=y", "h": "",
    }  # fmt: skip
    with pytest.raises(ConfigError, match="--set: 'rule' is not of the form NAME=VALUE"):
        parse_changes(["rule"])


def test_settings_files_are_read(tmp_path):
    (tmp_path / "a.toml").write_text("[lamp]\nvolts = 3.0\n")
    (tmp_path / "a.json").write_text('{"lamp": {"volts": 3.0}}')
    assert read_settings(tmp_path / "a.toml") == read_settings(str(tmp_path / "a.json")) == {"lamp": {"volts": 3.0}}


@pytest.mark.parametrize(
    ("name", "text"), [("b.toml", "volts = = 3"), ("b.json", "{"), ("b.json", "[1]"), ("none.toml", None)]
)
def test_broken_settings_files_are_refused_by_name(tmp_path, name, text):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=name):
        read_settings(tmp_path / name)


KNOWN = {
    "machine.association.theta": "Excess of wires",
    "machine.sensory.pull_in_us": "Pull-in time",
    "machine.association.pull_in_us": "Pull-in time",
    "recipe.rate": "Peak learning rate",
    "recipe.affine": "And rotated",
}


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("machine.association.theta", "machine.association.theta"),
        ("association.theta", "machine.association.theta"),
        ("theta", "machine.association.theta"),
        ("sensory.pull_in_us", "machine.sensory.pull_in_us"),
    ],
)
def test_the_end_of_a_name_stands_for_it_where_only_one_ends_so(given, full):
    assert full_name(given, KNOWN) == full


def test_the_end_of_several_is_refused_with_all_of_them():
    with pytest.raises(ConfigError, match=r"--set: 'pull_in_us' is the end of 2 .*machine\.sensory\..*machine\.assoc"):
        full_name("pull_in_us", KNOWN, where="--set")
    with pytest.raises(UnknownName):
        full_name("heta", KNOWN)  # the end of a word is no end of a name


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("recipe.lr", "recipe.rate"),
        ("learning_rate", "recipe.rate"),
        ("theeta", "machine.association.theta"),
        ("world.theta.x", ""),
        ("sensory.theta", "machine.association.theta"),
    ],
)
def test_an_unknown_name_offers_what_is_meant(given, meant):
    with pytest.raises(UnknownName) as refused:
        full_name(given, KNOWN)
    assert (f"Did you mean {meant!r}" if meant else "Known: ") in str(refused.value)
    assert "affine" not in str(refused.value) or not meant
