"""Print the validation scores of finished trainings, and the bound that follows for each trial; no test score is read.

The bounds (`at_least`) of the entries are chosen by this rule before a test score is looked at: the mean validation
score of the seeds, less five points where the test set has other typefaces and less two everywhere else, rounded down
to a whole percent.

    python run_sim.py train --all --out DIR
    python benchmarks/bounds.py DIR
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from successors import registry  # noqa: E402
from successors.model_card import Trial  # noqa: E402
from successors.training import training_job  # noqa: E402

MARGIN = {"letters": 0.05, "recall": 0.05}
"""How far a bound is below the validation score, by task."""
OTHER = 0.02


def validation_scores(folder: Path, name: str, trial: Trial) -> list[float]:
    """Return the validation scores of those trainings of a trial that are finished."""
    order = training_job.training(name, trial.task, options=trial.options, changes=trial.changes)
    files = [folder / "runs" / f"{seeded.key}.json" for seeded in training_job.seeded(order, range(trial.seeds))]
    return [json.loads(file.read_text(encoding="utf-8"))["valid"] for file in files if file.exists()]


def main() -> None:
    """Print a line for each trial that has a lower bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for system in registry.systems():
        for trial in system.entry.trials:
            if trial.at_least is None:
                continue
            found = validation_scores(folder, system.name, trial)
            if len(found) < trial.seeds:
                print(f"{system.name:20} {trial.label or trial.task:40} {len(found)} of {trial.seeds} trained")
                continue
            mean = sum(found) / len(found)
            bound = math.floor(100 * (mean - MARGIN.get(trial.task, OTHER)) + 1e-9) / 100
            mark = "" if bound == trial.at_least else "  <- in the entry: " + f"{trial.at_least:.3f}"
            print(f"{system.name:20} {trial.label or trial.task:40} {100 * mean:5.1f} %  at_least={bound:.2f}{mark}")


if __name__ == "__main__":
    main()
