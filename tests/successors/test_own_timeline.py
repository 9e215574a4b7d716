"""Timelines of one's own: a folder of files, weights beside them, and installed packages."""

import importlib
import os
import sys
from importlib.metadata import EntryPoint

import pytest
from followed_page import Page

from marki.__main__ import main
from marki.errors import ConfigError, MarkIError, StateError
from successors import registry, timeline
from successors.evaluation import verify
from successors.training import training_job
from successors.training.training_job import training

FILE = Page("adding_a_successor.md").content


def forget(name, year=1960):
    """Let a file be read anew, as another process would."""
    sys.modules.pop(f"{timeline.__name__}.y{year}_{name}", None)
    importlib.invalidate_caches()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one system, which the environment names."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "y1960_adaline.py").write_text(FILE)
    monkeypatch.setenv(timeline.VARIABLE, str(own))
    forget("adaline")
    yield own
    forget("adaline")
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


@pytest.mark.parametrize("stem", ["y1998_lenet5", "y1961_lenet5"])
def test_a_file_with_the_name_of_ours_is_refused_and_is_the_one_that_is_named(folder, stem):
    (folder / f"{stem}.py").write_text(FILE)
    with pytest.raises(ConfigError) as refused:
        registry.names()
    assert str(refused.value).startswith(f"{folder / stem}.py: 'lenet5' is there twice")


def test_two_folders_may_not_both_have_a_file(folder, tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "y1960_adaline.py").write_text(FILE)
    monkeypatch.setenv(timeline.VARIABLE, os.pathsep.join([str(folder), str(tmp_path / "other")]))
    with pytest.raises(ConfigError, match=r"other.y1960_adaline\.py: 'adaline' is there twice"):
        registry.names()


@pytest.mark.parametrize("name", ["mark1", "all", "runs", "reader"])
def test_a_name_that_commands_use_for_something_else_is_refused(folder, name):
    (folder / f"y1960_{name}.py").write_text(FILE)
    with pytest.raises(ConfigError, match=rf"y1960_{name}\.py: '{name}' stands for something else"):
        registry.names()


def test_what_is_nearly_the_name_of_a_system_is_not_passed_over(folder):
    (folder / "help.py").write_text("x = 1")
    assert "adaline" in registry.names()
    (folder / "y1960_Madaline.py").write_text(FILE)
    with pytest.raises(ConfigError, match=r"y1960_Madaline\.py: is no name of a system.*small letters"):
        registry.names()


def test_a_folder_without_a_system_says_how_files_are_called(folder):
    (folder / "y1960_adaline.py").rename(folder / "adaline.py")
    (folder / "picture.png").touch()
    with pytest.raises(ConfigError, match=r"own: there is no system in this folder.*as y1960_adaline\.py"):
        registry.names()


SHORT = {"train": 40, "valid": 20, "test": 20, "shift": 0.0}


def test_a_training_is_not_taken_up_after_the_file_was_changed(folder, tmp_path):
    order = training("adaline", "two_class", options=SHORT, changes={"recipe.steps": 2})
    found = training_job.train(order, tmp_path / "out")
    (folder / "note.py").write_text("")
    assert training_job.train(order, tmp_path / "out", resume=True) == found
    (folder / "y1960_adaline.py").write_text(FILE.replace("rate=0.02", "rate=0.0"))
    forget("adaline")
    with pytest.raises(StateError, match=r"content of file y1960_adaline\.py; system\.recipe\.rate = 0\.02, not 0\.0"):
        training_job.train(order, tmp_path / "out", resume=True)
    (folder / "y1960_adaline.py").write_text(FILE)
    forget("adaline")
    assert training_job.train(order, tmp_path / "out", resume=True) == found


def test_nor_after_what_it_imports_was_changed(folder):
    (folder / "parts.py").write_text("RATE = 0.02")
    (folder / "y1961_mine.py").write_text("from successors.timeline import parts, y1960_adaline\n" + FILE)
    before = registry.own_inputs("mine")
    assert list(before) == ["file y1961_mine.py", "file parts.py", "file y1960_adaline.py"]
    (folder / "parts.py").write_text("RATE = 0.0")
    assert registry.own_inputs("mine") != before
    assert registry.own_inputs("adaline") == {"file y1960_adaline.py": before["file y1960_adaline.py"]}


def test_an_interrupted_training_is_not_gone_on_with_by_another_file(folder, tmp_path, monkeypatch):
    order = training("adaline", "two_class", options=SHORT, changes={"recipe.eval_every": 1, "recipe.steps": 4})
    write = training_job.loop.write_arrays

    def interrupt(*args, **header):
        write(*args, **header)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training_job.loop, "write_arrays", interrupt)
        with pytest.raises(KeyboardInterrupt):
            training_job.train(order, tmp_path / "out")
    (folder / "y1960_adaline.py").write_text(FILE.replace("x * 0.0", "x * 0.1"))
    forget("adaline")
    with pytest.raises(StateError, match="is of another training"):
        training_job.train(order, tmp_path / "out", resume=True)


def test_ours_are_taken_up_as_ever():
    order = training("mlp", "digits", changes={"recipe.rate": 0.2})
    assert set(order.identity.settings) == {"learner", "task", "options", "changes"}
    assert not order.identity.inputs
    assert registry.own_inputs("mark1") == registry.own_inputs("nobody") == {}


def test_a_point_of_a_sweep_knows_the_file(folder):
    files = training_job.check_point({"learner": "adaline", "task": "two_class"})
    assert list(files) == ["file y1960_adaline.py"]
    assert training_job.check_point({"learner": "mlp", "task": "digits"}) == {}


def refused(folder, *changes):
    """Return what is said of a file with some texts in the place of others."""
    text = FILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "y1960_adaline.py").write_text(text)
    forget("adaline")
    with pytest.raises(MarkIError) as caught:
        registry.find("adaline")
    said = str(caught.value)
    assert said.startswith(str(folder / "y1960_adaline.py"))
    assert said.count(str(folder)) == 1
    return said


BOUND = "at_least=0.9"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("parents=()", 'parents=("nope",)', "Entry.parents: unknown system 'nope'"),
        ("parents=()", 'parents=("mlp",)', "Entry.parents: 'mlp' is of 1986"),
        ("parents=()", 'parents=("adaline",)', "Entry.parents: 'adaline' is of 1960"),
        ("parents=()", 'parents="mlp"', "Entry.parents: expected tuple[str, ...], got 'mlp'"),
        ("parents=()", 'weights_of="nope", parents=()', "Entry.weights_of: unknown system 'nope'"),
        ('{"seeing": False}', '{"sing": False}', "Entry.mechanism: unknown setting 'sing'. Did you mean 'seeing'?"),
        ('{"seeing": False}', '{"seeing": 3}', "Entry.mechanism"),
        ('{"seeing": False}', "None", "Mechanism.without: expected Mapping[str, Any], got None"),
        ('label="ADALINE"', "label=3", "Entry.label: expected str, got 3"),
        (BOUND, 'at_least=float("nan")', "Trial.at_least: nan is out of range"),
        (BOUND, "at_most=float('inf')", "Trial.at_most: inf is out of range"),
        (BOUND, "at_least=90", "Trial.at_least: 90.0 is out of range"),
        (BOUND, "at_least='high'", "Trial.at_least: expected a number"),
        (BOUND, "seeds=0", "Trial.seeds: 0 is out of range"),
        (BOUND, 'aside={"far": float("nan")}', "Trial.aside, far: nan is out of range"),
        (BOUND, 'changes={"recipe.rat": 1.0}', "Entry.trials, two_class: unknown setting 'recipe.rat'"),
        (BOUND, 'grows_from="few"', "unknown label of a trial 'few'"),
        ('"two_class"', '"two_clas"', "unknown task 'two_clas'"),
        ('"shift"', '"shft"', "Entry.trials, two_class: unknown setting 'shft'"),
        ("trials=(Trial(", "small={'width': 3}, trials=(Trial(", "Entry.small: unknown setting 'width'"),
        ('sizes={"retina": Size(config=AdalineConfig())}', "sizes={}", "Entry.sizes: is empty"),
        ("retina=AdalineConfig()", "retina=AdalineConfig", "Entry.retina: expected NetworkConfig"),
        ("network=Adaline,", "network='Adaline',", "Entry.network: expected Callable"),
        ("network=Adaline,", "network=Adaline, learner=Adaline,", "Entry.learner: expected type"),
        ("ENTRY = Entry(", "raise SystemExit(3)\nENTRY = Entry(", "line 55: cannot be read (SystemExit: 3)"),
        ("classes", "kinds", "Entry.retina: has neither 'classes' nor 'units'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_entry_is_one_line_with_its_file(folder, old, new, words):
    assert words in refused(folder, (old, new), ("datakinds", "dataclasses") if old == "classes" else ("", ""))


def test_a_list_is_as_good_as_a_tuple(folder):
    (folder / "y1960_adaline.py").write_text(FILE.replace("parents=()", 'parents=["perceptron"]'))
    assert registry.find("adaline").entry.parents == ("perceptron",)


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        ('baseline="mark2"', "unknown learner 'mark2'"),
        ('baseline="gpt2"', "gpt2 cannot take part"),
        ('baseline="mlp", against={"hiden": 3}', "unknown setting 'hiden'"),
    ],
)
def test_a_baseline_that_there_is_not_is_refused_before_anything_is_trained(folder, tmp_path, capsys, trial, words):
    (folder / "y1960_adaline.py").write_text(FILE.replace(BOUND, trial))
    contract, *_ = verify.climb("adaline", slow=False)
    assert contract.failed
    assert words in contract.found
    assert str(folder / "y1960_adaline.py") in contract.found
    assert main(["train", "adaline", "--quiet", "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_fails_in_its_network_is_one_line_too(folder, tmp_path, capsys):
    (folder / "y1960_adaline.py").write_text(FILE.replace("self.units(x", "self.unts(x"))
    where = f"{folder / 'y1960_adaline.py'}, line 47: fails (AttributeError"
    few = ["--task", "two_class", "--set", "recipe.steps=2", "--set", "train=20", "--jobs", "1", "--quiet"]
    for command in (["card", "adaline"], ["train", "adaline", *few, "--out", str(tmp_path / "out")]):
        assert main(command) == 2
        error = capsys.readouterr().err
        assert where in error
        assert error.count("\n") == 1
    assert main(["check", "adaline", "--quick"]) == 1
    assert f"FAILED          contract: {where}" in capsys.readouterr().out
