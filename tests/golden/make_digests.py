"""Digests of 20 seeds of six experiments and of four short trainings: what must stay equal to the last bit.

Without an argument, runs everything and says what differs from `digests.json`; with ``--write``, writes that file anew.
Takes some ten minutes on two processors. A digest of an experiment covers its settings, events, answers, records and
wipers; that of a training all registers of the trained system.
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


def main() -> int:
    """Run all; return the exit status: 1 if something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write what was found to digests.json")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "experiments": {name: experiment(name, Path(folder) / name) for name in EXPERIMENTS},
            "trainings": {name: training(name, Path(folder) / "trainings") for name in TRAININGS},
        }
    if write:
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return 0
    wanted = json.loads(GOLDEN.read_text(encoding="utf-8"))
    differing = [f"{kind} {name}" for kind in found for name in found[kind] if found[kind][name] != wanted[kind][name]]
    print("\n".join(f"differs: {what}" for what in differing) or "all digests are as they were")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
