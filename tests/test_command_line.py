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
            assert "--resume" in out
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
