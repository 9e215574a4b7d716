"""Try learning rates on the validation set alone, and print the scores; no test set is looked at.

Rates and bounds of the entries are chosen from this: a bound is the mean validation score of the chosen rate less five
points, rounded down to a whole percent. The seed is one that no published run uses.

    python benchmarks/pilot.py vgg resnet --task letters --factors 0.5,1,2 --folds 0,2
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from successors import registry, tasks  # noqa: E402
from successors.training import loop, participants  # noqa: E402

SEED = 100


def measure(name: str, task: str, factor: float, fold: int) -> tuple[float, float]:
    """Train one system with its rate times `factor`; return its best validation score and the seconds it took."""
    deck = tasks.load(task, **({"fold": fold} if tasks.find(task).folds > 1 else {}))
    changes = dict(participants.default_changes(name, task))
    rate = changes.get("recipe.rate", registry.find(name).entry.retina.recipe.rate)
    entrant = participants.enter(name, deck, seed=SEED, changes=changes | {"recipe.rate": rate * factor})
    since = time.process_time()
    record = loop.train(entrant.learner, deck, entrant.recipe, seed=SEED)
    return record.best, time.process_time() - since


def main() -> None:
    """Print a line for each system and factor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--task", default="letters")
    parser.add_argument("--factors", default="0.5,1,2")
    parser.add_argument("--folds", default="0,2")
    args = parser.parse_args()
    for name in args.names:
        for factor in map(float, args.factors.split(",")):
            found = [measure(name, args.task, factor, int(fold)) for fold in args.folds.split(",")]
            scores, seconds = zip(*found, strict=True)
            listed = " ".join(f"{100 * score:5.1f}" for score in scores)
            mean = 100 * sum(scores) / len(scores)
            print(f"{name:20} x{factor:<5g} {listed}   mean {mean:5.1f} %   {sum(seconds):5.0f} s", flush=True)


if __name__ == "__main__":
    main()
