"""Commands on successors: to list, train, compare, check and examine them, and to send them texts and pictures."""

from __future__ import annotations

import argparse
import json
import math
import os
import shlex
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki.config import check as check_value
from marki.config import parse_changes
from marki.errors import ConfigError, MarkIError
from marki.io.rooms import ROOMS, room
from marki.io.stimuli.fitting_arguments import add_fitting_arguments, fitting_changes
from marki.jobs.folders import holds
from marki.jobs.options import (
    CSV_HELP,
    MOST_SEED,
    MOST_SEEDS,
    RunOptions,
    add_arguments,
    add_json_argument,
    csv_form,
    options_of,
    print_json,
    resumable,
)
from marki.language import Words
from marki.program import program

if TYPE_CHECKING:
    from marki.io.stimuli.fitting import Fitting
    from marki.measurements import Measurement
    from marki.setting_rows import SettingRow
    from successors.serving.picture_reading import MachineReply, ReadPicture
    from successors.serving.scene_talk import Said
    from successors.training.participants import Machine


def add_timeline_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `timeline`."""
    add_json_argument(parser)
    parser.add_argument(
        "--results", action="store_true", help="with scores and claims, as a Markdown table (with --json, as JSON)"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the scores on record as a PNG file")
    drawn = parser.add_mutually_exclusive_group()
    drawn.add_argument("--task", default="letters", help="the task whose scores are drawn (default letters)")
    names = ", ".join(room.name for room in ROOMS)
    drawn.add_argument("--room", metavar="ROOM", help=f"the room of the hall whose systems are drawn: {names}")


def add_own_timeline_argument(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add ``--timeline``; `again` is for a command's own parser, as in `experiments.command`."""
    parser.add_argument(
        "--timeline", metavar="DIR", default=argparse.SUPPRESS if again else "",
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
        from successors.evaluation import results_table

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
        print(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        print(card_text.confusions(content) if args.confusion else card_text.as_text(content))
    return 0


def _add_seed_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds for each, from --seed on (default 3)")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="first seed (default 0)")


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `train`."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="systems to train; `timeline` lists them")
    parser.add_argument("--all", action="store_true", help="train every system, and the Mark I")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="first seed (default 0)")
    own = parser.add_argument_group(
        "trainings of your own", "With one of these the systems alone are trained, and a manifest names the weights."
    )
    own.add_argument("--task", default="", metavar="TASK", help="another task than its own; `tasks` lists them")
    own.add_argument(
        "--set",
        action="append",
        default=argparse.SUPPRESS,
        metavar="NAME=VALUE",
        help="change a setting of the system, recipe.rate=0.01, or the task, options.train=500; `settings --of NAME` "
        "and `tasks NAME` list them (repeatable)",
    )
    own.add_argument("--recipe", metavar="NAME", help="historical (default), modern, or both, as in `compare`")
    own.add_argument("--budget", type=int, metavar="N", help="stimuli shown for learning (default: as the recipe says)")
    own.add_argument("--seeds", type=int, metavar="N", help="seeds for each, from --seed on (default 1)")
    add_json_argument(parser)
    add_arguments(parser, default="out/train")


def train(args: argparse.Namespace, machine: Machine) -> int:
    """Train systems and their baselines, or systems with settings of the user's; print the results."""
    from successors.evaluation import estimates
    from successors.evaluation.publish import RUNS, processor_minutes, publish
    from successors.training.participants import MARK1

    _check_counts(args)
    if args.task or args.set or args.recipe or args.budget or args.seeds:
        return _train_points(args, machine)
    names = (MARK1, *_chosen(args)) if args.all else _chosen(args)
    options = options_of(args).free_out("out/train", lambda folder: (folder / RUNS).is_dir())
    command = f"{program()} {shlex.join(sys.argv[1:])}"
    began = time.monotonic()
    with resumable(options):
        results = publish(names, options, seed=args.seed, machine=machine, command=command)
    lost = [line for metrics in results.values() for line in metrics.get("diverged", [])]
    if args.json:
        print_json({"out": str(options.out), "systems": results})
        return 1 if lost else 0
    wide = max(map(len, results)) + 2
    for name, metrics in results.items():
        if "diverged" in metrics:
            print(f"{name:<{wide}}diverged")
        for trial in metrics.get("trials", []):
            told = "; ".join(f"{estimates.claim_text(claim)}: {claim['word']}" for claim in trial["claims"])
            told += f"  {trial['warnings']}" if trial["warnings"] else ""
            print(f"{name:<{wide}}{trial['task']:<16}{100 * trial['value']:6.1f} %  {told}".rstrip())
    _hint()
    out = options.folder()
    weights = sum(path.stat().st_size for name in results for path in (out / name).glob("*.safetensors"))
    minutes = (time.monotonic() - began) / 60
    print(f"written to {out} in {minutes:.1f} minutes, with {weights / 1e6:.1f} MB of weights")
    print(f"all runs together: {processor_minutes(names, out, seed=args.seed):.1f} minutes of the processor")
    print("\n".join(lost), end="\n" if lost else "")
    return 1 if lost else 0


def _train_points(args: argparse.Namespace, machine: Machine) -> int:
    """Train systems with settings of the user's; print the scores and where the manifest is."""
    from successors.evaluation import trained_points
    from successors.training import participants, presets

    if args.all == bool(args.names):
        raise ConfigError("name some systems, or give --all", where="NAME", remedy="`timeline` lists them")
    names = tuple(dict.fromkeys(args.names)) or participants.fitting(args.task)
    given, recipe = parse_changes(args.set), args.recipe or presets.HISTORICAL
    orders = trained_points.points(names, args.task, given=given, recipe=recipe, budget=args.budget)
    identity = trained_points.identity(args.task, given, recipe, args.budget)
    options = options_of(args).free_out("out/train", lambda folder: holds(folder, identity))
    seeds = range(args.seed, args.seed + (args.seeds or 1))
    with resumable(options):
        manifest = trained_points.train(orders, identity, options, seeds=seeds, machine=machine)
    lost = manifest["diverged"]
    if args.json:
        print_json({"out": str(options.out), **manifest})
        return 1 if lost else 0
    print(trained_points.as_text(manifest))
    print(f"written to {options.out}; {trained_points.MANIFEST} says which file has which weights")
    print("\n".join(lost), end="\n" if lost else "")
    return 1 if lost else 0


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `compare`."""
    parser.add_argument("--task", required=True, metavar="TASK", help="what they are compared on")
    parser.add_argument("--learners", metavar="A,B", help="who takes part (default: all that fit the task)")
    _add_seed_arguments(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=argparse.SUPPRESS,
        metavar="NAME=VALUE",
        help="change a setting of the task, e.g. train=500 (repeatable)",
    )
    parser.add_argument(
        "--recipe",
        default="historical",
        metavar="NAME",
        help="train each as its own file says (historical, default), all in one modern way (modern), or both",
    )
    parser.add_argument(
        "--budget",
        type=int,
        metavar="N",
        help="stimuli shown for learning, for all (default: as each recipe says); study without answers does not count",
    )
    add_json_argument(parser)
    add_arguments(parser, default="out/compare-TASK")


def compare(args: argparse.Namespace, machine: Machine) -> int:
    """Compare learners on one task; print the table."""
    from successors import tasks
    from successors.evaluation import compare as comparison
    from successors.training import training_job

    tasks.find(args.task)
    _check_counts(args)
    learners = [name.strip() for name in args.learners.split(",") if name.strip()] if args.learners else None
    changes = training_job.task_options(args.task, parse_changes(args.set), where="--set")
    identity = comparison.identity(args.task, changes, args.recipe, args.budget)
    run = options_of(args).free_out(f"out/compare-{args.task}", lambda folder: holds(folder, identity))
    with resumable(run):
        rows = comparison.compare(
            args.task,
            learners,
            run=run,
            seeds=range(args.seed, args.seed + args.seeds),
            options=changes,
            recipe=args.recipe,
            budget=args.budget,
            machine=machine,
        )
    return _told(args, run, {"rows": rows}, comparison.as_text(rows))


def _told(args: argparse.Namespace, options: RunOptions, found: Mapping[str, Any], text: str) -> int:
    """Print what was found and where it is written, as text or as JSON."""
    if args.json:
        print_json({"out": str(options.out), **found})
        return 0
    print(text)
    _hint()
    print(f"written to {options.out}")
    return 0


def add_roadmap_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `roadmap`."""
    parser.add_argument("name", metavar="NAME", help="a system with a road map, such as convnext")
    _add_seed_arguments(parser)
    add_json_argument(parser)
    add_arguments(parser, default="out/roadmap-NAME")


def roadmap(args: argparse.Namespace) -> int:
    """Train each step from a predecessor to a system; print the table."""
    from successors.evaluation import ablation_path

    _check_counts(args)
    identity = ablation_path.identity(args.name)
    options = options_of(args).free_out(f"out/roadmap-{args.name}", lambda folder: holds(folder, identity))
    with resumable(options):
        rows = ablation_path.train_path(args.name, options, seeds=range(args.seed, args.seed + args.seeds))
    return _told(args, options, {"rows": rows}, ablation_path.as_text(rows))


def add_downstream_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `downstream`."""
    parser.add_argument("--task", choices=("segment", "locate"), help="one of both tasks (default: both)")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds for each, from --seed on (default 5)")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="first seed (default 0)")
    add_json_argument(parser)
    add_arguments(parser, default="out/downstream")


def downstream(args: argparse.Namespace) -> int:
    """Train heads on backbones that learned letters; print how they do, and what is claimed of them."""
    from successors.baselines.heads import TASKS
    from successors.evaluation import downstream as runs

    _check_counts(args)
    chosen = (args.task,) if args.task else TASKS
    options = options_of(args).free_out("out/downstream", lambda folder: holds(folder, runs.identity(chosen)))
    with resumable(options):
        found = runs.train_heads(options, chosen=chosen, seeds=range(args.seed, args.seed + args.seeds))
    return _told(args, options, found, runs.as_text(found))


def add_curve_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `curve`."""
    parser.add_argument("name", metavar="NAME", help="a system with shipped weights, such as diffusion")
    parser.add_argument("setting", metavar="SETTING=V,V", help="a setting and its values, such as steps=1,5,25,100")
    parser.add_argument(
        "--out", metavar="DIR", default=argparse.SUPPRESS, help="output folder (default out/curve-NAME)"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--csv", metavar="FORM", default=argparse.SUPPRESS, help=CSV_HELP)
    add_json_argument(parser)


def curve(args: argparse.Namespace) -> int:
    """Examine trained weights under several values of a setting that counts only while they answer."""
    from successors.evaluation import setting_curve

    (setting, values), *_ = parse_changes([args.setting.replace("=", "=[", 1) + "]"], where="SETTING").items()
    if not isinstance(values, list) or not values:
        raise ConfigError(f"{args.setting!r}", where="SETTING", remedy="Give numbers, such as steps=1,5,25")
    wanted = setting_curve.identity(args.name, setting)
    out = Path(args.out) if getattr(args, "out", None) else None
    options = RunOptions(out=out, quiet=args.quiet, csv=csv_form(getattr(args, "csv", "plain"))).free_out(
        f"out/curve-{args.name}", lambda folder: holds(folder, wanted)
    )
    rows = setting_curve.examine_over(args.name, setting, values, options)
    return _told(args, options, {"rows": rows}, setting_curve.as_text(rows))


def add_scaling_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `scaling`."""
    parser.add_argument("name", metavar="NAME", help="a system with trainings at equal computing, such as chinchilla")
    parser.add_argument("--budgets", metavar="C,C", help="some of its budgets, such as 3e9,1e10 (default: all)")
    _add_seed_arguments(parser)
    add_json_argument(parser)
    add_arguments(parser, default="out/scaling-NAME")


def scaling(args: argparse.Namespace) -> int:
    """Train a system in many sizes at equal computing; print the best sizes and the law."""
    from successors.evaluation import scaling as runs

    _check_counts(args)
    try:
        budgets = [float(text) for text in args.budgets.split(",")] if args.budgets else []
    except ValueError:
        raise ConfigError(f"{args.budgets!r}", where="--budgets", remedy="Give numbers, such as 3e9,1e10") from None
    runs.scaling_of(args.name)
    identity = runs.identity(args.name)
    options = options_of(args).free_out(f"out/scaling-{args.name}", lambda folder: holds(folder, identity))
    with resumable(options):
        found = runs.run_scaling(args.name, options, budgets=budgets, seeds=range(args.seed, args.seed + args.seeds))
    return _told(args, options, found, runs.as_text(found))


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `judge`."""
    parser.add_argument("name", metavar="NAME", help="a system that draws what it is asked for, such as gan")
    parser.add_argument("--subject", default="", metavar="SUBJECT", help="digits or letters (default: its own task)")
    parser.add_argument("--cards", type=int, default=1_000, metavar="N", help="cards to learn from (default 1000)")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="weights to draw with instead of the shipped ones")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds, from --seed on (default 5)")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="first seed (default 0)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_arguments(parser, default="out/judge-NAME")


def judge(args: argparse.Namespace, machine: Machine) -> int:
    """Let the Mark I learn from a system's drawings, and from real cards; print how well it then reads real ones."""
    from successors.evaluation import mark1_as_judge as judgement

    _check_counts(args)
    about = {"subject": args.subject, "cards": args.cards, "weights": args.weights}
    identity = judgement.identity(args.name, **about)
    options = options_of(args).free_out(f"out/judge-{args.name}", lambda folder: holds(folder, identity))
    with resumable(options):
        found = judgement.judge(
            args.name,
            options,
            machine=machine,
            seeds=range(args.seed, args.seed + args.seeds),
            **about,
        )
    if args.json:
        print(json.dumps({"out": str(options.out), **found}, indent=2))
        return 0
    print(judgement.as_text(found))
    print(f"written to {options.out}")
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
        print(json.dumps(about, indent=2))
        return 0
    print(f"{args.ranks} processes, of {found.weights:,} weights {one.weights:,} each")
    print(f"loss off by {found.loss_off:.0e}, gradients by {found.gradient_off:.0e} of the largest of their array")
    print(f"{one.reduces} all-reduces a step, {one.sent:,} bytes from each")
    return 0


def check_point(settings: Mapping[str, Any]) -> dict[str, str]:
    """Refuse the settings of a sweep point if they do not describe a training; see `training_job.check_point`."""
    from successors.training import training_job

    return training_job.check_point(settings)


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
    from successors.evaluation import verify

    failed = 0
    states: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for name in _chosen(args):
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


def add_write_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `write`."""
    parser.add_argument("name", metavar="NAME", help="a system that reads text, such as transformer, bert or gpt2")
    parser.add_argument("text", metavar="TEXT", help="what it is sent")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="answers that are drawn (default 1)")
    parser.add_argument("--temperature", type=float, default=0.0, metavar="T", help="0 (the default): the likeliest")
    parser.add_argument("--top-k", type=int, default=0, metavar="K", help="draw from the K likeliest tokens")
    parser.add_argument("--nucleus", type=float, default=1.0, metavar="P", help="draw from those whose shares sum to P")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="of what is drawn (default 0)")


def write(args: argparse.Namespace) -> int:
    """Send a text to a trained system, and print its answer."""
    import numpy as np

    from marki.io.ports import Port
    from marki.seeding import generator
    from successors import registry
    from successors.nn.writer import TextSampler
    from successors.tasks.wording import typed, unknown_words

    _check_counts(args)
    entry = registry.find(args.name).entry
    if entry.accepts is not Port.TEXT:
        readers = [name for name in registry.names() if registry.find(name).entry.accepts is Port.TEXT]
        raise ConfigError(f"{args.name} reads no text", where="NAME", remedy=f"Choose among {', '.join(readers)}")
    line = typed(args.text, entry.trials[0].task)
    learner = registry.create(args.name, pretrained=True)
    if isinstance(learner.network, TextSampler):
        how = {"temperature": args.temperature, "top_k": args.top_k, "nucleus": args.nucleus}
        for drawn in learner.network.generate(line.text, generator(args.seed, "write"), count=args.count, **how):
            print(drawn)
        _name_unknown(unknown_words(line, args.name))
        return 0
    if args.temperature or args.top_k or args.nucleus != 1 or args.count != 1:
        raise ConfigError(f"{args.name} draws nothing", where="NAME", remedy="Send it the text alone")
    answer = learner.respond(np.array([line.text]))
    if learner.labels is not None:
        print(registry.classes(entry.trials[0])[int(learner.labels.read(answer)[0])])
    else:
        print(answer[0])
    _name_unknown(unknown_words(line, args.name))
    return 0


def _name_unknown(text: str) -> None:
    if text:
        print(text, file=sys.stderr)


def add_read_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `read`."""
    parser.add_argument("name", metavar="NAME", help="a system that reads letters or digits, or all")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="pictures, and folders of pictures")
    parser.add_argument("--task", choices=("letters", "digits"), help="what is read (default: what NAME learned first)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--lang", default="en", metavar="LANGUAGE", help="of the sentences, en or zh (default en)")
    add_fitting_arguments(parser)


def read(args: argparse.Namespace, machine: MachineReply) -> int:
    """Say what pictures are taken for; a picture that is refused is one line, and makes the exit status 1."""
    from marki.io.stimuli.fitting import Fitting
    from successors.serving import picture_reading

    words, told = Words(args.lang), fitting_changes(args)
    asked = [
        (
            task,
            picture_reading.load(names, task, machine),
            Fitting.from_mapping({"fit": picture_reading.FITS[task]} | told),
        )
        for task, names in picture_reading.choose(args.name, args.task).items()
    ]
    rows: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []

    def refuse(path: Path, error: MarkIError) -> None:
        refused.append({"file": str(path), "error": str(error)})
        print(f"marki: {error}", file=sys.stderr)

    files: list[Path] = []
    for given in args.files:
        try:
            files += picture_reading.walk([given])
        except MarkIError as error:
            refuse(given, error)
    for path in files:
        try:
            for task, systems, how in asked:
                found = picture_reading.read(path, systems, task, how)
                rows.append(found.as_json())
                if not args.json:
                    print(read_text(found, words), flush=True)
        except MarkIError as error:
            refuse(path, error)
    if args.json:
        print(json.dumps({"pictures": rows, "refused": refused}, indent=2, ensure_ascii=False))
    return 1 if refused else 0


def read_text(found: ReadPicture, words: Words) -> str:
    """Return what a picture was taken for as text: the file, what was done, and a line for each system."""
    lines = [str(found.path), f"  {found.done.sentence(words)}"]
    wide = max((len(reply.name) for reply in found.replies), default=0)
    for reply in found.replies:
        sure = f"{100 * reply.confidence:5.1f} %" if math.isfinite(reply.confidence) else " " * 7
        others = ", ".join(f"{name} {100 * share:.1f} %" for name, share in reply.others)
        lines.append(f"  {reply.name:<{wide}}  {reply.said or words('trainer.none')}  {sure}  {others}".rstrip())
    return "\n".join(lines)


def _add_talk_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="NAME", help="one system (default: all that were trained for it)")
    parser.add_argument(
        "--lang", choices=("en", "zh"), help="English or Chinese (default: that of the question, else English)"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_fitting_arguments(parser)


def add_say_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `say`."""
    parser.add_argument("file", metavar="CARD", type=Path, help="a picture of a scene, light shapes on a dark ground")
    parser.add_argument(
        "--among", nargs="+", metavar="SENTENCE", help="sentences of your own, of which CLIP says how well each fits"
    )
    _add_talk_arguments(parser)


def say(args: argparse.Namespace) -> int:
    """Say what a picture shows."""
    from marki.io.text import language_of
    from successors.serving import scene_talk

    frame = scene_talk.frame_of(args.file, _as_scene(args))
    if args.among:
        chosen = scene_talk.choose(frame, args.among, args.lang or language_of(args.among[0]))
        if args.json:
            print(json.dumps([{"sentence": text, "cosine": fits} for text, fits in chosen], ensure_ascii=False))
        else:
            print("\n".join(f"{fits:6.3f}  {text}" for text, fits in chosen))
        return 0
    _print_said(scene_talk.say(frame, args.lang or "en", args.name), json_wanted=args.json)
    return 0


def add_ask_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ask`."""
    parser.add_argument("file", metavar="CARD", type=Path, help="a picture of a scene, light shapes on a dark ground")
    parser.add_argument("question", metavar="QUESTION", help="such as 'where is the circle?' or '圆在哪里？'")
    _add_talk_arguments(parser)


def ask(args: argparse.Namespace) -> int:
    """Answer a question about a picture."""
    from marki.io.text import language_of
    from successors.serving import scene_talk

    frame = scene_talk.frame_of(args.file, _as_scene(args))
    language = args.lang or language_of(args.question)
    _print_said(scene_talk.ask(frame, args.question, language, args.name), json_wanted=args.json)
    return 0


def _as_scene(args: argparse.Namespace) -> Fitting:
    """Return how a picture of a scene is made a card: as it is, but for what was told."""
    from marki.io.stimuli.fitting import AS_IT_IS

    return AS_IT_IS.amend(fitting_changes(args))


def _print_said(said: list[Said], *, json_wanted: bool) -> None:
    if json_wanted:
        rows = [
            {"system": one.name, "said": one.text, "share": one.share if math.isfinite(one.share) else None}
            for one in said
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    wide = max((len(one.name) for one in said), default=0)
    for one in said:
        sure = f"  {100 * one.share:5.1f} %" if math.isfinite(one.share) else ""
        others = ", ".join(f"{name} {100 * share:.1f} %" for name, share in one.others)
        print(f"{one.name:<{wide}}  {one.text}{sure}  {others}".rstrip())


def _chosen(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the requested systems, each checked to exist."""
    from successors import registry

    if args.all == bool(args.names):
        raise ConfigError("name some systems, or give --all", where="NAME", remedy="`timeline` lists them")
    for name in args.names:
        registry.find(name)
    return registry.names() if args.all else tuple(dict.fromkeys(args.names))


def _check_counts(args: argparse.Namespace) -> None:
    for name, low, high in (
        ("seeds", 1, MOST_SEEDS),
        ("budget", 1, 2**40),
        ("seed", 0, MOST_SEED),
        ("count", 1, 10_000),
    ):
        if (value := getattr(args, name, None)) is not None:
            check_value(f"--{name}", value, int, {"low": low, "high": high})


def _hint() -> None:
    from marki import pictures

    if not pictures.can_draw():
        print(pictures.HINT)
