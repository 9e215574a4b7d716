"""Compare how evenly StyleGAN2 draws without and with the path length: PPL of the steps of its road map.

PPL is the mean squared distance of pictures a small step apart on the way between two styles, by the square of that
step (`unevenness`). The paper measures the distance by LPIPS, a network that has learned photographs; here it is
measured in cells, and in what the judge of digits sees. The claim, as it stood before the trainings: step D, which adds
the path length, draws more evenly than step C. It holds if the interval of the mean difference of log PPL over the
seeds is below 0.

    python run_sim.py roadmap stylegan2 --out DIR
    python benchmarks/path_length.py DIR
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402

from marki.intervals import difference  # noqa: E402
from marki.io.responses import binary_code, lamps  # noqa: E402
from successors import registry  # noqa: E402
from successors.evaluation.estimates import MeanInterval  # noqa: E402
from successors.tasks.likeness import judge  # noqa: E402
from successors.timeline.y2020_stylegan2 import StyleGAN2, unevenness  # noqa: E402
from successors.training import training_job  # noqa: E402

PAIRS = 100
"""Ways between two styles for each of the ten digits."""

WITHOUT, WITH = "C, lazy R1", "D, path length"


def measured(network: StyleGAN2) -> dict[str, float]:
    """Return PPL by what it is measured in; the styles and the noise are the same for each network."""
    rng = np.random.default_rng(0)
    asked = lamps(binary_code(10))[np.repeat(np.arange(10), PAIRS)]
    noise, other = (rng.standard_normal((len(asked), network.noise)).astype(np.float32) for _ in range(2))
    reader = judge("digits")
    return {
        "cells": unevenness(network, asked, noise, other),
        "judge": unevenness(network, asked, noise, other, look=lambda pictures: reader.look(pictures)[0]),
    }


def main() -> None:
    """Print what a training of each step took, PPL of all seeds, and the difference that the path length makes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    entry = registry.find("stylegan2").entry
    trial, found = entry.trials[0], dict[str, dict[str, list[float]]]()
    for step, changes in entry.roads().items():
        order = training_job.training("stylegan2", trial.task, options=trial.options, changes=changes)
        keys = [seeded.key for seeded in training_job.seeded(order, range(args.seeds))]
        files = [file for key in keys if (file := args.folder / "runs" / f"{key}.safetensors").exists()]
        rows = [measured(registry.create("stylegan2", weights=file).network) for file in files]
        found[step] = {by: [row[by] for row in rows] for by in ("cells", "judge")}
        seconds = [json.loads(file.with_suffix(".json").read_text("utf-8"))["processor_seconds"] for file in files]
        took = f"{sum(seconds) / max(1, len(seconds)):5.0f} s"
        print(
            f"{step:24}{took}"
            + "".join(f"{by:>8} " + " ".join(f"{x:9.2f}" for x in v) for by, v in found[step].items())
        )
    for by in ("cells", "judge"):
        logs = [np.log(found[step][by]) for step in (WITH, WITHOUT)]
        if min(map(len, logs)) < 2:
            continue
        mean, low, high = difference(*logs)
        word = MeanInterval(value=mean, low=low, high=high).below(0)
        ends = ", ".join(f"{math.exp(x):.2f}" for x in (low, high))
        print(f"with the path length, {by}: {math.exp(mean):.2f} times as uneven ({ends}): {word}")


if __name__ == "__main__":
    main()
