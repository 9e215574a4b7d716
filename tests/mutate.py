"""Make each change of `mutations.toml` in a copy of the tree, run its tests, and say which changes nothing noticed.

    python tests/mutate.py                     all of them
    python tests/mutate.py --only NAME         one
    python tests/mutate.py --third COMMIT      a third of them, chosen by the name of the commit

A change counts as noticed if its tests pass without it, and fail (or go on for ever) with it.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import TypeVar

Item = TypeVar("Item")

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "mutations.toml"
MOST_S = 180
"""Seconds after which the tests of a change are taken to go on for ever."""

LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", "out", "*.egg-info")


def mutations() -> dict[str, dict]:
    """Return the changes by name."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["mutation"]
    found = {row["name"]: row for row in rows}
    if len(found) < len(rows):
        raise SystemExit("two changes have one name")
    return found


def misfit(row: dict, root: Path = ROOT) -> str:
    """Return why a change cannot be made, or ""."""
    path = root / row["file"]
    if not path.is_file():
        return f"{row['file']} does not exist"
    times = path.read_text(encoding="utf-8").count(row["find"])
    if times != 1:
        return f"{row['find']!r} occurs {times} times in {row['file']}"
    missing = [test for test in row["tests"] if not _exists(test, root)]
    return f"{missing[0]} does not exist" if missing else ""


def _exists(test: str, root: Path) -> bool:
    """Return whether there is a file of tests, and in it the function after ``::``."""
    file, _, name = test.partition("::")
    path = root / file
    return path.is_file() and f"def {name}" in path.read_text(encoding="utf-8")


def a_part(items: list[Item], commit: str, parts: int) -> list[Item]:
    """Return one item of so many, from the first, second … on, as the commit decides."""
    return items[int(hashlib.blake2b(commit.encode()).hexdigest(), 16) % parts :: parts]


def copied(to: Path) -> Path:
    """Copy the tree, compiled so that a file that was changed a moment ago is never mistaken for the old one."""
    shutil.copytree(ROOT, to, ignore=LEFT_OUT)
    compileall.compile_dir(to, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return to


def run(tree: Path, tests: list[str], *, most_s: float | None = MOST_S, jobs: int = 0) -> tuple[int | None, str]:
    """Run tests in a copy, in so many processes; return pytest's exit status, None after `most_s`, and what it said."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {name: environment.get(name, "dummy") for name in ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER")}
    options = ["-x", "-q", f"-n{jobs}", "-m", "", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=most_s)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def verdict(tree: Path, row: dict) -> str:
    """Make a change in a copy, run its tests and take it back; return "" if they noticed, or what is wrong."""
    path = tree / row["file"]
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(row["find"], row["put"]), encoding="utf-8")
    try:
        status, said = run(tree, row["tests"])
    finally:
        path.write_text(before, encoding="utf-8")
    if status in (1, None):
        return ""
    return "NOT NOTICED" if status == 0 else f"its tests could not be run:\n{said[-2000:]}"


def main() -> int:
    """Run the command; return 1 if a change was not noticed, or does not fit the files any more."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="this change alone; may be given repeatedly")
    parser.add_argument("--third", metavar="COMMIT", help="a third of them, chosen by this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="changes tried at a time")
    arguments = parser.parse_args()
    rows = mutations()
    unknown = [name for name in arguments.only or () if name not in rows]
    if unknown:
        raise SystemExit(f"no change is called {unknown[0]!r}; there are {', '.join(rows)}")
    chosen = arguments.only or (a_part(list(rows), arguments.third, 3) if arguments.third else list(rows))
    wrong = {name: why for name in rows if (why := misfit(rows[name]))}
    chosen = [name for name in chosen if name not in wrong]
    for name, why in wrong.items():
        print(f"{name}: does not apply, {why}")
    since = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trees: queue.Queue[Path] = queue.Queue()
        trees.put(copied(Path(folder) / "0"))
        for number in range(1, max(1, arguments.jobs)):
            trees.put(Path(shutil.copytree(Path(folder) / "0", Path(folder) / str(number))))

        def judge(name: str) -> tuple[str, str, float]:
            tree, began = trees.get(), time.monotonic()
            try:
                return name, verdict(tree, rows[name]), time.monotonic() - began
            finally:
                trees.put(tree)

        tree = trees.get()
        every = list(dict.fromkeys(t for name in chosen for t in rows[name]["tests"]))
        status, said = run(tree, every, most_s=None, jobs=max(1, arguments.jobs))
        trees.put(tree)
        if status:
            print(said[-3000:])
            print("these tests fail before anything is changed")
            return 1
        with ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
            for name, why, seconds in pool.map(judge, chosen):
                print(f"{name}: {why or 'noticed'} ({seconds:.1f} s)", flush=True)
                if why:
                    wrong[name] = why
    print(f"{len(chosen)} changes in {time.monotonic() - since:.0f} s; not noticed or not applied: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
