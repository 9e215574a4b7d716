"""The Mark I simulator: the window, or a command without a screen. Everything is put together here."""

from __future__ import annotations

import signal
import threading

# An interruption while all is being loaded ends the program without a word; nothing has been begun that could be lost.
_MAIN = threading.current_thread() is threading.main_thread()
_HANDLER = signal.signal(signal.SIGINT, signal.SIG_DFL) if _MAIN else None

import argparse
import contextlib
import errno
import io
import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, NoReturn, TextIO

# When the interpreter started: what it took so far is processor time, whoever began the process and waited before.
BEGAN = time.perf_counter() - time.process_time()

# One thread for NumPy's linear algebra: the machine uses none, and many processes run side by side.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from marki import __version__, list_commands, session_command, sweep
from marki.completion import complete
from marki.console import command as console
from marki.errors import ConfigError, MarkIError, OutputError
from marki.experiments import command as experiments
from marki.jobs.options import path_text
from marki.paper import command as paper
from marki.pen import command as pen
from marki.program import program
from marki.teaching import command as teaching
from successors import command as successors
from successors.cluster import command as machine_room
from successors.evaluation import study_command as studies
from successors.serving import asking_command as asking
from successors.serving import drawing_command as drawing
from successors.serving.gallery import open_gallery
from successors.tasks import cache_command as cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    import numpy as np

    from marki.io.exhibits import Reply
    from marki.machine import MarkI

if _MAIN:
    signal.signal(signal.SIGINT, _HANDLER)


LONGEST = 300
"""Characters of a complaint about the command line, whose arguments may be long."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are refusals like all others: one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        message = message if len(message) <= LONGEST else f"{message[:LONGEST]}…"
        raise ConfigError(message, remedy=f"See {self.prog} --help", where="the command line")


class Commands(argparse._SubParsersAction):
    """The commands: what was given before one stands, and is refused if the command does not read it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Refuse what the command does not read of the options before it; then take up its own."""
        name = str(values[0]) if values else ""
        if name in self.choices:
            own = {action.dest: action for action in self.choices[name]._actions}
            for action in parser._actions:
                here = own.get(action.dest)
                given = getattr(namespace, action.dest, action.default) != action.default
                if given and (name, action.dest) not in READ_BEFORE and (here is None or here.default != _STANDS):
                    option = action.option_strings[0]
                    also = ", or give it after the command" if here is not None else ""
                    raise ConfigError(
                        f"{name} does not read what was given before it", where=option,
                        remedy=f"Leave it out{also}; see {parser.prog} {name} --help",
                    )  # fmt: skip
        super().__call__(parser, namespace, values, option_string)


_STANDS = argparse.SUPPRESS
"""The default of an argument of a command that leaves what was given before it."""

READ_BEFORE = {("session", "csv")}
"""Commands, with an option of the window that they read though they have another of that name."""


def parser() -> Parser:
    """Return the parser of the whole command line."""
    kinds = {
        "experiment": sweep.SweepKind(
            check=experiments.check_point, run=experiments.run_point, names=experiments.point_names
        ),
        "training": sweep.SweepKind(
            check=successors.check_point,
            names=successors.point_names,
            run=partial(successors.run_point, machine=mark1),
            measure=successors.measure_point,
        ),
    }
    root = Parser(
        prog=program(),
        allow_abbrev=False,  # else an option of a command, such as --n of `pen`, is taken for a short form of one here
        description="Frank Rosenblatt's Mark I Perceptron (1960) in time. Without a command, opens the window.",
    )
    root.add_argument("--version", action="version", version=f"marki {__version__}")
    root.set_defaults(act=open_window, began=BEGAN)
    root.add_argument("--load", type=path_text, metavar="FILE", help="go on with a saved session")
    experiments.add_machine_arguments(root)
    console.add_arguments(root)
    successors.add_own_timeline_argument(root)
    commands = root.add_subparsers(title="commands without a screen", metavar="COMMAND", action=Commands)
    for name, add, act, text in (
        ("run", experiments.add_run_arguments, experiments.run, "run an experiment"),
        ("validate", experiments.add_validate_arguments, experiments.validate, "documented versus simulated"),
        (
            "session",
            session_command.add_session_arguments,
            session_command.run_session,
            "run a session for some trials, with commands at theirs",
        ),
        (
            "settings",
            list_commands.add_settings_arguments,
            partial(list_commands.list_settings, of_system=successors.settings_of),
            "list settings: name, default, range, meaning",
        ),
        (
            "provenance",
            list_commands.add_provenance_arguments,
            list_commands.list_provenance,
            "where each constant of the machine comes from",
        ),
        (
            "experiments",
            list_commands.add_experiments_arguments,
            list_commands.list_experiments,
            "list the experiments",
        ),
        ("tasks", successors.add_tasks_arguments, successors.list_tasks, "list the tasks of the successors"),
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
        ("pen", pen.add_pen_arguments, pen.pen, "run a program of the pen language on the lamp panel"),
        ("timeline", successors.add_timeline_arguments, successors.timeline, "list the successors"),
        ("card", successors.add_card_arguments, successors.card, "what is known of a successor"),
        ("train", studies.add_train_arguments, partial(studies.train, machine=mark1), "train successors"),
        (
            "compare",
            studies.add_compare_arguments,
            partial(studies.compare, machine=mark1),
            "compare learners on one task",
        ),
        (
            "roadmap",
            studies.add_roadmap_arguments,
            studies.roadmap,
            "train the steps that lead to a successor",
        ),
        (
            "curve",
            studies.add_curve_arguments,
            studies.curve,
            "examine a trained successor over a setting",
        ),
        (
            "scaling",
            studies.add_scaling_arguments,
            studies.scaling,
            "train a successor in many sizes at equal computing",
        ),
        (
            "judge",
            studies.add_judge_arguments,
            partial(studies.judge, machine=mark1),
            "let the Mark I learn from a successor's drawings",
        ),
        (
            "downstream",
            studies.add_downstream_arguments,
            studies.downstream,
            "train heads on backbones that learned letters, for tasks in which every cell counts",
        ),
        (
            "parallel",
            successors.add_parallel_arguments,
            successors.parallel,
            "compute Megatron-LM's network in several processes",
        ),
        ("sweep", sweep.add_arguments, partial(sweep.command, kinds=kinds), "run a grid of experiments or trainings"),
        ("check", successors.add_check_arguments, successors.check, "climb a successor's ladder of proof"),
        ("write", asking.add_write_arguments, asking.write, "send a text to a successor that reads"),
        (
            "read",
            asking.add_read_arguments,
            partial(asking.read, machine=mark1_reply),
            "say what pictures are taken for",
        ),
        ("say", asking.add_say_arguments, asking.say, "say what a picture of a scene shows"),
        ("ask", asking.add_ask_arguments, asking.ask, "answer a question about a picture of a scene"),
        ("draw", drawing.add_draw_arguments, drawing.draw, "ask a successor for pictures"),
        (
            "cluster",
            machine_room.add_cluster_arguments,
            machine_room.cluster,
            "simulate a training on the cluster that it was done on",
        ),
        (
            "pipeline",
            machine_room.add_pipeline_arguments,
            machine_room.pipeline,
            "draw a step through a pipeline of devices",
        ),
        ("cache", cache.add_cache_arguments, cache.cache, "say what is stored to save time, or delete it"),
        ("ledger", machine_room.add_ledger_arguments, machine_room.ledger, "what a network weighs and costs"),
    ):
        sub = commands.add_parser(name, help=text, description=text)
        add(sub)
        if add.__module__.startswith("successors.") or name in ("sweep", "settings"):
            successors.add_own_timeline_argument(sub, again=True)
        sub.set_defaults(act=act)
    return root


def _offers() -> dict[str, Callable[[], Iterable[str]]]:
    """Return what a shell may offer for arguments, by destination; nothing is read before it is asked for."""
    systems = successors.system_names
    return {
        "experiment": list_commands.experiment_names, "set": list_commands.setting_assignments, "of": systems,
        "name": systems, "names": systems, "system": systems, "task": successors.task_names,
        "tasks.name": successors.task_names, "lesson": teaching.lesson_names, "only": list_commands.validation_parts,
    }  # fmt: skip


def mark1(units: int, seed: int) -> MarkI:
    """Return the Mark I before stimuli that photocells have delivered already: its own do not lag once more."""
    from marki.machine import MachineConfig, MarkI

    return MarkI(MachineConfig().amend({"response.units": units, "sensory.lag": False}), seed=seed)


def mark1_reply(task: str, frame: np.ndarray, number: int, wanted: str) -> Reply | None:
    """Return the answer of the Mark I that learned a task of the hall; see `shipped_wipers.saved_reply`."""
    from marki.shipped_wipers import saved_reply

    return saved_reply(task, frame, number, wanted)


def open_window(args: argparse.Namespace) -> int:
    """Open the window on a Mark I that learns, with the successors at its foot."""
    console.check_files(args)  # before a session is loaded
    return console.open_window(experiments.session_of(args), args, open_gallery())


def main(argv: list[str] | None = None) -> int:
    """Run the command line; a refusal is one line and exit status 2, and so is what nobody expected of the system.

    A reader who has seen enough (`| head`) ends it quietly, as other programs: with the status of a broken pipe.
    """
    _settle_streams()
    try:
        status = _act(argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BrokenPipeError:
        _let_go(sys.stdout)
        return BROKEN_PIPE
    except OSError as error:
        _let_go(sys.stdout)
        return _refuse(OutputError(f"cannot be written to ({error.strerror or error})", where="standard output",
                                   remedy="Give it room, or write to another file"))  # fmt: skip
    except KeyboardInterrupt:
        return 130


BROKEN_PIPE = 141
"""Exit status of a program whose reader is gone, as shells give it: 128 and the number of the signal."""


def _act(argv: list[str] | None) -> int:
    """Carry out the command line; what goes wrong is said in one line."""
    try:
        root = parser()
        complete(root, _offers())
        args = root.parse_args(argv)
        experiments.settle_arguments(args)
        successors.join_timeline(args)
        return args.act(args)
    except MarkIError as error:
        return _refuse(error)
    except BrokenPipeError:
        raise
    except RecursionError:
        return _refuse(MarkIError("something is nested too deep", where="marki", remedy="Nest it less"))
    except MemoryError as error:
        return _refuse(
            MarkIError(f"there is not enough memory ({error})", where="marki", remedy="Ask for less at a time")
        )
    except UnicodeError as error:
        return _refuse(MarkIError(f"a text cannot be read or written ({error})", where="marki",
                                  remedy="Set PYTHONIOENCODING=utf-8, and give names in UTF-8"))  # fmt: skip
    except OSError as error:
        where = error.filename or ("standard output" if error.errno == errno.ENOSPC else "marki")
        return _refuse(OutputError(f"the system refused ({error.strerror or error})", where=where,
                                   remedy="Give another file or folder, with room and leave to use it"))  # fmt: skip


def _refuse(error: MarkIError) -> int:
    with contextlib.suppress(OSError, ValueError):
        print(f"marki: {error}", file=sys.stderr, flush=True)
    return 2


def _settle_streams() -> None:
    """Let every character be printed, whatever the terminal knows: one that it does not is written as its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _let_go(stream: TextIO | None) -> None:
    """Send what is still to be written nowhere, so that the interpreter does not complain of it at the end."""
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
