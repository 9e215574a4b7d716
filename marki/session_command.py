"""The command `session`: a session without a window, run for some trials, with commands at their trials."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from marki.config import check
from marki.experiments.command import add_machine_arguments, session_of
from marki.files import check_outputs
from marki.interruption import interrupted_when_terminated
from marki.jobs.options import add_json_argument, csv_form, path_text, print_json
from marki.jobs.progress import ProgressBar

MOST_TRIALS = 10_000_000


def add_session_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `session`."""
    parser.add_argument(
        "--load",
        type=path_text,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="go on with a saved session, instead of a new one",
    )
    parser.add_argument("--trials", type=int, default=0, metavar="N", help="trials to run from there (default 0)")
    parser.add_argument(
        "--script",
        type=path_text,
        metavar="FILE",
        help="commands at their trials, JSON in the form of --log: course, world, show, set, toggle, force, turn, and "
        "cut, break_cells, stick",
    )
    parser.add_argument("--save", type=path_text, metavar="FILE", help="save the session in the end")
    parser.add_argument(
        "--csv",
        type=path_text,
        metavar="FILE",
        dest="trials_csv",
        help="write all trials of the run to this CSV file",
    )
    parser.add_argument("--log", type=path_text, metavar="FILE", help="write all commands of the run, as a script")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_json_argument(parser)
    add_machine_arguments(parser, again=True)


def run_session(args: argparse.Namespace) -> int:
    """Run a session; print where it stands, what was right, and its digest."""
    from marki import savefile, script, tables
    from marki.files import write_text
    from marki.ticks import SECOND

    check("--trials", args.trials, int, {"low": 0, "high": MOST_TRIALS})
    check_outputs({"--save": None if _saved_again(args) else args.save, "--csv": args.trials_csv, "--log": args.log})
    played = script.read(args.script) if args.script else script.Script(commands=())
    if played.seed is not None and not args.seed_given:
        args.seed = played.seed
    form = csv_form(args.csv)
    session = session_of(args)
    if played.seed not in (None, session.seed):
        print(f"{args.script}: was made with seed {played.seed}, and is played with {session.seed}", file=sys.stderr)
    first, done = session.trial, 0
    with interrupted_when_terminated(), ProgressBar(args.trials, "session", "trials", quiet=args.quiet) as bar:

        def tell(trials: int) -> None:
            nonlocal done
            bar.update(trials - done)
            done = trials

        try:
            script.play(session, args.trials, played.commands, where=args.script or "script", tell=tell)
        except KeyboardInterrupt:
            if args.save:
                savefile.save(session, args.save)
                print(f"\ninterrupted at trial {session.trial}, which is saved to {args.save}", file=sys.stderr)
            raise
    if args.save:
        savefile.save(session, args.save)
    if args.trials_csv:
        write_text(args.trials_csv, tables.trials_csv([("session", session)], form))
    if args.log:
        script.write_log(session, args.log)
    records = session.records[first:]
    wrong = int(records["wrong"].sum())
    found = {
        "seed": session.seed, "trial": session.trial, "trials": len(records), "wrong": wrong,
        "simulated_seconds": session.now / SECOND, "commands": len(session.commands), "digest": session.digest,
        "written": [str(Path(path)) for path in (args.save, args.trials_csv, args.log) if path],
    }  # fmt: skip
    if args.json:
        print_json(found)
        return 0
    print(f"{len(records):,} trials to trial {session.trial:,}, {wrong:,} of them wrong, digest {session.digest}")
    for path in found["written"]:
        print(f"written to {path}")
    return 0


def _saved_again(args: argparse.Namespace) -> bool:
    """Return whether the session is saved to the file that it was loaded from, which may be replaced: it goes on."""
    loaded, saved = getattr(args, "load", None), args.save
    if not (loaded and saved):
        return False
    return os.path.realpath(saved) == os.path.realpath(loaded)
