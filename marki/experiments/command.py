"""The commands on experiments: `run`, `validate` and `wiring`."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki import config as settings
from marki import experiments
from marki.errors import ConfigError, MarkIError
from marki.files import check_outputs
from marki.io.stimuli.fitting_arguments import add_fitting_arguments, fitting_changes, fitting_options
from marki.jobs.folders import holds
from marki.jobs.identity import content_hash
from marki.jobs.options import (
    MOST_SEED,
    MOST_SEEDS,
    RunOptions,
    add_arguments,
    add_json_argument,
    options_of,
    path_given,
    path_text,
    print_json,
    resumable,
)
from marki.language import Words
from marki.measurements import as_text, measured, over_seeds

if TYPE_CHECKING:
    from marki.experiments.lab import ExperimentSpec
    from marki.experiments.recorded import RecordedSettings
    from marki.io.worlds import WorldConfig
    from marki.machine_file import MachineFile
    from marki.session import Session


def add_machine_arguments(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add the arguments that choose machine, world and seed; the window has them too.

    `again` is for a command's own parser: what was given before the command then stands, unless given again after it.
    """

    def default(value: Any) -> Any:
        return argparse.SUPPRESS if again else value

    parser.add_argument("--seed", type=int, default=default(None), metavar="N", help="root seed (default 0)")
    parser.add_argument(
        "--set",
        action="append",
        default=default([]),
        metavar="NAME=VALUE",
        help="change a setting, e.g. machine.association.theta=3, or theta=3 where only one ends so (repeatable); "
        "`settings` lists them",
    )
    parser.add_argument(
        "--config",
        type=path_text,
        metavar="FILE",
        default=default(None),
        help="settings file (.toml or .json) with tables machine and world, or config.json of a run or lab report",
    )
    parser.add_argument(
        "--machine",
        type=path_text,
        metavar="FILE",
        default=default(None),
        help="a machine of your own: settings with source, page and badge (`provenance --blank` writes the form)",
    )
    parser.add_argument(
        "--ideal",
        action="store_true",
        default=default(False),
        help="switch off every physical effect of the machine: lags, spreads, noise, drift",
    )
    parser.add_argument(
        "--wiring",
        type=path_text,
        metavar="FILE",
        default=default(None),
        help="plug the board as this wiring list says, instead of at random",
    )
    parser.add_argument(
        "--images",
        type=path_text,
        metavar="DIR",
        default=default(None),
        help="learn from image files, a sub-folder for each class",
    )
    parser.add_argument(
        "--mnist", type=path_text, metavar="DIR", default=default(None), help="digits from the original IDX files"
    )
    add_fitting_arguments(parser, again=again)


def settle_arguments(args: argparse.Namespace) -> None:
    """Fill in what was not said on the command line: seed and files, from the run that ``--config`` names, if any.

    Raises
    ------
    ConfigError
        If its file cannot be read, the wiring list that it needs is not given, or settings are given beside a saved
        session.
    """
    _check_alone(args)
    for name in ("config", "machine", *FILES):
        setattr(args, name, getattr(args, name) or "")
    told = _recorded(args)
    args.seed_given = args.seed is not None
    if args.seed is None:
        args.seed = told.seeds[0] if told and told.seeds else 0
    if told is None:
        return
    for name in FILES:
        setattr(args, name, getattr(args, name) or told.files.get(name, ""))
    if told.wiring_given and not args.wiring:
        raise ConfigError(
            "its machine was wired by a list", where=args.config, remedy="Give it too, with --wiring FILE"
        )


def _check_alone(args: argparse.Namespace) -> None:
    """Refuse settings beside a saved session or a lesson, which have their own; folders of a session may have moved.

    Raises
    ------
    ConfigError
        For the first of them.
    """
    alone = next((name for name in ("lesson", "load") if getattr(args, name, None)), None)
    if alone is None:
        return
    others = (
        ("load", *FILES, "seed", "config", "machine") if alone == "lesson" else ("seed", "config", "machine", "wiring")
    )
    given = [f"--{name}" for name in others if getattr(args, name) is not None]
    given += ["--set"] * bool(args.set) + ["--ideal"] * args.ideal + fitting_options(args)
    if given:
        whose = "a lesson" if alone == "lesson" else "a saved session"
        raise ConfigError(
            f"{whose} has its own settings, and {given[0]} would change none of them",
            where=f"--{alone}",
            remedy=f"Leave out {given[0]} or --{alone}",
            code="config.beside",
            alone=f"--{alone}",
            option=given[0],
        )


def changes_of(args: argparse.Namespace, *, scene: bool = False) -> dict[str, Any]:
    """Return the user's settings by full dotted name, each checked to be of the machine or the world.

    Parameters
    ----------
    args : argparse.Namespace
    scene : bool
        Whether there is no experiment that brings machine and world of its own: then those of the run that ``--config``
        names are taken from there.
    """
    from marki import machine_settings

    settings.check("--seed", args.seed, int, {"low": 0, "high": MOST_SEED})
    changes = dict(base_of(args).changes) if scene else {}
    changes |= _ideal() if args.ideal else {}
    if told := _recorded(args):
        changes |= machine_settings.check({**(told.scene if scene else {}), **told.changes}, where=args.config)
    changes |= {f"world.pictures.{name}": value for name, value in fitting_changes(args).items()}
    return changes | machine_settings.check(settings.parse_changes(args.set), where="--set")


def _recorded(args: argparse.Namespace) -> RecordedSettings | None:
    """Return what the file of ``--config`` says; None without one."""
    from marki.experiments import recorded

    return recorded.read(args.config) if args.config else None


def base_of(args: argparse.Namespace) -> MachineFile:
    """Return what ``--machine`` says of the machine, or else the run that ``--config`` names."""
    from marki import machine_file

    if args.machine:
        return machine_file.read(args.machine)
    told = _recorded(args)
    return told.base if told else machine_file.MachineFile()


FILES = ("images", "mnist", "wiring")
"""Arguments that name what a run reads besides its settings."""


def _ideal() -> dict[str, Any]:
    """Return the changes that switch off every physical effect of the machine."""
    from marki.machine import MachineConfig

    return {f"machine.{name}": False for name, _, meta in MachineConfig().items() if meta["effect"]}


def check_own(experiment: str, changes: Mapping[str, Any]) -> None:
    """Refuse settings that an experiment sets itself, so that it would not be what its title says.

    Raises
    ------
    ConfigError
        For the first of them.
    """
    for name in changes:
        if name in experiments.own(experiment):
            raise ConfigError(
                f"{name} is set by the experiment {experiment} itself", where="--set",
                remedy="Leave it out, or write an experiment of your own (docs/adding_an_experiment.md)",
            )  # fmt: skip


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
    from marki.session import demand_units, mark1_session

    if getattr(args, "load", None):
        return savefile.load(args.load, keep="recent", folders={"images": args.images, "mnist": args.mnist})
    changes = changes_of(args, scene=True)
    name = "images" if args.images else "digits" if args.mnist else "letters"
    with _settings_named(args):
        world = WorldConfig(name=name, images=args.images, mnist=args.mnist).amend(settings.under(changes, "world"))
    _check_shown(args, world)
    with _settings_named(args):
        tell_of_images(world)
        machine = MachineConfig().amend(settings.under(changes, "machine"))
        wiring = plugboard.load(args.wiring, fan_out=machine.plugboard.fan_out) if args.wiring else None
        sources = base_of(args).rows
        session = mark1_session(world, machine=machine, seed=args.seed, keep="recent", wiring=wiring, sources=sources)
        demand_units(changes_of(args).get("machine.response.units"), session.world, where="machine.response.units")
        return session


def _check_shown(args: argparse.Namespace, world: WorldConfig) -> None:
    """Refuse folders, and ways to make cards of pictures, that the world does not read.

    Raises
    ------
    ConfigError
        For the first of them.
    """
    given = [(f"--{name}", name) for name in READERS if getattr(args, name)]
    given += [(option, "images") for option in fitting_options(args)]
    for option, folder in given:
        if world.name != READERS[folder]:
            raise ConfigError(
                f"the world {world.name} does not read it",
                where=option,
                remedy=f"Leave it out: only the world {READERS[folder]} reads it, that of --{folder} DIR",
                code="config.unread",
                option=option,
                reader=f"--{folder} DIR",
            )


READERS = {"images": "images", "mnist": "digits"}
"""The world that reads the folder of an argument."""


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
        type=path_given,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="write the list to a file instead of printing it",
    )
    parser.add_argument(
        "--load", type=path_text, metavar="FILE", default=argparse.SUPPRESS, help="that of a saved session"
    )
    add_json_argument(parser)
    add_machine_arguments(parser, again=True)


def wiring(args: argparse.Namespace) -> int:
    """Print or write the wiring list."""
    import numpy as np

    from marki.hardware import plugboard

    if not args.json:
        check_outputs({"--out": args.out})
    board = session_of(args).learner.wiring
    if args.json:
        signed = board * np.arange(1, board.shape[1] + 1)  # the number of each S-unit, negative where it inhibits
        print_json({f"A{unit}": row[row != 0].tolist() for unit, row in enumerate(signed, start=1)})
        return 0
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
    parser.add_argument(
        "--twin",
        action="store_true",
        help="let the twin learn, arithmetic without a clock: the same answers some ten times faster; needs --ideal",
    )
    add_json_argument(parser)
    add_arguments(parser, default="out/EXPERIMENT")
    add_machine_arguments(parser, again=True)


def run(args: argparse.Namespace) -> int:
    """Run an experiment; print the result in a few lines."""
    from marki import pictures
    from marki.experiments import replicas

    experiments.find(args.experiment)
    told = _recorded(args)
    seeds = args.seeds
    if seeds is None and told and len(told.seeds) > 1:
        seeds = len(told.seeds)
    if seeds is not None:
        settings.check("--seeds", seeds, int, {"low": 1, "high": MOST_SEEDS})
    options, changes = options_of(args), changes_of(args)
    twin = args.twin or bool(told and told.twin)
    files = {name: getattr(args, name) for name in FILES}
    spec = _checked(args.experiment, changes, base=base_of(args), twin=twin, **files)
    if (told := fitting_options(args)) and "images" not in experiments.reads(args.experiment):
        raise ConfigError(
            f"the experiment {args.experiment} reads no pictures", where=told[0], remedy="Leave it out, or run images",
            code="config.unread", option=told[0], reader="run images",
        )  # fmt: skip
    identity = replace(spec.identity(), seed=None if seeds else args.seed)
    options = options.free_out(Path("out", args.experiment), lambda folder: holds(folder, identity))
    with resumable(options), _settings_named(args):
        if not args.quiet:
            from marki.io.worlds import WorldConfig

            tell_of_images(WorldConfig(images=args.images).amend(settings.under(changes, "world")))
        if seeds:
            result = replicas.run_many(spec, range(args.seed, args.seed + seeds), options)
        else:
            result = replicas.run_one(spec, args.seed, options)
    if args.json:
        print_json({"out": str(options.out), **result})
        return 0
    print("\n".join(report(result)))
    if not pictures.can_draw():
        print(pictures.HINT)
    print(f"written to {options.out}")
    return 0


def _checked(
    experiment: str, changes: Mapping[str, Any], *, twin: bool, base: MachineFile | None = None, **files: str
) -> ExperimentSpec:
    """Return what to run, refused before anything is if the experiment, or the twin, cannot have these settings."""
    from marki.experiments.lab import ExperimentSpec
    from marki.machine import MachineConfig
    from marki.machine_file import MachineFile
    from marki.twin import check_ideal

    experiments.find(experiment)
    check_own(experiment, changes)
    base = base or MachineFile()
    if twin:
        check_ideal(MachineConfig().amend(settings.under({**base.changes, **changes}, "machine")))
    spec = ExperimentSpec(experiment=experiment, changes=changes, twin=twin, base=base, **files)
    experiments.check_read(experiment, spec.folders)
    return spec


def check_point(settings: Mapping[str, Any]) -> dict[str, str]:
    """Refuse settings of a sweep's point that are no experiment.

    They are ``experiment``, settings as ``--set`` takes them, and ``machine``, ``images``, ``mnist``, ``wiring``,
    ``ideal`` and ``twin`` as the arguments of these names.

    Returns
    -------
    dict of str to str
        The content hash of every file that it reads.
    """
    spec = _spec(settings)
    return {**spec.identity().inputs, **({"machine": content_hash(spec.base.path)} if spec.base.path else {})}


def run_point(settings: Mapping[str, Any], seed: int, folder: Path) -> dict[str, Any]:
    """Run the experiment of one point of a sweep; return its measurements and totals."""
    from marki.experiments import replicas

    result = replicas.run_one(_spec(settings), seed, RunOptions(out=folder, resume=True, quiet=True), picture=False)
    return {k: result[k] for k in ("measurements", "presentations", "simulated_seconds", "digest")}


_OF_POINT = {"experiment": str, "machine": str, **dict.fromkeys(FILES, str), "ideal": bool, "twin": bool}
"""What a sweep's point has besides settings, and of which type each is."""


def point_names(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the full name of each setting of a sweep's point; refused as in `check_point`."""
    from marki import machine_settings

    return machine_settings.full_names_of((name for name in settings if name not in _OF_POINT), where="sweep")


def _spec(point: Mapping[str, Any]) -> ExperimentSpec:
    from marki import machine_file, machine_settings

    own = {
        name: settings.check(f"sweep: {name}", point.get(name, kind()), kind, {}) for name, kind in _OF_POINT.items()
    }
    given = {name: value for name, value in point.items() if name not in own}
    changes = {**(_ideal() if own.pop("ideal") else {}), **machine_settings.check(given, where="sweep")}
    path = own.pop("machine")
    return _checked(own.pop("experiment"), changes, base=machine_file.read(path) if path else None, **own)


def report(result: Mapping[str, Any]) -> list[str]:
    """Return a result in a few lines of text: a row for each measurement, its mean and interval over the seeds."""
    seeds = [measured(seed) for seed in result.get("by_seed", [result])]
    hours = result["simulated_seconds"] / 3600
    time = f"in {hours:,.1f} hours of machine time" if hours else "by the twin, which has no clock"
    return [
        result["title"],
        *as_text(over_seeds(seeds)),
        f"  {result['presentations']:,} presentations {time}, digest {result['digest']}",
    ]


def add_validate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `validate`."""
    parser.add_argument(
        "--seeds", type=int, default=10, metavar="N", help="seeds for every simulated figure (default 10)"
    )
    parser.add_argument("--only", metavar="A,B", default="", help="only these parts of the table; --parts lists them")
    parser.add_argument("--parts", action="store_true", help="list the parts of the table, and end")
    parser.add_argument(
        "--machine", type=path_text, metavar="FILE", default=argparse.SUPPRESS, help="with a machine of your own"
    )
    add_json_argument(parser)
    add_arguments(parser, default="out/validate")


def validate(args: argparse.Namespace) -> int:
    """Compare documented and simulated; print and write the table."""
    from marki import machine_file
    from marki.comparison import as_text, tally
    from marki.experiments import validation

    if args.parts:
        if args.json:
            print_json(validation.parts())
        else:
            print("\n".join(f"{name:<14}{text}" for name, text in validation.parts().items()))
        return 0
    only = tuple(name.strip() for name in args.only.split(",") if name.strip())
    settings.check("--seeds", args.seeds, int, {"low": 2, "high": MOST_SEEDS, "meaning": "An interval needs two"})
    base = base_of(args)
    identity = validation.identity(only, base)
    options = options_of(args).free_out("out/validate", lambda folder: holds(folder, identity))
    with resumable(options):
        rows = validation.validate(args.seeds, options, only, base)
    if args.json:
        found = {"out": str(options.out), "seeds": args.seeds, "tally": tally(rows), "rows": [asdict(r) for r in rows]}
        print_json(found | {"machine": machine_file.to_record(base.rows)})
        return 0
    print(as_text(rows))
    if base.rows:
        print(f"\nwith the machine of {base.path}:")
        print("\n".join(machine_file.as_text(base.rows)))
    print(f"written to {options.out}")
    return 0
