"""The same experiment with many seeds, on all cores; each seed writes its own folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from marki import experiments, pictures
from marki.errors import StateError
from marki.experiments import plots
from marki.experiments.lab import Lab, Order, read_result
from marki.files import prepare_folder, write_json, write_text
from marki.intervals import interval
from marki.processes import cores, spread


def run_one(order: Order, seed: int, out: Path | None, *, picture: bool = True) -> dict[str, Any]:
    """Run one experiment with one seed and write its folder; return the result.

    A picture takes as long as a short experiment, so that of many seeds only the summary has one.

    An interruption (Ctrl-C) saves all sessions before it is passed on.
    """
    module = experiments.find(order.experiment)
    if order.resume and out and (out / "result.json").exists():
        result = read_result(out / "result.json")
        if (result["experiment"], result["seed"], result["settings"]) != (order.experiment, seed, dict(order.changes)):
            raise StateError(
                "is of another run",
                where=out / "result.json",
                remedy="Resume with the same settings, or choose another --out",
            )
        return result
    lab = Lab(order, seed=seed, out=out)
    try:
        result = lab.result(module.TITLE, module.run(lab))
    except KeyboardInterrupt:
        lab.save()
        raise
    finally:
        lab.close()
    lab.save()
    lab.write(result)
    if out and picture and pictures.can_draw():
        plots.learning_curves(out / "learning_curve.png", module.TITLE, [result])
    return result


def run_many(order: Order, seeds: Sequence[int], *, jobs: int | None = None) -> dict[str, Any]:
    """Run one experiment with many seeds, `jobs` at a time (all cores if not said); return the summary."""
    folders = {seed: order.out / f"seed-{seed:03d}" if order.out else None for seed in seeds}
    quiet = replace(order, quiet=True)
    results: dict[int, dict[str, Any]] = {}
    with tqdm(total=len(seeds), desc=order.experiment, unit=" seeds", disable=True if order.quiet else None) as bar:
        for number, result in spread(
            partial(run_one, picture=False),
            [(quiet, seed, folders[seed]) for seed in seeds],
            jobs=jobs or cores(),
            where=order.experiment,
            remedy="Run again with --resume",
        ):
            results[seeds[number]] = result
            bar.update()
    ordered = [results[seed] for seed in seeds]
    summary = summarise(ordered)
    if order.out:
        prepare_folder(order.out)
        write_text(order.out / "trials.csv", _gathered(folders))
        settings = {"experiment": order.experiment, "seeds": list(seeds), "settings": dict(order.changes)}
        write_json(order.out / "config.json", settings)
        if pictures.can_draw():
            plots.learning_curves(order.out / "learning_curve.png", summary["title"], ordered)
        write_json(order.out / "result.json", summary)
    return summary


def _gathered(folders: Mapping[int, Path]) -> str:
    """Return the trials of all seeds as one CSV, with a column for the seed."""
    lines: list[str] = []
    for seed, folder in folders.items():
        head, *rows = (folder / "trials.csv").read_text(encoding="utf-8").splitlines()
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
            {k: v for k, v in r.items() if k not in ("runs", "versions", "title", "settings")} for r in results
        ],
        "versions": first["versions"],
    }
    return summary
