"""Print how the LSTM encoder-decoder learns to translate at several rates and steps, on the validation set alone.

Run from the root of the repository; all takes some ten minutes: ``python benchmarks/bench_seq2seq.py [STEPS=RATE …]``
"""

from __future__ import annotations

import sys

from successors import tasks
from successors.training import loop, participants

SEED = 100
"""Not one of the seeds whose results are reported."""

TRIED = ("600=0.003", "600=0.01", "600=0.03", "1800=0.01", "3000=0.01")


def curve(steps: int, rate: float) -> loop.Record:
    """Train with so many steps at a rate, and return the record."""
    deck = tasks.load("translate")
    changes = {"recipe.steps": steps, "recipe.rate": rate, "recipe.eval_every": max(1, steps // 6)}
    entrant = participants.enter(participants.ENCODER_DECODER, deck, seed=SEED, changes=changes)
    return loop.train(entrant.learner, deck, entrant.recipe, seed=SEED)


def main() -> None:
    """Print a line for each choice."""
    for choice in sys.argv[1:] or TRIED:
        steps, rate = choice.split("=")
        record = curve(int(steps), float(rate))
        row = "  ".join(f"{int(step):,}: {100 * score:.1f} %" for step, _, score in record.curve)
        print(f"rate {rate}, {int(steps):,} steps, {record.seconds:.0f} s: {row}", flush=True)


if __name__ == "__main__":
    main()
