"""Commands on the timeline: what there is, cards, tasks, the ladder of proof, and points of a sweep."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki.config import check as check_value
from marki.errors import ConfigError
from marki.io.rooms import ROOMS, room
from marki.jobs.options import (
    add_json_argument,
    path_given,
    path_text,
    print_json,
)

if TYPE_CHECKING:
    from marki.measurements import Measurement
    from marki.setting_rows import SettingRow
    from successors.training.participants import Machine


def add_timeline_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `timeline`."""
    add_json_argument(parser)
    parser.add_argument(
        "--results", action="store_true", help="with scores and claims, as a Markdown table (with --json, as JSON)"
    )
    parser.add_argument("--picture", type=path_given, metavar="FILE", help="draw the scores on record as a PNG file")
    drawn = parser.add_mutually_exclusive_group()
    drawn.add_argument("--task", default="letters", help="the task whose scores are drawn (default letters)")
    names = ", ".join(room.name for room in ROOMS)
    drawn.add_argument("--room", metavar="ROOM", help=f"the room of the hall whose systems are drawn: {names}")


def add_own_timeline_argument(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add ``--timeline``; `again` is for a command's own parser, as in `experiments.command`."""
    parser.add_argument(
        "--timeline", type=path_text, metavar="DIR", default=argparse.SUPPRESS if again else None,
        help="a folder of systems of your own, files as y1960_adaline.py, weights beside them in weights/NAME "
        "(or $MARKI_TIMELINE)",
    )  # fmt: skip


def join_timeline(args: argparse.Namespace) -> None:
    """Let the folder of ``--timeline`` join the timeline, here and in the processes that are started from here.

    Raises
    ------
    ConfigError
        If there is no such folder.
    """
    if not args.timeline:
        return
    folder = Path(args.timeline).absolute()
    if not folder.is_dir():
        raise ConfigError("there is no such folder", where=f"--timeline {args.timeline}", remedy="Give a folder")
    named = os.environ.get(VARIABLE, "").split(os.pathsep)
    os.environ[VARIABLE] = os.pathsep.join(dict.fromkeys(filter(None, [*named, str(folder)])))


VARIABLE = "MARKI_TIMELINE"
"""As in `successors.timeline`, which is loaded only where it is needed."""


def timeline(args: argparse.Namespace) -> int:
    """Print the systems in order of time."""
    from successors import registry

    if args.results:
        from successors.evaluation import results_table

        if args.json:
            print_json(list(results_table.rows()))
        else:
            print(results_table.markdown(), end="")
    if args.picture is not None:
        from marki import pictures
        from marki.files import PNG, check_outputs
        from successors.evaluation import results_table

        check_outputs({"--picture": args.picture}, endings={"--picture": PNG})
        if pictures.can_draw():
            if args.room is None:
                results_table.picture(args.picture, args.task)
            else:
                results_table.room_picture(args.picture, room(args.room))
            print(f"written to {args.picture}", file=sys.stderr)
        else:
            print(pictures.HINT)
    if args.results or (args.picture is not None and not args.json):
        return 0
    rows = registry.rows()
    if args.json:
        print_json(rows)
        return 0
    wide = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        print(f"{row['year']}  {row['name']:<{wide}}  {row['task']:<14}{row['title']}")
    return 0


def system_names() -> tuple[str, ...]:
    """Return the names of all systems."""
    from successors import registry

    return registry.names()


def task_names() -> tuple[str, ...]:
    """Return the names of all tasks."""
    from successors import tasks

    return tasks.names()


def settings_of(name: str) -> list[SettingRow]:
    """Return the settings of a system on the retina, as ``train NAME --set`` takes them."""
    from marki.setting_rows import rows_of
    from successors import registry

    return list(rows_of(registry.find(name).entry.retina))


def add_tasks_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tasks`."""
    parser.add_argument("name", metavar="NAME", nargs="?", default="", help="one task, with its settings")
    add_json_argument(parser)


def list_tasks(args: argparse.Namespace) -> int:
    """List the tasks, or one with its settings."""
    from marki.setting_rows import as_text, rows_of
    from successors import tasks

    names = (args.name,) if args.name else tasks.names()
    found = {name: tasks.find(name) for name in names}
    if args.json:
        print_json(
            [
                {
                    "name": task.name, "title": task.title, "accepts": str(task.accepts), "answers": str(task.answers),
                    "metric": task.metric, "chance": task.chance,
                    "settings": [asdict(row) for row in rows_of(task.config())],
                }
                for task in found.values()
            ]
        )  # fmt: skip
        return 0
    wide = max(map(len, found))
    for name, task in found.items():
        print(f"{name:<{wide}}  {f'{task.accepts} to {task.answers}':<18}{task.title}")
    if args.name:
        print(as_text(rows_of(found[args.name].config())))
    return 0


def add_card_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `card`."""
    parser.add_argument("name", metavar="NAME", help="a system; `timeline` lists them")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--confusion", action="store_true", help="what each class is taken for, of each task")


def card(args: argparse.Namespace) -> int:
    """Print the card of a system."""
    from successors import registry
    from successors.evaluation import card_text

    content = registry.card(args.name)
    if args.json:
        print_json(content)
    else:
        print(card_text.confusions(content) if args.confusion else card_text.as_text(content))
    return 0


def add_parallel_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `parallel`."""
    parser.add_argument("--ranks", type=int, default=2, metavar="N", help="processes (default 2)")
    parser.add_argument("--layers", type=int, default=2, metavar="N", help="layers (default 2)")
    parser.add_argument("--width", type=int, default=64, metavar="N", help="numbers a token (default 64)")
    parser.add_argument(
        "--texts", type=int, default=16, metavar="N", help="texts of 32 tokens in the batch (default 16)"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def parallel(args: argparse.Namespace) -> int:
    """Compute a step of Megatron-LM's network in several processes and in one, and compare."""
    from successors.timeline.y2019_megatron import MegatronConfig, compare

    for name, low, high in (("ranks", 1, 16), ("layers", 1, 100), ("width", 2, 512), ("texts", 1, 64)):
        check_value(f"--{name}", getattr(args, name), int, {"low": low, "high": high})
    config = MegatronConfig(
        width=args.width, hidden=4 * args.width, heads=max(4, args.ranks), layers=args.layers, longest=32,
        ranks=args.ranks,
    )  # fmt: skip
    found = compare(config, texts=args.texts)
    one = found.results[0]
    about = {
        "ranks": args.ranks, "weights": found.weights, "weights_of_a_rank": [r.weights for r in found.results],
        "loss_off": found.loss_off, "gradient_off": found.gradient_off, "same_bits": found.same_bits,
        "all_reduces": one.reduces, "bytes_of_a_rank": one.sent,
    }  # fmt: skip
    if args.json:
        print_json(about)
        return 0
    print(f"{args.ranks} processes, of {found.weights:,} weights {one.weights:,} each")
    print(f"loss off by {found.loss_off:.0e}, gradients by {found.gradient_off:.0e} of the largest of their array")
    print(f"{one.reduces} all-reduces a step, {one.sent:,} bytes from each")
    return 0


def check_point(settings: Mapping[str, Any]) -> dict[str, str]:
    """Refuse the settings of a sweep point if they do not describe a training; see `training_job.check_point`."""
    from successors.training import training_job

    return training_job.check_point(settings)


def point_names(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the full names of the settings of a sweep point; see `training_job.point_names`."""
    from successors.training import training_job

    return training_job.point_names(settings)


def run_point(settings: Mapping[str, Any], seed: int, folder: Path, *, machine: Machine) -> dict[str, Any]:
    """Train at one sweep point; see `training_job.run_point`."""
    from successors.training import training_job

    return training_job.run_point(settings, seed, folder, machine=machine)


def measure_point(result: Mapping[str, Any]) -> list[Measurement]:
    """Return what a training at a sweep point measured; see `training_job.point_measurements`."""
    from successors.training import training_job

    return training_job.point_measurements(result)


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `check`."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="systems to check; `timeline` lists them")
    parser.add_argument("--all", action="store_true", help="check every system")
    parser.add_argument("--quick", action="store_true", help="leave out what takes longer than some seconds")
    add_json_argument(parser)


def check(args: argparse.Namespace) -> int:
    """Run the ladder of checks; exit status 1 if a rung fails."""
    from successors import registry
    from successors.evaluation import verify

    failed = 0
    states: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for name in registry.chosen(args.names, every=args.all):
        if not args.json:
            print(name)
        for rung in verify.climb(name, slow=not args.quick):
            if not args.json:
                print(f"  {rung.state:<16}{rung.name}: {rung.found}", flush=True)
            rows.append({"system": name, **asdict(rung), "failed": rung.failed})
            failed += rung.failed
            states[rung.state] += 1
    if args.json:
        print_json({"rungs": rows, "states": dict(states), "failed": failed})
        return 1 if failed else 0
    print(", ".join(f"{count} {state}" for state, count in states.items()))
    print(f"{failed} rungs failed" if failed else "no rung failed")
    return 1 if failed else 0
