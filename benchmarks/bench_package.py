"""What the package weighs, and how long it takes to be there: size of a base install, import, version, first frame.

`python benchmarks/bench_package.py` installs the package without extras into a fresh environment in a temporary folder
(pip has to reach the dependencies), and measures there. Times are of processor, medians of `--rounds`, so that other
work on the computer counts little; bounds are those of the project: 150 MB, 0.15 s, 1.0 s. The size is that of the
files that are installed; the bytecode that pip compiles of them is weighed apart, and pip itself is not counted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "OPENBLAS_NUM_THREADS": "1"}
NOTHING = "pass"
MEASURED = {
    "import marki": "import marki",
    "import marki.session": "import marki.session",
    "import successors.registry": "import successors.registry",
    "first frame": "import sys; from marki.__main__ import main; main(['--frames', '1'])",
}
BOUNDS = {"size of a base install, MB": 150.0, "import marki": 0.15, "first frame": 1.0}

LEAST = 1.0
"""Megabytes of a package from which on it has a line of its own."""


def weight(folder):
    """Return the megabytes of all files of a folder but for compiled ones, and of those."""
    files = [file for file in Path(folder).rglob("*") if file.is_file() and not file.is_symlink()]
    compiled = sum(file.stat().st_size for file in files if file.suffix == ".pyc") / 1e6
    return sum(file.stat().st_size for file in files) / 1e6 - compiled, compiled


def processor_seconds(python, code, rounds):
    """Return the median processor time of a piece of Python, from the start of the interpreter."""
    timed = f"{code}\nimport time; print(time.process_time())"
    times = []
    for _ in range(rounds + 1):
        done = subprocess.run(
            [python, "-I", "-c", timed], capture_output=True, text=True, check=True, env=os.environ | QUIET
        )
        times.append(float(done.stdout.split()[-1]))
    return statistics.median(times[1:])  # the first compiles


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        home = Path(
            subprocess.run(
                [python, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"],
                capture_output=True, text=True, check=True,
            ).stdout.strip()
        )  # fmt: skip
        before, there = weight(home), {room.name for room in home.iterdir()}
        subprocess.run([python, "-m", "pip", "install", "-q", str(ROOT)], check=True)
        size, compiled = (now - then for now, then in zip(weight(home), before, strict=True))
        found = {"size of a base install, MB": size, "and its bytecode, MB": compiled}
        rooms = [(weight(room)[0], room.name) for room in home.iterdir() if room.name not in there]
        found |= {f"of which {name}, MB": size for size, name in sorted(rooms, reverse=True) if size > LEAST}
        bare = processor_seconds(python, NOTHING, args.rounds)
        for name, code in MEASURED.items():
            took = processor_seconds(python, code, args.rounds)
            found[name] = took if name == "first frame" else took - bare
    for name, value in found.items():
        bound = f"   at most {BOUNDS[name]:g}" if name in BOUNDS else ""
        print(f"{name:<36}{value:>9.2f}{bound}")
    if args.json:
        Path(args.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
