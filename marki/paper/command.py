"""The commands `sheet` and `cards` of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from marki.files import refuse_taken
from marki.jobs.options import path_given, print_json
from marki.language import LANGUAGES, Words
from marki.program import program


def _add_language(parser: argparse.ArgumentParser) -> None:
    # Without it, what was given before the command stands.
    parser.add_argument("--lang", default=argparse.SUPPRESS, metavar="LANGUAGE", help=f"{' or '.join(LANGUAGES)}")


def _words(args: argparse.Namespace) -> Words:
    return Words(getattr(args, "lang", None) or LANGUAGES[0])


def add_sheet_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sheet`."""
    from marki.paper.sheet_layout import PAPERS

    parser.add_argument(
        "--classes", required=True, metavar="LIST", help="what is written: A-Z, 0-9, 1-20, cat,dog, or several of these"
    )
    parser.add_argument("--copies", type=int, default=1, metavar="N", help="boxes of each class (default 1)")
    parser.add_argument(
        "--paper", default=PAPERS[0], metavar="SIZE", help=f"{' or '.join(PAPERS)} (default {PAPERS[0]})"
    )
    parser.add_argument(
        "--out", type=path_given, default=Path("sheet.pdf"), metavar="FILE", help=".pdf or .png (default sheet.pdf)"
    )
    _add_language(parser)


def sheet(args: argparse.Namespace) -> int:
    """Write a sheet of boxes to print, for people to write in."""
    from marki.paper.sheet_layout import SheetPlan, class_names
    from marki.paper.sheet_print import write_sheet

    words = _words(args)
    plan = SheetPlan(classes=class_names(args.classes), copies=args.copies, paper=args.paper)
    paths = write_sheet(plan, args.out, words)
    count = len(plan.classes) * plan.copies
    print(
        words(
            "sheet.written",
            name=plan.title(),
            boxes=count,
            pages=plan.pages,
            paths=", ".join(str(path) for path in paths),
        )
    )
    return 0


def add_cards_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `cards`."""
    parser.add_argument(
        "photos", nargs="+", type=path_given, metavar="PHOTO", help="photographs of the pages of one sheet"
    )
    parser.add_argument(
        "--out", type=path_given, required=True, metavar="DECK", help="new folder, a sub-folder for each class"
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    _add_language(parser)


def cards(args: argparse.Namespace) -> int:
    """Make a deck of cards of photographed sheets, and a contact sheet beside it."""
    from marki.paper.contact_sheet import contact_paths, summary, write_contact_sheets
    from marki.paper.cut_cards import as_json, cards_by_class, read_pages, write_deck

    words = _words(args)
    refuse_taken(args.out)
    for path in contact_paths(len(args.photos), args.out):
        refuse_taken(path)
    pages = read_pages(args.photos)
    write_deck(pages, args.out)
    contact = write_contact_sheets(pages, args.out, words)
    if args.json:
        print_json(as_json(pages, args.out, contact))
        return 0
    for page in pages:
        print(summary(page, words))
    counts = cards_by_class(pages)
    unsure = sum(len(page.unsure) for page in pages)
    written = {name for name, count in counts.items() if count}
    shown = ", ".join(str(path) for path in contact)
    print(words("sheet.deck", cards=counts.total(), classes=len(written), unsure=unsure, deck=args.out, contact=shown))
    if missing := [name for name in counts if name not in written]:
        print(words("sheet.missing", names=", ".join(missing)))
    if len(written) > 1:
        print(words("sheet.learn", program=program(), deck=args.out))
    return 0
