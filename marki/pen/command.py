"""The command `pen` of the command line."""

from __future__ import annotations

import argparse

from marki.files import PNG, check_outputs
from marki.jobs.options import add_json_argument, path_given, print_json


def add_pen_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `pen`."""
    parser.add_argument("file", metavar="FILE", type=path_given, help="a program of the pen language")
    parser.add_argument("--n", type=int, default=3, metavar="N", help="the input, 1 to 20 (default 3)")
    parser.add_argument("--out", type=path_given, metavar="FILE", help="write the lamp panel as .png")
    add_json_argument(parser)


def pen(args: argparse.Namespace) -> int:
    """Run a program, and show what it draws."""
    from marki.pen.interpreter import lit, states
    from marki.pen.panel_picture import printed, write_panel
    from marki.pen.parser import LONGEST, parse
    from marki.pen.pen_error import PenError
    from marki.pen.tidy import tidied
    from marki.reading import read_text

    check_outputs({"--out": args.out}, endings={"--out": PNG})
    text = read_text(args.file, most=4 * LONGEST)
    try:
        program = parse(text)
        lamps = lit(program, args.n)
    except PenError as error:
        raise error.within(args.file) from error
    steps = sum(1 for _ in states(program, args.n))
    if args.out is not None:
        write_panel(lamps, args.out)
    panel = printed(lamps)
    if args.json:
        found = {
            "file": str(args.file),
            "n": args.n,
            "steps": steps,
            "lit": sum(lamps),
            "panel": panel.split(),
            "program": tidied(text),
            "out": None if args.out is None else str(args.out),
        }
        print_json(found)
        return 0
    print(panel)
    print(f"{sum(lamps)} of {len(lamps)} lamps after {steps:,} steps, n = {args.n}")
    if args.out is not None:
        print(f"written to {args.out}")
    return 0
