"""Digests of 20 seeds of six experiments and of four short trainings: what must stay equal to the last bit.

Without an argument, runs everything and says what differs from `digests.json`; with ``--write``, writes that file anew.
Takes some ten minutes on two processors. A digest of an experiment covers its settings, events, answers, records and
wipers; that of a training all registers of the trained system. Sums are rounded otherwise on another kind of processor:
a training has a digest for each kind that it was run on, and ``--add`` adds those of this one, which is to be done with
the code that the others were made with.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path

from marki.experiments import replicas
from marki.experiments.lab import ExperimentSpec
from marki.jobs.options import RunOptions
from successors.training import training_job

GOLDEN = Path(__file__).with_name("digests.json")
EXPERIMENTS = ("alphabet", "left_right", "dots", "spontaneous", "forms", "ablation")
SEEDS = range(20)
TRAININGS = {
    "mlp": ("digits", {"recipe.steps": 400}),
    "lenet5": ("digits", {"recipe.steps": 300}),
    "vit": ("letters", {"recipe.steps": 150}),
    "gpt": ("judge", {"recipe.pretrain_steps": 40, "recipe.steps": 40}),
}


def experiment(name: str, folder: Path, seeds=SEEDS) -> dict:
    """Run an experiment with some seeds; return its digests, and a hash of all its trials."""
    found = replicas.run_many(ExperimentSpec(experiment=name), seeds, RunOptions(out=folder, quiet=True))
    trials = hashlib.sha256((folder / replicas.TRIALS).read_bytes()).hexdigest()
    return {"digests": [seed["digest"] for seed in found["by_seed"]], "trials": trials}


def training(name: str, folder: Path) -> str:
    """Train a system for some steps; return the digest of its registers."""
    task, changes = TRAININGS[name]
    return training_job.train(training_job.training(name, task, changes=changes), folder)["digest"]


def _write(digests: dict) -> None:
    GOLDEN.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run all; return the exit status: 1 if something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--write", action="store_true", help="write what was found to digests.json")
    how.add_argument("--add", action="store_true", help="run the trainings alone, and add what was found")
    args = parser.parse_args()
    wanted = json.loads(GOLDEN.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        trained = {name: training(name, Path(folder) / "trainings") for name in TRAININGS}
        if args.add:
            kept = {name: sorted({*wanted["trainings"][name], digest}) for name, digest in trained.items()}
            _write(wanted | {"trainings": kept})
            return 0
        found = {name: experiment(name, Path(folder) / name) for name in EXPERIMENTS}
    if args.write:
        _write({"experiments": found, "trainings": {name: [digest] for name, digest in trained.items()}})
        return 0
    differing = [f"experiment {name}" for name in found if found[name] != wanted["experiments"][name]]
    differing += [f"training {name}" for name in trained if trained[name] not in wanted["trainings"][name]]
    print("\n".join(f"differs: {what}" for what in differing) or "all digests are as they were")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
