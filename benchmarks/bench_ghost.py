"""Ghost text: the time from a key to the offer of the rest of the line, with Copilot, one thread.

Programs of the test of `programs` are typed letter by letter under the words that ask for them, with a wrong letter in
each line that is taken back; after each key it is offered what may come next. Times are of the clock on the wall, as a
typist feels them, and of the processor, which other programs do not lengthen; beside them that of an offer for which
all is read anew. With the weights of Codex that are shipped or given; without any, with random ones.

Prints a table; `--json` prints it as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402

from marki.pen.parser import parse  # noqa: E402
from marki.pen.statements import pieces  # noqa: E402
from successors import registry, tasks  # noqa: E402
from successors.timeline.y2022_copilot import Copilot, GhostWriter  # noqa: E402

LIMIT_MS = 5.0


def keys(words: str, program: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before the cursor after each key: whole words, and the letters of the next one."""
    text = ""
    for line in pieces(parse(program)):
        for at, letter in enumerate(f"{line} "):
            states = [text + letter] if at != 1 else [f"{text}x", text, text + letter]  # a slip, and taken back
            for typed in states:
                *whole, partial = f"{words} {typed}".split(" ")
                yield " ".join(whole), partial
            text += letter


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Time from a key to an offer")
    parser.add_argument("--programs", type=int, default=30, metavar="N", help="programs that are typed (default 30)")
    parser.add_argument("--codex", type=Path, metavar="FILE", help="weights of codex, if not those shipped")
    parser.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args()
    network = registry.create("copilot").network
    assert isinstance(network, Copilot)
    if args.codex or registry.is_trained("codex"):
        network.load(registry.create("codex", pretrained=not args.codex, weights=args.codex).weights())
    test = tasks.load("programs").test
    wall, kept, anew = list[float](), list[float](), list[float]()
    chosen = zip(test.stimuli[: args.programs].tolist(), test.targets[: args.programs].tolist(), strict=True)
    for words, program in chosen:
        ghosts = GhostWriter(network)
        for text, partial in keys(words, program):
            for times, writer in ((kept, ghosts), (anew, GhostWriter(network))):
                since, busy = time.perf_counter(), time.process_time()
                writer.offer(text, partial)
                times.append(1000 * (time.process_time() - busy))
                if writer is ghosts:
                    wall.append(1000 * (time.perf_counter() - since))
    rows = {"on the wall": np.array(wall), "of the processor": np.array(kept), "read anew": np.array(anew)}
    found = {
        name: {"median": float(np.median(row)), "p99": float(np.quantile(row, 0.99)), "most": float(row.max())}
        for name, row in rows.items()
    }
    within = float((rows["on the wall"] <= LIMIT_MS).mean())
    if args.json:
        print(json.dumps({"ms": found, "keys": len(kept), "within": within}, indent=2))
        return 0
    print(f"{len(kept):,} keys, {within:.2%} of the offers within {LIMIT_MS:g} ms")
    for name, row in found.items():
        print(f"{name:<17} median {row['median']:.2f} ms, 99 % {row['p99']:.2f} ms, at most {row['most']:.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
