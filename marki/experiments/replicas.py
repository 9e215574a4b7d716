"""One experiment with one seed, or with many on all cores; each seed writes its own folder."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from marki import experiments, pictures
from marki.errors import OutputError, StateError
from marki.experiments import plots
from marki.experiments.lab import STATE, ExperimentSpec, Lab
from marki.files import CsvForm, csv_text, write_json, write_text
from marki.jobs.folders import claimed
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.jobs.runner import Job, demand, run_job, run_jobs
from marki.measurements import as_csv, measured, over_seeds, rows
from marki.reading import read_csv, read_json
from marki.tables import TRIALS as TRIALS_COLUMNS
from marki.tables import TRIALS_TEXTS

RESULT, TRIALS, CONFIG, MEASUREMENTS = "result.json", "trials.csv", "config.json", "measurements.csv"
CURVE, POINTS = "learning_curve.png", "measurements.png"


def run_one(spec: ExperimentSpec, seed: int, options: RunOptions, *, picture: bool = True) -> dict[str, Any]:
    """Run an experiment with one seed, in this process; write its folder and return the result.

    An interruption (Ctrl-C) saves all sessions before it is passed on.
    """
    identity = replace(spec.identity(), seed=seed)
    with claimed(options.out, identity, resume=options.resume):
        job = _job(spec, identity, options.out, options.csv, picture)
        return run_job(job, resume=options.resume, quiet=options.quiet)


def run_many(spec: ExperimentSpec, seeds: Sequence[int], options: RunOptions) -> dict[str, Any]:
    """Run an experiment with many seeds, several at a time; write a folder for each, and return the summary."""
    identity, out = spec.identity(), options.out and options.out.absolute()
    folders = {seed: out / f"seed-{seed:03d}" if out else None for seed in seeds}
    # A picture takes as long as a short experiment, so that only the summary has one.
    jobs = [_job(spec, replace(identity, seed=seed), folder, options.csv, False) for seed, folder in folders.items()]
    with claimed(options.out, identity, resume=options.resume):
        results = run_jobs(jobs, options, name=spec.experiment, unit="seeds")
        summary = summarise(results)
        if out:
            written = {seed: folder for seed, folder in folders.items() if folder}
            write_text(out / TRIALS, _gathered(written, options.csv))
            runs = read_json(written[seeds[0]] / CONFIG)["runs"]
            codes = {name: run["codes"] for name, run in runs.items()}
            write_json(out / CONFIG, {**spec.to_mapping(), "seeds": list(seeds), "codes": codes, "runs": runs})
            _show(out, summary, results, options.csv, picture=True)
            write_json(out / RESULT, summary)
    return summary


_SHAPE = {
    "experiment": str,
    "seed": int,
    "settings": dict,
    "versions": dict,
    "title": str,
    "presentations": int,
    "simulated_seconds": (int, float),
    "digest": str,
    "measurements": list,
}
"""What a result must have, to be summarised."""


def _check(result: Mapping[str, Any]) -> None:
    demand(result, _SHAPE)
    over_seeds([measured(result)])


def _job(spec: ExperimentSpec, identity: Identity, out: Path | None, form: CsvForm, picture: bool) -> Job:
    work = partial(_run, spec, identity.seed or 0, out, form, picture)
    return Job(identity=identity, work=work, file=out and out / RESULT, state=out and out / STATE, check=_check)


def _run(
    spec: ExperimentSpec, seed: int, out: Path | None, form: CsvForm, picture: bool, *, resume: bool, quiet: bool
) -> dict[str, Any]:
    module = experiments.find(spec.experiment)
    lab = Lab(spec, seed=seed, out=out, resume=resume, quiet=quiet)
    try:
        result = lab.result(module.TITLE, module.run(lab))
    except KeyboardInterrupt:
        lab.save()
        raise
    except OutputError:  # a full disk between two trials: what there is may be on another
        with contextlib.suppress(OutputError):
            lab.save()
        raise
    finally:
        lab.close()
    lab.save()
    lab.write(form)
    if out:
        _show(out, result, [result], form, picture=picture)
    return result


def _show(
    out: Path, result: Mapping[str, Any], seeds: Sequence[Mapping[str, Any]], form: CsvForm, *, picture: bool
) -> None:
    """Write the measurements of a result as a table, and the pictures of it and its seeds."""
    found = [measured(seed) for seed in seeds]
    write_text(out / MEASUREMENTS, as_csv(over_seeds(found), form))
    if picture and pictures.can_draw():
        plots.learning_curves(out / CURVE, result["title"], seeds)
        plots.measurements(out / POINTS, result["title"], found, digest=result["digest"])


def _gathered(folders: Mapping[int, Path], form: CsvForm) -> str:
    """Return the trials of all seeds as one CSV, with a column for the seed; those of earlier may have another form."""
    trials: list[list[Any]] = []
    for seed, folder in folders.items():
        remedy = f"Delete {folder} and --resume; workers of a cluster must see this folder"
        try:
            _, *found = read_csv(folder / TRIALS, remedy=remedy)
            trials += [[seed, *map(_cell, TRIALS_COLUMNS, row)] for row in found]
        except ValueError as error:
            raise StateError(f"cannot be read ({error})", where=folder / TRIALS, remedy=remedy) from error
    return csv_text(("seed", *TRIALS_COLUMNS), trials, form)


def _cell(column: str, text: str) -> str | int:
    return text if column in TRIALS_TEXTS else int(text)


def summarise(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one result for several seeds: means with 95 % intervals over the seeds, and the measurements of each."""
    first = results[0]
    summary: dict[str, Any] = {
        "experiment": first["experiment"],
        "title": first["title"],
        "seed": first["seed"],
        "seeds": [r["seed"] for r in results],
        "digest": hashlib.blake2b("".join(r["digest"] for r in results).encode(), digest_size=16).hexdigest(),
        "settings": first["settings"],
    }
    summary["measurements"] = rows(over_seeds(measured(r) for r in results))
    summary |= {
        "presentations": sum(r["presentations"] for r in results),
        "simulated_seconds": sum(r["simulated_seconds"] for r in results),
        "by_seed": [
            {k: v for k, v in r.items() if k not in ("runs", "versions", "title", "settings", "order")} for r in results
        ],
        "versions": first["versions"],
    }
    return summary
