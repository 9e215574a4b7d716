"""Commands that ask: for a text, for what pictures are taken for, for what a scene shows, and questions about one."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki.errors import ConfigError, MarkIError, PortError
from marki.io.stimuli.fitting_arguments import add_fitting_arguments, fitting_changes
from marki.jobs.options import check_counts, path_given, print_json
from marki.language import Words

if TYPE_CHECKING:
    from marki.io.stimuli.fitting import Fitting
    from successors.serving.picture_reading import MachineReply, ReadPicture
    from successors.serving.scene_talk import Said


def add_write_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `write`."""
    parser.add_argument("name", metavar="NAME", help="a system that reads text, such as transformer, bert or gpt2")
    parser.add_argument("text", metavar="TEXT", help="what it is sent")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="answers that are drawn (default 1)")
    parser.add_argument(
        "--temperature", type=float, metavar="T",
        help="0: the likeliest (default; with --count, --top-k or --nucleus 1, so that there is something to draw)",
    )  # fmt: skip
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

    check_counts(args)
    entry = registry.find(args.name).entry
    if entry.accepts is not Port.TEXT:
        readers = [name for name in registry.names() if registry.find(name).entry.accepts is Port.TEXT]
        raise ConfigError(f"{args.name} reads no text", where="NAME", remedy=f"Choose among {', '.join(readers)}")
    line = typed(args.text, entry.trials[0].task)
    learner = registry.create(args.name, pretrained=True)
    drawing = args.count != 1 or args.top_k or args.nucleus != 1
    if isinstance(learner.network, TextSampler):
        temperature = args.temperature if args.temperature is not None else float(bool(drawing))
        if drawing and not temperature:
            raise ConfigError("there is nothing to draw: 0 is the likeliest answer, one alone", where="--temperature",
                              remedy="Give it above 0, or leave --count, --top-k and --nucleus out")  # fmt: skip
        how = {"temperature": temperature, "top_k": args.top_k, "nucleus": args.nucleus}
        for drawn in learner.network.generate(line.text, generator(args.seed, "write"), count=args.count, **how):
            print(drawn)
        _name_unknown(unknown_words(line, args.name))
        return 0
    if args.temperature or drawing:
        raise ConfigError(f"{args.name} draws nothing", where="NAME", remedy="Send it the text alone")
    answer = learner.respond(np.array([line.text]))
    if learner.labels is not None:
        print(registry.classes(entry.trials[0])[int(learner.labels.read(answer)[0])])
    else:
        print(answer[0])
    _name_unknown(unknown_words(line, args.name))
    return 0


def _name_unknown(unread: PortError | None) -> None:
    if unread is not None:
        print(unread, file=sys.stderr)


def add_read_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `read`."""
    parser.add_argument("name", metavar="NAME", help="a system that reads letters or digits, or all")
    parser.add_argument("files", metavar="FILE", nargs="+", type=path_given, help="pictures, and folders of pictures")
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
        print_json({"pictures": rows, "refused": refused})
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
    parser.add_argument(
        "file", metavar="CARD", type=path_given, help="a picture of a scene, light shapes on a dark ground"
    )
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
            print_json([{"sentence": text, "cosine": fits} for text, fits in chosen])
        else:
            print("\n".join(f"{fits:6.3f}  {text}" for text, fits in chosen))
        return 0
    _print_said(scene_talk.say(frame, args.lang or "en", args.name), json_wanted=args.json)
    return 0


def add_ask_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ask`."""
    parser.add_argument(
        "file", metavar="CARD", type=path_given, help="a picture of a scene, light shapes on a dark ground"
    )
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
        print_json(rows)
        return
    wide = max((len(one.name) for one in said), default=0)
    for one in said:
        sure = f"  {100 * one.share:5.1f} %" if math.isfinite(one.share) else ""
        others = ", ".join(f"{name} {100 * share:.1f} %" for name, share in one.others)
        print(f"{one.name:<{wide}}  {one.text}{sure}  {others}".rstrip())
