"""The command line as a user meets it: one line for a refusal, exit status 2, nothing half-written."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from marki.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


def marki(*args, cwd=None, **options):
    return subprocess.run(
        [sys.executable, str(ROOT / "run_sim.py"), *map(str, args)], cwd=cwd, capture_output=True, text=True, **options
    )


def bomb(path):
    """Write a PNG whose header says 30,000 × 30,000."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def broken(folder, kind):
    pictures = folder / "pictures"
    pictures.mkdir()
    match kind:
        case "broken image":
            (pictures / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"junk" * 20)
        case "empty file":
            (pictures / "a.png").touch()
        case "bomb":
            bomb(pictures / "a.png")
        case "no images":
            (pictures / "notes.txt").write_text("none here")
    return ["run", "images", "--images", pictures]


@pytest.mark.parametrize("kind", ["broken image", "empty file", "bomb", "no images"])
def test_bad_pictures(tmp_path, kind):
    refused(marki(*broken(tmp_path, kind), cwd=tmp_path), "pictures")
    assert not list(tmp_path.glob("out/images/*.json"))


def refused(found, *words):
    assert found.returncode == 2, found
    assert found.stdout == ""
    lines = found.stderr.strip().splitlines()
    assert len(lines) == 1, found.stderr
    assert lines[0].startswith("marki: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", "alphabett"], ["alphabett", "alphabet"]),
        (["runn", "alphabet"], ["runn"]),
        (["run", "alphabet", "--seeds", "0"], ["--seeds", "from 1 to 10000"]),
        (["run", "alphabet", "--seeds", "many"], ["many"]),
        (["run", "alphabet", "--seed", "-1"], ["--seed"]),
        (["run", "alphabet", "--set", "machine.sensory.treshold=0.4"], ["treshold", "threshold"]),
        (["run", "alphabet", "--set", "machine.sensory.threshold=high"], ["threshold", "high", "number"]),
        (["run", "alphabet", "--set", "machine.sensory.threshold=1.5"], ["threshold", "1.5", "0.99"]),
        (["run", "alphabet", "--set", "threshold=1"], ["threshold", "0.99"]),
        (["run", "alphabet", "--set", "pull_in_us=1"], ["machine.sensory.pull_in_us", "machine.response.pull_in_us"]),
        (["run", "left_right", "--set", "world.name=digits"], ["world.name", "left_right itself"]),
        (["run", "left_right", "--twin"], ["machine.sensory.lag", "--ideal"]),
        (["settings", "no-such-thing"], ["no-such-thing"]),
        (["settings", "--of", "lenet"], ["lenet5"]),
        (["tasks", "leters"], ["letters"]),
        (["validate", "--only", "topologie"], ["topology"]),
        (["provenance", "--machine", "missing.toml"], ["missing.toml"]),
        (["session", "--script", "missing.json"], ["missing.json"]),
        (["session", "--trials", "-1"], ["--trials"]),
        (["timeline", "--timeline", "nowhere"], ["--timeline nowhere"]),
        (["train", "lenet5", "--set", "lr=0.1"], ["recipe.rate"]),
        (["run", "alphabet", "--set", "world.typefaces=['helvetica']"], ["helvetica"]),
        (["run", "alphabet", "--set", "machine.plugboard.excitatory=40"], ["40", "31"]),
        (["run", "alphabet", "--config", "missing.toml"], ["missing.toml"]),
        (["run", "alphabet", "--wiring", "missing.txt"], ["missing.txt"]),
        (["run", "alphabet", "--out", "/dev/null/x"], ["/dev/null/x", "--out"]),
        (["run", "digits", "--mnist", "."], ["ubyte"]),
        (["run", "images"], ["--images"]),
        (["--load", "missing.npz", "--frames", "1"], ["missing.npz"]),
        (["--size", "10x10", "--frames", "1"], ["10x10"]),
        (["validate", "--seeds", "1"], ["--seeds"]),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_refusals(tmp_path, args, words):
    refused(marki(*args, cwd=tmp_path), *words)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", "alphabet", "--images", "."], ["--images", "alphabet", "run images"]),
        (["run", "left_right", "--set", "world.images='.'"], ["--images", "left_right", "run images"]),
        (["run", "images", "--images", ".", "--mnist", "."], ["--mnist", "run digits"]),
        (["run", "digits", "--no-invert"], ["--no-invert", "run images"]),
        (["session", "--images", ".", "--mnist", "."], ["--mnist", "the world images", "digits"]),
        (["--mnist", ".", "--set", "world.name=letters", "--frames", "1"], ["--mnist", "the world letters"]),
        (["session", "--turn", "30"], ["--turn", "--images DIR"]),
        (["wiring", "--no-fit"], ["--fit", "--images DIR"]),
        (["draw", "gan", "7", "--turn", "30"], ["--turn", "--from CARD"]),
        (["session", "--load", "s.npz", "--set", "theta=3", "--seed", "0"], ["--load", "--seed"]),
        (["session", "--load", "s.npz", "--set", "theta=3"], ["--load", "--set"]),
        (["--load", "s.npz", "--ideal"], ["--load", "--ideal"]),
        (["--load", "s.npz", "--config", "none.toml"], ["--load", "--config"]),
        (["session", "--load", "s.npz", "--machine", "none.toml"], ["--load", "--machine"]),
        (["wiring", "--load", "s.npz", "--wiring", "none.txt"], ["--load", "--wiring"]),
        (["session", "--load", "s.npz", "--straighten"], ["--load", "--straighten"]),
        (["--lesson", "left_right", "--seed", "3"], ["--lesson", "--seed"]),
        (["--lesson", "left_right", "--load", "s.npz"], ["--lesson", "--load"]),
        (["--lesson", "left_right", "--images", "."], ["--lesson", "--images"]),
        (["--load", "s.npz", "run", "left_right"], ["--load", "run --help"]),
        (["--screenshot", "x.png", "timeline"], ["--screenshot", "timeline"]),
        (["--seed", "0", "lessons"], ["--seed", "lessons"]),
        (["--size", "800x600", "draw", "gan", "7"], ["--size", "after the command"]),
        (["--screenshot", "x.jpg", "--frames", "1"], ["x.jpg", ".png"]),
        (["--film", "x.png", "--frames", "1"], ["x.png", ".gif"]),
        (["timeline", "--picture", "x.jpg"], ["x.jpg", ".png"]),
        (["pen", "x.pen", "--out", "x.jpg"], ["x.jpg", ".png"]),
        (["--screenshot", "x.png", "--report", "./x.png", "--frames", "1"], ["x.png", "--screenshot", "--report"]),
        (["session", "--csv", "one", "--log", "one"], ["one", "--csv", "--log"]),
        (["read", "mark1", ""], ["FILE", "empty"]),
        (["draw", "gan", "7", "--weights", ""], ["--weights", "empty"]),
        (["wiring", "--out", ""], ["--out", "empty"]),
        (["session", "--save", ""], ["--save", "empty"]),
        (["--images", ""], ["--images", "empty"]),
        (["run", "left_right", "--out", ""], ["--out", "empty"]),
        (["cards", "", "--out", "deck"], ["PHOTO", "empty"]),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_what_would_change_nothing_or_lose_something_is_refused(tmp_path, monkeypatch, capsys, args, words):
    monkeypatch.chdir(tmp_path)
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("marki: ")
    assert err.count("\n") == 1
    assert [word for word in words if word not in err] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "args",
    [
        ["session", "--trials", "1", "--quiet", "--csv"],
        ["session", "--trials", "1", "--quiet", "--save"],
        ["session", "--trials", "1", "--quiet", "--log"],
        ["worksheet", "left_right", "--out"],
        ["provenance", "--blank", "--out"],
        ["wiring", "--out"],
        ["pen", "x.pen", "--out"],
        ["timeline", "--picture"],
        *(["--frames", "1", option] for option in ("--screenshot", "--report", "--film", "--table", "--lab-report")),
    ],
    ids=lambda args: f"{args[0]} {args[-1]}",
)
def test_a_file_that_is_there_is_not_written_over(tmp_path, capsys, args):
    name = tmp_path / ("x.gif" if "--film" in args else "x.png")
    name.write_text("mine")
    assert main([*args, str(name)]) == 2
    assert capsys.readouterr().err == f"marki: {name}: exists already. Choose another name, or move it away first\n"
    assert name.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [name]


def test_a_worksheet_without_a_name_gets_one_that_is_free(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["worksheet", "left_right"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["left_right-2.html", "left_right.html"]


def test_what_is_given_before_a_command_stands_where_it_reads_it(tmp_path, capsys):
    assert (
        main(["--seed", "7", "--csv", "excel", "session", "--quiet", "--json", "--csv", str(tmp_path / "t.csv")]) == 0
    )
    assert json.loads(capsys.readouterr().out)["seed"] == 7
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_wiring_of_a_saved_session_is_listed(tmp_path, capsys):
    assert main(["session", "--seed", "5", "--quiet", "--save", str(tmp_path / "s.npz")]) == 0
    capsys.readouterr()
    listed = []
    for args in (["wiring", "--load", str(tmp_path / "s.npz")], ["wiring", "--seed", "5"], ["wiring"]):
        assert main(args) == 0
        listed.append(capsys.readouterr().out)
    assert listed[0] == listed[1] != listed[2]


def test_a_wrong_wiring_file(tmp_path):
    (tmp_path / "w.txt").write_text("A1: +3 -900\n")
    refused(marki("run", "alphabet", "--wiring", tmp_path / "w.txt", cwd=tmp_path), "w.txt", "line 1", "-900")
    (tmp_path / "w.txt").write_text("A1: +3\n")
    refused(marki("run", "alphabet", "--wiring", tmp_path / "w.txt", cwd=tmp_path), "w.txt", "512")


def test_a_wrong_settings_file(tmp_path):
    (tmp_path / "s.toml").write_text("[machine.association]\nteta = 3\n")
    refused(marki("run", "alphabet", "--config", tmp_path / "s.toml", cwd=tmp_path), "s.toml", "theta")
    (tmp_path / "s.toml").write_text("[machine\n")
    refused(marki("run", "alphabet", "--config", tmp_path / "s.toml", cwd=tmp_path), "s.toml")


def test_truncated_save(tmp_path):
    found = marki("run", "left_right", "--out", tmp_path / "o", "--quiet")
    assert found.returncode == 0, found.stderr
    state = tmp_path / "o" / "state" / "left_right.npz"
    state.write_bytes(state.read_bytes()[:5000])
    refused(marki("--load", state, "--frames", "1"), "left_right.npz")
    (tmp_path / "o" / "result.json").unlink()
    refused(marki("run", "left_right", "--out", tmp_path / "o", "--resume"), "left_right.npz")


def test_run_from_any_folder_and_wiring_round_trip(tmp_path):
    listed = marki("wiring", "--seed", "5", cwd=tmp_path)
    assert listed.stdout.count("\nA") == 512
    (tmp_path / "w.txt").write_text(listed.stdout)
    by_seed = marki("run", "left_right", "--seed", "5", "--out", "a", cwd=tmp_path)
    by_file = marki("run", "left_right", "--seed", "5", "--wiring", "w.txt", "--out", "b", cwd=tmp_path)
    assert by_seed.returncode == by_file.returncode == 0, by_file.stderr
    trials = [(tmp_path / d / "trials.csv").read_text() for d in "ab"]
    assert trials[0] == trials[1]


def whole_files(folder):
    """Read every file that stands under its own name; nothing may be half-written."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            if path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix == ".npz":
                with np.load(path) as stored:
                    assert stored["header"].size
            else:
                assert path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_interruption_and_resume(tmp_path, how):
    args = [sys.executable, str(ROOT / "run_sim.py"), "run", "two_faces", "--quiet", "--out", str(tmp_path / "o")]
    start_up = None  # how long it takes here, now, to begin with the work
    told = False  # whether an interruption while at work was answered
    for wait in (0.3, 0.6, 1.2, 2.4, 4.8):
        began = time.monotonic()
        process = subprocess.Popen([*args, "--resume"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while start_up is None and not (tmp_path / "o").exists():
            time.sleep(0.02)
        start_up = start_up or time.monotonic() - began
        time.sleep(max(0.0, began + start_up + wait - time.monotonic()))
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert "Traceback" not in err
        # On a busy machine it may still have been loading, and then ends without a word.
        assert process.returncode in ((130, -signal.SIGINT) if how == signal.SIGINT else (-signal.SIGKILL,)), err
        if process.returncode == 130:
            assert out == ""
            assert "--resume" in err
            told = True
        whole_files(tmp_path)
        if told or (wait > 1 and how == signal.SIGKILL):
            break
    assert told or how == signal.SIGKILL
    assert subprocess.run([*args, "--resume"], capture_output=True).returncode == 0
    resumed = json.loads((tmp_path / "o" / "result.json").read_text())
    args[-1] = str(tmp_path / "whole")
    assert subprocess.run(args, capture_output=True).returncode == 0
    whole = json.loads((tmp_path / "whole" / "result.json").read_text())
    assert resumed["digest"] == whole["digest"]
    assert (tmp_path / "o" / "trials.csv").read_bytes() == (tmp_path / "whole" / "trials.csv").read_bytes()


def test_resume_with_other_settings_is_refused(tmp_path):
    args = ("run", "left_right", "--out", tmp_path / "o", "--quiet")
    assert marki(*args).returncode == 0
    refused(
        marki(*args, "--resume", "--set", "machine.association.theta=3"),
        "machine.association.theta = the default, not 3",
    )


def test_importing_marki_is_light():
    code = "import sys, marki; print([m for m in ('pygame', 'PIL', 'matplotlib', 'simpy') if m in sys.modules])"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env).stdout.strip() == "[]"


def test_help_and_version():
    assert "run an experiment" in marki("--help").stdout
    assert marki("--version").stdout.startswith("marki ")


def test_options_before_and_after_the_command_mean_the_same(tmp_path):
    before = marki(
        "--seed", "5", "--set", "machine.association.theta=3", "--out", "a", "run", "left_right", cwd=tmp_path
    )
    after = marki(
        "run", "left_right", "--seed", "5", "--set", "machine.association.theta=3", "--out", "b", cwd=tmp_path
    )
    assert before.returncode == after.returncode == 0, before.stderr
    found = [json.loads((tmp_path / d / "result.json").read_text()) for d in "ab"]
    assert found[0]["seed"] == found[1]["seed"] == 5
    assert found[0]["digest"] == found[1]["digest"]


@pytest.mark.parametrize("wait", [0.1, 0.2, 0.3])
def test_an_interruption_while_loading_shows_no_traceback(tmp_path, wait):
    path = f"import sys; sys.path[:0] = {[str(ROOT), *sys.path]!r}"
    args = [sys.executable, "-S", "-c", f"{path}; print('begins', flush=True); import marki.__main__"]
    process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout.readline() == "begins\n"  # a busy computer takes its time to start Python itself
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGINT)
    assert "Traceback" not in err
