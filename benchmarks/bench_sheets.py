"""Photographs of sheets: how many boxes are cut rightly, how long a photograph takes, and how much memory.

The photographs are drawn as the tests draw them (`tests/photographed_sheets.py`): handwriting in the boxes, perspective
up to 30 degrees, any way up, shadow, blur, a folded corner, JPEG at quality 40, 1 to 48 megapixels. A box is right
if it is cut within a twentieth of its side, named rightly and not taken for empty; an empty one that is taken for a
card is counted as false.

Prints a table by size; `--json FILE` writes it as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from photographed_sheets import Outcome, Photograph, outcome, photographed  # noqa: E402

from marki.errors import StimulusError  # noqa: E402
from marki.files import write_json  # noqa: E402
from marki.intervals import share_interval, span  # noqa: E402
from successors.evaluation.estimates import MeanInterval  # noqa: E402

BOUND = 0.99
"""Fraction of the boxes that must be right, set before the photographs were drawn."""

_READ = """
import re, sys
from marki.paper.cut_cards import read_page
for box in read_page(sys.argv[1]).written:
    box.card()
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""  # not `getrusage`, whose figure a process takes over from the one that began it


def measure(seed: int, folder: Path) -> dict[str, Any]:
    """Return what became of one photograph, and the time of all that is done with it, cards included."""
    photo = photographed(seed)
    path = folder / "photo.jpg"
    path.write_bytes(photo.jpeg)
    wall, processor = time.perf_counter(), time.process_time()
    try:
        found = outcome(photo, path)
    except StimulusError as error:
        print(f"{seed}: {error}", file=sys.stderr)
        found = Outcome(int(photo.written.sum()), 0, 0, 0, 0.0)
    took = time.perf_counter() - wall, time.process_time() - processor
    if found.right < found.written or found.false:
        print(f"{seed}: {found.right} of {found.written} right, {found.false} false {told(photo)}", file=sys.stderr)
    return {"megapixels": photo.megapixels, **vars(found), "seconds": took[0], "processor_seconds": took[1]}


def told(photo: Photograph) -> str:
    """Return what is hard about a photograph."""
    return f"({photo.megapixels} megapixels, tilted by {photo.tilt:.0f} degrees{', folded' if photo.folded else ''})"


def memory(path: Path) -> int:
    """Return the most memory that a process takes that reads a photograph, in MB; asked of Linux."""
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of several photographs."""
    written = sum(row["written"] for row in rows)
    return {
        "photographs": len(rows),
        "written": written,
        "right": sum(row["right"] for row in rows),
        "false": sum(row["false"] for row in rows),
        "unsure": sum(row["unsure"] for row in rows),
        "worst": max(row["worst"] for row in rows),
        "seconds": statistics.median(row["seconds"] for row in rows),
        "most_seconds": max(row["seconds"] for row in rows),
        "processor_seconds": max(row["processor_seconds"] for row in rows),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photographs", type=int, default=200, metavar="N")
    parser.add_argument("--first", type=int, default=1000, metavar="SEED")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(args.first + k, Path(folder)) for k in range(args.photographs)]
        largest = Path(folder) / "large.jpg"
        largest.write_bytes(photographed(args.first, megapixels=48).jpeg)
        most = memory(largest)
    sizes = sorted({row["megapixels"] for row in rows})
    table = {f"{size}": summed([row for row in rows if row["megapixels"] == size]) for size in sizes}
    table["all"] = summed(rows)
    print("megapixels  photographs  boxes   right %  false  unsure  worst cut %  median s  most s  most s of processor")
    for size, row in table.items():
        print(
            f"{size:>10}  {row['photographs']:>11}  {row['written']:>5}  {100 * row['right'] / row['written']:>8.2f}  "
            f"{row['false']:>5}  {row['unsure']:>6}  {100 * row['worst']:>11.1f}  {row['seconds']:>8.2f}  "
            f"{row['most_seconds']:>6.2f}  {row['processor_seconds']:>21.2f}"
        )
    value, low, high = share_interval([row["right"] / row["written"] for row in rows], table["all"]["written"])
    word = MeanInterval(value=value, low=low, high=high).above(BOUND)
    print(f"at least {100 * BOUND:.0f} % of the boxes ({span(low, high)}, photographs as clusters): {word}")
    print(f"most memory of a process that reads 48 megapixels: {most} MB")
    if args.json:
        write_json(args.json, {"sizes": table, "memory_mb": most})


if __name__ == "__main__":
    main()
