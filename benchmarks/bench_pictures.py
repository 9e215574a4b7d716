"""How well shipped readers read pictures of other people: digits saved in four ways, and photographs of letters.

The choices of the fitting were made on the even digits and on letters 0 to 259; the figures are of the odd digits and
of letters 1,014 on. Needs scikit-learn for its digits. `--half tuned` prints those that were tuned on.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import foreign_pictures as foreign  # noqa: E402

from successors.serving.picture_reading import readers  # noqa: E402


def table(title: str, names: list[str], columns: dict[str, tuple[np.ndarray, np.ndarray]], task: str) -> None:
    """Print the percentage read rightly by each system, the best first."""
    rows = {
        name: [100 * foreign.fraction_right(name, task, seen, kinds) for seen, kinds in columns.values()]
        for name in names
    }
    print(f"\n| {title} | {' | '.join(columns)} |\n| --- |{' ---: |' * len(columns)}")
    for name, row in sorted(rows.items(), key=lambda item: -min(item[1])):
        print(f"| {name} | {' | '.join(f'{value:.1f}' for value in row)} |")


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("reported", "tuned"), default="reported")
    parser.add_argument("--letters", type=int, default=520)
    args = parser.parse_args()
    images, kinds = foreign.digits()
    chosen = np.arange(args.half == "reported", len(kinds), 2)
    columns = {
        way: (foreign.frames((foreign.saved(images[k], int(k), way) for k in chosen), "digit"), kinds[chosen])
        for way in foreign.WAYS
    }
    table(f"{len(chosen):,} digits, % right", list(readers("digits")), columns, "digits")
    first = 1_014 if args.half == "reported" else 0
    cards = list(foreign.letter_cards(args.letters, first))
    seen = foreign.frames((foreign.photographed(card, number) for number, _, card in cards), "letter")
    wanted = np.array([ord(letter) - ord("A") for _, letter, _ in cards])
    hand = np.array([(number // 26) % 2 == 0 for number, _, _ in cards])
    columns = {"all": (seen, wanted), "by hand": (seen[hand], wanted[hand]), "print": (seen[~hand], wanted[~hand])}
    table(f"{len(cards)} photographs of letters, % right", list(readers("letters")), columns, "letters")


if __name__ == "__main__":
    main()
