"""Score against the number of cards to learn from: systems with and without knowledge of neighbourhood, on letters.

Dosovitskiy et al. 2020 find that a vision transformer loses to a residual network on little data and gains more by
more (figures 3 and 4). Here each system learns from training sets of several sizes and is shown equally many stimuli
of each, in as many steps, by its own recipe; nothing is augmented further unless `--shift` and `--affine` say so, and
then alike for all. After the last step it is evaluated on other cards in the same faces, and on faces never seen.
More cards mean more ways of holding them, not more faces.

Prints a table of means over seeds; `--out FOLDER` keeps the runs there, the table as `data.json`, and the picture as
`data.png`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from marki.files import prepare_folder, write_json  # noqa: E402
from marki.intervals import interval  # noqa: E402
from marki.jobs.options import RunOptions  # noqa: E402
from marki.pictures import HINT, can_draw, chart, look, save, sheet  # noqa: E402
from successors import registry  # noqa: E402
from successors.training import training_job  # noqa: E402
from successors.training.training_job import TrainingJob  # noqa: E402

SIZES = (520, 2_600, 11_960, 46_800)
"""Multiples of 26 letters in 20 faces, so that all are equally frequent."""
PARTS = {"valid": "faces of the validation set", "score": "faces of the test set"}


def whole_numbers(text: str) -> list[int]:
    """Return the numbers of a list with commas."""
    return [int(part) for part in text.split(",")]


def order(name: str, size: int, args: argparse.Namespace) -> TrainingJob:
    """Return the training of a system with so many cards, examined once, after its last step."""
    batch = registry.find(name).entry.retina.recipe.batch
    steps = max(1, args.shown // batch)
    changes = {"steps": steps, "eval_every": steps, "stop_at_score": 2.0, "shift": args.shift, "affine": args.affine}
    recipe = {f"recipe.{key}": value for key, value in changes.items()}
    return training_job.training(name, "letters", options={"train": size}, changes=recipe)


def measure(args: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return a row for each system and size: its scores, and their means and intervals."""
    orders = {(name, size): order(name, size, args) for name in args.learners for size in args.sizes}
    every = {key: training_job.seeded(one, range(args.seeds)) for key, one in orders.items()}
    listed = [job for seeded in every.values() for job in seeded]
    run = RunOptions(out=folder, resume=args.resume, jobs=args.jobs, quiet=args.quiet)
    found = training_job.train_all(listed, folder, run)
    rows = []
    for (name, size), seeded in every.items():
        row: dict[str, Any] = {"learner": name, "cards": size, "parameters": found[seeded[0]]["parameters"]}
        for part in PARTS:
            scores = [found[job][part] for job in seeded]
            row[part] = {"seeds": scores, **dict(zip(("mean", "low", "high"), interval(scores), strict=True))}
        rows.append(row)
    return rows


def draw(path: Path, rows: list[dict[str, Any]], shown: int) -> None:
    """Draw the scores against the number of cards, a line a system, with 95 % intervals."""
    picture = sheet(15, 6)
    names = list(dict.fromkeys(row["learner"] for row in rows))
    for place, (part, words) in enumerate(PARTS.items(), 1):
        axes = chart(picture, f"Letters: {words}", "cards to learn from", "letters read rightly (%)", (1, 2, place))
        for k, name in enumerate(names):
            own = [row for row in rows if row["learner"] == name]
            means, lows, highs = ([100 * row[part][key] for row in own] for key in ("mean", "low", "high"))
            error = [[m - low for m, low in zip(means, lows, strict=True)],
                     [high - m for m, high in zip(means, highs, strict=True)]]  # fmt: skip
            cards = [row["cards"] for row in own]
            axes.errorbar(cards, means, error, **look(k), marker="o", capsize=4, linewidth=2, label=name)
        axes.set_xscale("log")
        axes.legend(frameon=False, fontsize=11, loc="lower right")
    picture.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    words = f"{shown:,} stimuli shown in each training; mean over seeds, 95 % interval"
    picture.text(0.995, 0.005, words, ha="right", fontsize=8, color="#666666")
    save(picture, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", type=lambda text: text.split(","), default=["vit", "resnet"], metavar="A,B,…")
    parser.add_argument("--sizes", type=whole_numbers, default=list(SIZES), metavar="N,N,…")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shown", type=int, default=64_000, help="stimuli shown in each training")
    parser.add_argument("--shift", type=int, default=0, help="cells by which these are shifted at random")
    parser.add_argument("--affine", type=float, default=0.0, help="share by which they are warped at random")
    parser.add_argument("--out", type=Path, metavar="FOLDER")
    parser.add_argument("--resume", action="store_true", help="take finished trainings from the folder")
    parser.add_argument("--jobs", type=int, help="processes at a time; all cores if left out")
    parser.add_argument("--quiet", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        rows = measure(args, prepare_folder(args.out or Path(temporary)) / "runs")
    print(f"{args.shown:,} stimuli shown, {args.seeds} seeds; letters read rightly, %, and 95 % interval")
    print(f"{'system':<12}{'parameters':>12}{'cards':>9}" + "".join(f"{words:>26}" for words in PARTS.values()))
    for row in rows:
        cells = (f"{100 * c['mean']:.1f} ({100 * c['low']:.1f} to {100 * c['high']:.1f})" for c in map(row.get, PARTS))
        print(f"{row['learner']:<12}{row['parameters']:>12,}{row['cards']:>9,}" + "".join(f"{c:>26}" for c in cells))
    if args.out:
        settings = {key: getattr(args, key) for key in ("shown", "seeds", "shift", "affine")}
        write_json(args.out / "data.json", {**settings, "rows": rows})
        if can_draw():
            draw(args.out / "data.png", rows, args.shown)
        else:
            print(HINT)


if __name__ == "__main__":
    main()
