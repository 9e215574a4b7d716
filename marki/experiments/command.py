"""The commands `run` and `validate` of the command line."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki import config as settings
from marki import experiments
from marki.errors import ConfigError, MarkIError, shown
from marki.io.stimuli.fitting_arguments import add_fitting_arguments, fitting_changes
from marki.jobs.folders import holds
from marki.jobs.options import MOST_SEED, MOST_SEEDS, RunOptions, add_arguments, options_of, resumable
from marki.language import Words
from marki.measurements import as_text, measured, over_seeds

if TYPE_CHECKING:
    from marki.experiments.lab import ExperimentSpec
    from marki.io.worlds import WorldConfig
    from marki.session import Session


def add_machine_arguments(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add the arguments that choose machine, world and seed; the window has them too.

    `again` is for a command's own parser: what was given before the command then stands, unless given again after it.
    """

    def default(value: Any) -> Any:
        return argparse.SUPPRESS if again else value

    parser.add_argument("--seed", type=int, default=default(0), metavar="N", help="root seed (default 0)")
    parser.add_argument(
        "--set",
        action="append",
        default=default([]),
        metavar="NAME=VALUE",
        help="change a setting, e.g. machine.association.theta=3 or world.shift=1 (repeatable)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=default(""),
        help="settings file (.toml or .json) with tables machine and world",
    )
    parser.add_argument(
        "--wiring",
        metavar="FILE",
        default=default(""),
        help="plug the board as this wiring list says, instead of at random",
    )
    parser.add_argument(
        "--images", metavar="DIR", default=default(""), help="learn from image files, a sub-folder for each class"
    )
    parser.add_argument("--mnist", metavar="DIR", default=default(""), help="digits from the original IDX files")
    add_fitting_arguments(parser, again=again)


def changes_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the user's settings by dotted name, each checked to be of the machine or the world."""
    settings.check("--seed", args.seed, int, {"low": 0, "high": MOST_SEED})
    changes: dict[str, Any] = {}
    if args.config:
        changes |= settings.flat(settings.read_settings(args.config))
    changes |= {f"world.pictures.{name}": value for name, value in fitting_changes(args).items()}
    changes |= settings.parse_changes(args.set)
    _check_changes(changes, where=args.config or "--set")
    return changes


def _check_changes(changes: Mapping[str, Any], *, where: object) -> None:
    from marki.io.worlds import WorldConfig
    from marki.machine import MachineConfig

    for name in changes:
        room = name.split(".")[0]
        if room not in ("machine", "world") or room == name:
            raise ConfigError(f"{shown(name)} is no setting", where=where, remedy="Names begin with machine. or world.")
    for room, kind in (("machine", MachineConfig), ("world", WorldConfig)):
        kind().amend(settings.under(changes, room), where=where)


def tell_of_images(world: WorldConfig) -> None:
    """Say on standard error what was done to the pictures of a world's folder, and what was passed over."""
    if world.images and Path(world.images).is_dir():
        from marki.io.stimuli.images import folder

        for remark in folder(world.images, world.pictures).remarks(Words("en")):
            print(f"{world.images}: {remark}", file=sys.stderr)


def session_of(args: argparse.Namespace) -> Session:
    """Return the session that the window shows: a saved one, or the Mark I in the world of the arguments."""
    from marki import savefile
    from marki.hardware import plugboard
    from marki.io.worlds import WorldConfig
    from marki.machine import MachineConfig
    from marki.session import mark1_session

    if getattr(args, "load", None):
        return savefile.load(args.load, keep="recent", folders={"images": args.images, "mnist": args.mnist})
    changes = changes_of(args)
    name = "images" if args.images else "digits" if args.mnist else "letters"
    with _settings_named(args):
        world = WorldConfig(name=name, images=args.images, mnist=args.mnist).amend(settings.under(changes, "world"))
        tell_of_images(world)
        machine = MachineConfig().amend(settings.under(changes, "machine"))
        wiring = plugboard.load(args.wiring, fan_out=machine.plugboard.fan_out) if args.wiring else None
        return mark1_session(world, machine=machine, seed=args.seed, keep="recent", wiring=wiring)


@contextlib.contextmanager
def _settings_named(args: argparse.Namespace) -> Iterator[None]:
    """Let a refusal of a setting, found only when it is used, name where the settings came from."""
    try:
        yield
    except MarkIError as error:
        place = args.config or ("--set" if args.set else "")
        raise error.within(place) if place and place not in str(error) else error from error


def add_wiring_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `wiring`."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="write the list to a file instead of printing it",
    )
    add_machine_arguments(parser, again=True)


def wiring(args: argparse.Namespace) -> int:
    """Print or write the wiring list."""
    from marki.hardware import plugboard

    board = session_of(args).learner.wiring
    if args.out:
        plugboard.save(args.out, board)
        print(f"written to {args.out}")
    else:
        print(plugboard.listing(board), end="")
    return 0


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.add_argument("experiment", help=f"one of: {', '.join(experiments.names())}")
    parser.add_argument("--seeds", type=int, metavar="N", help="run N seeds, from --seed on, on all cores")
    add_arguments(parser, default="out/EXPERIMENT")
    add_machine_arguments(parser, again=True)


def run(args: argparse.Namespace) -> int:
    """Run an experiment; print the result in a few lines."""
    from marki import pictures
    from marki.experiments import replicas
    from marki.experiments.lab import ExperimentSpec

    experiments.find(args.experiment)
    if args.seeds is not None:
        settings.check("--seeds", args.seeds, int, {"low": 1, "high": MOST_SEEDS})
    options, changes = options_of(args), changes_of(args)
    spec = ExperimentSpec(
        experiment=args.experiment, changes=changes, images=args.images, mnist=args.mnist, wiring=args.wiring
    )
    identity = replace(spec.identity(), seed=None if args.seeds else args.seed)
    options = options.free_out(Path("out", args.experiment), lambda folder: holds(folder, identity))
    with resumable(options), _settings_named(args):
        if not args.quiet:
            from marki.io.worlds import WorldConfig

            tell_of_images(WorldConfig(images=args.images).amend(settings.under(changes, "world")))
        if args.seeds:
            result = replicas.run_many(spec, range(args.seed, args.seed + args.seeds), options)
        else:
            result = replicas.run_one(spec, args.seed, options)
    print("\n".join(report(result)))
    if not pictures.can_draw():
        print(pictures.HINT)
    print(f"written to {options.out}")
    return 0


def check_point(settings: Mapping[str, Any]) -> dict[str, str]:
    """Refuse settings of a sweep's point that are no experiment: ``experiment``, ``machine.…`` and ``world.…``.

    Returns
    -------
    dict of str to str
        The content hash of every file that it reads.
    """
    experiments.find(str(settings.get("experiment", "")))
    spec = _spec(settings)
    _check_changes(spec.changes, where="sweep")
    return dict(spec.identity().inputs)


def run_point(settings: Mapping[str, Any], seed: int, folder: Path) -> dict[str, Any]:
    """Run the experiment of one point of a sweep; return its measurements and totals."""
    from marki.experiments import replicas

    result = replicas.run_one(_spec(settings), seed, RunOptions(out=folder, resume=True, quiet=True), picture=False)
    return {k: result[k] for k in ("measurements", "presentations", "simulated_seconds", "digest")}


def _spec(settings: Mapping[str, Any]) -> ExperimentSpec:
    from marki.experiments.lab import ExperimentSpec

    changes = {k: v for k, v in settings.items() if k != "experiment"}
    return ExperimentSpec(experiment=settings["experiment"], changes=changes)


def report(result: Mapping[str, Any]) -> list[str]:
    """Return a result in a few lines of text: a row for each measurement, its mean and interval over the seeds."""
    seeds = [measured(seed) for seed in result.get("by_seed", [result])]
    hours = result["simulated_seconds"] / 3600
    return [
        result["title"],
        *as_text(over_seeds(seeds)),
        f"  {result['presentations']:,} presentations in {hours:,.1f} hours of machine time, digest {result['digest']}",
    ]


def add_validate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `validate`."""
    parser.add_argument(
        "--seeds", type=int, default=10, metavar="N", help="seeds for every simulated figure (default 10)"
    )
    add_arguments(parser, default="out/validate")


def validate(args: argparse.Namespace) -> int:
    """Compare documented and simulated; print and write the table."""
    from marki.comparison import as_text
    from marki.experiments import validation

    settings.check("--seeds", args.seeds, int, {"low": 2, "high": MOST_SEEDS, "meaning": "An interval needs two"})
    options = options_of(args).free_out("out/validate", lambda folder: holds(folder, validation.IDENTITY))
    with resumable(options):
        rows = validation.validate(args.seeds, options)
    print(as_text(rows))
    print(f"written to {options.out}")
    return 0
