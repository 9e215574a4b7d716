"""Digests of 20 seeds of six experiments, and of short trainings: what must stay equal to the last bit.

Without an argument, runs everything and says what differs from `digests.json`; with ``--write``, writes that file anew.
Takes some ten minutes on two processors. A digest of an experiment covers its settings, events, answers, records and
wipers; that of a training all registers of the trained system. Four trainings go to their end; every system of the
timeline trains for some steps by its recipe, all stages included, without an examination. ``--brief NAME`` writes those
of one system anew. Sums are rounded otherwise on another kind of processor: a training has a digest for each kind that
it was run on, and ``--add`` adds those of this one, which is to be done with the code that the others were made with.
Brief trainings have theirs by the way in which a processor rounds (`rounding`), and it is on record as well how far all
registers went from where they began, which another kind of processor hardly changes.
"""

import argparse
import functools
import hashlib
import itertools
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from marki.experiments import replicas
from marki.experiments.lab import ExperimentSpec
from marki.jobs.options import RunOptions
from marki.registers import fingerprint, snapshot
from successors import registry, tasks
from successors.training import loop, participants, training_job

GOLDEN = Path(__file__).with_name("digests.json")
EXPERIMENTS = ("alphabet", "left_right", "dots", "spontaneous", "forms", "ablation")
SEEDS = range(20)
TRAININGS = {
    "mlp": ("digits", {"recipe.steps": 400}),
    "lenet5": ("digits", {"recipe.steps": 300}),
    "vit": ("letters", {"recipe.steps": 150}),
    "gpt": ("judge", {"recipe.pretrain_steps": 40, "recipe.steps": 40}),
}

STEPS = 30
"""Steps of a brief training, and as many before them where a system studies first."""


def experiment(name: str, folder: Path, seeds=SEEDS) -> dict:
    """Run an experiment with some seeds; return its digests, and a hash of all its trials."""
    found = replicas.run_many(ExperimentSpec(experiment=name), seeds, RunOptions(out=folder, quiet=True))
    trials = hashlib.sha256((folder / replicas.TRIALS).read_bytes()).hexdigest()
    return {"digests": [seed["digest"] for seed in found["by_seed"]], "trials": trials}


def training(name: str, folder: Path) -> str:
    """Train a system for some steps; return the digest of its registers."""
    task, changes = TRAININGS[name]
    return training_job.train(training_job.training(name, task, changes=changes), folder)["digest"]


def brief(name: str) -> tuple[str, float]:
    """Train a system on its own task for some steps; return the digest of its registers, and how far they went."""
    entry = registry.find(name).entry
    trial, recipe = entry.trials[0], entry.retina.recipe
    steps = {"recipe.steps": STEPS, "recipe.pretrain_steps": min(STEPS, recipe.pretrain_steps)}
    deck = tasks.load(trial.task, **dict(trial.options))
    entrant = participants.enter(name, deck, seed=0, changes=dict(trial.changes) | steps)
    before, total = snapshot(entrant.learner.registers()), entrant.recipe.total_steps
    loop.train(entrant.learner, deck, entrant.recipe, on_step=lambda record, _: record.steps < total)
    after = snapshot(entrant.learner.registers())
    moved = sum(float(((after[k].astype(float) - a) ** 2).sum()) for k, a in before.items() if a.dtype.kind == "f")
    return fingerprint(after), float(np.sqrt(moved))


@functools.cache
def rounding() -> str:
    """Return a digest of how this computer rounds: of products of many shapes, sums, and functions of many numbers."""
    found = hashlib.blake2b(digest_size=8)
    numbers = np.sqrt(np.random.default_rng(0).integers(1, 2**20, 4096)) / 2**9  # alike everywhere: roots are exact
    for kind in (np.float32, np.float64):
        x = numbers.astype(kind)
        for m, k, n in itertools.product((1, 3, 8, 17, 64), (5, 32, 64), (1, 6, 48, 64)):
            found.update((x[: m * k].reshape(m, k) @ x[-k * n :].reshape(k, n)).tobytes())
            found.update((x[: m * k].reshape(k, m).T @ x[-k * n :].reshape(n, k).T).tobytes())
        for function in (np.exp, np.tanh, np.log, np.sin):
            found.update(function(x).tobytes())
        for sums in (x.sum(), x.reshape(64, 64).sum(0), x.reshape(64, 64).sum(1), x**1.5):
            found.update(sums.tobytes())
    return found.hexdigest()


def _brief(names: Iterable[str], was: Mapping[str, dict]) -> dict:
    """Return what is to be on record of brief trainings, given what was; other computers' digests are kept."""
    found = {name: brief(name) for name in names}
    kept = {name: was.get(name, {}).get("digests", {}) for name in found}
    return {name: {"digests": kept[name] | {rounding(): d}, "moved": m} for name, (d, m) in found.items()}


def _write(digests: dict) -> None:
    GOLDEN.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run all; return the exit status: 1 if something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--write", action="store_true", help="write what was found to digests.json")
    how.add_argument("--add", action="store_true", help="run the trainings alone, and add what was found")
    how.add_argument("--brief", action="append", metavar="NAME", help="write the brief training of this system anew")
    args = parser.parse_args()
    wanted = json.loads(GOLDEN.read_text(encoding="utf-8"))
    was = wanted["brief"]
    if args.brief:
        _write(wanted | {"brief": was | _brief(args.brief, {})})
        return 0
    with tempfile.TemporaryDirectory() as folder:
        trained = {name: training(name, Path(folder) / "trainings") for name in TRAININGS}
        if args.add:
            kept = {name: sorted({*wanted["trainings"][name], digest}) for name, digest in trained.items()}
            _write(wanted | {"trainings": kept, "brief": _brief(was, was)})
            return 0
        found = {name: experiment(name, Path(folder) / name) for name in EXPERIMENTS}
    if args.write:
        ended = {name: [digest] for name, digest in trained.items()}
        _write({"experiments": found, "trainings": ended, "brief": _brief(registry.names(), {})})
        return 0
    differing = [f"experiment {name}" for name in found if found[name] != wanted["experiments"][name]]
    differing += [f"training {name}" for name in trained if trained[name] not in wanted["trainings"][name]]
    here = rounding()
    differing += [f"brief training {name}" for name, row in was.items() if brief(name)[0] != row["digests"].get(here)]
    print("\n".join(f"differs: {what}" for what in differing) or "all digests are as they were")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
