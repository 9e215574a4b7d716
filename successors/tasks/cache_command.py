"""The command `cache`: what is stored to save time, and how to be rid of it."""

from __future__ import annotations

import argparse
import time

from marki.files import cache_folder
from marki.jobs.options import print_json
from successors.tasks import cache as kept

MEGABYTE = 1e6


def add_cache_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `cache`."""
    parser.add_argument("--clear", action="store_true", help="delete all stored decks; they are made again when needed")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def cache(args: argparse.Namespace) -> int:
    """Say which decks are stored, where, and how large they are; with --clear, delete them."""
    decks = kept.prune(0) if args.clear else kept.stored()
    total = sum(deck.size for deck in decks)
    if args.json:
        rows = [{"file": deck.path.name, "bytes": deck.size, "used": round(deck.used)} for deck in decks]
        about = {"folder": str(cache_folder()), "cleared": args.clear, "bytes": total, "limit": kept.MOST_CACHE}
        print_json(about | {"decks": rows})
        return 0
    if args.clear:
        print(f"deleted {len(decks)} decks, {total / MEGABYTE:,.1f} MB, from {cache_folder()}")
        return 0
    for deck in decks:
        used = time.strftime("%Y-%m-%d", time.localtime(deck.used))
        print(f"{deck.path.name:<50}{deck.size / MEGABYTE:>8,.1f} MB  {used}")
    print(f"{len(decks)} decks, {total / MEGABYTE:,.1f} of {kept.MOST_CACHE / MEGABYTE:,.0f} MB, in {cache_folder()}")
    return 0
