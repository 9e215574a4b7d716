"""Killed at any moment: no file is broken, no finished result is lost, nobody is left behind, and --resume ends alike.

`pytest -m kill` kills 200 times; the first 20, three of each kind of work, are among the slow tests.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from marki.files import UNFINISHED
from marki.reading import read_arrays

ROOT = Path(__file__).resolve().parent.parent
KILLS, FEW = 200, 20
LEFT_S = 10.0
"""Time within which every process that was started must be gone."""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

SWEEP = """
kind = "experiment"
seeds = 2
[fixed]
experiment = "left_right"
[grid]
machine.association.theta = [2, 3]
"""

TRAINING = """
import sys
from pathlib import Path
from marki.errors import OutputError
from marki.jobs.options import RunOptions
from successors.training.training_job import train_all, training

small = {"train": 200, "valid": 60, "test": 60, "shift": 0.0}
changes = {"recipe.steps": 60, "recipe.eval_every": 4, "recipe.stop_at_score": 2.0}
orders = [training("mlp", "two_class", options=small, changes=changes, seed=seed) for seed in range(3)]
train_all(orders, Path(sys.argv[1]), RunOptions(out=Path(sys.argv[1]), jobs=2, resume=True, quiet=True))
"""

SAVING = """
import sys
from pathlib import Path
from marki import savefile
from marki.session import mark1_session

session = mark1_session(seed=3)
for _ in range(25):
    session.run(2)
    savefile.save(session, Path(sys.argv[1], "run.npz"))
"""

WINDOW = ("--seed", "3", "--frames", "50", "--speed", "2000")


@dataclass
class Work:
    """A kind of work: its command, whether it goes on with --resume, and what of it must come out the same."""

    command: tuple[str, ...]
    script: str = ""
    resume: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    finished: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def begin(self, folder, mark):
        for name, text in self.files.items():
            (folder / name).write_text(text)
        if self.script:
            (folder / "script.py").write_text(self.script)
        environment = os.environ | {"PYTHONPATH": str(ROOT), "MARKI_KILLED": mark, "TMPDIR": str(folder)}
        command = [sys.executable, *("script.py" if part == "SCRIPT" else part for part in self.command)]
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )


MARKI = ("-m", "marki")
OUT = ("--out", "out", "--quiet")
WORKS = {
    "run": Work(
        (*MARKI, "run", "left_right", *OUT), resume=("--resume",), same=("trials.csv",), finished="result.json"
    ),
    "seeds": Work(
        (*MARKI, "run", "left_right", "--seeds", "3", "--jobs", "2", *OUT), resume=("--resume",),
        same=("trials.csv", "measurements.csv"), finished="seed-*/result.json",
    ),
    "sweep": Work(
        (*MARKI, "sweep", "spec.toml", "--jobs", "2", *OUT), resume=("--resume",), same=("sweep.csv",),
        finished="results/*.json", files={"spec.toml": SWEEP},
    ),
    "train": Work(("SCRIPT", "out"), script=TRAINING, same=("*.safetensors",), finished="*.json"),
    "save": Work(("SCRIPT", "."), script=SAVING),
    "film": Work((*MARKI, *WINDOW, "--film", "f.gif", "--report", "d.json")),
    "report": Work((*MARKI, *WINDOW, "--lab-report", "r.zip", "--table", "t.csv"), same=("t.csv",)),
}  # fmt: skip


def check_whole(path):
    """Refuse a file that cannot be read to its end."""
    match path.suffix:
        case ".json":
            json.loads(path.read_text(encoding="utf-8"))
        case ".npz":
            read_arrays(path)
        case ".csv":
            with open(path, newline="", encoding="utf-8") as file:
                widths = {len(row) for row in csv.reader(file)}
            assert len(widths) == 1
        case ".png" | ".gif":
            with Image.open(path) as picture:
                for number in range(getattr(picture, "n_frames", 1)):
                    picture.seek(number)
                    picture.load()
        case ".safetensors":
            assert all(np.isfinite(array).all() for array in load_file(path).values())
        case ".zip":
            with zipfile.ZipFile(path) as pack:
                assert pack.testzip() is None
        case suffix:
            assert suffix in (".py", ".toml"), path


def visible(folder):
    paths = (path for path in folder.rglob("*") if path.is_file() and "joblib" not in str(path))
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def left_over(mark):
    """Return the processes that still run and were started under a mark, by whatever they were started."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARKI_KILLED={mark}".encode() not in (place / "environ").read_bytes().split(b"\0"):
                continue
            if (place / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                found.append(int(place.name))
        except OSError:
            continue
    return found


def results(folder, work):
    """Return what must come out the same: files to the byte, digests of results, and of the last session."""
    found = {}
    for path in visible(folder):
        name = path.relative_to(folder).as_posix()
        if path.name == "d.json":
            found[name] = json.loads(path.read_text())["digest"]
        elif any(path.match(pattern) for pattern in work.same):
            found[name] = path.read_bytes()
        elif work.finished and path.suffix == ".json":
            content = json.loads(path.read_text())
            if digest := content.get("digest") or content.get("result"):
                found[name] = digest
        elif path.suffix == ".gif":  # its pictures show how fast this computer is
            with Image.open(path) as film:
                lasting = [film.seek(n) or film.info["duration"] for n in range(film.n_frames)]
                found[name] = (film.size, sum(lasting))
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as pack:
                found[name] = {part: pack.read(part) for part in pack.namelist() if not part.endswith(".png")}
        elif path.suffix == ".npz" and not work.resume:
            found[name] = read_arrays(path)[1]["digest"]
    return found


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Return, for each kind of work, what comes out of it and how long it takes; made when first asked for."""
    made = {}

    def of(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(f"whole-{name}")
            since = time.monotonic()
            process = WORKS[name].begin(folder, f"whole-{name}-{os.getpid()}")
            out, err = process.communicate(timeout=300)
            assert process.returncode == 0, (out, err)
            made[name] = results(folder, WORKS[name]), time.monotonic() - since
            assert made[name][0]
        return made[name]

    return of


def moments():
    """Yield (kind of work, number): the kinds in turn, so that the first few have all of them."""
    names = list(WORKS)
    for number in range(KILLS):
        marks = [pytest.mark.kill, *([pytest.mark.slow] if number < FEW else [])]
        yield pytest.param(names[number % len(names)], number, marks=marks, id=f"{names[number % len(names)]}-{number}")


@pytest.mark.parametrize(("name", "number"), list(moments()))
def test_a_kill_breaks_nothing(tmp_path, undisturbed, name, number):
    work, (wanted, seconds) = WORKS[name], undisturbed(name)
    rng = np.random.default_rng(number)
    wait, how = seconds * rng.uniform(0.1, 1.0), (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)[int(rng.integers(3))]
    mark = f"{name}-{number}-{os.getpid()}"
    process = work.begin(tmp_path, mark)
    try:
        process.wait(timeout=wait)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    process.communicate(timeout=120)
    deadline = time.monotonic() + LEFT_S
    while left := left_over(mark):
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.1)

    for path in visible(tmp_path):
        check_whole(path)
    done = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in visible(tmp_path) if p.match(work.finished or "//")}
    left = list(tmp_path.rglob(f".*{UNFINISHED}"))
    assert len(left) <= 4  # what was being written, by as many processes as there are

    if not work.resume and not work.script:  # files of names that were given: nothing is written over
        for path in visible(tmp_path):
            path.unlink()
    again = Work((*work.command, *work.resume), script=work.script, files=work.files).begin(tmp_path, mark)
    out, err = again.communicate(timeout=300)
    assert again.returncode == 0, (out, err)
    assert results(tmp_path, work) == wanted
    for path, (changed, content) in done.items():
        assert path.read_bytes() == content
        assert path.stat().st_mtime_ns == changed
    if work.resume:
        assert not list((tmp_path / "out").rglob(f".*{UNFINISHED}"))
    assert not left_over(mark)


def test_a_file_that_is_cut_off_would_be_found(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1')
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04")
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:-40])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as pack:
        pack.writestr("a", b"x" * 5000)
    (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:3000])
    for path in visible(tmp_path):
        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever its reader raises
            check_whole(path)


def test_a_process_that_is_left_behind_would_be_found(tmp_path):
    mark = f"found-{os.getpid()}"
    process = Work(("-c", "import time; time.sleep(60)")).begin(tmp_path, mark)
    try:
        deadline = time.monotonic() + 30
        while process.pid not in left_over(mark):
            assert time.monotonic() < deadline
    finally:
        process.kill()
        process.communicate()
    assert left_over(mark) == []
