"""Time of a sweep on one process over two, with the same trainings, in turns; results must be the same."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = """
kind = "training"
seeds = 12
[fixed]
task = "digits"
learner = "lecun"
options.train = 4000
recipe.steps = 1500
recipe.eval_every = 1500
"""


def sweep(spec: Path, out: Path, jobs: int) -> float:
    """Run the sweep as a user would; return the seconds it takes."""
    command = [sys.executable, str(ROOT / "run_sim.py"), "sweep", str(spec), "--out", str(out), "--quiet"]
    start = time.perf_counter()
    subprocess.run([*command, "--jobs", str(jobs)], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - start


def main() -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = folder / "spec.toml"
        spec.write_text(SPEC)
        ratios = []
        sweep(spec, folder / "warm", 2)
        for turn in range(3):
            one = sweep(spec, folder / f"one{turn}", 1)
            two = sweep(spec, folder / f"two{turn}", 2)
            same = (folder / f"one{turn}/sweep.csv").read_bytes() == (folder / f"two{turn}/sweep.csv").read_bytes()
            ratios.append(one / two)
            print(f"one {one:.1f} s, two {two:.1f} s, ratio {one / two:.2f}, same table: {'yes' if same else 'NO'}")
        print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
