"""Events a second of the machine room, over bare SimPy: as many processes that only wait as often.

MT-NLG's step on 280 servers, 35 stages and 240 micro-batches, every event logged. The two take turns in one process.

Prints both times, the ratio, and logged events a second; `--json FILE` writes them as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import simpy  # noqa: E402
from turns import turns  # noqa: E402

from marki.files import write_json  # noqa: E402
from successors.cluster.pipeline import StageTimes, run  # noqa: E402

STAGES, MICROS = 35, 240


def step() -> int:
    """Simulate the step; return how many events it logs."""
    return len(run("1f1b", [StageTimes(forward=1_000, backward=3_000)] * STAGES, MICROS, transfer=10).log)


def bare() -> None:
    """Wait as often as the step has tasks and transfers, and log nothing."""
    env = simpy.Environment()

    def wait() -> Generator[simpy.Event]:
        for _ in range(4 * MICROS):
            yield env.timeout(1_000)

    for _ in range(STAGES):
        env.process(wait())
    env.run()


def main() -> None:
    """Time both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    events = step()
    ours, theirs, ratio = turns(step, bare, args.rounds, 1)
    rate = events / ours
    found = {"events": events, "seconds": ours, "bare_seconds": theirs, "ratio": ratio, "events_a_second": rate}
    print(f"{events:,} events in {ours:.3f} s: {rate:,.0f} a second; {ratio:.2f} times bare SimPy ({theirs:.3f} s)")
    if args.json:
        write_json(Path(args.json), found)


if __name__ == "__main__":
    main()
