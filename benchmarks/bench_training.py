"""Time and memory of `run_sim.py train`: all seeds of some systems, their baselines, and their mechanisms off.

`--of OUT` adds up what is on record of trainings that were written to a folder, whenever and beside whatever they ran.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNTIL_2014 = ["perceptron", "neocognitron", "hopfield", "mlp", "rnn", "lecun", "lstm", "lenet5", "gru"]


def on_record(out: Path) -> str:
    """Return how many runs a folder holds, and how long they took."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("runs/*.json")]
    spent = [sum(run[key] for run in runs) / 60 for key in ("processor_seconds", "seconds")]
    return f"{len(runs)} runs: {spent[0]:.0f} minutes of processor, {spent[1]:.0f} minutes one after the other"


def main() -> None:
    """Train, or read what is on record, and print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=UNTIL_2014, metavar="NAME", help="default: those up to 2014")
    parser.add_argument("--of", type=Path, metavar="OUT", help="output folder of trainings that have run")
    args = parser.parse_args()
    if args.of:
        print(on_record(args.of))
        return
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        subprocess.run([sys.executable, str(ROOT / "run_sim.py"), "train", *args.names, "--out", out], check=True)
        seconds = time.perf_counter() - start
        runs = len(list(Path(out).glob("runs/*.json")))
    # Of all processes that have ended, the largest; Linux counts in KiB.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{len(args.names)} systems, {runs} runs: {seconds / 60:.1f} minutes, {peak:.0f} MiB in the largest process")


if __name__ == "__main__":
    main()
