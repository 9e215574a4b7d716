"""Figure 1 of the AlexNet paper, tried on digits: how many steps ReLU and tanh take to a training error of 25 %.

A small AlexNet without dropout, damping, shifts and decay; light from 0 to 1 with weights by fan-in, and raw pixels
from 0 to 255 with weights of a fixed deviation. The rate is chosen for each activation by the fewest steps, as in the
paper.

Prints a table; `--json FILE` writes it as well.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402

from marki.files import write_json  # noqa: E402
from marki.io.stimuli.digits import digit_frames  # noqa: E402
from marki.seeding import generator  # noqa: E402
from successors.nn.learner import ByGradient  # noqa: E402
from successors.nn.optimiser import Diverged  # noqa: E402
from successors.nn.recipe import Recipe  # noqa: E402
from successors.timeline.y2012_alexnet import AlexNet, AlexNetConfig  # noqa: E402

SMALL = {"maps": (8, 16, 16, 16, 16), "full": 64, "groups": 1, "respond": False, "dropout": 0.0, "classes": 10}
CASES = {
    "light 0 to 1, weights by fan-in": ({"light": 1.0}, (0.01, 0.03, 0.1)),
    "pixels 0 to 255, deviation 0.1": ({"light": 255.0, "deviation": 0.1}, (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)),
    "pixels 0 to 255, deviation 0.05": ({"light": 255.0, "deviation": 0.05}, (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)),
}
"""What is shown and how weights begin, and the rates that are tried."""
ERROR, WINDOW, BATCH = 0.25, 20, 64


def steps(activation: str, rate: float, seed: int, limit: int, settings: dict[str, float]) -> int | None:
    """Return the steps until the mean error of the last batches is low enough; None if it never is."""
    frames, labels = digit_frames("train")
    config = AlexNetConfig(
        **SMALL, **settings, activation=activation, recipe=Recipe(batch=BATCH, steps=limit, rate=rate, momentum=0.9)
    )
    learner, rng, wrong = ByGradient(AlexNet, config, seed=seed), generator(seed, "bench_relu"), []
    for step in range(1, limit + 1):
        chosen = rng.integers(0, len(frames), BATCH)
        wanted = learner.labels.lamps(labels[chosen])
        try:
            wrong.append((learner.reinforce(frames[chosen], wanted) != wanted).any(1).mean())
        except Diverged:
            return None
        if len(wrong) >= WINDOW and np.mean(wrong[-WINDOW:]) <= ERROR:
            return step
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=400, help="steps after which a rate is given up")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    rows = []
    for case, (settings, rates) in CASES.items():
        for seed in range(args.seeds):
            fewest = {}
            for activation in ("relu", "tanh"):
                found = [steps(activation, rate, seed, args.limit, settings) for rate in rates]
                fewest[activation] = min((s for s in found if s is not None), default=None)
            rows.append({"case": case, "seed": seed, **fewest})
            words = ", ".join(f"{k} {v or f'not in {args.limit}'}" for k, v in fewest.items())
            print(f"{case}, seed {seed}: {words} steps", flush=True)
    if args.json:
        write_json(args.json, {"rows": rows, "error": ERROR, "window": WINDOW, "batch": BATCH, "limit": args.limit})


if __name__ == "__main__":
    with np.errstate(over="ignore", invalid="ignore"):
        main()
