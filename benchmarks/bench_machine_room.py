"""Events a second of the machine room, over bare SimPy: as many processes that only wait as often.

MT-NLG's step on 280 servers, 35 stages and 240 micro-batches, every event logged; the same cut into four parts for each
of 16 ranks; a training with failures; and the sum of an array over 64 devices in a ring and over 1,024 in a tree,
message by message. Each takes turns with bare SimPy in one process. Times are the processor's, which is what a quiet
computer needs; other work that runs at the same time still disturbs them, by its use of the caches.

Prints logged events a second of each and its ratio to bare SimPy; ends with 1 if one of them has fewer than `WANTED`.
`--json FILE` writes the figures as well.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402
import simpy  # noqa: E402
from turns import turns  # noqa: E402

from marki.files import write_json  # noqa: E402
from successors.cluster.collectives import Collective  # noqa: E402
from successors.cluster.devices import Link  # noqa: E402
from successors.cluster.event_log import EventLog  # noqa: E402
from successors.cluster.pipeline import StageTimes, run  # noqa: E402
from successors.cluster.training_run import RunPlan, poisson, train  # noqa: E402

WANTED = 100_000
"""Logged events a second."""

STAGES, MICROS = 35, 240
LINK = Link(name="a link", latency=1_000, bandwidth=1e9)


def step() -> EventLog:
    """Simulate the step of MT-NLG."""
    return run("1f1b", [StageTimes(forward=1_000, backward=3_000)] * STAGES, MICROS, transfer=10).log


def interleaved() -> EventLog:
    """Simulate a step of 16 ranks with four parts each."""
    return run("interleaved", [StageTimes(forward=1_000, backward=3_000)] * 64, 128, parts=4, transfer=10).log


def training() -> EventLog:
    """Simulate a million steps with checkpoints and failures."""
    plan = RunPlan(steps=1_000_000, step_us=1_000_000, every=100, save_us=10_000_000, restart_us=60_000_000)
    return train(plan, poisson(500e6, seed=1)).log


def ring() -> EventLog:
    """Sum an array over 64 devices in a ring."""
    return Collective(np.ones((64, 64)), LINK, "ring").log


def tree() -> EventLog:
    """Sum an array over 1,024 devices in a tree."""
    return Collective(np.ones((1_024, 64)), LINK, "tree").log


WORK: tuple[Callable[[], EventLog], ...] = (step, interleaved, training, ring, tree)


def bare() -> None:
    """Wait as often as the step has tasks and transfers, and log nothing."""
    env = simpy.Environment()

    def wait() -> Generator[simpy.Event]:
        for _ in range(4 * MICROS):
            yield env.timeout(1_000)

    for _ in range(STAGES):
        env.process(wait())
    env.run()


def main() -> int:
    """Time all of it and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    found = []
    for work in WORK:
        events = len(work())
        ours, theirs, ratio = turns(work, bare, args.rounds, 1, time.process_time)
        rate = events / ours
        found.append({"work": work.__name__, "events": events, "seconds": ours, "bare_seconds": theirs,
                      "ratio": ratio, "events_a_second": rate})  # fmt: skip
        print(f"{work.__name__:<12}{events:>8,} events in {ours:.3f} s: {rate:>9,.0f} a second; "
              f"{ratio:.2f} times bare SimPy ({theirs:.3f} s)", flush=True)  # fmt: skip
    print(f"processes that ran beside it: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    if args.json:
        write_json(Path(args.json), found)
    return int(any(row["events_a_second"] < WANTED for row in found))


if __name__ == "__main__":
    sys.exit(main())
