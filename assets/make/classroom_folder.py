"""Make a folder that runs without being installed: for class rooms, from a stick or a shared drive.

`python assets/make/classroom_folder.py FOLDER [--zip]` copies the interpreter that it is run with, its standard
library, the program and what it needs into one folder, with a launcher (`marki`, on Windows `marki.cmd`). It runs on
computers with the same system and processor as the one that made it; nothing is written to them but what is saved, and
the cache. At the end it says what the folder weighs and how long its first frame takes, by the clock and of processor,
measured in the folder itself without any other Python.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WINDOWS = sys.platform == "win32"
LEFT_OUT = ("__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages",
            "dist-packages", "config-*")  # fmt: skip
"""What nobody needs there of the standard library."""

POSIX_LAUNCHER = """#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
LD_LIBRARY_PATH="$here/python/lib" PYTHONHOME="$here/python" PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 PYTHONPATH= \\
  exec "$here/python/bin/python3" -m marki "$@"
"""
WINDOWS_LAUNCHER = """@echo off
setlocal
set PYTHONHOME=%~dp0python
set PYTHONPATH=
set PYTHONDONTWRITEBYTECODE=1
set PYTHONNOUSERSITE=1
"%~dp0python\\python.exe" -m marki %*
"""


def copy_interpreter(home: Path) -> Path:
    """Copy interpreter and standard library to a folder; return the folder of its packages."""
    base = Path(sys.base_prefix)
    library = Path(sysconfig.get_path("stdlib"))
    if WINDOWS:
        home.mkdir(parents=True)
        for file in (*base.glob("*.exe"), *base.glob("*.dll")):
            shutil.copy2(file, home)
        shutil.copytree(base / "DLLs", home / "DLLs")
        shutil.copytree(library, home / "Lib", ignore=shutil.ignore_patterns(*LEFT_OUT))
        return home / "Lib" / "site-packages"
    there = home / "lib" / library.name
    shutil.copytree(library, there, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (home / "bin").mkdir()
    shutil.copy2(Path(sys._base_executable).resolve(), home / "bin" / "python3")  # type: ignore[attr-defined]  # of CPython
    shared = Path(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and shared.is_file():
        shutil.copy2(shared, home / "lib")
    return there / "site-packages"


def weight(folder: Path) -> int:
    """Return the bytes of all files of a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def make(folder: Path) -> Path:
    """Make the folder; return its launcher."""
    packages = copy_interpreter(folder / "python")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target"]
    subprocess.run([*pip, str(packages), f"{ROOT}[plots]"], check=True)
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for tests in [path for path in packages.rglob("tests") if path.is_dir()]:
        shutil.rmtree(tests)
    # Compiled here, the standard library too, since the folder may be read-only where it is used.
    compiling = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    # Some packages ship files that are no Python of today: those stay as they are.
    subprocess.run([*compiling, str(packages.parent)], check=False, stdout=subprocess.DEVNULL)
    launcher = folder / ("marki.cmd" if WINDOWS else "marki")
    text, newline = (WINDOWS_LAUNCHER, "\r\n") if WINDOWS else (POSIX_LAUNCHER, "\n")
    launcher.write_text(text, encoding="ascii", newline=newline)
    launcher.chmod(0o755)
    return launcher


def measure(launcher: Path, rounds: int = 3) -> dict[str, float]:
    """Return what a folder weighs, and the medians of the time to its first frame and of the processor's of all.

    It runs with an environment and a home that have nothing in them, so that no other Python can help. On Windows the
    processor's time of other programs is not told, and is 0.
    """
    first, processor = [], []
    with tempfile.TemporaryDirectory() as elsewhere:
        report = Path(elsewhere, "report.json")
        system = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH", "TEMP") if name in os.environ}
        own = system | {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "HOME": elsewhere}
        for _ in range(rounds):
            before = os.times()
            command = [str(launcher), "--frames", "1", "--report", str(report)]
            subprocess.run(command, check=True, cwd=elsewhere, env=own, capture_output=True)
            after = os.times()
            first.append(json.loads(report.read_text(encoding="utf-8"))["first_frame_s"])
            processor.append(sum(after[2:4]) - sum(before[2:4]))
            report.unlink()  # it would not be written over
    return {
        "megabytes": weight(launcher.parent) / 1e6,
        "first_frame_s": statistics.median(first),
        "processor_s": statistics.median(processor),
    }


def main() -> None:
    """Make the folder, say what it weighs and how fast it starts, and pack it if that is asked for."""
    parser = argparse.ArgumentParser(description="Make a folder that runs without being installed.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zip", action="store_true", help="pack it as FOLDER.zip too")
    args = parser.parse_args()
    if args.folder.exists():
        parser.error(f"{args.folder} exists already")
    launcher = make(args.folder.resolve())
    found = measure(launcher)
    took = f"{found['first_frame_s']:.2f} s, {found['processor_s']:.2f} s of processor"
    print(f"{args.folder}: {found['megabytes']:.0f} MB, first frame after {took}")
    if args.zip:
        packed = Path(shutil.make_archive(str(args.folder), "zip", args.folder.parent.resolve(), args.folder.name))
        print(f"{packed}: {packed.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
