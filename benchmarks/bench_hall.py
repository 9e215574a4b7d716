"""Processor time of the hall: one frame shown to every trained system that answers frames on lamps.

Each answer is what the rack does for it: checks, network, confidence and the `Reply`; views are left out, as in the
hall. Loading is the reading of the shipped weights into a new network, once. Systems take turns; the figure of each is
the median over the turns, the figure of the hall their sum, beside it the median over whole turns.

    python benchmarks/bench_hall.py [--task letters] [--turns 50] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402

from marki.files import write_json  # noqa: E402
from successors import registry, tasks  # noqa: E402
from successors.serving.loaded_system import LoadedSystem  # noqa: E402


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=registry.HALL, default="letters")
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    frames = np.asarray(tasks.load(args.task).test.stimuli[: args.turns])
    standing, loading = {}, {}
    for system in registry.systems():
        if registry.in_hall(system.entry, args.task) and (found := registry.weights(system.name, args.task)):
            since = time.process_time()
            learner = registry.create(system.name, weights=found[0])
            loading[system.name] = 1e3 * (time.process_time() - since)
            standing[system.name] = LoadedSystem(system=system, trial=found[1], learner=learner)
            standing[system.name].reply(0, frames[0], "", views=False)
    taken: dict[str, list[float]] = {name: [] for name in standing}
    for k in range(args.turns):
        for name, one in standing.items():
            taken[name].append(1e3 * one.reply(k, frames[k % len(frames)], "", views=False).seconds)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    whole = statistics.median(map(sum, zip(*taken.values(), strict=True)))
    print(f"{'system':<20}{'loading':>10}{'answer':>10}  ms of processor")
    for name, median in medians.items():
        print(f"{name:<20}{loading[name]:>10.1f}{median:>10.2f}")
    print(f"{'all ' + str(len(medians)):<20}{sum(loading.values()):>10.1f}{sum(medians.values()):>10.2f}")
    print(f"a whole turn, median: {whole:.2f} ms")
    if args.json:
        write_json(args.json, {"loading_ms": loading, "answer_ms": medians, "whole_ms": whole})


if __name__ == "__main__":
    main()
