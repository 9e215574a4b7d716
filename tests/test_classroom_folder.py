"""The folder for class rooms is made, moved, made read-only, and starts where there is no other Python."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the launcher is another one there")
def test_it_starts_from_where_it_was_moved_to_and_writes_nothing_there(tmp_path):
    making = [sys.executable, str(ROOT / "assets/make/classroom_folder.py"), str(tmp_path / "made")]
    told = subprocess.run(making, check=True, capture_output=True, text=True).stdout
    assert told.startswith(f"{tmp_path / 'made'}: ")
    folder = (tmp_path / "made").rename(tmp_path / "class room")
    home = tmp_path / "home"
    home.mkdir()
    own = {"HOME": str(home), "PATH": os.defpath, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    before = files(folder)

    def started(*arguments):
        done = subprocess.run([folder / "marki", *arguments], cwd=home, env=own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    started("--frames", "3", "--report", "report.json")
    assert json.loads((home / "report.json").read_text())["frames"] == 3
    started("run", "left_right", "--ideal", "--twin", "--quiet", "--out", "run")
    assert (home / "run/measurements.png").exists()  # matplotlib is there too
    assert any(row["name"] == "lenet5" for row in json.loads(started("timeline", "--json")))
    assert files(folder) == before
