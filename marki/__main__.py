"""The Mark I simulator: the window, or a command without a screen. Everything is put together here."""

from __future__ import annotations

import signal
import threading

# An interruption while all is being loaded ends the program without a word; nothing has been begun that could be lost.
_MAIN = threading.current_thread() is threading.main_thread()
_HANDLER = signal.signal(signal.SIGINT, signal.SIG_DFL) if _MAIN else None

import argparse
import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, NoReturn

# When the interpreter started: what it took so far is processor time, whoever began the process and waited before.
BEGAN = time.perf_counter() - time.process_time()

# One thread for NumPy's linear algebra: the machine uses none, and many processes run side by side.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from marki import __version__, sweep
from marki.console import command as console
from marki.errors import ConfigError, MarkIError
from marki.experiments import command as experiments
from marki.paper import command as paper
from marki.program import program
from marki.teaching import command as teaching
from successors import command as successors
from successors.serving.gallery import open_gallery

if TYPE_CHECKING:
    from marki.machine import MarkI

if _MAIN:
    signal.signal(signal.SIGINT, _HANDLER)


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are refusals like all others: one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise ConfigError(message, remedy=f"See {self.prog} --help")


def parser() -> Parser:
    """Return the parser of the whole command line."""
    kinds = {
        "experiment": sweep.SweepKind(check=experiments.check_point, run=experiments.run_point),
        "training": sweep.SweepKind(check=successors.check_point, run=partial(successors.run_point, machine=mark1)),
    }
    root = Parser(
        prog=program(),
        description="Frank Rosenblatt's Mark I Perceptron (1960) in time. Without a command, opens the window.",
    )
    root.add_argument("--version", action="version", version=f"marki {__version__}")
    root.set_defaults(act=open_window, began=BEGAN)
    root.add_argument("--load", metavar="FILE", help="go on with a saved session")
    experiments.add_machine_arguments(root)
    console.add_arguments(root)
    commands = root.add_subparsers(title="commands without a screen", metavar="COMMAND")
    for name, add, act, text in (
        ("run", experiments.add_run_arguments, experiments.run, "run an experiment"),
        ("validate", experiments.add_validate_arguments, experiments.validate, "documented versus simulated"),
        ("wiring", experiments.add_wiring_arguments, experiments.wiring, "print the plugboard's wiring list"),
        ("lessons", teaching.add_lessons_arguments, teaching.lessons, "list the lessons"),
        (
            "worksheet",
            teaching.add_worksheet_arguments,
            partial(teaching.worksheet, lockable=console.lockable),
            "make a worksheet from a lesson",
        ),
        ("sheet", paper.add_sheet_arguments, paper.sheet, "print a sheet of boxes for people to write in"),
        ("cards", paper.add_cards_arguments, paper.cards, "make a deck of cards of photographed sheets"),
        ("timeline", successors.add_timeline_arguments, successors.timeline, "list the successors"),
        ("card", successors.add_card_arguments, successors.card, "what is known of a successor"),
        ("train", successors.add_train_arguments, partial(successors.train, machine=mark1), "train successors"),
        (
            "compare",
            successors.add_compare_arguments,
            partial(successors.compare, machine=mark1),
            "compare learners on one task",
        ),
        (
            "roadmap",
            successors.add_roadmap_arguments,
            successors.roadmap,
            "train the steps that lead to a successor",
        ),
        ("sweep", sweep.add_arguments, partial(sweep.command, kinds=kinds), "run a grid of experiments or trainings"),
        ("check", successors.add_check_arguments, successors.check, "climb a successor's ladder of proof"),
        ("write", successors.add_write_arguments, successors.write, "send a text to a successor that reads"),
        (
            "read",
            successors.add_read_arguments,
            successors.read,
            "say what pictures are taken for",
        ),
    ):
        sub = commands.add_parser(name, help=text, description=text)
        add(sub)
        sub.set_defaults(act=act)
    return root


def mark1(units: int, seed: int) -> MarkI:
    """Return the Mark I before stimuli that photocells have delivered already: its own do not lag once more."""
    from marki.machine import MachineConfig, MarkI

    return MarkI(MachineConfig().amend({"response.units": units, "sensory.lag": False}), seed=seed)


def open_window(args: argparse.Namespace) -> int:
    """Open the window on a Mark I that learns, with the successors at its foot."""
    return console.open_window(experiments.session_of(args), args, open_gallery())


def main(argv: list[str] | None = None) -> int:
    """Run the command line; a refusal is one line and exit status 2."""
    try:
        args = parser().parse_args(argv)
        return args.act(args)
    except MarkIError as error:
        print(f"marki: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
