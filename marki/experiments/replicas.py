"""One experiment with one seed, or with many on all cores; each seed writes its own folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from marki import experiments, pictures
from marki.errors import StateError
from marki.experiments import plots
from marki.experiments.lab import STATE, ExperimentSpec, Lab
from marki.files import write_json, write_text
from marki.intervals import interval
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.jobs.runner import Job, run_job, run_jobs

RESULT, TRIALS = "result.json", "trials.csv"


def run_one(spec: ExperimentSpec, seed: int, options: RunOptions, *, picture: bool = True) -> dict[str, Any]:
    """Run an experiment with one seed, in this process; write its folder and return the result.

    An interruption (Ctrl-C) saves all sessions before it is passed on.
    """
    identity = replace(spec.identity(), seed=seed)
    with claimed(options.out, identity, resume=options.resume):
        return run_job(_job(spec, identity, options.out, picture), resume=options.resume, quiet=options.quiet)


def run_many(spec: ExperimentSpec, seeds: Sequence[int], options: RunOptions) -> dict[str, Any]:
    """Run an experiment with many seeds, several at a time; write a folder for each, and return the summary."""
    identity, out = spec.identity(), options.out and options.out.absolute()
    folders = {seed: out / f"seed-{seed:03d}" if out else None for seed in seeds}
    # A picture takes as long as a short experiment, so that only the summary has one.
    jobs = [_job(spec, replace(identity, seed=seed), folder, False) for seed, folder in folders.items()]
    with claimed(options.out, identity, resume=options.resume):
        results = run_jobs(jobs, options, name=spec.experiment, unit="seeds")
        summary = summarise(results)
        if out:
            write_text(out / TRIALS, _gathered({seed: folder for seed, folder in folders.items() if folder}))
            settings = {"experiment": spec.experiment, "seeds": list(seeds), "settings": dict(spec.changes)}
            write_json(out / "config.json", settings)
            if pictures.can_draw():
                plots.learning_curves(out / "learning_curve.png", summary["title"], results)
            write_json(out / RESULT, summary)
    return summary


def _job(spec: ExperimentSpec, identity: Identity, out: Path | None, picture: bool) -> Job:
    work = partial(_run, spec, identity.seed or 0, out, picture)
    return Job(identity=identity, work=work, file=out and out / RESULT, state=out and out / STATE)


def _run(
    spec: ExperimentSpec, seed: int, out: Path | None, picture: bool, *, resume: bool, quiet: bool
) -> dict[str, Any]:
    module = experiments.find(spec.experiment)
    lab = Lab(spec, seed=seed, out=out, resume=resume, quiet=quiet)
    try:
        result = lab.result(module.TITLE, module.run(lab))
    except KeyboardInterrupt:
        lab.save()
        raise
    finally:
        lab.close()
    lab.save()
    lab.write()
    if out and picture and pictures.can_draw():
        plots.learning_curves(out / "learning_curve.png", module.TITLE, [result])
    return result


def _gathered(folders: Mapping[int, Path]) -> str:
    """Return the trials of all seeds as one CSV, with a column for the seed."""
    lines: list[str] = []
    for seed, folder in folders.items():
        try:
            head, *rows = (folder / TRIALS).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise StateError(
                f"cannot be read ({error})",
                where=folder / TRIALS,
                remedy=f"Delete {folder} and --resume; workers of a cluster must see this folder",
            ) from error
        lines = lines or [f"seed,{head}"]
        lines += [f"{seed},{row}" for row in rows]
    return "\n".join(lines) + "\n"


def summarise(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one result for several seeds: means with 95 % intervals over the seeds, and the figures of each."""
    first = results[0]
    summary: dict[str, Any] = {
        "experiment": first["experiment"],
        "title": first["title"],
        "seed": first["seed"],
        "seeds": [r["seed"] for r in results],
        "digest": hashlib.blake2b("".join(r["digest"] for r in results).encode(), digest_size=16).hexdigest(),
        "settings": first["settings"],
    }
    mean, low, high = interval([r["accuracy"] for r in results])
    summary |= {"accuracy": mean, "accuracy_interval": [low, high]}
    if "errorless" in first:
        summary["errorless"] = all(r["errorless"] for r in results)
        summary["errorless_seeds"] = sum(r["errorless"] for r in results)
    if "exposures_per_letter" in first:
        counts = [r["exposures_per_letter"] for r in results]
        mean, low, high = interval(counts)
        summary |= {
            "exposures_per_letter": mean,
            "exposures_per_letter_interval": [low, high],
            "exposures_per_letter_most": max(counts),
        }
    summary |= {
        "presentations": sum(r["presentations"] for r in results),
        "simulated_seconds": sum(r["simulated_seconds"] for r in results),
        "by_seed": [
            {k: v for k, v in r.items() if k not in ("runs", "versions", "title", "settings", "order")} for r in results
        ],
        "versions": first["versions"],
    }
    return summary
