"""The commands `lessons` and `worksheet` of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from marki.config import check
from marki.files import check_outputs, write_new, write_text
from marki.jobs.options import MOST_SEED, path_given, print_json
from marki.language import LANGUAGES, Words
from marki.teaching import lesson as shelf
from marki.teaching.worksheet import worksheet as sheet


def _add_language(parser: argparse.ArgumentParser) -> None:
    # Without it, what was given before the command stands.
    parser.add_argument("--lang", default=argparse.SUPPRESS, metavar="LANGUAGE", help=f"{' or '.join(LANGUAGES)}")


def _words(args: argparse.Namespace) -> Words:
    return Words(getattr(args, "lang", None) or LANGUAGES[0])


def add_lessons_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `lessons`."""
    _add_language(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def lessons(args: argparse.Namespace) -> int:
    """Print the shipped lessons in teaching order."""
    words = _words(args)
    rows = []
    for name in shelf.names():
        one = shelf.load(name)
        rows.append(
            {
                "name": name,
                "minutes": one.minutes,
                "title": words.pick(one.title),
                "summary": words.pick(one.summary),
                "pages": len(one.pages),
            }
        )
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        minutes = words("worksheet.list_minutes", minutes=row["minutes"])
        print(f"{row['name']:<14}  {minutes:>6}  {row['title']}")
    return 0


def add_worksheet_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `worksheet`."""
    parser.add_argument("lesson", metavar="LESSON", help="a name from `lessons`, or a .toml file")
    parser.add_argument("--key", action="store_true", help="print the answers instead of room for them")
    _add_language(parser)
    parser.add_argument("--out", type=path_given, default=None, metavar="FILE", help="HTML file (default LESSON.html)")
    parser.add_argument("--seed", type=int, default=None, metavar="N", help="another seed than the lesson's")


def worksheet(args: argparse.Namespace, *, lockable: Callable[[], Iterable[str]] | None = None) -> int:
    """Write a worksheet, or its answers, as a page of HTML; `lockable` returns the commands that a lesson may lock."""
    check_outputs({"--out": args.out})
    words, one = _words(args), shelf.load(args.lesson, lockable=lockable() if lockable else None)
    if args.seed is not None:
        check("--seed", args.seed, int, {"low": 0, "high": MOST_SEED})
    page = sheet(one, words, key=args.key, seed=args.seed)
    if args.out:
        path = args.out
        write_text(path, page)
    else:
        path = write_new(f"{Path(args.lesson).stem}{'-key' if args.key else ''}.html", page.encode())
    print(words("worksheet.written", path=path))
    return 0


def lesson_names() -> tuple[str, ...]:
    """Return the names of the shipped lessons."""
    return tuple(shelf.names())
