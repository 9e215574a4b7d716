"""Commands that train: systems, comparisons, the steps of a road map, heads, and what is drawn of shipped weights.

Each writes a folder of its own, and can be interrupted and resumed.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki.config import parse_changes
from marki.errors import ConfigError
from marki.jobs.folders import holds
from marki.jobs.options import (
    CSV_HELP,
    RunOptions,
    add_arguments,
    add_json_argument,
    check_counts,
    csv_form,
    options_of,
    path_given,
    path_text,
    print_json,
    resumable,
)
from marki.program import program

if TYPE_CHECKING:
    from successors.training.participants import Machine


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
    from successors import registry
    from successors.evaluation import estimates
    from successors.evaluation.publish import RUNS, processor_minutes, publish
    from successors.training.participants import MARK1

    check_counts(args)
    if args.task or args.set or args.recipe or args.budget or args.seeds:
        return _train_points(args, machine)
    names = registry.chosen(args.names, every=args.all)
    names = (MARK1, *names) if args.all else names
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
    weights = sum(path.stat().st_size for name in results for path in (out / name).glob("*.safetensors.xz"))
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
    given = trained_points.full_settings(names, args.task, parse_changes(args.set))
    recipe = args.recipe or presets.HISTORICAL
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
    check_counts(args)
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


def add_roadmap_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `roadmap`."""
    parser.add_argument("name", metavar="NAME", help="a system with a road map, such as convnext")
    _add_seed_arguments(parser)
    add_json_argument(parser)
    add_arguments(parser, default="out/roadmap-NAME")


def roadmap(args: argparse.Namespace) -> int:
    """Train each step from a predecessor to a system; print the table."""
    from successors.evaluation import ablation_path

    check_counts(args)
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

    check_counts(args)
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
        "--out", type=path_text, metavar="DIR", default=argparse.SUPPRESS, help="output folder (default out/curve-NAME)"
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

    check_counts(args)
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
    parser.add_argument(
        "--weights", type=path_given, metavar="FILE", help="weights to draw with instead of the shipped ones"
    )
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds, from --seed on (default 5)")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="first seed (default 0)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_arguments(parser, default="out/judge-NAME")


def judge(args: argparse.Namespace, machine: Machine) -> int:
    """Let the Mark I learn from a system's drawings, and from real cards; print how well it then reads real ones."""
    from successors.evaluation import mark1_as_judge as judgement

    check_counts(args)
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
        print_json({"out": str(options.out), **found})
        return 0
    print(judgement.as_text(found))
    print(f"written to {options.out}")
    return 0


def _told(args: argparse.Namespace, options: RunOptions, found: Mapping[str, Any], text: str) -> int:
    """Print what was found and where it is written, as text or as JSON."""
    if args.json:
        print_json({"out": str(options.out), **found})
        return 0
    print(text)
    _hint()
    print(f"written to {options.out}")
    return 0


def _hint() -> None:
    from marki import pictures

    if not pictures.can_draw():
        print(pictures.HINT)
