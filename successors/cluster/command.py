"""The commands `cluster`, `pipeline` and `ledger` of the command line."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from marki import comparison
from marki.errors import ConfigError
from marki.jobs.options import print_json
from marki.language import Words
from successors.cluster.orders import SCHEDULES


def add_cluster_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `cluster`."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="a training; without, all are listed")
    parser.add_argument("--devices", type=int, metavar="N", help="devices in all (default: as it was)")
    parser.add_argument("--tensor", type=int, metavar="N", help="devices that share each layer")
    parser.add_argument("--pipeline", type=int, metavar="N", help="stages")
    parser.add_argument("--batch", type=int, metavar="N", help="samples of a step")
    parser.add_argument("--micro", type=int, metavar="N", help="samples of a micro-batch")
    parser.add_argument("--schedule", default="1f1b", metavar="NAME", help=f"{', '.join(SCHEDULES)} (default 1f1b)")
    parser.add_argument("--parts", type=int, default=1, metavar="N", help="parts of the network of each rank")
    parser.add_argument("--mtbf", type=float, metavar="HOURS", help="mean hours of one device between failures")
    parser.add_argument("--save-every", type=int, metavar="STEPS", help="steps from checkpoint to checkpoint")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the failures (default 0)")
    parser.add_argument("--sources", action="store_true", help="every figure with its source, instead of a run")
    parser.add_argument("--table", action="store_true", help="documented versus simulated, instead of a run")
    parser.add_argument("--markdown", action="store_true", help="the table as Markdown")
    parser.add_argument("--json", action="store_true", help="as JSON")


def cluster(args: argparse.Namespace) -> int:
    """Simulate a training on its cluster, or list what there is."""
    from successors.cluster import documented, machines, report
    from successors.cluster.step import layout_of

    if args.sources:
        return _sources(args)
    if args.table:
        rows = documented.rows()
        if args.json:
            print_json([asdict(row) for row in rows])
        else:
            print(comparison.as_markdown(rows) if args.markdown else comparison.as_text(rows))
        return 0
    if args.name is None:
        return _list(args)
    training = machines.training(args.name)
    layout = layout_of(
        training, devices=args.devices, tensor=args.tensor, ranks=args.pipeline, micro=args.micro,
        schedule=args.schedule, parts=args.parts,
    )  # fmt: skip
    found = report.report(
        training, layout, batch=args.batch, mean_hours=args.mtbf, every=args.save_every, seed=args.seed
    )
    if args.json:
        print_json(found.as_data())
    else:
        print(report.as_text(found))
    return 0


def _sources(args: argparse.Namespace) -> int:
    """Print every figure of the room with its source; with a name, those that begin with it or hold it."""
    from successors.cluster import machines

    rows = [figure for figure in machines.figures().values() if not args.name or args.name in figure.name.split(".")]
    if args.name and not rows:
        raise ConfigError(f"no figure of {args.name!r}", where="--sources", remedy="Leave the name out to see all")
    if args.json:
        print_json([asdict(row) for row in rows])
        return 0
    say = Words("en")
    for row in rows:
        told = ". ".join(filter(None, (row.source, row.note)))
        badge = say(f"machine_room.badge.{row.badge}")
        print(f"{row.name:<32}{row.value!s:>16} {row.unit:<12} {badge:<11} {told}".rstrip())
    return 0


def _list(args: argparse.Namespace) -> int:
    """Print all trainings with their machines."""
    from successors.cluster import machines

    trainings = [machines.training(name) for name in machines.training_names()]
    if args.json:
        rows = [{"name": t.name, "network": t.work.name, "parameters": t.work.parameters, "device":
                 t.machine.device.name, "devices": t.devices, "flops": t.devices * t.machine.device.rate}
                for t in trainings]  # fmt: skip
        print_json(rows)
        return 0
    for t in trainings:
        on = f"{t.devices:,} x {t.machine.device.name}"
        rate = f"{t.devices * t.machine.device.rate:.3g} FLOP/s"
        print(f"{t.name:<18}{t.work.name:<18}{t.work.parameters:>16,}  {on:<18}{rate}")
    return 0


def add_pipeline_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `pipeline`."""
    parser.add_argument("--stages", type=int, default=4, metavar="N", help="ranks of the pipeline (default 4)")
    parser.add_argument("--micro", type=int, default=8, metavar="N", help="micro-batches (default 8)")
    parser.add_argument("--schedule", default="1f1b", metavar="NAME", help=f"{', '.join(SCHEDULES)} (default 1f1b)")
    parser.add_argument("--parts", type=int, default=1, metavar="N", help="parts of each rank, interleaved (default 1)")
    parser.add_argument("--forward", type=int, default=1_000, metavar="NS", help="time forward, ns (default 1,000)")
    parser.add_argument("--backward", type=int, default=2_000, metavar="NS", help="time backward, ns (default 2,000)")
    parser.add_argument(
        "--transfer", type=int, default=0, metavar="NS", help="time from stage to stage, ns (default 0)"
    )
    parser.add_argument("--columns", type=int, default=100, metavar="N", help="width of the chart (default 100)")
    parser.add_argument("--json", action="store_true", help="as JSON, with every task")


def pipeline(args: argparse.Namespace) -> int:
    """Draw a step through a pipeline as a chart of ranks and time."""
    from marki.config import check
    from successors.cluster import gantt
    from successors.cluster import pipeline as line
    from successors.cluster.orders import bubble, most_kept, orders

    for name, low, high in (("stages", 1, 1_000), ("micro", 1, 100_000), ("parts", 1, 100), ("forward", 1, 10**12),
                            ("backward", 1, 10**12), ("transfer", 0, 10**12)):  # fmt: skip
        check(f"--{name}", getattr(args, name), int, {"low": low, "high": high})
    stages = [line.StageTimes(forward=args.forward, backward=args.backward)] * (args.stages * args.parts)
    found = line.run(args.schedule, stages, args.micro, parts=args.parts, transfer=args.transfer)
    if args.json:
        print_json(gantt.as_data(found))
        return 0
    kept = [most_kept(plan) for plan in orders(args.schedule, args.stages, args.micro, args.parts)]
    print(gantt.as_text(found, args.columns))
    say, law = Words("en"), bubble(args.stages, args.micro, args.parts)
    print("\n" + say("machine_room.chart", idle=gantt.IDLE))
    print(
        f"{found.passed:,} ns. "
        + say("machine_room.law", found=f"{100 * found.bubble:.2f}", formula=f"{100 * law:.2f}")
    )
    print(say("machine_room.kept", count=max(kept)))
    print(f"{say('machine_room.digest')} {found.log.digest}")
    return 0


def add_ledger_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ledger`."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="a published size, such as 'GPT-3 175B', or a training")
    parser.add_argument("--json", action="store_true", help="as JSON")


def ledger(args: argparse.Namespace) -> int:
    """Print what a network weighs and costs, next to what is printed of it."""
    from successors.cluster import ledger as books
    from successors.cluster.machines import training, training_names
    from successors.cluster.models import DECODERS

    if args.name is None:
        if args.json:
            rows = [{"name": d.name, "parameters": d.parameters, "printed": d.printed, "tokens": d.tokens or None,
                     "operations": d.rule_flops or None, "paper": d.paper, "remark": d.remark}
                    for d in DECODERS.values()]  # fmt: skip
            print_json(rows)
            return 0
        for d in DECODERS.values():
            work = f"{d.rule_flops:.3g} FLOP" if d.tokens else ""
            print(f"{d.name:<16}{d.parameters:>18,}  printed {d.printed:>18,}  {work:<14}{d.remark}".rstrip())
        return 0
    name = training(args.name).work.name if args.name in training_names() else args.name
    if args.json:
        rows = [asdict(line) | {"verdict": line.verdict} for line in books.ledger(name)]
        print_json(rows)
        return 0
    print(books.as_text(name))
    return 0
