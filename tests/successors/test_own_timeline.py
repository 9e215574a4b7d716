"""Timelines of one's own: a folder of files, weights beside them, and installed packages."""

import os
from importlib.metadata import EntryPoint

import pytest
from followed_page import Page

from marki.__main__ import main
from marki.errors import ConfigError, StateError
from successors import registry, timeline

FILE = Page("adding_a_successor.md").content


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one system, which the environment names."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "y1960_adaline.py").write_text(FILE)
    monkeypatch.setenv(timeline.VARIABLE, str(own))
    yield own
    monkeypatch.delenv(timeline.VARIABLE)
    timeline.own_folders()


def test_a_system_of_ones_own_is_on_the_timeline_in_its_year(folder):
    names = registry.names()
    assert names.index("perceptron") < names.index("adaline") < names.index("neocognitron")
    assert registry.find("adaline").year == 1960
    assert registry.create("adaline").network.count() > 0


def test_without_the_folder_it_is_gone(folder, monkeypatch):
    monkeypatch.setenv(timeline.VARIABLE, "")
    assert "adaline" not in registry.names()


def test_weights_lie_beside_it(folder, capsys):
    with pytest.raises(StateError, match=f"train adaline --out {folder / 'weights'}"):
        registry.shipped("adaline")
    assert not registry.is_trained("adaline")
    (folder / "weights" / "adaline").mkdir(parents=True)
    assert registry.shipped("adaline") == folder / "weights" / "adaline"
    assert registry.shipped("lenet5").parent.name == "weights"
    assert registry.shipped("lenet5") != folder / "weights" / "lenet5"


def test_the_argument_names_it_too(folder, monkeypatch, capsys):
    monkeypatch.setenv(timeline.VARIABLE, "")
    assert main(["card", "adaline"]) == 2
    assert main(["timeline", "--timeline", str(folder)]) == 0
    assert "1960  adaline" in capsys.readouterr().out
    assert os.environ[timeline.VARIABLE] == str(folder)


def test_a_name_that_is_taken_is_refused(folder):
    (folder / "y2030_lenet5.py").write_text(FILE)
    with pytest.raises(ConfigError, match=r"y2030_lenet5\.py: 'lenet5' is there twice"):
        registry.names()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("this is no Python", "y1961_mine.*SyntaxError.*Mend the file"),
        ("import successors.nothing", "ModuleNotFoundError"),
        ("x = 1", "has no ENTRY"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(folder, text, words):
    (folder / "y1961_mine.py").write_text(text)
    with pytest.raises(ConfigError, match=words):
        registry.find("mine")


def test_a_folder_that_is_not_there_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv(timeline.VARIABLE, str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="no such folder"):
        registry.names()
    monkeypatch.delenv(timeline.VARIABLE)
    assert "lenet5" in registry.names()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Let a package be installed that adds systems by entry points; yields a function of name and module."""
    (tmp_path / "their_package").mkdir()
    (tmp_path / "their_package" / "__init__.py").write_text("")
    (tmp_path / "their_package" / "adaline.py").write_text(FILE)
    monkeypatch.syspath_prepend(tmp_path)

    def install(name, module):
        point = EntryPoint(name=name, value=module, group=registry.ENTRY_POINTS)
        monkeypatch.setattr(registry, "entry_points", lambda group: [point])
        registry._installed.cache_clear()

    yield install
    registry._installed.cache_clear()


def test_an_installed_package_adds_a_system(installed, tmp_path):
    installed("y1960_adaline", "their_package.adaline")
    assert registry.find("adaline").year == 1960
    (tmp_path / "their_package" / "weights" / "adaline").mkdir(parents=True)
    assert registry.shipped("adaline") == tmp_path / "their_package" / "weights" / "adaline"


def test_an_entry_point_of_another_form_is_refused(installed):
    installed("adaline", "their_package.adaline")
    with pytest.raises(ConfigError, match=r"entry point their_package\.adaline.*y1960_adaline"):
        registry.names()
    installed("y1960_adaline", "their_package.nothing")
    with pytest.raises(ConfigError, match=r"entry point y1960_adaline = their_package\.nothing: is not there"):
        registry.names()
