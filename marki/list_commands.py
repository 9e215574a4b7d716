"""The commands that list what there is: settings, experiments, and where each constant comes from."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from marki import experiments, setting_rows
from marki.errors import ConfigError
from marki.experiments.command import base_of
from marki.files import check_outputs, write_text
from marki.jobs.options import add_json_argument, path_given, path_text, print_json

if TYPE_CHECKING:
    from marki.setting_rows import SettingRow


def add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `settings`."""
    parser.add_argument("pattern", metavar="PATTERN", nargs="?", default="", help="words in the name or the meaning")
    parser.add_argument("--of", metavar="NAME", default="", help="settings of a successor instead, such as lenet5")
    add_json_argument(parser)


def list_settings(args: argparse.Namespace, of_system: Callable[[str], Sequence[SettingRow]]) -> int:
    """List the settings of machine and world, or of a system of the timeline.

    Parameters
    ----------
    args : argparse.Namespace
    of_system : callable
        ``of_system(name) -> rows``, the settings of a system.
    """
    from marki import machine_settings

    found = setting_rows.matching(of_system(args.of) if args.of else machine_settings.rows(), args.pattern)
    if args.json:
        print_json(setting_rows.as_json(found))
    else:
        print(setting_rows.as_text(found))
    return 0


def add_experiments_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `experiments`."""
    add_json_argument(parser)


def list_experiments(args: argparse.Namespace) -> int:
    """List the experiments: name, title, and the settings that are their own."""
    found = [
        {"name": name, "title": experiments.find(name).TITLE, "own": sorted(experiments.own(name))}
        for name in experiments.names()
    ]
    if args.json:
        print_json(found)
        return 0
    wide = max(len(row["name"]) for row in found)
    for row in found:
        print(f"{row['name']:<{wide}}  {row['title']}")
    return 0


def add_provenance_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `provenance`."""
    parser.add_argument("pattern", metavar="PATTERN", nargs="?", default="", help="a part of the name, or a badge")
    parser.add_argument(
        "--machine", type=path_text, metavar="FILE", default=argparse.SUPPRESS, help="with a machine of your own"
    )
    parser.add_argument("--blank", action="store_true", help="write the form of a machine file instead")
    parser.add_argument(
        "--out", type=path_given, metavar="FILE", default=argparse.SUPPRESS, help="file of the form (default: print it)"
    )
    add_json_argument(parser)


def list_provenance(args: argparse.Namespace) -> int:
    """Print where each constant of the machine comes from, with a machine file laid over; or write its form."""
    from marki import machine_file, provenance

    if args.blank:
        if args.out:
            check_outputs({"--out": args.out})
            write_text(args.out, machine_file.blank())
            print(f"written to {args.out}")
        else:
            print(machine_file.blank(), end="")
        return 0
    rows = provenance.laid_over(base_of(args).rows)
    asked = args.pattern.lower()
    found = {name: row for name, row in rows.items() if asked in name or asked == row.badge}
    if not found:
        remedy = f"Give a part of a name, or a badge: {', '.join(provenance.BADGES)}"
        raise ConfigError(f"no constant has {args.pattern!r} in its name", where="provenance", remedy=remedy)
    if args.json:
        print_json(machine_file.to_record(found))
    else:
        print("\n".join(machine_file.as_text(found)))
    return 0


def experiment_names() -> list[str]:
    """Return the names of all experiments."""
    return experiments.names()


def setting_assignments() -> list[str]:
    """Return how a setting is named in ``--set``, for each setting of machine and world."""
    from marki import machine_settings

    return [f"{row.name}=" for row in machine_settings.rows()]


def validation_parts() -> list[str]:
    """Return the parts of the table of `validate`."""
    from marki.experiments import validation

    return list(validation.parts())
