"""The laboratory report: complete, the same for the same run, and never half there."""

import argparse
import errno
import html
import json
import os
import shlex
import sys
import zipfile

import pygame
import pytest

import marki.console.export.lab_report
from marki import language, savefile, tables
from marki.console.export.lab_report import command_of, lab_report
from marki.errors import OutputError
from marki.experiments.command import session_of
from marki.hardware import plugboard
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.machine import MachineConfig
from marki.session import mark1_session

ALWAYS = {
    "README.txt", "config.json", "digest.txt", "narration.txt", "registers.csv", "run.html", "session.npz",
    "trials.csv",
}  # fmt: skip


class Votes:
    def to_csv(self, *, form="plain"):
        return "trial,A,B\n0,3,2\n"


@pytest.fixture
def run():
    made = mark1_session(WorldConfig(letters="ABC"), seed=3)
    made.run(12)
    return made


@pytest.fixture
def picture():
    made = pygame.Surface((64, 40), 0, 32)
    made.fill((255, 190, 92))
    return made


@pytest.fixture
def write(run, picture):
    """Return a function that writes the report of the run."""

    def do(path, **settings):
        return lab_report(run, path, **{"words": Words(), "pictures": {"window": picture}, **settings})

    return do


@pytest.fixture
def disk_full(monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


def unpacked(path):
    with zipfile.ZipFile(path) as pack:
        assert pack.testzip() is None
        return {name.split("/", 1)[1]: pack.read(name) for name in pack.namelist()}


# -- what is in it ---------------------------------------------------------------------------------------------------


def test_a_folder_holds_everything(tmp_path, run, write):
    folder = write(tmp_path / "new" / "report", tally=Votes(), notes="It took twelve cards.")
    assert folder == tmp_path / "new" / "report"
    names = {p.name for p in folder.iterdir()}
    assert names == ALWAYS | {"window.png", "learning_curve.png", "tally.csv", "notes.txt"}
    assert [p.name for p in folder.parent.iterdir()] == ["report"]
    for name in ("window.png", "learning_curve.png"):
        assert pygame.image.load(folder / name).get_width() >= 64
    text = {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir() if p.suffix in (".txt", ".csv", ".json")}
    assert text["trials.csv"] == tables.trials_csv([("window", run)])
    assert text["registers.csv"] == tables.registers_csv(run)
    assert text["tally.csv"] == Votes().to_csv()
    assert text["notes.txt"] == "It took twelve cards.\n"
    assert text["narration.txt"].strip()
    assert f"digest: {run.digest}\ntrial: 12\n" in text["digest.txt"]
    assert "numpy: " in text["digest.txt"]
    for name in names - {"README.txt"}:
        assert f"  {name} " in text["README.txt"]
    assert run.digest in text["README.txt"]


def test_the_settings_now_and_at_launch(tmp_path, run, write):
    run.command("set", {"machine.association.theta": 4})
    run.take("exam", learn=False)
    run.run(2)
    content = json.loads((write(tmp_path / "r") / "config.json").read_text(encoding="utf-8"))
    assert content["seed"] == 3
    assert content["machine"]["association"]["theta"] == 4
    assert MachineConfig.from_mapping(content["machine_at_launch"]) == run.launched
    assert {n: WorldConfig.from_mapping(w) for n, w in content["worlds"].items()} == run.configs
    assert (content["course"], content["learn"]) == ("exam", False)
    assert [c["name"] for c in content["commands"]] == ["set", "course"]
    value = {"machine.association.theta": 4}
    assert content["commands"][0] == {"trial": 12, "after_us": None, "name": "set", "value": value}


def test_the_session_goes_on(tmp_path, run, write):
    again = savefile.load(write(tmp_path / "r") / "session.npz")
    assert again.digest == run.digest
    assert again.run(5)["t_us"].tolist() == run.run(5)["t_us"].tolist()


def test_writing_changes_nothing(tmp_path, write, run):
    run.advance(run.now + 1_300_000)
    write(tmp_path / "r")
    other = mark1_session(WorldConfig(letters="ABC"), seed=3)
    run.run(3)
    other.run(run.trial)
    assert run.digest == other.digest


def test_a_run_that_has_not_begun(tmp_path):
    made = lab_report(mark1_session(seed=1), tmp_path / "r", words=Words(), pictures={})
    assert {p.name for p in made.iterdir()} == ALWAYS | {"learning_curve.png"}


def test_a_zip_holds_the_same_and_twice_the_same(tmp_path, write):
    folder = write(tmp_path / "r", notes="n")
    packed = write(tmp_path / "r.zip", notes="n")
    assert set(unpacked(packed)) == {p.name for p in folder.iterdir()}
    first = {n: c for n, c in unpacked(packed).items() if n != "session.npz"}
    assert first == {n: (folder / n).read_bytes() for n in first}
    assert write(tmp_path / "again" / "r.zip", notes="n").read_bytes()[:200] == packed.read_bytes()[:200]


def test_a_name_that_ends_in_html_gets_the_page_alone(tmp_path, run, write):
    page = write(tmp_path / "run.html", words=Words("zh"))
    text = page.read_text(encoding="utf-8")
    assert f'<code id="digest">{run.digest}</code>' in text
    assert Words("zh")("share.heading") in text
    assert text == (write(tmp_path / "r", words=Words("zh")) / "run.html").read_text(encoding="utf-8")
    assert html.escape(command_of(run)) in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r", "run.html"]


def test_names_of_pictures_are_names_of_files(tmp_path, write, picture):
    shown = {"../a b": picture, "a b": picture, "learning_curve": picture, "窗口": picture, "..": picture}
    folder = write(tmp_path / "r", pictures=shown)
    names = {p.name for p in folder.iterdir() if p.suffix == ".png"}
    assert names == {"a-b.png", "a-b-2.png", "learning_curve.png", "learning_curve-2.png", "窗口.png", "picture.png"}


def test_without_matplotlib_the_readme_says_how_to_get_it(tmp_path, write, monkeypatch):
    monkeypatch.setattr(marki.console.export.lab_report, "can_draw", lambda: False)
    folder = write(tmp_path / "r")
    assert not (folder / "learning_curve.png").exists()
    assert "pip install 'marki[plots]'" in (folder / "README.txt").read_text(encoding="utf-8")


def test_the_readme_speaks_the_language(tmp_path, write):
    text = (write(tmp_path / "r", words=Words("zh")) / "README.txt").read_text(encoding="utf-8")
    assert language.table("zh")["report.title"] in text
    assert language.table("en")["report.title"] not in text
    assert "trials.csv" in text


# -- the command that repeats it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "machine"),
    [
        (WorldConfig(), {}),
        (WorldConfig(letters="XE", shift=1.5), {"association.theta": 3, "plugboard.layout": "local"}),
        (WorldConfig(name="forms", kinds=("X", "E"), turn_deg=10), {"sensory.noise": False}),
    ],
)
def test_the_command_repeats_the_run(world, machine, monkeypatch):
    run = mark1_session(world, machine=MachineConfig().amend(machine), seed=7)
    run.run(2)
    words = shlex.split(command_of(run))
    assert words[:3] == ["python", "-m", "marki"]
    changes = [words[k + 1] for k, word in enumerate(words) if word == "--set"]
    seed = int(words[words.index("--seed") + 1])
    again = session_of(
        argparse.Namespace(
            seed=seed, set=changes, config="", machine="", ideal=False, wiring="", images="", mnist="", load=None
        )
    )
    again.run(2)
    assert again.digest == run.digest


def test_no_command_repeats_an_operator(run, tmp_path, write):
    assert command_of(run)
    assert command_of(run) in (write(tmp_path / "a") / "README.txt").read_text(encoding="utf-8")
    run.take("exam", learn=False)
    assert command_of(run) is None
    text = (write(tmp_path / "b") / "README.txt").read_text(encoding="utf-8")
    assert Words()("report.no_repeat") in text
    assert "--load session.npz" in text


def test_no_command_repeats_a_wiring_by_hand():
    board = plugboard.wire(MachineConfig().plugboard, 1)
    assert command_of(mark1_session(seed=2, wiring=board)) is None


def test_no_command_repeats_an_examination_of_its_own():
    assert command_of(mark1_session(WorldConfig(letters="AB"), exam=WorldConfig(letters="AB", shift=2))) is None


# -- bad places ------------------------------------------------------------------------------------------------------


def test_a_folder_of_that_name_is_left_alone(tmp_path, write):
    write(tmp_path / "r", notes="first")
    with pytest.raises(OutputError, match=r"exists already.*Choose another name"):
        write(tmp_path / "r", notes="second")
    assert (tmp_path / "r" / "notes.txt").read_text(encoding="utf-8") == "first\n"
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_an_empty_folder_of_that_name_is_taken(tmp_path, write):
    (tmp_path / "r").mkdir()
    assert (write(tmp_path / "r") / "README.txt").exists()


def test_a_file_in_place_of_the_folder_is_left_alone(tmp_path, write):
    (tmp_path / "r").write_text("mine")
    for name in ("r", "r/report", "r/report.zip"):
        with pytest.raises(OutputError) as refused:
            write(tmp_path / name)
        assert "\n" not in str(refused.value)
    assert (tmp_path / "r").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_zip_is_replaced_whole(tmp_path, write):
    write(tmp_path / "r.zip", notes="first")
    write(tmp_path / "r.zip", notes="second")
    assert unpacked(tmp_path / "r.zip")["notes.txt"] == b"second\n"
    assert [p.name for p in tmp_path.iterdir()] == ["r.zip"]


def test_a_folder_in_place_of_the_zip_is_left_alone(tmp_path, write):
    (tmp_path / "r.zip").mkdir()
    (tmp_path / "r.zip" / "a").write_text("mine")
    with pytest.raises(OutputError):
        write(tmp_path / "r.zip")
    assert (tmp_path / "r.zip" / "a").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["r.zip"]


@pytest.mark.parametrize("name", ["r", "r.zip"])
def test_a_full_disk_leaves_nothing(tmp_path, write, disk_full, name):
    with pytest.raises(OutputError, match="No space left") as refused:
        write(tmp_path / name)
    assert str(refused.value).startswith(str(tmp_path / name))
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["r", "r.zip"])
def test_a_disk_that_fills_up_on_the_way_leaves_the_old_one(tmp_path, write, monkeypatch, name):
    if name == "r.zip":
        write(tmp_path / name, notes="first")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    calls, real = [], os.fsync

    def fail_late(handle):
        calls.append(handle)
        # The curve is written aside first; the last file of all is what fails.
        if len(calls) > (6 if name == "r" else 1):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fail_late)
    with pytest.raises(OutputError, match="No space left"):
        write(tmp_path / name, notes="second")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.skipif(sys.platform != "linux", reason="no such folder there")
def test_a_place_where_nothing_can_be_made(write):
    with pytest.raises(OutputError):
        write("/proc/nowhere/report")
