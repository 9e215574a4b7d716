"""How well shipped readers read pictures of other people: digits saved in four ways, and photographs of letters.

The choices of the fitting were made on the even digits and on letters 0 to 259; the figures are of the odd digits and
of letters 1,014 on, with their 95 % intervals (Wilson 1927). Needs scikit-learn for its digits. `--half tuned` prints
those that were tuned on. The reader that is the best on a part of those is held to bounds that were set before: 90 %
of the digits in the worst way, 85 % of the letters.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import foreign_pictures as foreign  # noqa: E402

from marki.intervals import span, wilson  # noqa: E402
from successors import registry  # noqa: E402
from successors.evaluation.estimates import MeanInterval  # noqa: E402
from successors.serving.picture_reading import readers  # noqa: E402

Column = tuple[np.ndarray, np.ndarray]
"""Frames, (n, 20, 20), and what they are, (n,)."""


def table(
    title: str, task: str, columns: dict[str, Column], tuned: list[Column], bound: float, held: list[str]
) -> None:
    """Print the percentage read rightly by each system, the best first; and whether the reader chosen is good enough.

    Parameters
    ----------
    title, task : str
    columns : dict of str to Column
    tuned : list of Column
        What the reader is chosen by: the best in the worst of them.
    bound : float
        What it must read of each column named in `held`.
    held : list of str
    """
    names = [name for name in readers(task) if name in registry.names()]  # the Mark I is no rival here
    rows = {n: {c: foreign.fraction_right(n, task, *column) for c, column in columns.items()} for n in names}
    print(f"\n| {title} | {' | '.join(columns)} |\n| --- |{' ---: |' * len(columns)}")
    for name, row in sorted(rows.items(), key=lambda item: -min(item[1].values())):
        told = [f"{100 * row[c]:.1f} ({span(*ends(row[c], len(columns[c][1])))})" for c in columns]
        print(f"| {name} | {' | '.join(told)} |")
    best = max(names, key=lambda name: min(foreign.fraction_right(name, task, *column) for column in tuned))
    worst = min(held, key=lambda c: rows[best][c])
    low, high = ends(rows[best][worst], len(columns[worst][1]))
    word = MeanInterval(value=rows[best][worst], low=low, high=high).above(bound)
    print(f"\n{best}, chosen on the other half, at least {100 * bound:.0f} % ({worst}: {span(low, high)}): {word}")


def ends(fraction: float, count: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a fraction of so many."""
    return wilson(fraction * count, count)


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("reported", "tuned"), default="reported")
    parser.add_argument("--letters", type=int, default=520)
    args = parser.parse_args()
    images, kinds = foreign.digits()

    def digits(first: int, step: int) -> dict[str, Column]:
        chosen = np.arange(first, len(kinds), step)
        return {
            way: (foreign.frames((foreign.saved(images[k], int(k), way) for k in chosen), "digit"), kinds[chosen])
            for way in foreign.WAYS
        }

    columns, tuned = digits(args.half == "reported", 2), list(digits(0, 12).values())
    title = f"{len(columns[foreign.WAYS[0]][1]):,} digits, % right"
    table(title, "digits", columns, tuned, 0.90, list(columns))

    def photographs(count: int, first: int) -> tuple[Column, np.ndarray]:
        cards = list(foreign.letter_cards(count, first))
        seen = foreign.frames((foreign.photographed(card, number) for number, _, card in cards), "letter")
        wanted = np.array([ord(letter) - ord("A") for _, letter, _ in cards])
        return (seen, wanted), np.array([(number // 26) % 2 == 0 for number, _, _ in cards])

    (seen, wanted), hand = photographs(args.letters, 1_014 if args.half == "reported" else 0)
    columns = {"all": (seen, wanted), "by hand": (seen[hand], wanted[hand]), "print": (seen[~hand], wanted[~hand])}
    tuned = [photographs(260, 0)[0]]
    table(f"{len(wanted)} photographs of letters, % right", "letters", columns, tuned, 0.85, ["all"])


if __name__ == "__main__":
    main()
