"""How much faster many seeds run on two processes than on one: the alphabet, through the command line's own code."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from marki.experiments.command import report
from marki.experiments.lab import ExperimentSpec
from marki.experiments.replicas import run_many
from marki.jobs.options import RunOptions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=64)
    options = parser.parse_args()
    seconds, digests = [], []
    for jobs in (1, 2):
        start = time.perf_counter()
        run = RunOptions(jobs=jobs, quiet=True)
        summary = run_many(ExperimentSpec(experiment="alphabet"), range(options.seeds), run)
        seconds.append(time.perf_counter() - start)
        digests.append(summary["digest"])
        print(f"{jobs} process(es): {seconds[-1]:6.1f} s", *report(summary)[1:-1], sep="\n")
    same = "equal" if digests[0] == digests[1] else "DIFFER"
    print(f"ratio {seconds[0] / seconds[1]:.2f} (target: at least 1.7); digests {same}")


if __name__ == "__main__":
    main()
