"""The arguments of the command line that tell how pictures are made cards, one for each choice."""

from __future__ import annotations

import argparse
from typing import Any

from marki.errors import ConfigError

_NAMES = ("invert", "even", "fit", "strokes", "straighten", "turn_deg", "frame")


def add_fitting_arguments(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add the arguments; with `again`, for a command's own parser, what was given before the command stands."""
    group = parser.add_argument_group("how pictures are made cards; what is left out is judged from the picture")
    default = argparse.SUPPRESS if again else None
    group.add_argument(
        "--invert",
        action=argparse.BooleanOptionalAction,
        default=default,
        help="the ink is dark on a light ground; --no-invert: light on a dark one",
    )
    for name, text in (
        ("even", "do not even out uneven light"),
        ("strokes", "let strokes be as wide as they are"),
    ):
        group.add_argument(f"--no-{name}", dest=name, action="store_false", default=default, help=text)
    group.add_argument(
        "--fit",
        choices=("letter", "digit", "none"),
        default=default,
        help="fit the ink as cards of letters or of digits are",
    )
    group.add_argument(
        "--no-fit", dest="fit", action="store_const", const="none", default=default, help="show the picture whole"
    )
    group.add_argument("--straighten", action="store_true", default=default, help="take out the slant of the figure")
    group.add_argument(
        "--turn", dest="turn_deg", type=float, default=default, metavar="DEG", help="turn it first, counter-clockwise"
    )
    group.add_argument(
        "--frame",
        default=default,
        metavar="L,T,R,B",
        help="look at this part: left, top, right and bottom from 0 to 1",
    )


def fitting_options(args: argparse.Namespace) -> list[str]:
    """Return the options that were given, as they are typed."""
    names = {name: f"--{name}" for name in _NAMES} | {"turn_deg": "--turn"}
    told = {name: value for name in _NAMES if (value := getattr(args, name, None)) is not None}
    return [names[name] if value is not False else f"--no-{name}" for name, value in told.items()]


def fitting_changes(args: argparse.Namespace) -> dict[str, Any]:
    """Return what was told, by the names of the settings in `Fitting`.

    Raises
    ------
    ConfigError
        For a frame that is not four numbers.
    """
    told = {name: value for name in _NAMES if (value := getattr(args, name, None)) is not None}
    if "invert" in told:
        told["invert"] = "yes" if told["invert"] else "no"
    if "frame" in told:
        try:
            told["frame"] = [float(part) for part in told["frame"].split(",")]
        except ValueError:
            raise ConfigError(
                f"{told['frame']!r} is no frame", where="--frame", remedy="Give four numbers, as 0.1,0.2,0.8,0.9"
            ) from None
    return told
