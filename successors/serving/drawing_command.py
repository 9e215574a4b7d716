"""The command `draw` of the command line."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki.config import check
from marki.errors import ConfigError
from marki.io.frame import SIDE
from marki.io.stimuli.fitting_arguments import add_fitting_arguments, fitting_changes, fitting_options
from marki.jobs.options import MOST_SEED, RunOptions, path_given, path_text, print_json

if TYPE_CHECKING:
    import numpy as np

    from successors.serving.artists import Artist
    from successors.serving.picture_drawing import DrawnPicture, MixedTable, Order
    from successors.tasks.scenes import Scene

COUNT, MIXED, MOST_COUNT = 20, 6, 10_000
"""Pictures of each sign if it is not said, styles that are mixed with as many others, and the most pictures."""

SIZE, MOST_SIZE = 160, 4_000
"""Dots on a side of a picture, if it is not said, and the most."""

COLUMNS = 10
"""Pictures side by side on a contact sheet; of many, more."""

WIDE = 1_640
"""Dots that a contact sheet is wide at most, as long as its pictures have `SIDE` dots or more."""

FILMED = 80
"""Dots on a side of a picture in a film, at most."""

MOST_FILMED = 400
"""Pictures that a film shows at most."""

MOMENTS = 40
"""Moments of a film at most."""

ABOUT = "drawings.json"
"""The file in the folder that says how each picture came about."""


def add_draw_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `draw`."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="a system that draws; --list says which, and what")
    parser.add_argument(
        "what", metavar="WHAT", nargs="?", default="", help="what it is asked for: 7, ABC, any, or a sentence"
    )
    parser.add_argument("--list", action="store_true", help="say who draws what")
    parser.add_argument("--count", type=int, metavar="N", help=f"pictures of each sign (default {COUNT})")
    parser.add_argument(
        "--size", type=int, default=SIZE, metavar="DOTS", help=f"dots on a side of each picture (default {SIZE})"
    )
    parser.add_argument("--gif", action="store_true", help="write a film of the way there as well")
    parser.add_argument("--seed", type=int, default=argparse.SUPPRESS, metavar="N", help="of the noise (default 0)")
    parser.add_argument("--from", dest="card", type=path_given, metavar="CARD", help="a picture that it begins with")
    parser.add_argument(
        "--steps", type=int, metavar="N", help="draw in N steps; with --from, how many of the last ones are gone back"
    )
    parser.add_argument("--face", default="", metavar="FACE", help="letters in the styles nearest to this typeface")
    parser.add_argument(
        "--mix", type=int, metavar="CELLS", help="a table of styles: of one up to the scale of CELLS, then of another"
    )
    parser.add_argument(
        "--weights", type=path_given, metavar="FILE", help="weights to draw with instead of the shipped ones"
    )
    parser.add_argument(
        "--out",
        type=path_text,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="new folder for the pictures (default out/draw-NAME)",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_fitting_arguments(parser, again=True)


def draw(args: argparse.Namespace) -> int:
    """Ask a trained system for pictures, and write them."""
    from marki.files import json_text, prepare_folder, refuse_taken, write_folder
    from marki.io.text import language_of
    from marki.jobs.progress import ProgressBar
    from successors.serving import artists
    from successors.serving import picture_drawing as drawing
    from successors.tasks.scene_words import told

    if args.list:
        return _list(args)
    if args.name is None:
        raise ConfigError("who is to draw", where="NAME", remedy="Name a system; `draw --list` says who draws what")
    scene = _scene(args)
    signs = "" if scene is not None else artists.signs_of(args.what)
    if args.card is None and (unread := fitting_options(args)):
        raise ConfigError(
            "there is no picture that it could change", where=unread[0],
            remedy="Leave it out, or give a picture with --from CARD",
            code="config.unread", option=unread[0], reader="--from CARD",
        )  # fmt: skip
    check("--size", args.size, int, {"low": SIDE, "high": MOST_SIZE})
    check("--seed", args.seed, int, {"low": 0, "high": MOST_SEED})
    artist = artists.engage(
        args.name, signs, seed=args.seed, weights=args.weights, card=args.card is not None,
        language="" if scene is None else language_of(args.what),
    )  # fmt: skip
    card = None if args.card is None else _card(artist, args)
    order = drawing.Order(
        signs=signs, count=_count(artist, args), card=card, steps=args.steps, face=args.face.lower(),
        caption="" if scene is None else told(scene, artist.subject),
    )  # fmt: skip
    if args.gif:
        check("pictures with --gif", order.count * max(1, len(signs)), int, {"low": 1, "high": MOST_FILMED})
    options = RunOptions(out=Path(args.out) if getattr(args, "out", None) else None, quiet=args.quiet)
    out = options.free_out(f"out/draw-{args.name}", lambda folder: False).folder()
    refuse_taken(out)
    prepare_folder(out.parent)
    total = order.count * max(1, len(signs))
    with ProgressBar(total, f"draw {args.name}", "pictures", quiet=args.quiet, delay=1.0) as bar:
        if args.mix is not None:
            files, about = _mixed(artist, order, args)
        else:
            files, about = _drawn(artist, order, args, bar)
    about = {
        "system": args.name, "label": artist.system.entry.label, "subject": artist.subject,
        "asked": order.caption or signs or artists.ANY, "seed": args.seed, "weights": artist.weights,
        "from": _told_card(args), "steps": args.steps, "face": args.face.lower() or None, "mix": args.mix,
        "command": _command(), **about,
    }  # fmt: skip
    files.append((ABOUT, (json_text(about) + "\n").encode()))
    write_folder(out, files)
    if args.json:
        print_json({"out": str(out), **about})
        return 0
    print(_summary(artist, order, about))
    print(f"written to {out}, with {', '.join(_others(about))}")
    return 0


def _scene(args: argparse.Namespace) -> Scene | None:
    """Return the scene of the sentence that is to be drawn; None for who is told no sentence, or shown a card.

    Raises
    ------
    ConfigError
        For neither sentence nor card, or for both.
    PortError
        For a sentence that nobody understands; the nearest one is offered.
    """
    from successors.serving import artists
    from successors.tasks.wording import asked_for

    entry = artists.find(args.name).entry
    if not artists.hears(entry):
        return None
    if (args.card is None) != bool(args.what.strip()):
        what = "a sentence and a card" if args.what.strip() else "neither a sentence nor a card"
        cards = ", or a card with --from" if artists.takes_cards(entry) else ""
        raise ConfigError(what, where=args.name, remedy=f"Give it a sentence, 'a small circle at the top'{cards}")
    return asked_for(args.what) if args.card is None else None


def _others(about: dict[str, Any]) -> list[str]:
    return [name for name in (about["sheet"], about["film"], ABOUT) if name]


def _list(args: argparse.Namespace) -> int:
    from successors.serving import artists

    rows = artists.drawers()
    if args.json:
        print_json(rows)
        return 0
    wide = max(len(row["name"]) for row in rows)
    for row in rows:
        can = {"cards": "--from", "steps": "--steps", "mixes": "--mix", "faces": "--face", "way": "--gif"}
        options = " ".join(option for key, option in can.items() if row[key])
        for number, subject in enumerate(row["subjects"]):
            free = "what it is shown" if row["shown"] else "what a sentence says" if row["hears"] else "any"
            what = f"{subject['subject']}: {subject['signs'] or free}"
            trained = "" if subject["trained"] else "  (no weights are shipped)"
            name, year = ("", "") if number else (row["name"], row["year"])
            print(f"{year:<4}  {name:<{wide}}  {what:<34}  {'' if number else options:<24}{trained}".rstrip())
    return 0


def _count(artist: Artist, args: argparse.Namespace) -> int:
    """Return how many pictures of each sign are drawn."""
    if args.count is not None:
        check("--count", args.count, int, {"low": 1, "high": MOST_COUNT})
    if not artist.learner.network.noise:
        if (args.count or 1) > 1:
            raise ConfigError(
                f"{args.count} pictures of one card: {artist.system.name} draws it in one way only", where="--count",
                remedy="Leave --count out",
            )  # fmt: skip
        return 1
    if args.mix is None:
        return args.count or COUNT
    return check("--count with --mix", args.count or MIXED, int, {"low": 1, "high": 32})


def _card(artist: Artist, args: argparse.Namespace) -> np.ndarray:
    """Return the card that is begun with, as the photocells see it."""
    from marki.io.camera import Camera
    from marki.io.stimuli.fitting import AS_IT_IS, Fitting
    from marki.io.stimuli.images import fit_file
    from successors.serving.artists import hears
    from successors.serving.scene_talk import frame_of

    if hears(artist.system.entry):  # where a shape stands counts
        return frame_of(args.card, AS_IT_IS.amend(fitting_changes(args)))
    fit = "digit" if set(artist.classes) <= set("0123456789") else "letter"
    return Camera().frame(fit_file(args.card, Fitting.from_mapping({"fit": fit} | fitting_changes(args))).card)


def _told_card(args: argparse.Namespace) -> str | None:
    return None if args.card is None else str(args.card)


def _command() -> str:
    from marki.program import program

    return f"{program()} {shlex.join(sys.argv[1:])}"


def _drawn(
    artist: Artist, order: Order, args: argparse.Namespace, bar: Any
) -> tuple[list[tuple[str, bytes]], dict[str, Any]]:
    """Return the files of pictures, of their sheet and of their film, and what is to be said of them."""
    from marki.io.stimuli import light_pictures as light
    from successors.serving import picture_drawing as drawing

    pictures = drawing.draw(artist, order, bar.update)
    files, rows = dict[str, bytes](), list[dict[str, Any]]()
    for picture in pictures:
        about = _texts(artist, order, args, picture)
        sign = "drawing" if order.caption else picture.asked or "any"
        name = f"{sign}_{picture.number + 1:0{max(2, len(str(order.count)))}d}.png"
        files[name] = light.field_png(picture.field, args.size, about)
        rows.append({
            "file": name, "asked": picture.asked, "number": picture.number, "read": picture.read,
            "digest": picture.digest,
        })  # fmt: skip
    own = _in_rows([picture.field for picture in pictures], order)
    first = [[order.card]] if order.card is not None else []
    files["sheet.png"] = light.sheet_png([*first, *own], _cell(own, args.size))
    if args.gif:
        course = drawing.way(artist, order, pictures, MOMENTS)
        sheets = [_in_rows(fields, order) for fields in course]
        files["way.gif"] = light.film_gif(sheets, min(FILMED, _cell(own, args.size)))
    return list(files.items()), {"drawings": rows, "sheet": "sheet.png", "film": "way.gif" if args.gif else None}


def _mixed(artist: Artist, order: Order, args: argparse.Namespace) -> tuple[list[tuple[str, bytes]], dict[str, Any]]:
    """Return the files of mixed pictures and of their table, and what is to be said of them."""
    from marki.io.stimuli import light_pictures as light
    from marki.registers import fingerprint
    from successors.serving import picture_drawing as drawing

    for given, option in ((args.gif, "--gif"), (args.face, "--face")):
        if given:
            raise ConfigError(f"{option} with --mix", where=option, remedy="Ask for one of them at a time")
    table = drawing.mix(artist, order, args.mix)
    files, rows = list[tuple[str, bytes]](), list[dict[str, Any]]()
    for coarse, cells in zip(table.coarse, table.cells, strict=True):
        for fine, field in zip(table.fine, cells, strict=True):
            mixed = replace(coarse, field=field)
            name = f"{coarse.asked or 'any'}_{coarse.number + 1:02d}_{fine.number + 1:02d}.png"
            about = _texts(artist, order, args, mixed) | {"mixed with": str(fine.number)}
            files.append((name, light.field_png(field, args.size, about)))
            rows.append({
                "file": name, "asked": coarse.asked, "number": coarse.number, "with": fine.number,
                "digest": fingerprint({"field": field}),
            })  # fmt: skip
    sheet = _table(table)
    files.append(("sheet.png", light.sheet_png(sheet, _cell(sheet, args.size))))
    return files, {"drawings": rows, "sheet": "sheet.png", "film": None}


def _table(table: MixedTable) -> list[Sequence[np.ndarray | None]]:
    """Return mixed styles as a table with their sources across and down."""
    head: list[np.ndarray | None] = [None, *(picture.field for picture in table.fine)]
    return [head, *([own.field, *row] for own, row in zip(table.coarse, table.cells, strict=True))]


def _texts(artist: Artist, order: Order, args: argparse.Namespace, picture: DrawnPicture) -> dict[str, str]:
    """Return what a picture's file says of it: enough to draw it again."""
    from marki.registers import fingerprint
    from successors.serving import artists

    about = {
        "system": artist.system.name, "asked": picture.asked or artists.ANY, "seed": args.seed,
        "number": picture.number, "steps": order.steps, "from": _told_card(args),
        "card": None if order.card is None else fingerprint({"field": order.card}), "face": order.face, "mix": args.mix,
        "weights": artist.weights, "digest": picture.digest, "command": _command(),
    }  # fmt: skip
    return {name: str(value) for name, value in about.items() if value not in (None, "")}


def _in_rows(fields: Sequence[np.ndarray], order: Order) -> list[list[np.ndarray]]:
    """Return fields in rows of a contact sheet: each sign begins a row, or each style is one, with all signs."""
    if order.face or order.count == 1:
        return [list(fields[k :: order.count]) for k in range(order.count)]
    groups = [fields[k : k + order.count] for k in range(0, len(fields), order.count)]
    columns = max(COLUMNS, math.isqrt(2 * order.count))
    return [list(group[k : k + columns]) for group in groups for k in range(0, len(group), columns)]


def _cell(rows: Sequence[Sequence[Any]], size: int) -> int:
    """Return the side of a field on a contact sheet, in dots."""
    return max(SIDE, min(size, WIDE // max(map(len, rows))))


def _summary(artist: Artist, order: Order, about: dict[str, Any]) -> str:
    """Return in a line how many pictures there are, and for how many of them the reader takes what was asked."""
    from successors.tasks import likeness
    from successors.tasks.scene_words import same

    rows, label = about["drawings"], artist.system.entry.label
    line = f"{label} drew {len(rows)}, seed {about['seed']}, weights {artist.weights}"
    if order.caption:
        right = sum(same(row["read"], row["asked"]) for row in rows)
        line += f"; told {order.caption!r}; the reader of scenes reads {right} of them as that"
    if order.signs and all("read" in row for row in rows):
        right = sum(row["read"] == row["asked"] for row in rows)
        reader = type(likeness.judge(about["subject"]).network).__name__
        line += f"; {reader} reads {right} of them as what was asked"
    return line
