"""Time and memory of `run_sim.py train`: all seeds of some systems, their baselines, and their mechanisms off."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNTIL_2014 = ["perceptron", "neocognitron", "hopfield", "mlp", "rnn", "lecun", "lstm", "lenet5", "gru"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=UNTIL_2014, metavar="NAME", help="default: those up to 2014")
    args = parser.parse_args()
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
