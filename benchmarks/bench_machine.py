"""Speed and memory of the machine, each as a ratio against a named reference in the same process.

Printed, with the median of several interleaved rounds:

- trials/s of the oracle (a SimPy process for each unit, tests/oracle.py) and of the machine with its event log kept;
- simulated seconds that the machine runs in a second;
- cost of a trial of the machine, effects on, over one of the twin; and of how many calls, of Python's functions and of
  NumPy's, a trial of each consists;
- peak memory of 10,000 presentations with the event log kept, in a process of its own.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from oracle import Oracle  # noqa: E402

from marki.io.responses import lamps  # noqa: E402
from marki.io.worlds import WorldConfig, create  # noqa: E402
from marki.machine import MachineConfig, MarkI  # noqa: E402
from marki.trace import Trace  # noqa: E402
from marki.twin import Twin  # noqa: E402


def present(machine: MarkI, trace: Trace, frames, targets) -> None:
    for frame, target in zip(frames, targets, strict=True):
        machine.present(frame, target, learn=True)
        machine.finish()
        trace.append(machine.collect(), machine.witness())


def alphabet(count: int):
    """Return frames and lamp targets of the default world: 26 letters of one typeface."""
    world = create(WorldConfig(), 1)
    shown = [world.at(n) for n in range(count)]
    return np.stack([p.frame for p in shown]), lamps(np.stack([p.target for p in shown]))


def timed(call, trials: int) -> float:
    """Return the seconds that a trial takes."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) / trials


def calls(work, trials: int) -> float:
    """Return how many functions, of Python and of NumPy, are called in a trial."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return pstats.Stats(profile).total_calls / trials  # pyright: ignore[reportAttributeAccessIssue]


def memory(presentations: int) -> None:
    """Run in a process of its own: print its peak memory before and after, MiB, and the number of events."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    frames, targets = alphabet(52)
    machine, trace = MarkI(MachineConfig().amend({"response.units": 5}), seed=1), Trace()
    for _ in range(presentations // len(frames)):
        present(machine, trace, frames, targets[:, :5])
    size = sum(len(block) for block in trace)
    print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--presentations", type=int, default=10_000, help="of the memory run; 0 leaves it out")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        memory(options.memory)
        return

    frames, targets = alphabet(52)
    config = MachineConfig().amend({"response.units": 5})
    oracle, machine, trace = Oracle(config, seed=1), MarkI(config, seed=1), Trace()
    twin = Twin(config.ideal(), seed=1)
    costs: dict[str, list[float]] = {"oracle": [], "machine": [], "twin": []}
    simulated = []
    for number in range(options.rounds + 1):
        few = slice(0, 8) if number == 0 else slice(number * 8 % 44, number * 8 % 44 + 8)
        began = machine.now
        round_ = {
            "oracle": timed(lambda few=few: oracle.run(frames[few], targets[few]), 8),
            "machine": timed(lambda: present(machine, trace, frames, targets[:, :5]), len(frames)),
            "twin": timed(lambda: [twin.reinforce(frames, targets) for _ in range(4)], 4 * len(frames)),
        }
        if number:  # the first round warms up
            simulated.append((machine.now - began) / 1e6 / (round_["machine"] * len(frames)))
            for name, cost in round_.items():
                costs[name].append(cost)

    def ratio(over: str, under: str) -> float:
        return statistics.median(a / b for a, b in zip(costs[over], costs[under], strict=True))

    for name, rounds in costs.items():
        print(f"{name:8} {1 / statistics.median(rounds):10,.0f} trials/s")
    print(f"machine over oracle, trials/s   {ratio('oracle', 'machine'):10.1f}   (target: at least 12)")
    print(f"simulated seconds in a second   {statistics.median(simulated):10,.0f}   (target: at least 10,000)", end=" ")
    print(f"best round {max(simulated):,.0f}")
    print(f"machine over twin, cost         {ratio('machine', 'twin'):10.1f}   (target: at most 40)")
    of_machine = calls(lambda: present(machine, trace, frames, targets[:, :5]), len(frames))
    of_twin = calls(lambda: twin.reinforce(frames, targets), len(frames))
    print(f"calls in a trial                {of_machine:10.0f}   twin {of_twin:.0f}")
    if options.presentations:
        command = [sys.executable, __file__, "--memory", str(options.presentations)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        before, peak, events = float(answer[0]), float(answer[1]), int(answer[2])
        print(f"peak memory, {options.presentations:,} presentations, {events:,} events: {peak:.0f} MiB", end=" ")
        print(f"(target: at most 150; {before:.0f} before the machine is built)")


if __name__ == "__main__":
    main()
