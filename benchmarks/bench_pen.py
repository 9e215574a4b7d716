"""Judging programs of the pen language: CPU time of reading, running and judging 1,000 different ones.

The programs are drawn as those of the test of `programs`, nearly all of two and three figures, no two alike; as many
texts are spoiled by one token, so that most of them are no programs. Judged is what they draw for n = 1 … 5, as the
tasks do; the longest one takes the whole budget of steps. Medians of several rounds, in this process, one thread.

Prints a table; `--json` prints it as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402

from marki.pen.interpreter import BUDGET, drawings, lit, states  # noqa: E402
from marki.pen.judging import INPUTS  # noqa: E402
from marki.pen.parser import parse  # noqa: E402
from marki.pen.statements import one_line  # noqa: E402
from marki.pen.tokens import WORDS  # noqa: E402
from successors.tasks import figures  # noqa: E402

PROGRAMS = 1_000
LONGEST = "rep 20 [ " + "draw up 20 " * 4 + "draw up 19 ]"


def sample() -> list[str]:
    """Return different programs of the test, by seed 0."""
    rng = np.random.default_rng(0)
    found: dict[str, None] = {}
    while len(found) < PROGRAMS:
        # Of single figures there are few in the test; the rest are longer chains.
        length = len(found) % 3 + 1 if len(found) < 60 else len(found) % 2 + 2
        found[one_line(figures.program(figures.chain_of(rng, "test", length)))] = None
    return list(found)


def spoiled(texts: list[str]) -> list[str]:
    """Return the texts with one token of each replaced by any other word."""
    rng = np.random.default_rng(1)
    found: list[str] = []
    for text in texts:
        words = text.split()
        words[int(rng.integers(len(words)))] = WORDS[int(rng.integers(len(WORDS)))]
        found.append(" ".join(words))
    return found


def seconds(act: Callable[[], object], rounds: int) -> float:
    """Return the median CPU time of an action."""
    taken: list[float] = []
    for _ in range(rounds):
        since = time.process_time()
        act()
        taken.append(time.process_time() - since)
    return statistics.median(taken)


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args()
    texts = sample()
    wrong = spoiled(texts)
    programs = [parse(text) for text in texts]
    longest = parse(LONGEST)
    assert sum(1 for _ in states(longest, 1)) == BUDGET
    rows = {
        "read 1,000 programs": lambda: [parse(text) for text in texts],
        "run 1,000 programs for n = 5": lambda: [lit(program, 5) for program in programs],
        "judge 1,000 programs for n = 1 … 5": lambda: [drawings(text, INPUTS) for text in texts],
        "judge 1,000 spoiled ones for n = 1 … 5": lambda: [drawings(text, INPUTS) for text in wrong],
        "run 1,000 programs of 2,000 steps": lambda: [lit(longest, 1) for _ in range(PROGRAMS)],
    }
    found = {name: seconds(act, args.rounds) for name, act in rows.items()}
    tokens = statistics.median(len(text.split()) for text in texts)
    refused = sum(drawings(text, INPUTS) is None for text in wrong)
    if args.json:
        print(json.dumps({"seconds": found, "median_tokens": tokens, "refused": refused}, indent=2))
        return 0
    print(f"median program: {tokens:g} tokens; {refused} of {PROGRAMS} spoiled ones are refused")
    for name, taken in found.items():
        print(f"{name:<42}{taken:8.3f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
