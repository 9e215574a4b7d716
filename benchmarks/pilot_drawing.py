"""Try settings of a system that draws, on the validation set alone, and print its figures as it learns.

No test set is looked at. The seed is one that no published run uses. Its weights can be kept, and what it draws as a
contact sheet; with `--curve` the weights are examined under several values of a setting that counts only when it
answers, such as the steps of a diffusion model.

    python benchmarks/pilot_drawing.py gan --set recipe.steps=4000 --every 500 --keep out/gan.npz --sheet out/gan.png
    python benchmarks/pilot_drawing.py diffusion --load out/diffusion.npz --curve steps=1,2,5,10,25,50,100
    python benchmarks/pilot_drawing.py arcanegan --foundation out/stylegan2_letters.npz --sheet out/arcanegan.png

Of the systems that stand on others, this was tried, with seed 100 and StyleGAN2 of letters after 1,345 steps of 170 s
(F 0.59, read 0.70), or VGG as shipped, on a loaded core:

- DualStyleGAN, `recipe.steps=1500`: letter and hand 0.00 after the encoder's 600 steps, then 0.27, 0.48 and 0.62 after
  900, 1,200 and 1,500; letter kept 0.98; squared error of a picture 9.5, of the print itself 54.6; 84 s.
- AnimeGANv2 after 400, 800, 1,200 and 1,400 steps of 1,400: letter and face 0.06, 0.22, 0.43 and 0.48 with a weight of
  the features of 0.7; 0.12, 0.25 and 0.48 with 0.35; with 2 nothing after 400, and 0.33 and 0.05 of two published runs
  in the end. At a constant rate, 0.03 after 1,200.
- ArcaneGAN, its new generator alone, on the letters as shipped, of pairs: letter kept and face taken after 900 steps
  0.52 and 0.89 without blending, 0.70 and 0.77 with half of the old one at 5x5 cells, 0.80 and 0.49 with all of it
  there; both 0.48, 0.57 and 0.42. Of a U-Net that learned from the first, both 0.47 of real prints, from the last 0.04.
  With the difference in place of its square the U-Net stays dark.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from marki.io.ports import Port  # noqa: E402
from successors import registry, tasks  # noqa: E402
from successors.evaluation.setting_curve import curve  # noqa: E402
from successors.model_card import Foundation  # noqa: E402
from successors.nn.labels import Labels  # noqa: E402
from successors.nn.network import Network  # noqa: E402
from successors.nn.rivals import Duelling  # noqa: E402
from successors.training import loop  # noqa: E402

SEED = 100


def value(text: str) -> Any:
    """Return a setting as a number, a tuple of numbers, a truth value or text."""
    if "," in text:
        return tuple(value(part) for part in text.split(",") if part)
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def settings(pairs: list[str]) -> dict[str, Any]:
    """Return `NAME=VALUE` as a mapping."""
    return {name: value(text) for name, text in (pair.split("=", 1) for pair in pairs)}


def figures(found: dict[str, float]) -> str:
    """Return figures in one line."""
    return "  ".join(f"{name} {number:.3f}" for name, number in found.items())


def below(foundation: Foundation, path: Path) -> Network:
    """Return the network of a foundation with the weights of a file, as `--keep` writes it."""
    entry = registry.find(foundation.system).entry
    about = foundation.subject or registry.subject(entry, entry.trials[0])
    trial = next(trial for trial in entry.trials if registry.subject(entry, trial) == about)
    learner = entry.create(changes=registry.settings(entry, trial))
    with np.load(path) as kept:
        learner.load_weights(dict(kept))
    return learner.network


def main() -> None:
    """Train, and print a line at each examination."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--set", nargs="*", default=[], help="changes of its retina settings")
    parser.add_argument("--task", nargs="*", default=[], help="settings of its own task")
    parser.add_argument("--every", type=int, default=1_000, help="steps between two examinations")
    parser.add_argument("--seconds", type=float, default=110, help="processor time after which it stops")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--load", type=Path)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--curve", default="")
    parser.add_argument("--foundation", type=Path, help="weights on which it stands, if not the shipped ones")
    args = parser.parse_args()
    entry = registry.find(args.name).entry
    trial = entry.trials[0]
    deck = tasks.load(trial.task, **dict(trial.options) | settings(args.task))
    learner = entry.create(seed=args.seed, changes=registry.settings(entry, trial) | settings(args.set))
    if args.foundation and entry.foundation:
        learner.stand_on(below(entry.foundation, args.foundation))
    elif entry.foundation:
        registry.put_on_foundation(learner, entry.foundation)
    if args.load:
        with np.load(args.load) as kept:
            learner.load_weights(dict(kept))
    recipe, spent, told = learner.recipe, 0.0, []
    order = loop.batches(len(deck.train), recipe.batch, args.seed)
    while not args.load and learner.step < recipe.steps and spent < args.seconds:
        since = time.process_time()
        chosen = next(order)
        learner.reinforce(deck.train.stimuli[chosen], deck.train.targets[chosen])
        spent += time.process_time() - since
        told.append(learner.told if isinstance(learner, Duelling) else learner.last_loss)
        if not learner.step % args.every or learner.step == recipe.steps or spent >= args.seconds:
            since = time.process_time()
            exam = loop.examine(learner, deck, deck.valid)
            line = {"score": exam.score, **exam.also, **exam.figures}
            line["told or loss"] = float(np.mean(told[-args.every :]))
            print(
                f"{learner.step:6} steps {spent:6.1f} s (+{time.process_time() - since:.1f})  {figures(line)}",
                flush=True,
            )
    if args.keep:
        np.savez(args.keep, **learner.weights())
    if args.sheet and deck.accepts is not Port.LAMPS:
        stimuli, targets = np.asarray(deck.valid.stimuli[:52]), deck.valid.targets[:52]
        shown = list(stimuli.reshape(len(stimuli), -1, 20, 20).swapaxes(0, 1))
        strips = [row[k : k + 26] for k in (0, 26) for row in (*shown, learner.respond(stimuli), targets)]
        rows = np.concatenate([np.concatenate(list(strip), axis=1) for strip in strips])
        Image.fromarray((rows.repeat(3, 0).repeat(3, 1) * 255).astype(np.uint8)).save(args.sheet)
    elif args.sheet:
        code = Labels(learner.config.classes or 1).code
        drawn = learner.respond(code.repeat(12, 0))
        rows = drawn.reshape(len(code), 12, 20, 20).transpose(0, 2, 1, 3).reshape(-1, 240)
        Image.fromarray((rows.repeat(3, 0).repeat(3, 1) * 255).astype(np.uint8)).save(args.sheet)
    if args.curve:
        name, values = args.curve.split("=")
        how = {"setting": name, "values": value(values + ","), "changes": settings(args.set)}
        for row in curve(args.name, learner.weights(), deck, deck.valid, **how):
            print(figures(row), flush=True)


if __name__ == "__main__":
    main()
