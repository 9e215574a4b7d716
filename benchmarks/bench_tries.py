"""Trying programs: CPU time of drawing 1,000 of them from a network, running them, and choosing ten.

Codex draws for words of the test of `programs`, AlphaCode for a statement of `contest`, with the weights that are
shipped or given; each round has another problem. Run are all different programs for n = 1 … 5, as they are judged;
chosen are ten by the example and by what they do. Medians of several rounds, in this process, one thread. Networks that
are not trained write on until there is no room left, which takes several times as long and is said.

Prints a table; `--json` prints it as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402

from marki.pen import tries  # noqa: E402
from marki.pen.judging import passing  # noqa: E402
from successors import registry, tasks  # noqa: E402
from successors.timeline.y2021_codex import Codex  # noqa: E402
from successors.timeline.y2022_alphacode import AlphaCode, draws_example  # noqa: E402

PROGRAMS = 1_000
SYSTEMS = {"codex": "programs", "alphacode": "contest"}


def measure(name: str, weights: Path | None, rounds: int) -> dict[str, float]:
    """Return median seconds of drawing, running and choosing, and what the programs were."""
    trained = weights is not None or registry.is_trained(name)
    network = registry.create(name, pretrained=trained and weights is None, weights=weights).network
    assert isinstance(network, Codex | AlphaCode)
    test = tasks.load(SYSTEMS[name]).test
    rows: list[dict[str, float]] = []
    for number in range(rounds):
        stimulus, target = test.stimuli[number : number + 1], str(test.targets[number])
        rng = np.random.default_rng(number)
        begun = time.process_time()
        texts = list(map(str, network.sample(stimulus, PROGRAMS, rng)[0]))
        drew = time.process_time()
        right = passing(texts, target)
        ran = time.process_time()
        found = {"drawing": drew - begun, "running": ran - drew}
        if isinstance(network, AlphaCode):
            tries.chosen(texts, draws_example(texts, str(stimulus[0])), rng)
            found["choosing"] = time.process_time() - ran
        found["together"] = sum(found.values())
        rows.append(found | {"different": len(set(texts)), "right": int(right.sum())})
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]} | {"trained": float(trained)}


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="CPU time of trying programs")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds, each with a problem (default 9)")
    for name in SYSTEMS:
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"weights of {name}, if not those shipped")
    parser.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args()
    found = {name: measure(name, getattr(args, name), args.rounds) for name in SYSTEMS}
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    for name, row in found.items():
        of = f"{row['different']:.0f} different, {row['right']:.0f} right"
        parts = ", ".join(f"{key} {row[key]:.3f} s" for key in ("drawing", "running", "choosing") if key in row)
        said = "" if row["trained"] else "; not trained"
        print(f"{name:<10} {row['together']:6.3f} s for {PROGRAMS:,} programs ({parts}; {of}{said})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
